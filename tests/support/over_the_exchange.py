"""A course, its exchange and the homes of its students, who use the real commands."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import nbformat
from nbgrader.utils import notebook_hash
from support.class_courses import EXERCISE, copy_of, graded
from support.handins import COURSE, LAYER, reference

from exercise_code.handin import pack
from i2dl_course.nbgrader_side.run import command_environment, nbgrader

PAGE = f"{COURSE.graded_notebook_name}.html"
OVER_THE_EXCHANGE = ("anna", "ben")
ZIPS = {"zoe": "zoe_2020-05-26T183000Z_exercise_05.zip", "yan": "yan_exercise_05.zip"}


class Hub:
    """A course, its exchange, and the homes of its students."""

    def __init__(self, folder, template):
        self.course = copy_of(template, folder / "course")
        self.exchange = folder / "exchange"
        self.homes = folder / "homes"
        for place in ("inbound", "feedback", "outbound"):
            (self.exchange / COURSE.id / place).mkdir(parents=True)
        self.exchange.chmod(0o777)
        (self.exchange / COURSE.id / "inbound").chmod(0o733)
        shutil.copytree(COURSE.release_dir, self.exchange / COURSE.id / "outbound" / EXERCISE)
        # A grammar that jsonschema makes in a second of each command, and nobody needs.
        (folder / "quick").mkdir()
        (folder / "quick" / "rfc3987_syntax.py").write_text("raise ImportError('left out')\n")
        (folder / "settings").mkdir()
        (folder / "settings" / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.Exchange.root = {str(self.exchange)!r}\n"
            f"c.CourseDirectory.course_id = {COURSE.id!r}\n"
        )
        self.shared = {
            "JUPYTER_CONFIG_PATH": str(folder / "settings"),
            "PYTHONPATH": str(folder / "quick"),
        }

    def command(self, who, *arguments):
        home = self.homes / who
        home.mkdir(parents=True, exist_ok=True)
        environment = command_environment(HOME=str(home), USER=who, LOGNAME=who, **self.shared)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
            environment.pop(name, None)
        where = self.course.root if who == "instructor" else home
        nbgrader(arguments, where, environment)

    def work(self, student, text):
        """The folder of a student who has solved everything; `text` stands in a comment.

        The notebook is an empty one, which costs no time to run; the graded cells get into it.
        """
        folder = self.homes / student / EXERCISE
        shutil.copytree(COURSE.release_dir, folder, dirs_exist_ok=True)
        reference().write(folder)
        nbformat.write(nbformat.v4.new_notebook(), folder / COURSE.handin.graded_notebook)
        with (folder / LAYER).open("a") as file:
            file.write(f"# {text}\n")
        return folder

    def hand_in(self, text):
        """Everybody hands in, now and in time: the stamps are those that a student can give."""

        def submit(student):
            self.work(student, f"{student}, {text}")
            self.command(student, "submit", EXERCISE, f"--student={student}")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(submit, OVER_THE_EXCHANGE))
        archive = self.course.root / "downloaded" / EXERCISE / "archive"
        archive.mkdir(parents=True, exist_ok=True)
        for student, name in ZIPS.items():
            shutil.move(pack(self.work(student, f"{student}, {text}")), archive / name)

    def collect(self):
        self.command("instructor", "collect", EXERCISE, "--update")
        self.command("instructor", "zip_collect", EXERCISE, "--force")

    def grade(self):
        return graded(self.course, "--jobs=2")

    def release(self, *options):
        self.command("instructor", "generate_feedback", EXERCISE, *options)
        self.command("instructor", "release_feedback", EXERCISE)

    def fetched(self, student):
        """The pages that a student has after asking, by the time of the hand-in."""
        self.command(student, "fetch_feedback", EXERCISE)
        folder = self.homes / student / EXERCISE / "feedback"
        return {path.parent.name: path.read_text() for path in folder.glob(f"*/{PAGE}")}

    def released(self, student):
        """The page that lies in the exchange under the secret of a hand-in."""
        secret = (self.course.root / "submitted" / student / EXERCISE).joinpath(
            "submission_secret.txt"
        )
        name = notebook_hash(secret=secret.read_text(), notebook_id=COURSE.graded_notebook_name)
        return (self.exchange / COURSE.id / "feedback" / f"{name}.html").read_text()
