"""Invented classes of any size: the personas and right answers again and again, seeded.

Every hand-in has a comment of its own, so that no two have the same bytes.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from i2dl_course import manifest
from i2dl_course.manifest import MANIFEST, Course
from i2dl_course.nbgrader_side.run import command_environment, prepare_gradebook
from i2dl_course.samples import personas, variants

# Each of these takes its whole time limits, which is the limits' price and not the run's.
ENDLESS = {"endless_loop"}


def make_course(original: Course, folder: Path) -> Course:
    """A course like `original` in the new folder `folder`, with a gradebook, without hand-ins."""
    folder.mkdir(parents=True)
    for name in (MANIFEST, "nbgrader_config.py"):
        shutil.copy(original.root / name, folder / name)
    for name in ("exercise_code", "source", "release"):
        shutil.copytree(
            original.root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    (folder / "src").symlink_to(original.root / "src", target_is_directory=True)
    course = manifest.load(folder)
    prepare_gradebook(course, command_environment())
    return course


def hand_in(original: Course, course: Course, size: int, seed: int = 5) -> list[str]:
    """Put `size` hand-ins into the submitted/ of `course`, which has none; the students' names.

    `original` has the personas and the right answers to draw from.
    """
    draw = random.Random(seed)
    models = list(_models(original, course.root / "models"))
    students = [f"student_{number:05}" for number in range(size)]
    for student in students:
        model, stamp = draw.choice(models)
        folder = course.root / "submitted" / student / course.exercise.name
        # Thousands of copies of the same notebooks need no room on the disk more than once.
        shutil.copytree(model, folder, copy_function=os.link)
        (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
        for name in course.handin.files:
            path = folder / name
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                path.unlink()
                path.write_text(f"{text}\n# {draw.getrandbits(64):016x}\n", encoding="utf-8")
    shutil.rmtree(course.root / "models")
    return students


def _models(original: Course, folder: Path) -> Iterator[tuple[Path, str]]:
    """Whole hand-ins to draw from, with their times: the personas, and as many right answers."""
    people = [one for one in personas.load_all(original) if one.name not in ENDLESS]
    for person in people:
        personas.build(person, original, folder / person.name)
        yield folder / person.name, f"{person.handed_in:%Y-%m-%d %H:%M:%S} UTC"
    for right in variants.right_answers(original)[: len(people)]:
        shutil.copytree(original.release_dir, folder / right.name)
        for name, text in right.files.items():
            (folder / right.name / name).write_text(text, encoding="utf-8")
        yield folder / right.name, "2020-05-26 18:30:00 UTC"
