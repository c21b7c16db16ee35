"""Personas: what a broken one says, and that each hand-in is what its file describes."""

import nbformat
import pytest
from support.handins import COURSE, ROOT

from i2dl_course.errors import CourseError
from i2dl_course.samples import personas

GOOD = (ROOT / "instructor" / "personas" / "off_by_n" / "persona.toml").read_text("utf-8")
REQUIRED = {
    "perfect",
    "untouched",
    "forward_only",
    "off_by_n",
    "transposed",
    "syntax_error",
    "endless_loop",
    "prints_a_lot",
    "missing_files",
    "deleted_test_cell",
    "late",
    "zip_hand_in",
}


@pytest.fixture
def persona_of(tmp_path):
    def load(text):
        file = tmp_path / "someone" / "persona.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return personas.load(file, COURSE)

    return load


def test_the_class_holds_every_kind_that_the_demo_promises():
    names = {person.name for person in personas.load_all(COURSE)}
    assert names >= REQUIRED and len(names) >= 10


@pytest.mark.parametrize("name", [person.name for person in personas.load_all(COURSE)])
def test_a_personas_total_and_bonus_follow_from_its_points(name):
    person = personas.load(ROOT / "instructor" / "personas" / name / "persona.toml", COURSE)
    expect = person.expect
    assert expect.total == (0 if expect.late else sum(expect.points.values()))
    assert expect.bonus == (expect.total >= COURSE.exercise.pass_mark)
    assert expect.late == (person.handed_in > COURSE.exercise.closes)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('base = "reference"', 'base = "solution"', "base"),
        ('route = "exchange"', 'route = "post"', "route"),
        ("description =", "descripton =", "descripton"),
        ("late = false\n", "", "late"),
        ('network_backward = "layer_wrong"\n', "", "causes"),
        ('"affine_forward", ', "", "causes"),
        ("[expect]", "[expect", "TOML"),
        ('"affine_forward"', '"affine_froward"', "affine_froward is no task of course.toml"),
        ("closes - ", "opens - ", 'handed_in must be a time such as "closes - 1d 03:29:59"'),
        ("late = false", "late = 0", "late must be true or false"),
        ("old = ", "odl = ", r"\[\[replace\]\] number 1 odl"),
    ],
)
def test_a_broken_persona_is_refused_by_its_name(persona_of, old, new, says):
    assert GOOD.count(old) >= 1
    with pytest.raises(CourseError, match=says) as raised:
        persona_of(GOOD.replace(old, new, 1))
    assert "someone" in str(raised.value)


def test_a_replacement_that_fits_nowhere_or_twice_is_refused(persona_of, tmp_path):
    for old, count in (("no such line", 0), ("return", None)):
        text = GOOD.replace("dw = samples.T @ dout\\n    db = dout.sum(axis=0)\\n", old)
        with pytest.raises(CourseError, match="exactly once"):
            personas.build(persona_of(text), COURSE, tmp_path / f"handin{count}")


def test_the_reference_of_a_persona_holds_no_markers_and_parses():
    for name in COURSE.handin.files:
        text = personas.reference(COURSE, name)
        compile(text, name, "exec")
        assert "SOLUTION" not in text and "STUB" not in text and "NotImplementedError" not in text


def test_each_persona_changes_what_its_file_says_and_nothing_else(tmp_path):
    release = {
        path.relative_to(COURSE.release_dir).as_posix(): path.read_bytes()
        for path in COURSE.release_dir.rglob("*")
        if path.is_file()
    }
    for person in personas.load_all(COURSE):
        folder = tmp_path / person.name
        personas.build(person, COURSE, folder)
        made = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        changed = {
            name for name in release.keys() | made.keys() if release.get(name) != made.get(name)
        }
        allowed = {step["file"] for step in (*person.replace, *person.add)}
        if person.base == "reference":
            allowed |= set(COURSE.handin.files)
        if person.delete_cells:
            allowed.add(COURSE.handin.graded_notebook)
        allowed |= {
            name
            for name in release
            if any(name == gone or name.startswith(f"{gone}/") for gone in person.delete)
        }
        assert changed <= allowed, person.name


def test_a_deleted_cell_is_gone_and_the_notebook_still_valid(tmp_path):
    file = ROOT / "instructor" / "personas" / "deleted_test_cell" / "persona.toml"
    person = personas.load(file, COURSE)
    personas.build(person, COURSE, tmp_path / "handin")
    notebook = nbformat.read(tmp_path / "handin" / COURSE.handin.graded_notebook, as_version=4)
    nbformat.validate(notebook)
    ids = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
    assert not ids & set(person.delete_cells)


def test_a_cell_that_cannot_be_deleted_is_refused(persona_of, tmp_path):
    text = GOOD.replace("[[replace]]", 'delete_cells = ["affine_sideways"]\n\n[[replace]]', 1)
    with pytest.raises(CourseError, match="affine_sideways"):
        personas.build(persona_of(text), COURSE, tmp_path / "handin")
