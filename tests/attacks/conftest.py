"""The fixtures of the attacks: `arena` for code, in each sandbox; `desk` for files; `classroom` for
notebooks, which are graded once, all together; `exchange` for names and times, where hand-ins come
in.
"""

import shutil
import tempfile
from contextlib import ExitStack
from functools import cache

import pytest
from attacks.arena import LAUNCHERS, Arena
from attacks.classroom import graded_class
from support.exchange import EXERCISE, Exchange, make_course
from support.handins import LAYER

from i2dl_course import sandbox


@pytest.fixture(scope="session")
def _arena_of():
    """One arena for each sandbox, in whose warm processes all attacks are made."""
    with ExitStack() as stack:
        yield cache(lambda level: Arena(LAUNCHERS[level], stack))


@pytest.fixture(params=list(LAUNCHERS))
def arena(request, _arena_of, monkeypatch):
    """Where code is judged, in one sandbox after the other."""
    finding = sandbox.probe(request.param)
    if not finding.works:
        pytest.skip(f"{request.param} does not work here: {finding.why_not}")
    arena = _arena_of(request.param)
    monkeypatch.setattr(tempfile, "tempdir", str(arena.scratch))
    return arena


@pytest.fixture
def desk(_arena_of, monkeypatch):
    """Where folders and zips are taken in, and code is judged in the best sandbox there is."""
    arena = _arena_of(sandbox.launcher().level)
    monkeypatch.setattr(tempfile, "tempdir", str(arena.scratch))
    return arena


@pytest.fixture(scope="session")
def classroom(tmp_path_factory):
    """The class of all attackers whose files were collected, after grading."""
    return graded_class(tmp_path_factory)


@pytest.fixture(scope="session")
def _course_with_an_exchange(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("exchange"))


@pytest.fixture
def exchange(_course_with_an_exchange, tmp_path):
    """Where hand-ins come in, by folder and by zip; an honest one is there before and after."""
    shutil.copytree(_course_with_an_exchange, tmp_path / "course", symlinks=True)
    exchange = Exchange(tmp_path / "course")
    for student in ("a_victim", "z_victim"):
        exchange.hand_in(student)
        exchange.upload(f"{student}_zip_{EXERCISE}.zip")
    yield exchange
    for student in ("a_victim", "z_victim"):
        for name in (student, f"{student}_zip"):
            assert (exchange.collected(name) / LAYER).is_file(), "honest work is not collected"
