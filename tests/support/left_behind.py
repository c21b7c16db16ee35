"""After all tests: no process and no folder of ours is left. Hooks of pytest, taken in by conftest.

The whole run has a temporary folder of its own, by which what it has started is known, whoever else
tests on this machine at the same time.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from i2dl_course.sandbox import ScratchFolder
from i2dl_course.sandbox.process import open_process, wait_for

OURS = "i2dl-"  # how the names of our folders begin
SECONDS_TO_END = 60  # of what was killed, on a busy machine
_SCRATCH = pytest.StashKey[ScratchFolder]()
_LEFT = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the run its temporary folder; processes of pytest-xdist have that of their parent."""
    if hasattr(config, "workerinput"):
        return
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # tmp_path stays there
    scratch = ScratchFolder("tests")
    config.stash[_SCRATCH] = scratch
    config.add_cleanup(scratch.close)
    scratch.path.chmod(0o1777)  # as that of the system
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch.path)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Look for what is left, which makes the run a failed one."""
    scratch = session.config.stash.get(_SCRATCH, None)
    if scratch is None:
        return
    place = str(scratch.path)
    left = [f"process: {words}" for words in _staying(place)]
    left += [f"folder: {name}" for name in sorted(os.listdir(place)) if name.startswith(OURS)]
    session.config.stash[_LEFT] = left
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what is left."""
    if left := config.stash.get(_LEFT, []):
        terminalreporter.section("left behind by the tests", red=True)
        for line in left:
            terminalreporter.line(line)


def _staying(place: str) -> list[str]:
    """The words of every process that knows the folder and does not end."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            handle = open_process(int(folder.name))
            words = (folder / "cmdline").read_bytes()
            known = words + (folder / "environ").read_bytes()
        except OSError:  # it has ended, or is another user's
            continue
        if place.encode() in known and int(folder.name) != os.getpid():
            found.append((handle, words.replace(b"\0", b" ").decode(errors="replace")[:200]))
        else:
            os.close(handle)
    deadline = time.monotonic() + SECONDS_TO_END
    staying = [words for handle, words in found if not wait_for(handle, deadline)]
    for handle, _ in found:
        os.close(handle)
    return staying
