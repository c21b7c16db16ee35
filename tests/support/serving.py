"""A running `course serve`, and students who hand in at its door as a program would."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Gradebook
from support.class_courses import copy_of, gradebook
from support.handins import COURSE, course_command
from support.patience import PATIENCE, until

from i2dl_course import manifest
from i2dl_course.manifest import Course
from i2dl_course.receiving import key_file
from i2dl_course.samples import personas

CLOSES = datetime(2199, 12, 31, 22, 59, 59)  # UTC; far enough for every test


def open_course(template: Path, folder: Path) -> Course:
    """A course of one's own that takes hand-ins now."""
    course = copy_of(template, folder)
    file = folder / "course.toml"
    text = file.read_text(encoding="utf-8")
    closes = f"{course.exercise.closes:%Y-%m-%dT%H:%M:%S}"
    assert text.count(closes) == 1
    file.write_text(text.replace(closes, "2199-12-31T23:59:59"), encoding="utf-8")
    with Gradebook(gradebook(course), course.id) as book:
        book.update_or_create_assignment(course.exercise.name, duedate=CLOSES)
    return manifest.load(folder)


def packed(persona: str) -> bytes:
    """The zip of what a persona hands in."""
    file, data = COURSE.root / "instructor" / "personas" / persona / "persona.toml", io.BytesIO()
    with tempfile.TemporaryDirectory() as work, zipfile.ZipFile(data, "w") as archive:
        folder = Path(work) / "hand-in"
        personas.build(personas.load(file, COURSE), COURSE, folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return data.getvalue()


class Answer(NamedTuple):
    """What the door has answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> dict:
        return json.loads(self.text)


class Serving:
    """``course serve`` for `course` on a free port. Leaving the block ends it if it still runs."""

    def __init__(self, course: Course, *arguments: object, port: int = 0):
        self.course = course
        command = [str(Path(sys.executable).parent / "course"), "serve", "--port", port, *arguments]
        self.process = subprocess.Popen(
            list(map(str, command)), cwd=course.root, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self._said = [self.process.stdout.readline()]
        assert "http://" in self._said[0], self._said[0]
        self.url = self._said[0].split()[-1].rstrip("/")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def told(self, page: str) -> Answer:
        """What whoever runs the service is told at `page`."""
        key = (self.course.root / key_file.OPERATOR).read_text()
        return ask(f"{self.url}/{page}", Authorization=f"Bearer {key}")

    def links(self, *students: str) -> dict[str, str]:
        """The personal links of students."""
        done = course_command("links", *students, "--url", self.url, folder=self.course.root)
        assert done.returncode == 0, done.stderr
        return dict(line.split(",") for line in done.stdout.splitlines()[1:])

    def stop(self) -> tuple[int, str]:
        """Ask it to end; exit code, and what it has said."""
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate()
        return self.process.returncode, "".join(self._said) + rest

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()


def family(pid: int) -> list[int]:
    """Every process that descends from `pid`, and it itself."""
    found = [pid]
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(FileNotFoundError, ProcessLookupError):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                    for child in children.read().split():
                        found += family(int(child))
    return found


def ask(url: str, body: bytes | None = None, **headers: str) -> Answer:
    """What `url` answers, to a POST when there is a body; redirects are followed."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read().decode())


def hand_in(link: str, data: bytes, once: str = "", accept: str = "application/json") -> Answer:
    """Hand in a zip as a form."""
    boundary = os.urandom(16).hex()
    parts = [b'name="handin"; filename="exercise_05.zip"\r\n\r\n' + data]
    if once:
        parts.append(b'name="once"\r\n\r\n' + once.encode())
    form = b"".join(
        b"--%b\r\nContent-Disposition: form-data; %b\r\n" % (boundary.encode(), part)
        for part in parts
    )
    form += b"--%b--\r\n" % boundary.encode()
    kind = f"multipart/form-data; boundary={boundary}"
    return ask(link, form, Content_Type=kind, Accept=accept)


def judged(link: str, data: bytes) -> Answer:
    """Hand in a zip; the answer that has its verdict, which the door waits for only so long."""
    answers = [hand_in(link, data)]
    address = f"{link}/{answers[0].json['number']}"
    until(lambda: answers[-1].json["judged"], lambda: answers.append(ask(address)))
    return answers[-1]
