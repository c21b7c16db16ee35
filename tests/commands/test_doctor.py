"""What `course doctor` says of a course: each thing ok, worth a look or to be mended, and how."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections import namedtuple
from datetime import UTC, datetime, timedelta

import pytest
from support.class_courses import copy_of, persona_files, prepared

from i2dl_course import manifest
from i2dl_course.commands import doctor
from i2dl_course.nbgrader_side import readiness
from i2dl_course.nbgrader_side.run import command_environment, nbgrader
from i2dl_course.receiving import keys
from i2dl_course.receiving.archive import Archive

NOWHERE = "http://127.0.0.1:9"  # discard: nobody serves a page there
EVERYTHING = ["database", "exchange", "course folder", "clock", "disk", "receipts", "service"]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A course in perfect order, with an exchange of its own."""
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("doctor") / "course")
    made.root.chmod(0o700)
    keys.make(made.root)
    exchange = made.root.parent / "exchange"
    exchange.mkdir()
    exchange.chmod(0o1777)
    with (made.root / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.Exchange.root = {str(exchange)!r}\n")
    nbgrader(["release_assignment", made.exercise.name], made.root, command_environment())
    return made


@pytest.fixture
def course(template, tmp_path, monkeypatch):
    shutil.copytree(template.root.parent, tmp_path / "own", symlinks=True)
    root = tmp_path / "own" / "course"
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(template.root.parent), str(tmp_path / "own")))
    monkeypatch.setattr(readiness, "_synchronised", lambda: True)
    return manifest.load(root)


@pytest.fixture
def found(course):
    """What is said of a thing, once the course was spoiled by what is given."""

    def look(what, spoil=lambda: None, service=NOWHERE):
        spoil()
        line = {line.what: line for line in readiness.readiness(course, service)}[what]
        return line.state.value, line.says

    return look


def inbound(course):
    (folder,) = course.root.parent.glob("exchange/*/inbound")
    return folder


def test_a_course_in_order_has_nothing_to_mend_and_is_left_as_it_was(course):
    before = {path: path.stat().st_mtime_ns for path in sorted(course.root.parent.rglob("*"))}
    lines = readiness.readiness(course, NOWHERE)
    assert [line.what for line in lines] == EVERYTHING
    assert {line.state.value for line in lines[:-1]} == {"ok"}, lines
    assert (lines[-1].state.value, "`course serve`" in lines[-1].says) == ("look", True)
    after = {path: path.stat().st_mtime_ns for path in sorted(course.root.parent.rglob("*"))}
    assert after == before


def test_the_database(course, found):
    book = course.root / "gradebook.db"
    call = ["db", "assignment", "add", course.exercise.name, "--duedate=2020-05-27 23:59:59 UTC"]
    state, says = found("database", lambda: nbgrader(call, course.root, command_environment()))
    assert state == "mend" and "says 28 May 2020, 01:59:59 (Europe/Berlin), and course.to" in says
    state, says = found("database", lambda: book.write_bytes(b"no database" * 100))
    assert state == "mend" and "is damaged" in says
    state, says = found("database", book.unlink)
    assert state == "look" and "`course prepare` makes it" in says and not book.exists()


def test_the_exchange(course, found):
    folder = inbound(course)
    state, says = found("exchange", lambda: folder.chmod(0o777))
    assert state == "mend" and f"`chmod o-r {folder}`" in says
    state, says = found("exchange", lambda: folder.chmod(0o770))
    assert state == "mend" and f"`chmod o+wx {folder}`" in says
    root = folder.parents[1]
    folder.chmod(0o733)
    state, says = found("exchange", lambda: root.chmod(0o777))
    assert state == "look" and f"`chmod +t {root}`" in says
    state, says = found("exchange", lambda: root.chmod(0o755))
    assert state == "mend" and f"`chmod ugo+rwx {root}`" in says
    state, says = found("exchange", lambda: shutil.rmtree(root))
    assert state == "look" and "zips" in says


def test_folder_disk_and_keys(course, found, monkeypatch):
    state, says = found("course folder", lambda: course.root.chmod(0o755))
    assert state == "look" and f"`chmod o= {course.root}`" in says
    state, says = found("receipts", lambda: (course.root / keys.PRIVATE).chmod(0o644))
    assert state == "mend" and keys.PRIVATE in says
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1 << 40, 1 << 40, 1 << 20))
    state, says = found("disk")
    assert state == "mend" and "make room" in says


def test_a_clock_that_was_set_back_or_that_nobody_keeps(course, found, monkeypatch):
    monkeypatch.setattr(readiness, "_synchronised", lambda: False)
    state, says = found("clock")
    assert state == "look" and "(Europe/Berlin)" in says and "timedatectl" in says
    later = datetime.now(UTC) + timedelta(days=1)
    state, says = found(
        "clock", lambda: Archive(course).take("anna", persona_files("perfect"), later, "x")
    )
    assert state == "mend" and "set back" in says


@pytest.mark.parametrize(
    ("status", "body", "state", "says"),
    [
        (200, b'{"ok": true, "faults": []}', "ok", "takes hand-ins"),
        (503, b'{"ok": false, "faults": ["The disk is full."]}', "mend", "The disk is full."),
        (200, b"<html>", "look", "None at"),
        (404, b"<html>", "mend", "is not `course serve`"),
    ],
)
def test_the_service(found, status, body, state, says):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            line = found("service", service=f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
    assert line[0] == state and says in line[1]


def test_the_exit_code_tells_what_must_be_mended_from_what_is_worth_a_look(
    course, monkeypatch, capsys
):
    import argparse

    def run(*words):
        parser = argparse.ArgumentParser()
        doctor.arguments(parser)
        code = doctor.run(parser.parse_args([*words, f"--service={NOWHERE}"]))
        return code, capsys.readouterr().out

    monkeypatch.chdir(course.root)
    code, said = run("--json")
    assert code == 0 and list(json.loads(said)["readiness"]) == EVERYTHING
    inbound(course).chmod(0o777)
    monkeypatch.setenv("COLUMNS", "80")
    code, said = run()
    assert code == 1 and "✗ mend  exchange" in said and "· look  service" in said
    assert max(map(len, said.splitlines())) <= 80
    (course.root / "course.toml").write_text("")
    code, said = run()
    assert code == 1 and "✗ mend  course.toml" in said
