"""Invented classes of any size: the personas and the right answers again and again, seeded.

Every hand-in has a comment of its own, so that no two have the same bytes.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from i2dl_course import manifest
from i2dl_course.grading.nbgrader_commands import command_environment, prepare_gradebook
from i2dl_course.manifest import MANIFEST, Course
from i2dl_course.submission import personas

# Each of these takes its whole time limits, which is the limits' price and not the run's.
ENDLESS = {"endless_loop"}


def make_course(original: Course, folder: Path) -> Course:
    """A course like `original` in the new folder `folder`, with a gradebook, without hand-ins."""
    folder.mkdir(parents=True)
    for name in (MANIFEST, "nbgrader_config.py"):
        shutil.copy(original.root / name, folder / name)
    for name in ("exercise_code", "source", "release"):
        shutil.copytree(original.root / name, folder / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "src").symlink_to(original.root / "src", target_is_directory=True)
    course = manifest.load(folder)
    prepare_gradebook(course, command_environment())
    return course


def hand_in(original: Course, course: Course, size: int, seed: int = 5) -> None:
    """Put `size` hand-ins into the submitted/ of `course`, as `original` has its personas."""
    draw = random.Random(seed)
    models = list(_models(original, course.root / "models"))
    for number in range(size):
        model, stamp = draw.choice(models)
        folder = course.root / "submitted" / f"student_{number:05}" / course.exercise.name
        shutil.copytree(model, folder)
        (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
        for name in course.handin.files:
            if (folder / name).is_file():
                with (folder / name).open("a", encoding="utf-8") as file:
                    file.write(f"\n# {draw.getrandbits(64):016x}\n")
    shutil.rmtree(course.root / "models")


def _models(original: Course, folder: Path) -> Iterator[tuple[Path, str]]:
    """Whole hand-ins to draw from, with their times."""
    for person in personas.load_all(original):
        if person.name not in ENDLESS:
            personas.build(person, original, folder / person.name)
            yield folder / person.name, f"{person.handed_in:%Y-%m-%d %H:%M:%S} UTC"
