"""What `course serve` does under fire: verdicts when idle, in a rush, under kills and a flood.

    .venv/bin/python -m benchmarks.service [--quick]

Students send zips over HTTP to a service on this machine, as a form or by curl would, and wait for
the verdict. Who gets no answer sends the same form again. In the rush a random process of the
service is killed every five seconds, the service itself among them, which is then started again.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient, HTTPError

from benchmarks import classes
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.gradebook import CourseGradebook
from i2dl_course.nbgrader_side.link_serials import LinkSerials
from i2dl_course.nbgrader_side.settings import Settings
from i2dl_course.service.links import PersonalLinks

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [str(Path(sys.executable).parent / "course")]
SECONDS_BETWEEN_KILLS = 5.0
_PAUSE = 0.2  # seconds before who got no answer tries again


class Serving:
    """A service for a course of its own, and `students` who each have a zip."""

    def __init__(self, folder: Path, students: int, *options: str):
        self.options = options
        self.course = open_course(folder / "course")
        names = classes.hand_in(manifest.load(ROOT), self.course, students)
        handins = self.course.root / "submitted"
        exercise = self.course.exercise.name
        self.zips = {name: zipped(handins / name / exercise) for name in names}
        handins.rename(folder / "handed-in")
        self.handed_in = folder / "handed-in"
        gradebook = CourseGradebook(Settings(self.course), self.course)
        links = PersonalLinks(self.course.root, exercise, LinkSerials(gradebook))
        self.tokens = {name: links.token(name, 1) for name in names}
        gradebook.close()
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [*COMMAND, "serve", "--port", str(self.port), *self.options]
        self.process = subprocess.Popen(
            command, cwd=self.course.root, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rstrip("/\n").rpartition(":")[2])

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate()

    def kill_one(self, draw: random.Random) -> None:
        """Kill a random process of the service; start it again if it is the first."""
        victim = draw.choice(family(self.process.pid))
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        if victim == self.process.pid:
            self.process.communicate()
            self.start()

    async def hand_in(self, client: AsyncHTTPClient, student: str, once: str) -> tuple[float, dict]:
        """Seconds until there is a verdict, and what was answered."""
        body, kind = form(self.zips[student], once)
        begun = time.monotonic()
        while True:
            with suppress(OSError, HTTPError):
                answer = await client.fetch(
                    f"http://127.0.0.1:{self.port}/in/{self.tokens[student]}",
                    method="POST",
                    body=body,
                    headers={"Content-Type": kind, "Accept": "application/json"},
                    request_timeout=120,
                )
                found = json.loads(answer.body)
                if found.get("judged"):
                    return time.monotonic() - begun, found
            await asyncio.sleep(_PAUSE)

    async def recorded(self, client: AsyncHTTPClient) -> None:
        """Wait until the gradebook knows of all that is judged."""
        while True:
            answer = await client.fetch(f"http://127.0.0.1:{self.port}/health", raise_error=False)
            health = json.loads(answer.body)
            if not health["waiting"] and not health["unrecorded"]:
                return
            await asyncio.sleep(_PAUSE)


def open_course(folder: Path) -> Course:
    """A course that takes hand-ins now."""
    original = manifest.load(ROOT)
    course = classes.make_course(original, folder)
    file = folder / "course.toml"
    closes = f"{original.exercise.closes:%Y-%m-%dT%H:%M:%S}"
    file.write_text(file.read_text().replace(closes, "2199-12-31T23:59:59"))
    return manifest.load(course.root)


def zipped(folder: Path) -> bytes:
    """A hand-in's folder as the zip that its student uploads."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".ipynb"):
                archive.write(path, path.relative_to(folder))
    return data.getvalue()


def form(data: bytes, once: str) -> tuple[bytes, str]:
    """The body and the content type of a form with the zip."""
    part = '--i2dl\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = part.format("once", "").encode() + once.encode() + b"\r\n"
    body += part.format("handin", '; filename="a.zip"').encode() + data + b"\r\n--i2dl--\r\n"
    return body, "multipart/form-data; boundary=i2dl"


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            found += [member for child in children for member in family(int(child))]
    return found


def with_service(
    students: int, work: Callable[[Serving, AsyncHTTPClient], Awaitable[list[dict]]], *options: str
) -> list[dict]:
    """The rows of `work` with a service of its own."""

    async def run() -> list[dict]:
        AsyncHTTPClient.configure(None, max_clients=400)
        with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
            serving = Serving(Path(folder), students, *options)
            try:
                return await work(serving, AsyncHTTPClient())
            finally:
                serving.stop()

    return asyncio.run(run())


def row(name: str, value: object, target: str, reached: bool) -> dict:
    """One line of the table."""
    return {"name": name, "value": value, "target": target, "reached": reached}


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    ordered = sorted(seconds)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]


def latency_rows(name: str, seconds: list[float], p50: float, p99: float) -> list[dict]:
    """A line for each percentile."""
    middle, high = percentiles(seconds)
    return [
        row(f"{name}, p50 in s", round(middle, 2), f"≤ {p50:g}", middle <= p50),
        row(f"{name}, p99 in s", round(high, 2), f"≤ {p99:g}", high <= p99),
    ]


async def idle(serving: Serving, client: AsyncHTTPClient, rounds: int) -> list[dict]:
    """One hand-in after the other."""
    seconds = []
    for number, student in zip(range(rounds), serving.zips, strict=False):
        seconds.append((await serving.hand_in(client, student, f"idle-{number}"))[0])
        await serving.recorded(client)
    return latency_rows(f"Idle: hand-in at the door → verdict, of {rounds}", seconds, 1, 2)


