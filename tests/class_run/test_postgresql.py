"""The gradebook in PostgreSQL, named by nbgrader's own db_url: the rows that SQLite gets."""

from __future__ import annotations

import pytest
from nbgrader.api import Gradebook
from support.class_courses import (
    copy_of,
    grade,
    gradebook,
    graded,
    hand_in,
    points,
    prepared,
    rows,
    verdicts,
)
from support.postgresql_server import move_gradebook, postgresql

from i2dl_course.nbgrader_side.run import command_environment, nbgrader

CLASS = {"anna": "perfect", "ben": "transposed", "late": "late"}


@pytest.fixture(scope="module")
def server():
    with postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def both(tmp_path_factory, server):
    """The same class in two courses, one with its gradebook in SQLite, one in PostgreSQL."""
    folder = tmp_path_factory.mktemp("databases")
    template = prepared(tmp_path_factory)
    lite, post = (copy_of(template, folder / name) for name in ("sqlite", "postgresql"))
    move_gradebook(post, server)
    for course in (lite, post):
        for student, persona in CLASS.items():
            hand_in(
                course,
                student,
                persona,
                *(["2020-05-27 22:00:00 UTC"] if student == "late" else []),
            )
    return lite, post


def test_the_rows_are_those_of_sqlite_also_after_corrections_by_hand(both, server):
    urls = (gradebook(both[0]), server)
    for course in both:
        assert graded(course, "--verdicts-only")["graded"] == len(CLASS)
    assert rows(urls[1]) == rows(urls[0])
    for course, url in zip(both, urls, strict=True):
        with Gradebook(url, course.id) as book:
            cell = book.find_grade(
                "affine_forward", course.graded_notebook_name, course.exercise.name, "ben"
            )
            cell.manual_score, cell.extra_credit = 7.5, 2.0
            book.db.commit()
        report = graded(course, "--verdicts-only")
        assert (report["graded"], report["unchanged"]) == (1, 2)
    assert rows(urls[1]) == rows(urls[0])
    assert set(verdicts(server)) == set(CLASS)
    assert not (both[1].root / "gradebook.db").exists()


def test_a_server_that_is_away_is_one_sentence_without_the_password(both):
    post = both[1]
    config = post.root / "nbgrader_config.py"
    before = config.read_text()
    try:
        config.write_text(
            before + "\nc.CourseDirectory.db_url = "
            "'postgresql://grader:geheim@/postgres?host=/nowhere'\n"
        )
        done = grade(post)
    finally:
        config.write_text(before)
    assert done.returncode == 2 and done.stderr.startswith("course: The gradebook postgresql://")
    assert "geheim" not in done.stderr and "Traceback" not in done.stderr


def test_our_table_does_not_hinder_nbgraders_upgrade(both, server):
    nbgrader(["db", "upgrade"], both[1].root, command_environment())
    assert points(server)["anna"] == 100.0
