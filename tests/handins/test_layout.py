"""What is meant is found, however a hand-in is laid out; or a sentence says what is there."""

import zipfile

import pytest
from support.handins import COURSE, LAYER, NET, ROOT, reference

from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import open_handin

NOTEBOOK = COURSE.handin.graded_notebook
SOLVED = {**reference().files, NOTEBOOK: b"{}"}
STUBS = {**{name: (ROOT / name).read_bytes() for name in (LAYER, NET)}, NOTEBOOK: b"{}"}
OTHER = {**SOLVED, LAYER: SOLVED[LAYER] + b"# mine"}


def under(place, files):
    return {f"{place}/{name}": data for name, data in files.items()}


def renamed(changes):
    return {changes.get(name, name): data for name, data in SOLVED.items()}


@pytest.fixture
def opened(tmp_path):
    """``opened(files)``: the hand-in with these files, as folder and as zip."""

    def both(files):
        folder, archive = tmp_path / "folder", tmp_path / "archive.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for name, data in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                file.writestr(name, data)
        from_folder, from_zip = open_handin(folder, COURSE), open_handin(archive, COURSE)
        assert from_folder == from_zip
        return from_folder

    return both


ONCE = {
    "at the top": SOLVED,
    "two outer folders": under("Downloads/exercise_05", SOLVED),
    "three outer folders": under("a/b/My Work", SOLVED),
    "a repository's zip": under("i2dl-main/exercise_05", SOLVED) | {"i2dl-main/README.md": b""},
    "the release": under("release/exercise_05", SOLVED),
    "the handed out one beside it": under("exercise_05", STUBS) | under("exercise_05 (1)", SOLVED),
    "a whole repository": {
        **under("repo", STUBS),
        **under("repo/release/exercise_05", SOLVED),
        **under("repo/source/exercise_05", STUBS),
    },
    "two copies of the same": under("exercise_05 (1)", SOLVED) | under("exercise_05 copy", SOLVED),
    "the notebook in another folder": renamed({NOTEBOOK: f"notebooks/{NOTEBOOK}"}),
    "wrong capitals": renamed({LAYER: "Exercise_Code/Networks/Layer.py"}),
    "a text file": renamed({LAYER: f"{LAYER}.txt", NOTEBOOK: f"{NOTEBOOK}.json"}),
    "a second download": renamed({LAYER: LAYER.replace(".py", " (1).py")}),
    "files alone": renamed({LAYER: "layer.py", NET: "two_layer_net.py"}),
    "the package's inside alone": renamed(
        {LAYER: "networks/layer.py", NET: "networks/two_layer_net.py"}
    ),
    "beside what a Mac packs": SOLVED | under("__MACOSX/exercise_05", STUBS),
    "beside an older one": under("exercise_05", SOLVED) | under("exercise_05/old", OTHER),
}


@pytest.mark.parametrize("files", ONCE.values(), ids=ONCE.keys())
def test_what_is_meant_is_found(opened, files):
    assert opened(files).files == SOLVED


TOLD = {
    "wrong capitals": f"Exercise_Code/Networks/Layer.py was taken for {LAYER}.",
    "a text file": f"{LAYER}.txt was taken for {LAYER}.",
    "files alone": f"two_layer_net.py was taken for {NET}.",
    "the handed out one beside it": (
        "The exercise is there more than once; judged is the one in exercise_05 (1)/."
    ),
    "beside an older one": (
        "Left out, because they are other copies of the exercise: exercise_05/old/."
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_was_taken_for_what_is_told(opened, name):
    assert TOLD[name] in opened(ONCE[name]).notes()


def test_another_copy_is_one_name_and_not_all_of_its_files(opened):
    (copies,) = [note for note in opened(ONCE["a whole repository"]).notes() if "Left" in note]
    assert copies == (
        "Left out, because they are other copies of the exercise: repo/, repo/source/exercise_05/."
    )


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            under("a/exercise", SOLVED) | under("b/exercise", OTHER),
            "holds the exercise more than once, in a/exercise/ and b/exercise/, and it is",
        ),
        ({"essay.pdf": b"", "work/notes.md": b""}, "; it holds essay.pdf, work/notes.md."),
        ({f"{n}.png": b"" for n in range(9)}, "; it holds 0.png, 1.png, 2.png, 3.png and 5 more."),
    ],
    ids=["two that differ", "other files", "many other files"],
)
def test_what_cannot_be_found_is_told_by_what_is_there_instead(opened, files, words):
    with pytest.raises(CourseError, match="^[^\n]*$") as caught:
        opened(files)
    assert words in str(caught.value)


def test_of_two_files_that_may_be_meant_none_is_taken(opened):
    files = renamed({LAYER: "my/layer.py"}) | {"old/layer.py": b""}
    handin = opened(files)
    assert set(handin.files) == {NET, NOTEBOOK}
    assert {"my/layer.py", "old/layer.py"} <= set(handin.left_out)
