"""The first ten minutes of an instructor: the commands of docs/first-verdict.md, as they stand."""

from __future__ import annotations

import re
import shutil
import subprocess

from support.documents import commands

from i2dl_course.nbgrader_side.run import command_environment


def test_the_page_promises_what_the_commands_do(root, tmp_path):
    shutil.copy(root / "course.toml", tmp_path)
    for name in ("exercise_code", "source", "release", "instructor"):
        shutil.copytree(root / name, tmp_path / name)
    said = []
    for command in commands(root / "docs" / "first-verdict.md"):
        if not re.match("make |source ", command):
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=command_environment(),
                capture_output=True,
                text=True,
            )
            # What the doctor finds to mend is a matter of the computer and of who works there.
            content = (0, 1) if command == "course doctor" else (0,)
            assert done.returncode in content, f"{command}\n{done.stdout}{done.stderr}"
            said.append(done.stdout)
    totals = [text.partition("Total ")[2].partition(" ")[0] for text in said]
    assert [total for total in totals if total] == ["0", "50", "35"]
    assert any('"cause": "divided_by_n"' in text for text in said)
    assert not (tmp_path / "mine").exists()
