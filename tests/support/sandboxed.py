"""Runs a piece of code in a sandbox and gives back what it printed; shared by the sandbox tests."""

from __future__ import annotations

import base64
import json
import os
import select
import struct
import sys
import textwrap
import time
from pathlib import Path

from support.patience import PATIENCE

from i2dl_course.sandbox.bubblewrap import FOLDER_INSIDE, HOME_INSIDE

# `tried(f, ...)` gives "done" when f got through, and the name of the error when it did not.
PRELUDE = """
import ctypes, errno, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def tried(function, *arguments, **named):
    try:
        function(*arguments, **named)
    except BaseException as error:
        return type(error).__name__
    return "done"

def called(number, *arguments):
    '''0 or more when the system call got through, else the name of the errno.'''
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]

def say(value):
    print(json.dumps(value), flush=True)
"""

# One instruction: allow every call. With it, what is left to hold is not the filter's doing.
NO_FILTER = base64.b64encode(struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)).decode()


def argv(code: str, *arguments: str) -> list[str]:
    """The command that runs `code` after the prelude."""
    return [sys.executable, "-I", "-B", "-c", PRELUDE + textwrap.dedent(code), *arguments]


class WarmCode:
    """A warm launcher that takes ``-c code arguments`` as a cold one does: as a script's main()."""

    def __init__(self, launch):
        self._launch = launch
        self.level = launch.level

    def folder(self, folder):
        """How the program knows the folder that it was given."""
        return FOLDER_INSIDE if self.level == "bubblewrap" else Path(folder)

    def home(self, folder):
        """How it knows its home."""
        return HOME_INSIDE if self.level == "bubblewrap" else Path(folder) / "home"

    def __call__(self, command, folder):
        position = command.index("-c")
        code, arguments = command[position + 1], command[position + 2 :]
        arguments = [word.replace(str(folder), str(self.folder(folder))) for word in arguments]
        script = Path(folder) / "program.py"
        script.write_text(
            "import sys\n\ndef prepare():\n    pass\n\ndef main():\n"
            f"    sys.argv = ['-c', *{arguments!r}]\n"
            f"    exec(compile({code!r}, '<string>', 'exec'), {{'__name__': '__main__'}})\n"
        )
        self._launch.close()  # its zygote has the script of the start before
        return self._launch([*command[:position], str(script)], folder)


def home(launch, folder):
    """How a program that `launch` starts in `folder` knows its home."""
    return launch.home(folder) if isinstance(launch, WarmCode) else folder / "home"


def read_to_the_end(process) -> bytes:
    """All that a process prints until nobody holds its output any more."""
    said = b""
    deadline = time.monotonic() + PATIENCE
    while True:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([process.from_worker], [], [], left)[0], (
            f"still running; so far it said {said!r}"
        )
        part = os.read(process.from_worker, 1 << 16)
        if not part:
            return said
        said += part


def run(launch, folder, code: str, *arguments: str):
    """What `code` says with `say` in a process that `launch` starts; a list when more than once."""
    process = launch(argv(code, *map(str, arguments)), folder)
    try:
        lines = read_to_the_end(process).splitlines()
    finally:
        process.kill()
    answers = [json.loads(line) for line in lines]
    assert answers, "the code ended before it said anything"
    return answers[0] if len(answers) == 1 else answers