async def rush(
    serving: Serving, client: AsyncHTTPClient, handins: int, within: float, kills: bool
) -> list[dict]:
    """`handins` at random moments of `within` seconds, two by each student."""
    draw = random.Random(5)
    students = list(serving.zips)

    async def one(number: int) -> tuple[float, dict]:
        await asyncio.sleep(draw.uniform(0, within))
        return await serving.hand_in(client, students[number % len(students)], f"rush-{number}")

    async def killing() -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_KILLS)
            await asyncio.get_running_loop().run_in_executor(None, serving.kill_one, draw)

    killer = asyncio.create_task(killing()) if kills else None
    answers = await asyncio.gather(*map(one, range(handins)))
    if killer:
        killer.cancel()
        with suppress(asyncio.CancelledError):
            await killer
    await serving.recorded(client)
    numbers = sorted(found["number"] for _, found in answers)
    errors = len(set(range(1, handins + 1)) ^ set(numbers)) + len(numbers) - len(set(numbers))
    name = f"{handins:,} hand-ins in {within:.0f} s by {len(students)}"
    name += ", a process killed every 5 s" if kills else ""
    return [
        *latency_rows(name, [seconds for seconds, _ in answers], 5, 30 if kills else 15),
        row(f"{name}: lost or recorded twice", errors, "0", not errors),
    ]


async def flood(serving: Serving, client: AsyncHTTPClient, seconds: float) -> list[dict]:
    """What one student with fifty hand-ins a second adds to the others' wait."""
    flooder, *others = serving.zips

    async def wait_of(label: str) -> list[float]:
        found = []
        end = time.monotonic() + seconds
        for number, student in enumerate(others):
            if time.monotonic() > end:
                break
            found.append((await serving.hand_in(client, student, f"{label}-{number}"))[0])
        return found

    async def flooding() -> None:
        body, kind = form(serving.zips[flooder], "")
        url = f"http://127.0.0.1:{serving.port}/in/{serving.tokens[flooder]}"
        sent = []
        while True:
            request = client.fetch(
                url,
                method="POST",
                body=body,
                headers={"Content-Type": kind},
                raise_error=False,
                request_timeout=120,
            )
            sent.append(asyncio.ensure_future(request))
            await asyncio.sleep(0.02)

    alone = await wait_of("alone")
    task = asyncio.create_task(flooding())
    beside = await wait_of("beside")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    added = percentiles(beside)[1] - percentiles(alone)[1]
    name = f"One student, 50 a second for {seconds:.0f} s: added for the others, p99 in s"
    return [row(name, round(added, 2), "≤ 1", added <= 1)]


async def memory(serving: Serving, client: AsyncHTTPClient, few: int, many: int) -> list[dict]:
    """The resident memory of the service itself after few hand-ins and after many."""
    students, resident, sent = list(serving.zips), {}, 0
    for size in (few, many):
        while sent < size:
            batch = range(sent, min(sent + 20, size))
            await asyncio.gather(
                *(serving.hand_in(client, students[n % len(students)], f"m-{n}") for n in batch)
            )
            sent = batch.stop
        resident[size] = resident_bytes(serving.process.pid)
    ratio = resident[many] / resident[few]
    name = f"Memory of the service after {many:,} hand-ins / after {few}"
    return [row(name, round(ratio, 3), "≤ 1.1", ratio <= 1.1)]


def resident_bytes(pid: int) -> int:
    """The resident memory of one process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def cpu_of_children() -> float:
    """Processor seconds of all that has ended below us."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cost(few: int, many: int) -> list[dict]:
    """What a further hand-in costs the service and a class run; starting both is left out."""
    taken: dict[str, list[float]] = {"service": [], "class run": []}
    for size in (few, many):

        async def send(serving: Serving, client: AsyncHTTPClient) -> list[dict]:
            for number, student in enumerate(serving.zips):
                await serving.hand_in(client, student, f"c-{number}")
            await serving.recorded(client)
            return []

        before = cpu_of_children()
        with_service(size, send, "--verdicts-only", "--jobs", "1")
        taken["service"].append(cpu_of_children() - before)
        with tempfile.TemporaryDirectory(prefix="i2dl-benchmark-") as folder:
            course = open_course(Path(folder) / "course")
            classes.hand_in(manifest.load(ROOT), course, size)
            before = cpu_of_children()
            subprocess.run(
                [*COMMAND, "grade", course.exercise.name, "--verdicts-only", "--jobs", "1"],
                cwd=course.root,
                check=True,
                capture_output=True,
            )
            taken["class run"].append(cpu_of_children() - before)
    service, class_run = (last - first for first, last in taken.values())
    ratio = service / class_run
    return [row("CPU of a hand-in: service / course grade", round(ratio, 2), "≤ 1.5", ratio <= 1.5)]


def rows(quick: bool = False) -> list[dict]:
    """All rows; with `quick` everything is a tenth as large."""
    scale = 10 if quick else 1
    table = with_service(100 // scale, partial(idle, rounds=100 // scale))
    for kills in (False, True):
        hurry = partial(rush, handins=1000 // scale, within=60 / scale, kills=kills)
        table += with_service(500 // scale, hurry)
    table += with_service(200 // scale, partial(flood, seconds=20 / scale))
    many = 500 if quick else 10_000
    table += with_service(many // 20, partial(memory, few=100, many=many))
    return table + cost(20, 300 // scale + 20)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything a tenth as large")
    for one in rows(parser.parse_args().quick):
        show(one)
