"""The whole path, once, by the real nbgrader commands: every persona from release to feedback."""

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from support.accessibility import axe_report
from support.handins import COURSE, ROOT, course_command
from support.jupyterlab import browser_page

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.publishing.tree import student_tree
from i2dl_course.records.grades import due_date, read_grades
from i2dl_course.samples import personas

PEOPLE = {person.name: person for person in personas.load_all(COURSE)}
NOTEBOOK = COURSE.handin.graded_notebook


@dataclass(frozen=True)
class Run:
    place: Path
    done: subprocess.CompletedProcess
    course: manifest.Course
    grades: dict

    def autograded(self, student):
        folder = self.course.root / "autograded" / student / "exercise_05"
        return nbformat.read(folder / NOTEBOOK, as_version=4)

    def cells(self, student):
        """The graded cells of a student's autograded notebook, by task."""
        return {
            cell.metadata.nbgrader.grade_id: cell
            for cell in self.autograded(student).cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }

    def feedback(self, student):
        page = NOTEBOOK.replace(".ipynb", ".html")
        return (self.place / "feedback" / student / page).read_text("utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("demo")
    done = course_command("demo", "--keep", place)
    assert done.returncode == 0, done.stdout + done.stderr
    course = manifest.load(place / "scratch" / "course")
    return Run(place, done, course, read_grades(course))


def shown(cell):
    """All that a cell's outputs say."""
    return "".join(output.get("text") or output.get("evalue") or "" for output in cell.outputs)


@pytest.mark.parametrize("name", PEOPLE)
def test_every_persona_gets_the_points_it_must(run, name):
    expect, grades = PEOPLE[name].expect, run.grades[name]
    assert grades.points == expect.points
    assert (grades.total, grades.late) == (expect.total, expect.late)


def test_nobody_has_a_grade_who_has_not_handed_in(run):
    assert set(run.grades) == set(PEOPLE)


def test_one_hand_in_over_http_ends_it(run):
    assert re.search(r"At the door: 100 of 100 points, \d+\.\d s after", run.done.stdout)


def test_the_due_date_is_stored_in_utc_to_the_second(run):
    assert due_date(run.course) == datetime(2020, 5, 27, 21, 59, 59, tzinfo=UTC)


def test_a_hand_in_of_the_last_second_counts_and_one_second_later_scores_zero(run):
    last, late = run.grades["resubmission"], run.grades["late"]
    assert last.handed_in == datetime(2020, 5, 27, 21, 59, 59, tzinfo=UTC)
    assert (last.seconds_late, last.penalty, last.total) == (0, 0, 100)
    assert (late.seconds_late, late.penalty, late.total) == (1, 100, 0)


def test_a_late_second_hand_in_does_not_take_the_place_of_one_in_time(run):
    inbound = run.course.root.parent / "exchange" / COURSE.id / "inbound"
    assert len(list(inbound.glob("resubmission+*"))) == 3
    assert run.grades["resubmission"].handed_in == PEOPLE["resubmission"].handed_in


def test_an_untouched_hand_in_scores_zero_and_is_told_why(run):
    for task, cell in run.cells("untouched").items():
        assert run.grades["untouched"].points[task] == 0
        assert "not implemented yet" in shown(cell).lower()


def test_a_hand_in_without_the_package_scores_zero_and_is_told_why(run):
    assert not (run.course.root / "submitted/missing_files/exercise_05/exercise_code").exists()
    for name, cell in run.cells("missing_files").items():
        assert run.grades["missing_files"].points[name] == 0
        assert COURSE.tasks_by_name[name].file in shown(cell)
        assert "not in the hand-in" in shown(cell).replace("\n        ", " ")


def test_a_deleted_graded_cell_comes_back_and_is_judged(run):
    submitted = run.course.root / "submitted/deleted_test_cell/exercise_05" / NOTEBOOK
    left = {
        cell.metadata.get("nbgrader", {}).get("grade_id")
        for cell in nbformat.read(submitted, 4).cells
    }
    assert not {"sigmoid_backward", "network_backward"} & left
    cells = run.cells("deleted_test_cell")
    assert set(cells) == set(COURSE.tasks_by_name)
    assert "✗ fail" in shown(cells["sigmoid_backward"])


def test_an_endless_loop_names_the_task_and_costs_nobody_else_anything(run):
    cells = run.cells("endless_loop")
    assert "sigmoid_backward" in shown(cells["sigmoid_backward"])
    assert "✓ pass" in shown(cells["network_forward"]), "a graded cell after the loop was not run"
    outputs = "".join(
        shown(cell) for cell in run.autograded("endless_loop").cells if cell.cell_type == "code"
    )
    assert "Not run: an earlier cell took longer" in outputs
    for neighbour in ("deleted_test_cell", "forward_only", "perfect"):
        assert run.grades[neighbour].total == PEOPLE[neighbour].expect.total


def test_a_student_who_prints_much_keeps_the_points_and_bursts_no_notebook(run):
    path = run.course.root / "autograded/prints_a_lot/exercise_05" / NOTEBOOK
    assert path.stat().st_size < 3 << 20
    assert run.grades["prints_a_lot"].total == 100


def test_an_overflow_warning_costs_no_points(run):
    cell = run.cells("overflow_warning")["sigmoid_forward"]
    assert not [output for output in cell.outputs if output.get("name") == "stderr"]
    assert "overflow" in shown(cell)


def test_zip_collect_keeps_the_py_files_in_their_folders(run):
    folder = run.course.root / "submitted/zip_hand_in/exercise_05"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(COURSE.handin.files) | {NOTEBOOK, "timestamp.txt"} <= files
    for name in COURSE.handin.files:
        assert (folder / name).read_text() == personas.reference(COURSE, name)


@pytest.mark.parametrize("name", PEOPLE)
def test_feedback_shows_the_verdicts_and_no_hidden_test(run, name):
    page = run.feedback(name)
    assert "HIDDEN TESTS" not in page
    for file in (ROOT / "instructor" / "hidden").glob("*.py"):
        for number in re.findall(r"\d[\d_]{6,}", file.read_text()):
            assert number not in page and number.replace("_", "") not in page
    assert "✓ pass" in page or "✗ fail" in page


def test_no_hidden_test_is_executed_or_stored_with_a_hand_in(run):
    assert not any("HIDDEN TESTS" in cell.source for cell in run.cells("perfect").values())


def test_notebooks_without_points_are_not_run(run):
    folder = run.course.root / "autograded" / "perfect" / "exercise_05"
    notebook = nbformat.read(folder / "2b_Optimization.ipynb", 4)
    assert not any(cell.outputs for cell in notebook.cells if cell.cell_type == "code")


def test_released_feedback_is_in_the_exchange_for_everyone_who_submitted(run):
    released = run.course.root.parent / "exchange" / COURSE.id / "feedback"
    assert len(list(released.glob("*.html"))) >= len(PEOPLE)


@pytest.mark.parametrize("name", [name for name in PEOPLE if PEOPLE[name].route == "exchange"])
def test_every_student_of_the_exchange_fetches_the_page(run, name):
    folder = run.course.root.parent / "homes" / name / "exercise_05" / "feedback"
    [page] = folder.glob(f"*/{NOTEBOOK.replace('.ipynb', '.html')}")
    assert page.read_text("utf-8") == run.feedback(name)


def test_students_see_no_solution_in_what_they_fetch(run):
    fetched = run.course.root.parent / "homes" / "untouched" / "exercise_05"
    for name in COURSE.handin.files:
        text = (fetched / name).read_text()
        assert "NotImplementedError" in text and "SOLUTION" not in text


def test_the_demo_leaves_the_repository_as_it_was(run):
    assert not (ROOT / "gradebook.db").exists() or (
        (ROOT / "gradebook.db").stat().st_ino != (run.course.root / "gradebook.db").stat().st_ino
    )
    assert not (ROOT / "submitted" / "perfect").exists()


# --- the report ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(run):
    return (run.place / "report.html").read_text("utf-8")


def test_the_report_links_to_feedback_that_is_there(run, report):
    links = [link for link in re.findall(r'href="([^"]*)"', report) if not link.startswith("#")]
    assert len(links) == len(PEOPLE)
    assert all((run.place / link).is_file() for link in links)


def test_the_report_groups_students_by_cause(run, report):
    """By nbgrader's own command, too, which keeps no cause by itself."""
    found = json.loads((run.place / "report.json").read_text("utf-8"))
    students = {cause["cause"]: set(cause["students"]) for cause in found["causes"]}
    for person in PEOPLE.values():
        for cause in person.expect.causes.values():
            assert person.name in students[cause]
            assert f">{cause}</a>" in report


def test_axe_finds_nothing_in_the_report_and_in_the_feedback(run):
    graded = NOTEBOOK.replace(".ipynb", ".html")
    pages = [run.place / "feedback" / name / graded for name in ("forward_only", "prints_a_lot")]
    with browser_page() as page:
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            for file in (run.place / "report.html", *pages):
                page.goto(file.as_uri())
                assert axe_report(page) == "", f"{file}, {scheme}"


def test_the_command_prints_the_class_and_where_the_report_is(run):
    for name in PEOPLE:
        assert name in run.done.stdout
    assert "report.html" in run.done.stdout
    assert "autograde" in run.done.stdout, "no progress was shown"
    assert max(map(len, run.done.stdout.splitlines()[:-2])) <= 80  # the last two are long paths


def test_the_demo_publishes_what_students_get_and_says_where_it_lies(run):
    place = run.place / "student_tree"
    assert run.done.stdout.splitlines()[-1] == f"What students get: {place}"
    for name, data in student_tree(COURSE).files.items():
        assert (place / name).read_bytes() == data


def test_a_wrong_expectation_is_a_surprise(run):
    from dataclasses import replace

    from i2dl_course.samples.demo import Result
    from i2dl_course.verdicts import TaskVerdict

    person = PEOPLE["perfect"]
    wrong = replace(person, expect=replace(person.expect, total=99, late=True))
    verdicts = {
        task.name: TaskVerdict(task.name, task.points, task.points, True, "", None, "")
        for task in COURSE.tasks
    }
    grades = run.grades["perfect"]
    assert Result(person, grades, verdicts, 80, fetched=True).surprises() == []
    assert len(Result(person, grades, verdicts, 80, fetched=False).surprises()) == 1
    found = Result(wrong, grades, verdicts, 80, fetched=True).surprises()
    assert len(found) == 2 and all(line.startswith("perfect: ") for line in found)
    assert Result(person, None, verdicts, 80, fetched=True).surprises()


def test_an_earlier_demo_is_replaced_but_a_folder_of_something_else_is_not(tmp_path):
    from i2dl_course.commands.demo import _make_room
    from i2dl_course.commands.report import PAGE

    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(CourseError, match="not empty"):
        _make_room(tmp_path)
    assert (tmp_path / "thesis.txt").exists()
    (tmp_path / PAGE).write_text("an earlier demo")
    _make_room(tmp_path)
    assert list(tmp_path.iterdir()) == []
