"""src/ names nothing of this exercise: its names are data, in course.toml and the declaration."""

import re
from pathlib import PurePosixPath

import pytest

from exercise_code.tests import CHECKS, declaration
from i2dl_course import package
from i2dl_course.manifest import load

# What the exercise is about; a name could be spelt otherwise, or be in the middle of another.
WORDS = ("affine", "sigmoid", "twolayer", "two_layer", "houseprices", "house_prices")
# What every course has under these names; see docs/authors.md.
SHARED = {"exercise_code", "tests", "check", "check_all", "handin"}


def names_of_the_exercise(root):
    """What the manifest, the declaration and the given package call their parts."""
    course = load(root)
    names = {course.exercise.name, course.exercise.title, *course.exercise.notebooks, *CHECKS}
    for task in course.tasks:
        names |= {task.name, task.function}
    for declared in declaration.CALLABLES:
        names.add(declared.name)
    for file in course.handin.files:
        path = PurePosixPath(file)
        names |= {file, path.name, *path.parent.parts, file.removesuffix(".py").replace("/", ".")}
    names |= {f"{course.exercise.name}.zip", course.handin.graded_notebook}
    for module in (*declaration.DRAWING, *declaration.HELPERS):
        names |= {f"exercise_code.{module}", f"exercise_code/{module}", f"{module}.py"}
    for helpers in declaration.HELPERS.values():
        names.update(helpers)
    for path in package.files_of(root):
        inside = path.relative_to(root / package.PACKAGE)
        if path.suffix == ".py" and inside.parts[0] not in SHARED:
            names.add(f"{package.PACKAGE}.{inside.parts[0].removesuffix('.py')}")
    return names - SHARED - {f"{package.PACKAGE}.{name}" for name in (*SHARED, "__init__")}


@pytest.fixture
def source(root):
    """All texts of src/, by path."""
    folder = root / "src" / "i2dl_course"
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in package.files_below(folder)
    }


def lines_with(pattern, source):
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in source.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(pattern, line)
    ]


def test_the_names_are_looked_for(root):
    names = names_of_the_exercise(root)
    assert {
        "affine_forward",
        "TwoLayerNet",
        "TwoLayerNet.backward",
        "network_forward",
        "layer.py",
        "networks",
        "2b_Optimization",
        "exercise_05",
        "exercise_code.plots",
        "exercise_code.solver",
    } <= names
    assert not {"exercise_code", "tests", "exercise_code.handin"} & names


def test_src_names_nothing_of_this_exercise(root, source):
    assert len(source) > 60
    either = "|".join(map(re.escape, sorted(names_of_the_exercise(root))))
    assert lines_with(rf"(?<!\w)(?:{either})(?!\w)", source) == []


def test_src_has_no_word_of_what_the_exercise_is_about(source):
    assert lines_with(rf"(?i){'|'.join(WORDS)}", source) == []
