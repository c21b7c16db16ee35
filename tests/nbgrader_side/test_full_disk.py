"""A disk that is full while a class is taken in: said once, and the same command goes on."""

from __future__ import annotations

import errno
import logging
import os

import pytest
from nbgrader.exchange import ExchangeError
from support.exchange import EXERCISE, Exchange, make_course

from i2dl_course.nbgrader_side import zip_collect
from i2dl_course.records import counting

STUDENTS = ("anna", "ben", "mira", "zoe")
SENTENCE = "The disk that {} is on is full (No space left on device); make room there, and the "


@pytest.fixture
def exchange(tmp_path):
    return Exchange(make_course(tmp_path))


def full_after_the_first(patch, module, name, place):
    """From the second call of it on, a function of `module` finds no room for `place`."""
    original, calls = getattr(module, name), []

    def write(*arguments, **options):
        calls.append(arguments)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place))
        return original(*arguments, **options)

    patch.setattr(module, name, write)


def test_collect(exchange, monkeypatch, caplog):
    for student in STUDENTS:
        exchange.hand_in(student)
    place = exchange.root / "submitted"
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        full_after_the_first(patch, counting, "store", place)
        with pytest.raises(ExchangeError, match="same command goes on"):
            exchange.collect()
    assert [said for said in caplog.messages if SENTENCE.format(place) in said] == caplog.messages
    assert len(caplog.messages) == 1, "once, and not once for each student"
    collected = [student for student in STUDENTS if exchange.collected(student).is_dir()]
    assert len(collected) == 1
    exchange.collect()
    assert all((exchange.collected(student) / "timestamp.txt").is_file() for student in STUDENTS)


@pytest.mark.parametrize("step", ["store", "copy"])
def test_zip_collect(exchange, monkeypatch, capfd, step):
    """While it unpacks, and while it puts what it has unpacked into submitted/."""
    for student in STUDENTS:
        exchange.upload(f"{student}_{EXERCISE}.zip")
    owner = zip_collect if step == "store" else zip_collect.shutil
    place = exchange.root / "submitted"
    with monkeypatch.context() as patch:
        full_after_the_first(patch, owner, step, place)
        with pytest.raises(SystemExit):
            exchange.zip_collect()
    said = [line for line in capfd.readouterr().err.splitlines() if "ERROR" in line]
    assert len(said) == 1 and SENTENCE.format(place) in said[0]
    assert not (exchange.root / "downloaded" / EXERCISE / "extracted").exists()
    exchange.zip_collect()
    assert all((exchange.collected(student) / "timestamp.txt").is_file() for student in STUDENTS)
