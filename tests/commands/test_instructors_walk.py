"""docs/instructors.md, command by command, with a class of thirty: real users, exchange and zips.

Every command of that page is run as it stands there, in its order, so a page that promises what
does not work fails here, and a new command is walked without a line in this file. It needs root,
for the students are users of their own; their names are known in a namespace of this test alone.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from support.class_courses import EXERCISE, copy_of, persona_files, prepared
from support.handins import COURSE, ROOT
from support.postgresql_server import postgresql

from i2dl_course.nbgrader_side.run import command_environment
from i2dl_course.records.grades import read_grades
from i2dl_course.records.nbgraders_import import without_slow_library

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="the students need users of their own")

IN_TIME, LATE = "2020-05-26 18:30:00 UTC", "2020-05-28 18:30:00 UTC"
OVER_THE_EXCHANGE = ["anna", *(f"student{number:02}" for number in range(1, 24))]  # anna is late
ZIPS = {
    "zoe": "zoe_exercise_05.zip",
    "yan": "yan_12345_67890_exercise_05-1.zip",
    "xaver": "xaver_LATE_12345_67890_exercise_05.zip",
    "wilma": "wilma_2020-05-26T183000Z_exercise_05.zip",
    "Vera Öztürk": "Vera Öztürk_123456_assignsubmission_file_exercise_05.zip",
    "Sean O'Brien": "Sean O'Brien_123457_assignsubmission_file_exercise_05.zip",
}
CLASS = [*OVER_THE_EXCHANGE, *ZIPS]
FIRST_USER = 61_000
WRONG = CLASS[3::5]  # who hand in a transposed gradient: 60 points

# The class lives in May 2020, and hands in today.
IN_ITS_PLACE = {
    "nbgrader collect exercise_05 --before-duedate": "nbgrader collect exercise_05 "
    "--before-duedate --SafeCollect.trust_stamp=True",
}
OTHERS = ("sudo ", "sha256sum ")  # are the administrator's, or for a folder of files alone

# Real nbgrader, in one process for each student that is the student's own from here on.
AS_STUDENTS = """
import importlib, json, os, sys

with open(sys.argv[1]) as file:
    students = json.load(file)
apps = importlib.import_module("nbgrader.apps")
failed = []
for name, user, app, arguments in students:
    if (child := os.fork()) == 0:
        code = 1
        try:
            os.setgroups([]); os.setgid(user); os.setuid(user); os.umask(0o022)
            os.environ.update(HOME=os.path.join(sys.argv[2], name), USER=name, LOGNAME=name)
            os.chdir(os.environ["HOME"])
            getattr(apps, app).launch_instance(argv=arguments)
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
sys.exit(f"failed: {failed}" if failed else 0)
"""


class Walk:
    """A course, its exchange and a class, in a namespace in which their names are users."""

    def __init__(self, template: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="i2dl-walk-"))
        self.folder.chmod(0o755)
        self.homes, self.exchange = self.folder / "homes", self.folder / "exchange"
        self.course = copy_of(template, self.folder / "course")
        self.course.root.chmod(0o700)
        self.users = {name: FIRST_USER + n for n, name in enumerate(OVER_THE_EXCHANGE)}
        passwd = Path("/etc/passwd").read_text(encoding="utf-8")
        (self.folder / "passwd").write_text(
            passwd
            + "".join(f"{name}:x:{user}:{user}::/:/bin/sh\n" for name, user in self.users.items())
        )
        self.exchange.mkdir()
        self.exchange.chmod(0o777)
        settings = self.folder / "settings"
        settings.mkdir()
        (settings / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.Exchange.root = {str(self.exchange)!r}\n"
            f"c.CourseDirectory.course_id = {COURSE.id!r}\n"
        )
        self.environment = command_environment(
            HOME=str(self.folder),
            JUPYTER_CONFIG_PATH=str(settings),
            COLUMNS="80",
            **without_slow_library(self.folder / "quick"),
        )
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            self.environment.pop(name, None)

    def run(self, command: list[str], where: Path) -> subprocess.CompletedProcess:
        """`command` where the students' names are known."""
        known = f"mount --bind {self.folder / 'passwd'} /etc/passwd && exec {shlex.join(command)}"
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", known],
            cwd=where,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def students(self, app: str, *arguments: str, **of_one: list[str]) -> None:
        """Have everybody of the exchange give a command of nbgrader's."""
        calls = [
            (name, user, app, [*arguments, *of_one.get(name, [])])
            for name, user in self.users.items()
        ]
        (self.folder / "calls").write_text(json.dumps(calls))
        done = self.run(
            [sys.executable, "-P", "-c", AS_STUDENTS, f"{self.folder / 'calls'}", str(self.homes)],
            self.folder,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def work(self, name: str, folder: Path) -> None:
        """Solve what was fetched; the notebook is an empty one, which costs no time to run."""
        files = persona_files("transposed" if name in WRONG else "perfect")
        for file in self.course.handin.files:
            (folder / file).write_bytes(files[file])
        nbformat.write(nbformat.v4.new_notebook(), folder / self.course.handin.graded_notebook)

    def hand_in(self) -> None:
        """Everybody fetches, works and hands in; some by zips that lie in ~/Downloads."""
        for name, user in self.users.items():
            (self.homes / name).mkdir(parents=True)
            os.chown(self.homes / name, user, user)
        self.students("FetchAssignmentApp", EXERCISE)
        for name in self.users:
            self.work(name, self.homes / name / EXERCISE)
        stamp = "--Exchange.timestamp_format="
        of_one = {name: [stamp + (LATE if name == "anna" else IN_TIME)] for name in self.users}
        self.students("SubmitApp", EXERCISE, **of_one)
        downloads = self.folder / "Downloads"
        for name, file in ZIPS.items():
            place = self.folder / "zips" / name
            shutil.copytree(COURSE.release_dir, place)
            self.work(name, place)
            downloads.mkdir(exist_ok=True)
            shutil.make_archive(str(downloads / file.removesuffix(".zip")), "zip", place)

    def totals(self) -> dict[str, float]:
        """What the gradebook holds, by student."""
        return {name: grades.total for name, grades in read_grades(self.course).items()}


EXPECTED = {name: 60.0 if name in WRONG else 100.0 for name in CLASS}


def commands() -> list[str]:
    """Those of the page, without the words about them; its head is benchmarks/first_class.py's."""
    text = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.partition(" #")[0].strip() for block in blocks[1:] for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(OTHERS)]


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    made = Walk(prepared(tmp_path_factory))
    yield made
    shutil.rmtree(made.folder)


