"""A class graded by a Dask cluster: separate processes and folders, TLS, and one of them lost."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from distributed import Client
from support.class_courses import (
    HeldRun,
    copy_of,
    grade,
    gradebook,
    graded,
    hand_in,
    points,
    prepared,
    rows,
)
from support.documents import commands
from support.handins import ROOT
from support.patience import PATIENCE, until
from support.serving import Serving, family, judged, open_course, packed

from i2dl_course.class_run.dask_engine import DaskEngine, security

CLASS = {
    "anna": "perfect",
    "ben": "transposed",
    "cem": "forward_only",
    "dana": "untouched",
    "eva": "one_file_missing",
    "finn": "overflow_warning",
    "gabi": "perfect",
    "hugo": "untouched",
}
SCALING = ROOT / "docs" / "scaling.md"
ONE = ("--nworkers", "1", "--nthreads", "1")
DASK = Path(sys.executable).parent / "dask"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Made by the commands of docs/scaling.md; those of the nodes, as options."""
    folder = tmp_path_factory.mktemp("tls")
    told = [line for line in commands(SCALING) if re.match(r"openssl|for|done|chmod 600 \*", line)]
    subprocess.run(["bash", "-e"], cwd=folder, input="\n".join(told), text=True, check=True)
    return [
        f"--tls-ca={folder / 'ca.pem'}",
        f"--tls-cert={folder / 'node.pem'}",
        f"--tls-key={folder / 'node.key'}",
    ]


class Cluster:
    """A scheduler and two workers, each in a folder, with a home, of its own."""

    def __init__(self, stack, folder, options):
        self._stack, self._folder = stack, folder
        self._options = [option.replace("--tls-ca=", "--tls-ca-file=") for option in options]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"tls://127.0.0.1:{port}"
        ca, certificate, key = (Path(option.partition("=")[2]) for option in options)
        self._secure = security(ca, certificate, key)
        self.start("scheduler", "first", "second")

    def start(self, scheduler, *workers):
        """Start a scheduler, always at the same address, and workers, and wait for them."""
        self.scheduler = self._start(
            scheduler, "--host", self.address, "--no-dashboard", "--no-show", verb="scheduler"
        )
        self.workers = [
            self._start(name, self.address, *ONE, "--no-nanny", "--no-dashboard", verb="worker")
            for name in workers
        ]
        with Client(
            self.address, security=self._secure, timeout=PATIENCE, set_as_default=False
        ) as here:
            here.wait_for_workers(len(workers), timeout=PATIENCE)

    def _start(self, name, *arguments, verb):
        home = self._folder / name
        home.mkdir()
        log = self._stack.enter_context((home / "log").open("w"))
        process = subprocess.Popen(
            [str(DASK), verb, *arguments, *self._options],
            cwd=home,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(home)},
        )

        def end():
            process.kill()
            process.wait()

        self._stack.callback(end)
        return process


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, certificates):
    with ExitStack() as stack:
        yield Cluster(stack, tmp_path_factory.mktemp("cluster"), certificates)


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dask")
    template = prepared(tmp_path_factory)
    made = [copy_of(template, folder / name) for name in ("here", "there")]
    for course in made:
        for student, persona in CLASS.items():
            hand_in(course, student, persona)
    return made


def test_a_worker_that_is_killed_is_made_good_and_the_rows_are_the_same(
    cluster, courses, certificates
):
    here, there = courses
    options = ("--verdicts-only", "--scheduler", cluster.address, *certificates)
    # Held when the class is with the workers, in two tasks, and before anything has come back.
    with HeldRun(there, DaskEngine._room, 2, *options) as run:
        cluster.workers[0].kill()
        assert f"{len(CLASS)} graded" in run.finish()
    graded(here, "--verdicts-only")
    assert rows(gradebook(there)) == rows(gradebook(here))
    assert points(gradebook(there))["anna"] == 100.0


def test_what_one_machine_has_graded_is_unchanged_for_many(cluster, courses, certificates):
    report = graded(courses[0], "--verdicts-only", "--scheduler", cluster.address, *certificates)
    assert (report["graded"], report["unchanged"]) == (0, len(CLASS))


def test_what_comes_to_the_door_is_judged_by_the_workers_and_by_those_of_another_scheduler(
    cluster, certificates, tmp_path_factory, tmp_path
):
    course = open_course(prepared(tmp_path_factory), tmp_path / "course")
    options = ("--verdicts-only", "--jobs", 1, "--scheduler", cluster.address, *certificates)
    with Serving(course, *options) as serving:
        link = serving.links("anna")["anna"]
        answers = [judged(link, packed(persona)) for persona in ("forward_only", "transposed")]
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        cluster.start("another scheduler", "third")
        answers.append(judged(link, packed("perfect")))
        until(lambda: not serving.told("health").json["unrecorded"])
        assert family(serving.process.pid) == [serving.process.pid], "nothing is judged here"
        assert serving.stop()[0] == 0
    assert [answer.json["verdict"]["score"] for answer in answers] == [45.0, 60.0, 100.0]
    assert points(gradebook(course)) == {"anna": 100.0}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--tls-ca", "missing.pem", "--tls-cert", "x", "--tls-key", "y"], "There is no file"),
        (["--tls-ca", "course.toml"], "--tls-cert was not given"),
    ],
)
def test_tls_with_files_missing_is_one_sentence(cluster, courses, options, sentence):
    done = grade(courses[1], "--force", "--scheduler", cluster.address, *options)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["no scheduler at all", "nonsense://here:1", "tcp://127.0.0.1"])
def test_no_scheduler_is_one_sentence(courses, address):
    done = grade(courses[1], "--force", "--scheduler", address)
    assert done.returncode == 2 and "no Dask scheduler" in done.stderr
    assert "Traceback" not in done.stderr
