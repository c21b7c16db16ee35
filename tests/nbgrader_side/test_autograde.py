"""nbgrader autograde and the formgrader's button, by the classes of nbgrader_config.py."""

from __future__ import annotations

import io
import json
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from support.class_courses import EXERCISE, copy_of, gradebook, hand_in, points, prepared

from benchmarks.jupyter_server import jupyter_server
from i2dl_course.errors import CourseError
from i2dl_course.nbgrader_side import autograde as plugged_in
from i2dl_course.nbgrader_side.run import command_environment, nbgrader

NOTEBOOK = "1_TwoLayerNetwork.ipynb"


def autograde(course, *options):
    """Run the stock command; what it says, or CourseError when it fails."""
    said = []
    nbgrader(
        ["autograde", EXERCISE, *options], course.root, command_environment(), on_line=said.append
    )
    return "".join(said)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with three hand-ins that the stock command has graded."""
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("plugins") / "course")
    hand_in(made, "anna")
    folder = hand_in(made, "ben", "transposed")
    (folder / "numpy.py").write_text("raise SystemExit")
    (folder / "leak.html").write_text("<script>")
    (folder / "exercise_code" / "solver.py").write_text("raise SystemExit")
    (folder / "exercise_code" / "networks" / "layer").mkdir()
    (folder / "exercise_code" / "networks" / "layer" / "__init__.py").write_text("")
    (folder / "gradebook").symlink_to(made.root / "gradebook.db")
    autograde(made)
    return made


def autograded(course, student):
    return course.root / "autograded" / student / EXERCISE


def test_a_notebook_is_parsed_only_after_it_was_rebuilt(monkeypatch):
    monkeypatch.setattr(plugged_in, "one_by_one", lambda *_: None)
    seen = []

    class Look(plugged_in.Rebuild):
        def preprocess(self, nb, resources):
            seen.append(nb.cells)
            return nb, resources

    class NotToBeRead(io.StringIO):
        def read(self, *_):
            raise AssertionError("it was read")

    exporter = plugged_in.AnyNotebook()
    exporter._preprocessors = [Look()]
    exporter.from_file(NotToBeRead("{}"))
    assert seen == [[]]
    exporter._preprocessors = []
    ours = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("ours", id="ours")])
    text, _ = exporter.from_file(io.StringIO(nbformat.writes(ours)))
    assert nbformat.reads(text, as_version=4) == ours


def test_the_points_are_the_referee_s(course):
    assert points(gradebook(course)) == {"anna": 100.0, "ben": 60.0}


def test_the_output_of_a_graded_cell_is_the_verdict_and_the_others_have_run(course):
    notebook = json.loads((autograded(course, "ben") / NOTEBOOK).read_text("utf-8"))
    said = {}
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            stream, result = cell["outputs"]
            task = cell["metadata"]["nbgrader"]["grade_id"]
            said[task] = "".join(stream["text"]), "".join(result["data"]["text/plain"])
    assert said["sigmoid_forward"][0].startswith("✓ pass  sigmoid_forward")
    assert said["affine_backward"][0].startswith("✗ fail  affine_backward")
    assert said["affine_backward"][1] == "0.0"
    assert any(
        "image/png" in output.get("data", {})
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
    )


def test_no_hidden_case_and_no_foreign_file_is_left_beside_the_notebook(course):
    folder = autograded(course, "ben")
    assert "HIDDEN" not in (folder / NOTEBOOK).read_text("utf-8")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert not there & {"numpy.py", "leak.html", "gradebook", "exercise_code/networks/layer"}
    ours = (course.source_dir / "exercise_code" / "solver.py").read_bytes()
    assert (folder / "exercise_code" / "solver.py").read_bytes() == ours


def test_a_judge_that_does_not_work_says_so_and_leaves_the_grade(course):
    before = points(gradebook(course))
    with pytest.raises(CourseError, match="There is no sandbox 'bubblewarp'"):
        autograde(course, "--student=anna", "--force", "--Judge.sandbox=bubblewarp")
    assert points(gradebook(course)) == before


def test_all_notebooks_of_a_hand_in_share_one_limit_of_time(monkeypatch):
    clock = iter([0.0, 80.0, 80.0, 85.0, 85.0, 86.0, 86.0, 87.0])
    monkeypatch.setattr(plugged_in.time, "monotonic", lambda: next(clock))
    left = plugged_in._TimeForNotebooks()
    found = []
    for handin, notebook in [("anna", "1"), ("anna", "2a"), ("ben", "1"), ("ben", "1")]:
        with left.of(Path(handin), notebook) as seconds:
            found.append(seconds)
    assert found == [90.0, 10.0, 90.0, 90.0], "and the same hand-in once more has all of it again"


def test_the_formgrader_s_button_gives_the_same_points(course):
    url = gradebook(course)
    with Gradebook(url, course.id) as book:  # as if it had never been graded
        submission = book.find_submission(EXERCISE, "ben")
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score = None
        book.db.commit()
    with jupyter_server(course.root) as (address, token, _):
        request = urllib.request.Request(
            f"{address}formgrader/api/submission/{EXERCISE}/ben/autograde",
            method="POST",
            headers={"Authorization": f"token {token}"},
        )
        answer = json.load(urllib.request.urlopen(request))
    assert answer["success"], answer
    assert points(url) == {"anna": 100.0, "ben": 60.0}
