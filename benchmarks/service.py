"""What `course serve` does under fire: verdicts when idle, in a rush, under kills and a flood.

    .venv/bin/python -m benchmarks.service [--quick] [idle|rush|kills|flood|memory|cost ...]

Students send zips over HTTP to a service on this machine, as a form would, and wait for the
verdict. Who gets no answer, or is told to wait, sends the same form again. On the exchange, the
verdict is there with the page of feedback. In the rush a random process of the service is killed
every five seconds, the service itself among them, which is then started again.

Everything runs as by default, with notebooks and pages, but where a page would only be waited for:
at the door when idle, for memory and cost, and in the rush of --quick. A page costs as much as a
hundred verdicts, so what the rush has left to be recorded is recorded without.
"""

from __future__ import annotations

import argparse
import asyncio
import filecmp
import io
import json
import os
import random
import resource
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from nbgrader.utils import notebook_hash
from tornado.httpclient import AsyncHTTPClient, HTTPError

from benchmarks import classes
from benchmarks.showing import show
from i2dl_course import manifest
from i2dl_course.manifest import Course
from i2dl_course.nbgrader_side.run import command_environment, nbgrader, prepare_gradebook
from i2dl_course.receiving import key_file
from i2dl_course.records.gradebook import CourseGradebook
from i2dl_course.records.grades import read_grades
from i2dl_course.records.handin_queue import QUEUE
from i2dl_course.records.link_serials import LinkSerials
from i2dl_course.records.settings import Settings
from i2dl_course.service.links import PersonalLinks

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("idle", "rush", "kills", "flood", "memory", "cost")
COMMAND = [str(Path(sys.executable).parent / "course")]
SECONDS_BETWEEN_KILLS = 5.0
_PAUSE = 0.2  # seconds before who got no answer tries again
_LONGEST = 600.0  # seconds until a verdict or a record is given up, and the benchmark with it
_ASKED_AGAIN = (429, 500, 502, 503, 599)  # not yet, or no answer: the same form is sent again


