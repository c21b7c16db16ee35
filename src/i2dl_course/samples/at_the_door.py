"""One hand-in over HTTP, as a program sends it: what `course serve` answers to a student."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.nbgrader_side.run import running

_SECONDS_FOR_AN_ANSWER = 300  # for an answer; it takes a second


@dataclass(frozen=True)
class Answer:
    """The points, out of how many, the seconds that it took, and the receipt."""

    score: float
    max_score: float
    seconds: float
    receipt: str


def hand_in_over_http(
    command: Sequence[str], root: Path, environment: Mapping[str, str], student: str, archive: Path
) -> Answer:
    """Serve the course at `root` by the `course` command, and hand in a zip as `student`.

    Raises CourseError when one of both fails.
    """
    options = {"cwd": root, "env": environment, "stdout": subprocess.PIPE, "text": True}
    serve = [*command, "serve", "--port=0", "--jobs=1", "--verdicts-only"]
    with running(serve, **options) as service:
        assert service.stdout is not None
        said = service.stdout.readline()
        if "http://" not in said:
            raise CourseError(f"`course serve` has not begun in {root}: {said.strip()}")
        address = said.split()[-1].rstrip("/")
        links = [*command, "links", student, f"--url={address}"]
        with running(links, **options) as process:
            link = process.communicate()[0].strip().rpartition(",")[2]
        begun = time.monotonic()
        try:
            found = _sent(link, archive.read_bytes())
        except (OSError, ValueError) as error:
            raise CourseError(f"The door in {root} did not take a hand-in: {error}.") from None
        seconds = time.monotonic() - begun
        service.terminate()
        service.communicate()
    verdict = found["verdict"]
    return Answer(verdict["score"], verdict["max_score"], seconds, found["receipt"])


def _sent(link: str, data: bytes) -> dict:
    boundary = secrets.token_hex(16)
    head = 'Content-Disposition: form-data; name="handin"; filename="hand-in.zip"'
    body = f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + f"\r\n--{boundary}--\r\n".encode()
    kind = f"multipart/form-data; boundary={boundary}"
    request = urllib.request.Request(link, body, {"Content-Type": kind})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # it is this computer
    with opener.open(request, timeout=_SECONDS_FOR_AN_ANSWER) as answer:
        return json.load(answer)
