"""`course report` on a graded class: what it says is what the gradebook holds, on every paper."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pandas
import pytest
from support.class_courses import EXERCISE, copy_of, graded, hand_in, prepared, receive
from support.handins import course_command
from support.jupyterlab import browser_page
from support.pictures import take_picture

from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.records.grades import read_grades

NOON = datetime(2020, 5, 26, 12, tzinfo=UTC)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Repaired at once; not repaired; late; put there by a person; and one who does nothing."""
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("report") / "course")
    receive(made, "anna", "transposed", NOON)
    receive(made, "anna", "perfect", NOON + timedelta(hours=1))
    receive(made, "ben", "transposed", NOON)
    receive(made, "carl", "perfect", datetime(2020, 5, 27, 22, tzinfo=UTC))
    hand_in(made, "dora", "untouched")
    nbgrader(["db", "student", "add", "erik"], made.root, command_environment())
    graded(made)
    return made


@pytest.fixture(scope="module")
def report(course):
    done = course_command("report", folder=course.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 of 5 students have handed in, 1 receive the bonus." in done.stdout
    return course.root / "report"


@pytest.fixture(scope="module")
def found(report):
    return json.loads((report / "report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def page(report):
    return (report / "report.html").read_text("utf-8")


def test_every_figure_is_the_gradebook_s(course, found):
    grades = read_grades(course)
    students = {one["student"]: one for one in found["students"]}
    assert {name for name, one in students.items() if one["graded"]} == set(grades)
    for name, grade in grades.items():
        one = students[name]
        assert one["total"] == grade.total and one["late"] == grade.late
        assert {task: one[task] for task in grade.points} == grade.points
        assert one["sandbox"] and one["seconds"] > 0
    assert (students["erik"]["handins"], students["anna"]["handins"]) == (0, 2)
    assert [name for name, one in students.items() if one["bonus"]] == ["anna"]
    passed = {one["check"]: one["passed"] for one in found["checks"]}
    assert passed["affine_forward"] == 3 and passed["affine_backward"] == 2
    assert {one["when"]: one["handins"] for one in found["arrivals"] if one["handins"]} == {
        "2 to 1 days before": 4,
        "after the end": 1,
    }


def test_a_misconception_is_followed_from_try_to_try(found):
    cause = next(one for one in found["causes"] if one["cause"] == "transposed")
    assert cause["students"] == ["anna", "ben"] and cause["handins"] == 2
    assert cause["tried_again"] == cause["repaired_at_the_next_try"] == ["anna"]
    assert cause["have_it_still"] == ["ben"]
    assert "affine_backward" in cause["checks"] and cause["meaning"].endswith(".")


def test_the_tables_say_the_same_to_a_reader_that_is_not_ours(report, found):
    for name in ("students", "checks", "points", "arrivals"):
        read = pandas.read_csv(report / f"{name}.csv", keep_default_na=False)
        assert list(read.columns) == list(found[name][0])
        assert len(read) == len(found[name])
    students = pandas.read_csv(report / "students.csv").set_index("student")
    assert students.loc["anna", "total"] == 100 and students.loc["ben", "bonus"] == "no"
    causes = pandas.read_csv(report / "causes.csv").set_index("cause")
    assert causes.loc["transposed", "students"] == 2


def test_json_alone_is_the_same_and_writes_nothing(course, report, found):
    before = {path: path.stat().st_mtime_ns for path in report.iterdir()}
    done = course_command("report", "--json", folder=course.root)
    assert done.returncode == 0 and json.loads(done.stdout) == found
    assert {path: path.stat().st_mtime_ns for path in report.iterdir()} == before


def test_only_those_who_may_see_the_course_may_enter_the_folder(report):
    assert report.stat().st_mode & 0o077 == 0


class Page(HTMLParser):
    """What the tests ask of a page: tags with their attributes, in order."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, *tags):
        return [attributes for tag, attributes in self.tags if tag in tags]


def test_the_page_needs_nothing_but_itself(page):
    assert not Page(page).all("script", "link", "img", "iframe")
    assert "http:" not in page and "https:" not in page and "url(" not in page


def test_the_page_can_be_read_by_a_screen_reader_and_at_200_per_cent(page):
    tags = Page(page)
    assert tags.all("html")[0]["lang"].startswith("en")
    assert len(tags.all("h1")) == 1
    assert all(th.get("scope") in ("col", "row") for th in tags.all("th"))
    assert page.count("<caption>") == len(tags.all("table"))
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in tags.all("svg"))
    assert len(tags.all("svg")) == 4
    style = page.partition("</style>")[0]
    assert "user-scalable" not in style and not re.search(r"font(-size)?:[^;]*\dpx", style)
    marks = re.findall(r"[✓✗] (\w+)", page)
    assert {"pass", "fail", "late", "bonus"} <= set(marks)
    assert len(marks) == len(re.findall("[✓✗]", page))


def test_the_page_leads_to_each_feedback(report, page):
    links = [a["href"] for a in Page(page).all("a") if not a["href"].startswith("#")]
    assert len(links) == 4 and all((report / link).is_file() for link in links)


def test_an_example_shows_the_function_and_the_forum_reads_no_name(page):
    section = page[page.index("transposed: 2 students") :].partition("</section>")[0]
    assert "def affine_backward(" in section and "ask before you show it" in section
    answer = section.partition('<pre class="paste">')[2].partition("</pre>")[0]
    assert answer.startswith("About affine_backward")
    assert "anna" not in answer and "def " not in answer


def test_who_has_no_grade_yet_is_said_and_the_exit_code_tells(course, tmp_path):
    waiting = copy_of(course.root, tmp_path / "course")
    receive(waiting, "fred", "perfect", NOON)
    done = course_command("report", "--to", tmp_path / "elsewhere", folder=waiting.root)
    assert done.returncode == 1
    assert f"1 have no grade yet; grade them by `course grade {EXERCISE}`." in done.stdout
    assert "not graded yet" in (tmp_path / "elsewhere" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(report, scheme):
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here: make site")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="make site").Axe()
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # axe is put into the page, which our policy would not allow.
        context = browser.new_context(bypass_csp=True, color_scheme=scheme)
        seen, said = context.new_page(), []
        seen.on("console", lambda message: said.append(message.text))
        seen.goto((report / "report.html").as_uri())
        seen.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = axe.run(seen)
        seen.set_viewport_size({"width": 360, "height": 740})
        assert seen.evaluate("document.documentElement.scrollWidth") <= 360
        browser.close()
    assert found.violations_count == 0, found.generate_report()
    assert said == []


def test_the_readme_s_picture_of_the_report(report, tmp_path):
    with browser_page() as page:
        page.goto((report / "report.html").as_uri())
        take_picture(page.locator("#causes + figure"), "report", tmp_path)