class Serving:
    """A service for a course of its own, and `students` who each have a zip."""

    def __init__(self, folder: Path, students: int, *options: str):
        self.options = options
        self.course = open_course(folder / "course")
        names = classes.hand_in(manifest.load(ROOT), self.course, students)
        handins = self.course.root / "submitted"
        self.exercise = self.course.exercise.name
        self.zips = {name: zipped(handins / name / self.exercise, self.course) for name in names}
        self.handed_in = folder / "handed-in"
        handins.rename(self.handed_in)
        self.exchange = folder / "exchange"
        give_exchange(self.course, self.exchange)
        gradebook = CourseGradebook(Settings(self.course), self.course)
        links = PersonalLinks(self.course.root, self.exercise, LinkSerials(gradebook))
        self.tokens = {name: links.token(name, 1) for name in names}
        gradebook.close()
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start the service, and wait until it listens."""
        command = [*COMMAND, "serve", "--port", str(self.port), *self.options]
        self.process = subprocess.Popen(
            command, cwd=self.course.root, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().rstrip("/\n").rpartition(":")[2])

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
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
        begun = time.monotonic()
        while time.monotonic() - begun < _LONGEST:
            try:
                found = json.loads(await self.post(client, student, once))
            except HTTPError as error:
                if error.code not in _ASKED_AGAIN:
                    raise
            except OSError:
                pass
            else:
                if found["judged"]:
                    return time.monotonic() - begun, found
            await asyncio.sleep(_PAUSE)
        raise TimeoutError(f"{student} has waited {_LONGEST:.0f} s for a verdict")

    async def post(self, client: AsyncHTTPClient, student: str, once: str) -> bytes:
        """Send a form once; what is answered."""
        body, kind = form(self.zips[student], once)
        answer = await client.fetch(
            f"http://127.0.0.1:{self.port}/in/{self.tokens[student]}",
            method="POST",
            body=body,
            headers={"Content-Type": kind, "Accept": "application/json"},
            connect_timeout=_LONGEST,  # which a request that waits in the client has, too
            request_timeout=_LONGEST,
        )
        return answer.body

    async def submit(self, student: str) -> float:
        """Hand in over the exchange as nbgrader does; seconds until the page can be fetched."""
        stamp, secret = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} UTC", secrets.token_hex(64)
        course = self.exchange / self.course.id
        folder = course / "inbound" / f"{student}+{self.exercise}+{stamp}+{secret[:12]}"
        shutil.copytree(self.handed_in / student / self.exercise, folder)
        (folder / "timestamp.txt").write_text(stamp, encoding="ascii")
        (folder / "submission_secret.txt").write_text(secret, encoding="ascii")
        name = notebook_hash(secret=secret, notebook_id=self.course.graded_notebook_name)
        begun = time.monotonic()
        while not (course / "feedback" / f"{name}.html").exists():
            if time.monotonic() - begun > _LONGEST:
                raise TimeoutError(f"{student} has waited {_LONGEST:.0f} s for a page")
            await asyncio.sleep(0.005)
        return time.monotonic() - begun

    async def recorded(self, client: AsyncHTTPClient) -> None:
        """Wait until the gradebook knows of all that is judged."""
        begun = time.monotonic()
        key = (self.course.root / key_file.OPERATOR).read_text()
        while time.monotonic() - begun < 3 * _LONGEST:
            answer = await client.fetch(
                f"http://127.0.0.1:{self.port}/health",
                headers={"Authorization": f"Bearer {key}"},
                raise_error=False,
            )
            health = json.loads(answer.body)
            if not health["waiting"] and not health["unrecorded"]:
                return
            await asyncio.sleep(_PAUSE)
        raise TimeoutError(f"not everything was recorded: {health}")


def give_exchange(course: Course, exchange: Path) -> None:
    """Give a course an exchange, to which the exercise is released."""
    exchange.mkdir()
    exchange.chmod(0o777)
    with (course.root / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(
            f"\nc.Exchange.root = {str(exchange)!r}\n"
            "c.SafeCollect.check_owner = False  # one user hands in for all\n"
        )
    nbgrader(["release_assignment", course.exercise.name], course.root, command_environment())


def open_course(folder: Path) -> Course:
    """A course that takes hand-ins now."""
    original = manifest.load(ROOT)
    course = classes.make_course(original, folder)
    file = folder / "course.toml"
    closes = f"{original.exercise.closes:%Y-%m-%dT%H:%M:%S}"
    file.write_text(file.read_text().replace(closes, "2199-12-31T23:59:59"))
    course = manifest.load(course.root)
    prepare_gradebook(course, command_environment())  # which holds when it is due, too
    return course


def zipped(folder: Path, course: Course) -> bytes:
    """The zip that a student uploads, as the exercise writes it: without what was only given."""
    data = io.BytesIO()
    wanted = {*course.handin.files, course.handin.graded_notebook}
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            given = course.release_dir / name
            if path.suffix not in (".py", ".ipynb"):
                continue
            if str(name) in wanted or not given.is_file() or not filecmp.cmp(path, given):
                archive.write(path, name)
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


async def idle_at_the_door(serving: Serving, client: AsyncHTTPClient) -> list[dict]:
    """One hand-in after the other, of all but the first student."""
    first, *students = serving.zips
    await serving.hand_in(client, first, "idle")
    waited = []
    for number, student in enumerate(students):
        await serving.recorded(client)
        waited.append((await serving.hand_in(client, student, f"idle-{number}"))[0])
    return latency_rows(f"Idle: hand-in at the door → verdict, of {len(waited)}", waited, 1, 2)


async def idle_on_the_exchange(serving: Serving, client: AsyncHTTPClient) -> list[dict]:
    """The same; with the first of all, nbgrader makes the folder for the pages."""
    first, *students = serving.zips
    await serving.submit(first)
    waited = []
    for student in students:
        await serving.recorded(client)
        waited.append(await serving.submit(student))
    return latency_rows(f"Idle: hand-in on the exchange → page, of {len(waited)}", waited, 1, 2)


async def rush(
    serving: Serving, client: AsyncHTTPClient, handins: int, within: float, kills: bool
) -> list[dict]:
    """`handins` at random moments of `within` seconds, two by each student."""
    draw = random.Random(5)
    students = list(serving.zips)
    moments = [draw.uniform(0, within) for _ in range(handins)]

    async def one(number: int) -> tuple[float, dict]:
        await asyncio.sleep(moments[number])
        return await serving.hand_in(client, students[number % len(students)], f"rush-{number}")

    killed = 0

    async def killing() -> None:
        nonlocal killed
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_KILLS)
            # To its end, even when there is nobody left to wait: else no service might be there.
            await asyncio.shield(asyncio.to_thread(serving.kill_one, draw))
            killed += 1

    killer = asyncio.create_task(killing()) if kills else None
    answers = await asyncio.gather(*map(one, range(handins)))
    if killer:
        killer.cancel()
        with suppress(asyncio.CancelledError):
            await killer
    serving.stop()
    serving.options = ("--verdicts-only",)
    serving.start()
    await serving.recorded(client)
    errors = lost_or_twice(serving.course, [found for _, found in answers])
    name = f"{handins:,} hand-ins in {within:.0f} s by {len(students)}"
    name += f", {killed} processes killed" if kills else ""
    return [
        *latency_rows(name, [seconds for seconds, _ in answers], 5, 30 if kills else 15),
        row(f"{name}: lost or recorded twice", errors, "0", not errors),
    ]


def lost_or_twice(course: Course, answers: list[dict]) -> int:
    """How many hand-ins are not there once, as answered; and students without their best grade."""
    numbers = Counter(found["number"] for found in answers)
    engine = sa.create_engine(Settings(course).db_url)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(QUEUE.c.number, QUEUE.c.recorded)).all()
    engine.dispose()
    recorded = Counter(row.number for row in rows if row.recorded)
    best: dict[str, float] = {}
    for found in answers:
        score = found["verdict"]["score"] if found["verdict"] else 0.0
        best[found["student"]] = max(score, best.get(found["student"], 0.0))
    grades = {student: grade.total for student, grade in read_grades(course).items()}
    once = dict.fromkeys(range(1, len(answers) + 1), 1)
    return sum(
        abs(there.get(number, 0) - once.get(number, 0))
        for there in (numbers, recorded)
        for number in there | once
    ) + sum(grades.get(student) != score for student, score in best.items())


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
        async with asyncio.TaskGroup() as sent:
            for _ in range(int(seconds * 50)):
                sent.create_task(send())
                await asyncio.sleep(0.02)

    async def send() -> None:
        with suppress(OSError, HTTPError):  # most are told to wait
            await serving.post(client, flooder, "")

    alone = await wait_of("alone")
    task = asyncio.create_task(flooding())
    beside = await wait_of("beside")
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
        await serving.recorded(client)
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

    async def together(serving: Serving, client: AsyncHTTPClient) -> list[dict]:
        await asyncio.gather(*(serving.hand_in(client, one, f"c-{one}") for one in serving.zips))
        await serving.recorded(client)
        return []

    async def singly(serving: Serving, client: AsyncHTTPClient) -> list[dict]:
        for one in serving.zips:
            await serving.hand_in(client, one, f"c-{one}")
        await serving.recorded(client)
        return []

    ways: dict[str, Callable[[int], float]] = {
        "all at once": partial(_cost_of_service, work=together),
        "one after the other": partial(_cost_of_service, work=singly),
        "class run": _cost_of_class_run,
    }
    taken = {name: [way(size) for size in (few, many)] for name, way in ways.items()}
    each = {name: last - first for name, (first, last) in taken.items()}
    ratios = {
        name: each[name] / each["class run"] for name in ("all at once", "one after the other")
    }
    return [
        row(
            f"CPU of a hand-in, {name}: service / course grade",
            round(ratio, 2),
            "≤ 1.5",
            ratio <= 1.5,
        )
        for name, ratio in ratios.items()
    ]


def _cost_of_service(
    size: int, work: Callable[[Serving, AsyncHTTPClient], Awaitable[list[dict]]]
) -> float:
    """Processor seconds of the service for so many hand-ins."""
    before = cpu_of_children()
    with_service(size, work, "--verdicts-only", "--jobs", "1")
    return cpu_of_children() - before


def _cost_of_class_run(size: int) -> float:
    """Processor seconds of `course grade` for so many hand-ins."""
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
        return cpu_of_children() - before


def part(name: str, quick: bool) -> list[dict]:
    """The rows of one of PARTS; with `quick` everything is a tenth as large, or less."""
    scale = 10 if quick else 1
    match name:
        case "idle":
            many = 100 // scale + 1
            return [
                *with_service(many, idle_at_the_door, "--verdicts-only"),
                *with_service(many, idle_on_the_exchange),
            ]
        case "rush" | "kills":
            hurry = partial(rush, handins=1000 // scale, within=60 / scale, kills=name == "kills")
            return with_service(500 // scale, hurry, *(["--verdicts-only"] if quick else []))
        case "flood":
            return with_service(200 // scale, partial(flood, seconds=20 / scale))
        case "memory":
            many, by = (500, 100) if quick else (10_000, 500)
            return with_service(by, partial(memory, few=100, many=many), "--verdicts-only")
    return cost(20, 300 // scale + 20)


def rows(quick: bool = False, parts: Iterable[str] = PARTS) -> Iterator[dict]:
    """The rows of `parts`, one after the other."""
    for name in parts:
        yield from part(name, quick)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="everything a tenth as large")
    parser.add_argument(
        "parts", nargs="*", choices=(*PARTS, []), metavar="PART", help=", ".join(PARTS)
    )
    args = parser.parse_args()
    for one in rows(args.quick, args.parts or PARTS):
        show(one)
