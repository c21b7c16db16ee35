"""The unit of systemd in deploy/: read whole by systemd, and as closed as docs/service.md says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.handins import ROOT

PROGRAM = shutil.which("systemd-analyze")
UNIT = ROOT / "deploy" / "course-serve.service"
pytestmark = pytest.mark.skipif(
    not PROGRAM, reason="no systemd to ask here: apt-get install systemd"
)


def said_of(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_systemd_takes_every_line_of_the_unit(tmp_path):
    unit = UNIT.read_text(encoding="utf-8")
    for line, ours in {
        "/srv/i2dl/course/.venv/bin/course": Path(sys.executable).parent / "course",
        "/srv/i2dl/course": tmp_path,
        "User=i2dl": "User=root",
    }.items():
        assert line in unit
        unit = unit.replace(line, str(ours))
    (tmp_path / UNIT.name).write_text(unit, encoding="utf-8")
    assert said_of("verify", tmp_path / UNIT.name) == (0, "")


def test_the_exposure_is_what_is_documented():
    if not said_of("--version")[1].startswith("systemd 252 "):
        pytest.skip("each systemd weighs differently; the figure is that of Debian 12's")
    code, said = said_of("security", "--offline=true", UNIT)
    found = re.search(r"Overall exposure level .*: ([\d.]+) OK", said)
    told = re.search(
        r"`systemd-analyze security` gives it ([\d.]+)", (ROOT / "docs/service.md").read_text()
    )
    assert code == 0 and found and told and found[1] == told[1]
