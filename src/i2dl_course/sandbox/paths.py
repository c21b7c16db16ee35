"""What an interpreter needs to read: itself, its libraries, and those of the system.

Everything is computed from the interpreter that runs now, so it fits a virtual environment on top
of a system Python, of pyenv, or of conda. Never a whole prefix: a course folder can be a virtual
environment, and then the gradebook lies in sys.prefix.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

IN_A_PREFIX = ("lib", "lib32", "lib64", "pyvenv.cfg")
SYSTEM = (
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libx32",
    "/usr/local/lib",
    "/etc/ld.so.cache",  # where the loader looks libraries up
    "/etc/alternatives",  # Debian's libblas.so.3 is a link into it
    "/usr/share/zoneinfo",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def readable() -> list[Path]:
    """Files, folders and links that the interpreter needs, none of them beneath another."""
    prefixes = dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix))
    wanted = [Path(path) for path in SYSTEM]
    wanted += [Path(prefix, name) for prefix in prefixes for name in IN_A_PREFIX]
    wanted += _chain(Path(sys.executable))
    wanted += _chain(Path(getattr(sys, "_base_executable", None) or sys.executable))
    kept: list[Path] = []
    for path in sorted(set(filter(os.path.lexists, wanted))):
        if not any(path.is_relative_to(above) and not above.is_symlink() for above in kept):
            kept.append(path)
    return kept


def _chain(path: Path) -> Iterator[Path]:
    """A path, and every link on the way to the file that it stands for."""
    for _ in range(40):  # as many as the kernel follows
        yield path
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(path.parent / os.readlink(path)))
