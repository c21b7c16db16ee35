"""Environments of their own, with another Python or from nothing; a package registry is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def run(*command, **more):
    """What a command prints. The test fails with all that it says when it does not succeed."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def interpreter(*wanted: str) -> str:
    """A Python that starts of the first of these versions that is here, or the test is skipped."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in wanted:
        named = shutil.which(f"python{version}")
        for python in (named, *sorted(versions.glob(f"{version}.*/bin/python"))):
            if python and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
                return str(python)
    pytest.skip(f"there is no Python {' or '.join(wanted)} here")


def uv_command(place: Path) -> Path:
    """The command uv, and a registry that answers; or the tests are skipped."""
    command = Path(sys.executable).with_name("uv")
    if not command.is_file():
        pytest.skip("uv is not installed here: make site")
    asked = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "tzdata"]
    if subprocess.run([*asked, "--dest", place, "--retries=0", "--timeout=15"]).returncode:
        pytest.skip("no package registry answers here")
    return command
