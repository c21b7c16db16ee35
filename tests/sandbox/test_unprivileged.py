"""test_levels.py, and the attacks by code, once more for a grader who is an ordinary user."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEVELS = Path(__file__).with_name("test_levels.py")
ATTACKS = ROOT / "tests" / "attacks"
NOBODY = 65534


def as_nobody(command):
    """A shell script that runs `command` as nobody, in a mount namespace of its own.

    The interpreter or the course may lie in a folder that only root may enter, root's home for
    example: there, and only there, that folder is replaced by an empty one in which nothing but
    these two is mounted.
    """
    kept = [Path(path) for path in dict.fromkeys((sys.base_prefix, sys.prefix, str(ROOT)))]
    closed = {
        parent for path in kept for parent in path.parents if not parent.stat().st_mode & 0o001
    }
    steps = ["set -e"]
    for top in closed:
        if closed & set(top.parents):
            continue
        beneath = [path for path in kept if path.is_relative_to(top)]
        for number, path in enumerate(beneath):
            steps += [
                f"mkdir /tmp/kept-$$-{number}",
                f"mount --bind '{path}' /tmp/kept-$$-{number}",
            ]
        steps += [f"mount -t tmpfs -o mode=755 tmpfs '{top}'"]
        for number, path in enumerate(beneath):
            steps += [
                f"mkdir -p '{path}'",
                f"mount --move /tmp/kept-$$-{number} '{path}'",
                f"rmdir /tmp/kept-$$-{number}",
            ]
    words = " ".join(f"'{word}'" for word in command)
    steps.append(f"exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups {words}")
    return "\n".join(steps)


pytestmark = [
    pytest.mark.skipif(
        not hasattr(os, "getuid") or os.getuid() != 0,
        reason="only root can become another user for a test",
    ),
    pytest.mark.skipif(
        not shutil.which("unshare") or not shutil.which("setpriv"),
        reason="util-linux is not installed",
    ),
]


def run_by_nobody(*what):
    """What pytest prints when nobody runs the tests `what`, all of which must pass."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]
    done = subprocess.run(
        [
            *("unshare", "--mount", "--propagation", "private", "sh", "-c"),
            as_nobody([*command, *map(str, what)]),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": "/nonexistent",
            "PYTHONPATH": str(ROOT / "src"),
        },
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    return done.stdout


def test_the_sandbox_holds_for_a_grader_who_is_not_root():
    assert "cannot work here" not in run_by_nobody(LEVELS)


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
def test_attacks_by_code_gain_nothing_from_a_grader_who_is_not_root(level):
    """Those of the arena; bubblewrap begins in another way for an ordinary user than for root."""
    said = run_by_nobody(ATTACKS, "-k", level)
    assert int(re.search(r"(\d+) passed", said)[1]) > 50 and "skipped" not in said
