"""Handed in by nbgrader's own command: collected, judged, recorded, and fetched as feedback."""

from __future__ import annotations

import shutil

import pytest
from nbgrader.utils import get_username
from support.class_courses import EXERCISE, gradebook, graded, points, prepared
from support.handins import COURSE
from support.patience import until
from support.serving import Serving, ask, open_course

from i2dl_course.nbgrader_side import course_lock
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.samples import personas

NAME = get_username()  # as `nbgrader submit` calls whoever runs the tests


class Student:
    """Somebody with a home of their own, who uses nbgrader's commands."""

    def __init__(self, home, exchange):
        self.home = home
        config = home / ".jupyter"
        config.mkdir(parents=True)
        (config / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\n"
            f"c.CourseDirectory.course_id = {COURSE.id!r}\n"
        )
        self.env = {**command_environment(), "HOME": str(home)}

    def submit(self, persona):
        folder = self.home / EXERCISE
        shutil.rmtree(folder, ignore_errors=True)
        file = COURSE.root / "instructor" / "personas" / persona / "persona.toml"
        personas.build(personas.load(file, COURSE), COURSE, folder)
        nbgrader(["submit", EXERCISE], self.home, self.env)

    def feedback(self):
        """The pages that nbgrader fetches, by the time of the hand-in, oldest first."""
        nbgrader(["fetch_feedback", EXERCISE], self.home, self.env)
        pages = sorted((self.home / EXERCISE / "feedback").glob("*/1_TwoLayerNetwork.html"))
        return [page.read_text(encoding="utf-8") for page in pages]


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """The course, and a student's feedback after three hand-ins, of which the second is the best.

    Also what there is to fetch at once, while something else holds the gradebook.
    """
    place = tmp_path_factory.mktemp("exchange")
    place.chmod(0o755)
    exchange = place / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    course = open_course(prepared(tmp_path_factory), place / "course")
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.Exchange.root = {str(exchange)!r}\n")
    nbgrader(["release_assignment", EXERCISE], course.root, command_environment())
    student = Student(place / "home", exchange)
    with Serving(course, "--jobs", 2) as serving:
        handed_in_and_judged(student, "off_by_n", 1, serving)
        handed_in_and_judged(student, "perfect", 2, serving)
        all_recorded(serving)
        with course_lock.held(course.root):
            handed_in_and_judged(student, "transposed", 3, serving)
            *_, at_once = student.feedback()
        all_recorded(serving)
        page = ask(serving.links(NAME)[NAME], Accept="text/html").text
    return course, at_once, student.feedback(), page


def handed_in_and_judged(student, persona, number, serving):
    student.submit(persona)
    until(lambda: f"count {number}.0" in serving.told("metrics").text)


def all_recorded(serving):
    until(lambda: not serving.told("health").json["unrecorded"])
    assert serving.told("health").json["faults"] == []


def test_the_verdict_is_fetched_before_any_cell_is_run(handed_in):
    _, at_once, (*_, later), _ = handed_in
    assert "dw is transposed" in at_once and "Your cells are still being run" in at_once
    assert "dw is transposed" in later and "Your cells are still being run" not in later
    assert "image/png" in later and "image/png" not in at_once


def test_each_hand_in_has_its_page_where_nbgrader_fetches_it(handed_in):
    _, _, (_, best, last), _ = handed_in
    assert "You receive the bonus" in best and "dw is transposed" not in best
    assert "dw is transposed" in last and "You have handed in 3 times" in last


def test_what_was_failed_before_with_other_code_has_a_second_hint(handed_in):
    _, at_once, (_, best, last), page = handed_in
    assert all("dx gets back the shape of x" in one for one in (at_once, last, page))
    assert "A second hint" not in best


def test_the_better_one_counts_and_the_door_shows_both(handed_in):
    course, *_, page = handed_in
    assert points(gradebook(course)) == {NAME: 100.0}
    assert "<strong>100</strong> of 100 points count" in page and "60 of 100 points." in page
    assert graded(course)["unchanged"] == 1
