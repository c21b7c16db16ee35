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

PATIENCE = 120  # seconds until a test gives up; nothing here takes one on an idle machine

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