def test_every_command_of_the_page_does_what_it_says(walk):
    course, seen = walk.course, {}

    def after_release(_):
        walk.hand_in()

    def before_roster():
        (walk.folder / "lists").mkdir()
        rows = "".join(f"{name}\n" for name in ZIPS)
        (walk.folder / "lists" / "summer.csv").write_text(f"student\n{rows}")

    def after_grade(said):
        assert "30" in said
        assert walk.totals() == {**EXPECTED, "anna": 0.0}
        assert said.count("anna") <= 1

    def after_extension(_):
        done = walk.run(["course", "grade", EXERCISE, "--json"], course.root)
        assert json.loads(done.stdout)["graded"] == 1
        assert walk.totals() == EXPECTED

    def after_receipts(said):
        [line] = said.splitlines()
        (course.root / "receipt.txt").write_text(line + "\n")
        shutil.make_archive(str(course.root / "exercise_05"), "zip", walk.homes / "anna" / EXERCISE)
        shutil.copy(course.root / "exercise_05.zip", course.root / "anna_exercise_05.zip")

    def after_feedback(_):
        walk.students("FetchFeedbackApp", EXERCISE)
        for name in OVER_THE_EXCHANGE[1:]:
            [page] = (walk.homes / name / EXERCISE / "feedback").glob("*/1_*.html")
            assert f"<strong>{EXPECTED[name]:g}</strong> of 100 points" in page.read_text()

    before = {"--SafeExtractor.roster": before_roster}
    after = {
        "nbgrader release_assignment": after_release,
        "course grade exercise_05": after_grade,
        "course extend anna --until": after_extension,
        "course handins anna --receipts": after_receipts,
        "nbgrader release_feedback": after_feedback,
    }
    for command in commands():
        for words, prepare in before.items():
            if words in command:
                prepare()
        done = walk.run(["sh", "-c", IN_ITS_PLACE.get(command, command)], course.root)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        seen[command] = done.stdout
        for words, check in after.items():
            if command.startswith(words):
                check(done.stdout)
    assert len(seen) >= 30, "the page has lost its commands"
    lines = (course.root / "grades.csv").read_text().splitlines()
    assert len(lines) == 1 + len(CLASS)
    assert "not of" not in seen["course verify receipt.txt --handin exercise_05.zip"]


def test_the_same_class_has_the_same_points_in_postgresql(walk):
    before = walk.totals()
    with postgresql() as url:
        with (walk.course.root / "nbgrader_config.py").open("a") as file:
            file.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
        for command in (["prepare"], ["grade", EXERCISE, "--verdicts-only"]):
            done = walk.run(["course", *command], walk.course.root)
            assert done.returncode == 0, done.stdout + done.stderr
        done = walk.run(["course", "report", "--json"], walk.course.root)
        found = {one["student"]: one["total"] for one in json.loads(done.stdout)["students"]}
    assert found == before and len(found) == len(CLASS)
