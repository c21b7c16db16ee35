"""Writes that share a commit: each is kept or not as it would be alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from support.patience import until

from i2dl_course.handins.failure import CommonFault
from i2dl_course.records.shared_commits import SharedCommits

NUMBERS = sa.Table(
    "numbers", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True, autoincrement=False)
)


class Database:
    """A database of its own, whose first commit waits until it is let go."""

    def __init__(self, folder):
        self.engine = sa.create_engine(f"sqlite:///{folder}/numbers.db")
        NUMBERS.create(self.engine)
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.commits = 0
        self.fault = None

    @contextmanager
    def transaction(self):
        with self.engine.begin() as connection:
            yield connection
            self.begun.set()
            until(self.go_on.is_set)
            if self.fault:
                raise self.fault
            self.commits += 1

    def numbers(self):
        with self.engine.connect() as connection:
            return set(connection.execute(sa.select(NUMBERS.c.number)).scalars())


@pytest.fixture
def database(tmp_path):
    return Database(tmp_path)


def adding(number):
    def add(connection):
        connection.execute(sa.insert(NUMBERS), {"number": number})
        return number

    return add


@contextmanager
def waiting_behind_a_commit(database, commits, *works):
    """The results of `works`, which have all come while a first one was committed."""
    with ThreadPoolExecutor(1 + len(works)) as pool:
        try:
            first = pool.submit(commits.write, adding(0))
            until(database.begun.is_set)
            results = [pool.submit(commits.write, work) for work in works]
            until(lambda: len(commits._waiting) == len(works))
            yield first, results
        finally:
            database.go_on.set()  # or those who wait, and so the pool, would not come to an end


def test_what_comes_during_a_commit_shares_the_next_one(database):
    commits = SharedCommits(database.transaction)
    with waiting_behind_a_commit(database, commits, *map(adding, range(1, 20))) as (first, results):
        assert not any(one.done() for one in (first, *results)), "nobody is told before it is kept"
        database.go_on.set()
        assert [one.result() for one in (first, *results)] == list(range(20))
    assert database.commits == 2
    assert database.numbers() == set(range(20))


def test_one_that_fails_takes_nothing_from_those_who_share_its_commit(database):
    commits = SharedCommits(database.transaction)
    works = (adding(1), adding(0), adding(2))
    with waiting_behind_a_commit(database, commits, *works) as (first, results):
        database.go_on.set()
        assert first.result() == 0
        assert (results[0].result(), results[2].result()) == (1, 2)
        with pytest.raises(sa.exc.IntegrityError):
            results[1].result()
    assert database.numbers() == {0, 1, 2}


def test_all_are_told_when_the_database_fails_and_none_is_kept(database):
    commits = SharedCommits(database.transaction)
    database.fault = CommonFault("the disk is full")
    with waiting_behind_a_commit(database, commits, adding(1), adding(2)) as (first, results):
        database.go_on.set()
        for one in (first, *results):
            with pytest.raises(CommonFault, match="the disk is full"):
                one.result()
    assert database.numbers() == set()
    database.fault = None
    assert commits.write(adding(3)) == 3, "and the next one is as if nothing had been"
