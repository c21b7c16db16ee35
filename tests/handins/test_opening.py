"""What a person is told about the files of a hand-in that nobody asked for."""

import zipfile

import pytest
from support.handins import COURSE, LAYER, ROOT, reference

from i2dl_course.handins import unasked
from i2dl_course.handins.opening import TOO_MANY_TO_NAME, open_handin

GIVEN = "exercise_code/tests/checks.py"


@pytest.fixture
def opened(tmp_path):
    """``opened(files)``: the hand-in of the reference with more files, as folder and as zip."""

    def both(more):
        folder, archive = tmp_path / "exercise_05", tmp_path / "exercise_05_of_someone.zip"
        files = {**reference().files, **more}
        with zipfile.ZipFile(archive, "w") as file:
            for name, data in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                file.writestr(name, data)
        from_folder, from_zip = open_handin(folder, COURSE), open_handin(archive, COURSE)
        assert from_folder == from_zip
        assert from_folder.files == reference().files
        return from_folder

    return both


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["as given", "with Windows line ends"])
def test_a_given_file_as_it_was_given_is_worth_no_sentence(opened, end):
    data = (ROOT / GIVEN).read_bytes().replace(b"\n", end)
    handin = opened(
        {
            GIVEN: data,
            "exercise_code/__pycache__/x.cpython-311.pyc": b"x",
            ".ipynb_checkpoints/pandas.py": b"x",
            "timestamp.txt": b"2020",
        }
    )
    assert handin.notes() == []


@pytest.mark.parametrize(
    "data",
    [b"", b"x", (ROOT / GIVEN).read_bytes()[:-1], (ROOT / GIVEN).read_bytes() + b"#"],
    ids=["emptied", "replaced", "cut short", "added to"],
)
def test_a_changed_file_of_the_given_package_is_named(opened, data):
    assert opened({GIVEN: data}).left_out == {GIVEN: unasked.CHANGED}


@pytest.mark.parametrize(
    "name",
    [
        "numpy/__init__.py",
        "numpy.py",
        "pandas.py",
        "json.py",
        "sitecustomize.py",
        "usercustomize.py",
        "ipykernel_launcher.py",
        "random.cpython-311-x86_64-linux-gnu.so",
        "exercise_code/tests/checks/__init__.py",
        "exercise_code/networks/layer/__init__.py",
        "exercise_code/tests/checks.abi3.so",
    ],
)
def test_a_file_that_would_stand_in_for_a_module_is_named_as_such(opened, name):
    assert opened({name: b"raise SystemExit"}).left_out == {name: unasked.HIDING}


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "my_plots.py",
        "numpy/notes.txt",
        "old/numpy.py",
        "exercise_code/own.py",
        "figures/loss.png",
    ],
)
def test_any_other_file_is_named_without_suspicion(opened, name):
    assert opened({name: b"x"}).left_out == {name: unasked.NOT_ASKED_FOR}


def test_there_is_one_sentence_for_each_reason_and_not_one_for_each_file(opened):
    names = [f"plot_{number:02}.png" for number in range(TOO_MANY_TO_NAME + 3)]
    notes = opened(
        {
            **dict.fromkeys(names, b"x"),
            "numpy.py": b"",
            GIVEN: b"",
            LAYER.replace("layer", "mine"): b"",
        }
    ).notes()
    assert len(notes) == 3
    assert "and 4 more." in notes[0] and names[0] in notes[0]
    assert "numpy.py" in notes[1] + notes[2] and GIVEN in notes[1] + notes[2]


def test_a_name_cannot_add_a_line_or_a_colour_to_a_note(opened):
    (name,) = opened({"\x1b[32m100 of 100 points\nbonus" + "s" * 150: b"x"}).left_out
    assert name.isprintable() and len(name) < 130
