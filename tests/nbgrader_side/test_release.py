"""An honest class, by the real commands, from the hand-in to the page that each student fetches."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.class_courses import EXERCISE, gradebook, points, prepared
from support.handins import COURSE
from support.over_the_exchange import OVER_THE_EXCHANGE, ZIPS, Hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    return Hub(tmp_path_factory.mktemp("release"), prepared(tmp_path_factory))


@pytest.mark.parametrize("round_", [1, 2], ids=["first hand-in", "second hand-in"])
def test_every_student_of_an_honest_class_gets_the_page(hub, round_, capfd):
    hub.hand_in(f"round {round_}")
    capfd.readouterr()  # what pack() prints
    hub.collect()
    assert hub.grade()["graded"] == 4
    assert points(gradebook(hub.course)) == dict.fromkeys((*OVER_THE_EXCHANGE, *ZIPS), 100.0)
    hub.release()
    for student in ZIPS:  # in time, with as many points: the first counts
        assert f"{student}, round 1" in hub.released(student)
    hub.release("--force")
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(hub.fetched, OVER_THE_EXCHANGE))
    for student, theirs in zip(OVER_THE_EXCHANGE, pages, strict=True):
        assert len(theirs) == round_
        assert f"{student}, round {round_}" in theirs[max(theirs)]
    for student in ZIPS:
        assert f"{student}, round 1" in hub.released(student)


def test_who_lacks_a_file_keeps_no_other_page_back(hub):
    """A course graded before secrets lay beside the pages, or a folder put there by hand."""
    for page in (hub.exchange / COURSE.id / "feedback").glob("*.html"):
        page.unlink()
    (hub.course.root / "feedback" / "anna" / EXERCISE / "submission_secret.txt").unlink()
    with pytest.raises(Exception, match=r"Not released: anna: could not be released \(No such"):
        hub.command("instructor", "release_feedback", EXERCISE)
    assert all(hub.released(student) for student in ("ben", *ZIPS))
