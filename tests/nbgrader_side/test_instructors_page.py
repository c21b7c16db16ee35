"""A term by the book: each command of docs/instructors.md as it stands there, in its order."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from support.class_courses import EXERCISE, IN_TIME, copy_of, persona_files, prepared
from support.documents import commands
from support.exchange import Exchange

from i2dl_course.handins.opening import HandIn
from i2dl_course.nbgrader_side.run import (
    command_environment,
    read_grades,
    without_slow_library,
)

# Accounts and groups of a computer are its administrator's, and no test's.
NOT_HERE = re.compile("sudo ")


class Instructor:
    """Somebody with a shell in the course folder, who reads the page from the top."""

    def __init__(self, place: Path, template: Path):
        self.course = copy_of(template, place / "course")
        self.home = place / "home"
        (self.home / "Downloads").mkdir(parents=True)
        settings = place / "settings"
        settings.mkdir()
        # As the page says that whoever runs the hub writes it.
        (settings / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.Exchange.root = {str(self.course.root / 'exchange')!r}\n"
            f"c.CourseDirectory.course_id = {self.course.id!r}\n"
        )
        self.environment = command_environment(
            HOME=str(self.home),
            JUPYTER_CONFIG_PATH=str(settings),
            **without_slow_library(place / "quick"),
        )
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            self.environment.pop(name, None)
        (self.course.root / "exchange").mkdir()

    def zip(self, name: str, handin: HandIn) -> Path:
        """A hand-in as it comes out of a learning platform, in the folder for downloads."""
        path = self.home / "Downloads" / name
        with zipfile.ZipFile(path, "w") as archive:
            for file, data in handin.files.items():
                archive.writestr(file, data)
        return path

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        """Give one command, in the folder that it is for."""
        submitted = self.course.root / "submitted" / "anna" / EXERCISE
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", command],
            cwd=submitted if command.startswith("sha256sum") else self.course.root,
            env=self.environment,
            capture_output=True,
            text=True,
        )


@pytest.fixture(scope="module")
def instructor(tmp_path_factory):
    return Instructor(tmp_path_factory.mktemp("term"), prepared(tmp_path_factory))


def test_every_command_of_the_page_does_what_it_is_for(root, instructor):
    course, said = instructor.course, {}
    perfect, half = (HandIn(persona_files(one)) for one in ("perfect", "forward_only"))
    instructor.zip("ben_2020-05-26T183000Z_exercise_05.zip", half)
    anna = shutil.move(instructor.zip("anna.zip", perfect), course.root / "anna_exercise_05.zip")
    shutil.copy(anna, course.root / "exercise_05.zip")
    (course.root / "roster.csv").write_text("student,email\nben,ben@example.org\n")

    exchange = Exchange(course.root)

    for command in commands(root / "docs" / "instructors.md"):
        if NOT_HERE.match(command):
            continue
        # What has happened meanwhile: students hand in, and an instructor saves a receipt.
        if command == f"nbgrader collect {EXERCISE} --before-duedate":
            exchange.hand_in("carla", stamp=IN_TIME, handin=perfect)  # so she says, years later
        elif command.startswith("nbgrader collect"):
            exchange.hand_in("anna", stamp=IN_TIME, handin=perfect)  # out of a backup
        elif command == "course verify receipt.txt":
            shutil.copy(course.root / "submitted" / "anna" / EXERCISE / "receipt.txt", course.root)
        done = instructor.types(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout

    totals = {name: grades.total for name, grades in read_grades(course).items()}
    assert totals == {"anna": 100, "ben": 45, "carla": 0}
    for student in totals:
        assert [*(course.root / "feedback" / student / EXERCISE).glob("*.html")]
    assert len((course.root / "grades.csv").read_text().splitlines()) == 1 + len(totals)
    assert all(student in said["course handins"] for student in totals)
    assert '"student":"anna"' in said["course handins anna --receipts"]
