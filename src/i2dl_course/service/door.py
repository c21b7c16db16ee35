"""The door over HTTP: a personal page that takes a hand-in and tells what became of all of them.

    GET  /in/TOKEN            the page
    POST /in/TOKEN            a hand-in: a form with the zip as `handin`; the page again, or JSON
    GET  /in/TOKEN/NUMBER     the verdict on one, as JSON; waits for it for a moment
    GET  /in/TOKEN/NUMBER/receipt    its receipt, as a file
    GET  /health, /metrics    for whoever runs the service, and can read its key

Who holds the link is the student: no cookie is set, so there is none to steal and none that a
foreign page could make a browser send. The limits stand in :class:`Limits`.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from tornado import httputil, web
from tornado.httpserver import HTTPServer

from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault
from i2dl_course.receiving import key_file
from i2dl_course.reporting.door_page import SCRIPT, STYLE, Handed, door_page
from i2dl_course.service.rate import Rate
from i2dl_course.service.service import Service

_IF_READ = "who could then see how the service does: remove it, and start the service once more"
SECONDS_TO_WAIT = 20.0  # for a verdict, before a page without it is sent
_TIMES_TOO_LARGE = 10  # what is larger still is not even read to its end, to be told so
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # or a link that is followed would carry the token along
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Server": "course",
}


@dataclass(frozen=True)
class Limits:
    """What a hand-in and a student may cost.

    `size` is in bytes of one request, `uploads` in bytes of all that arrive at once; a student may
    hand in `burst` times at once, and `per_minute` times a minute for long; a request that has not
    arrived after `seconds` is cut off.
    """

    size: int = 20 << 20
    uploads: int = 200 << 20
    burst: int = 10
    per_minute: float = 20.0
    seconds: float = 60.0


class HubSide(Protocol):
    """What stands in the place of links behind a hub: see hub.py."""

    prefix: str
    settings: dict[str, Any]

    def routes(self, own: dict[str, Any]) -> list[tuple]:
        """The routes of those who have signed in at the hub."""


class Door:
    """The application, and what its handlers share."""

    def __init__(self, service: Service, limits: Limits, hub: HubSide | None = None):
        self.service = service
        self.hub = hub
        self.operator = b"Bearer " + key_file.key(service.course.root / key_file.OPERATOR, _IF_READ)
        self.limits = limits
        self.rate = Rate(limits.burst, limits.per_minute / 60)
        self.guesses = Rate(30, 0.5)  # of links that are none, by address
        self.arriving = 0  # bytes
        # Opening a zip takes milliseconds, and a hostile one longer: never in the event loop. Most
        # of them wait for the disk, for which many can do together.
        self.threads = ThreadPoolExecutor(8, "reception")

    async def aside(self, work: Callable[..., Any], *values: Any) -> Any:
        """The result of `work`, done in another thread."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *values)

    @property
    def base(self) -> str:
        """Below which address the door is."""
        return self.hub.prefix if self.hub else "/"

    def application(self) -> web.Application:
        """The routes: below a hub's prefix who has signed in, else who holds a link."""
        own, base = {"door": self}, self.base
        assets = [
            (rf"{base}(door\.css|door\.js)", Asset, own),
            (rf"{base}health", Health, own),
            (rf"{base}metrics", FiguresPage, own),
        ]
        return web.Application(
            [*assets, *(self.hub.routes(own) if self.hub else _routes_of_links(own))],
            default_handler_class=Nothing,
            default_handler_args=own,
            log_function=lambda handler: None,  # the addresses hold tokens
            **(self.hub.settings if self.hub else {}),
        )

    def server(self) -> HTTPServer:
        """A server of the application, which does not listen yet."""
        return HTTPServer(
            self.application(),
            max_body_size=_TIMES_TOO_LARGE * self.limits.size,
            max_header_size=16 << 10,
            body_timeout=self.limits.seconds,
            idle_connection_timeout=self.limits.seconds,
        )


class _Handler(web.RequestHandler):
    def initialize(self, door: Door) -> None:
        """Keep what all handlers share."""
        self.door = door

    def set_default_headers(self) -> None:
        """On every answer, errors as well."""
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def _request_summary(self) -> str:
        """For the log: without the address, which may hold a token."""
        return f"{self.request.method} by {self.request.remote_ip}"

    @property
    def wants_json(self) -> bool:
        return "text/html" not in self.request.headers.get("Accept", "")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One sentence; never what went wrong inside."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        self.end(status_code, getattr(error, "reason", None) or "Something went wrong here.")

    def refuse(self, status: int, sentence: str) -> None:
        """Do no more for this request than to end it with a sentence."""
        self.end(status, sentence)

    def end(self, status: int, sentence: str) -> None:
        """Answer with a sentence."""
        self.set_status(status)
        if self.wants_json:
            self.finish({"error": sentence})
        else:
            page = door_page(
                self.door.service.course, None, [], error=sentence, base=self.door.base
            )
            self.finish(page)


class Nothing(_Handler):
    """Every other address."""

    def prepare(self) -> None:
        """Say so."""
        self.refuse(404, "There is nothing here; open the link that you were given.")


class Asset(_Handler):
    """Style and script: our own, and nothing from elsewhere."""

    def get(self, name: str) -> None:
        """The file."""
        kind, text = {"door.css": ("text/css", STYLE), "door.js": ("text/javascript", SCRIPT)}[name]
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(text)


class Personal(_Handler):
    """What belongs to the student whose link it is."""

    student: str
    proof = ""  # in the address of a form, where the student is known by a cookie

    async def prepare(self) -> None:
        """Find out whose page this is, before anything else is read."""
        student = await self.identify()
        if student is not None:
            self.student = student

    async def identify(self) -> str | None:
        """Whose link this is; None when it is refused."""
        student: str | None = await self.door.aside(
            self.door.service.links.student, self.path_args[0]
        )
        if student is None:
            wait = self.door.guesses.seconds_to_wait(self.request.remote_ip or "")
            if wait > 0:
                self.set_header("Retry-After", str(int(wait) + 1))
                self.refuse(429, "Too many tries; wait a moment.")
            else:
                self.refuse(
                    403, "This link is not valid, or no longer; ask your course for a new one."
                )
        return student

    @property
    def here(self) -> str:
        """The address of the student's page, without a slash at its end."""
        return f"/in/{self.path_args[0]}"

    async def handed(self) -> list[Handed]:
        """All hand-ins of the student, for the page."""
        return await self.door.aside(self.door.service.handed, self.student)


@web.stream_request_body
class Page(Personal):
    """A student's page."""

    reserved = 0  # bytes of what is to arrive
    refused: tuple[int, str] | None = None

    def refuse(self, status: int, sentence: str) -> None:
        """Keep nothing of what still arrives, and answer then.

        Whoever is cut off while sending sees a connection that breaks, and not the answer.
        """
        if self.request.method == "POST":
            self.refused = status, sentence
        else:
            self.end(status, sentence)

    async def prepare(self) -> None:
        """Refuse a hand-in that is too large or one too many before any of it is kept.

        Whoever sends none is answered in get: an answer that goes out while a request is still
        being read ends the connection, unannounced, and a hub's proxy goes on using it.
        """
        self.body: list[bytes] = []
        if self.request.method != "POST":
            return
        if self.refused is None:
            await self._find_out_who()
        if self.refused:
            return
        size = self.request.headers.get("Content-Length", "")
        if not size.isdecimal():
            return self.refuse(411, "Say how long the hand-in is.")
        if int(size) > self.door.limits.size:
            largest = f"{self.door.limits.size / (1 << 20):.3g} MB"
            return self.refuse(413, f"This is larger than {largest}; send the zip of the exercise.")
        if (wait := self.door.rate.seconds_to_wait(self.student)) > 0:
            self.set_header("Retry-After", str(int(wait) + 1))
            return self.refuse(
                429,
                "You hand in faster than anything can be judged; wait "
                f"{int(wait) + 1} seconds, and send this one again.",
            )
        if self.door.arriving + int(size) > self.door.limits.uploads:
            self.set_header("Retry-After", "5")
            return self.refuse(503, "Many hand in just now; send yours again in some seconds.")
        self.reserved = int(size)
        self.door.arriving += self.reserved

    async def _find_out_who(self) -> None:
        try:
            await super().prepare()
        except web.HTTPError as error:  # of a hub that does not answer
            self.refuse(error.status_code, error.reason or "Something went wrong here.")

    def data_received(self, chunk: bytes) -> None:
        """Keep a part of a hand-in, which is not longer than it said, and of nothing else."""
        if self.reserved:
            self.body.append(chunk)

    def on_finish(self) -> None:
        """Give back the room that the request had."""
        self.door.arriving -= self.reserved
        self.reserved, self.body = 0, []

    def on_connection_close(self) -> None:
        """As at the end."""
        self.on_finish()

    async def get(self, *_: str) -> None:
        """The page."""
        await super().prepare()
        if not self._finished:
            await self._page()

    async def post(self, *_: str) -> None:
        """Take a hand-in."""
        received = datetime.now(UTC)  # now that it is here, however long it then waits
        if self.refused:
            return self.end(*self.refused)
        form = _form(self.request.headers.get("Content-Type", ""), b"".join(self.body))
        self.body = []
        if form is None or form.data is None:
            return self.end(400, "There was no file in it; choose your zip, and send it again.")
        closed = self.door.service.why_closed(received)
        if closed:
            return self.end(403, closed)
        try:
            number = await self.door.aside(
                self.door.service.receive, self.student, form.data, form.name, received
            )
        except CommonFault:
            return self.end(503, "Your hand-in could not be written down; send it again soon.")
        except CourseError as error:
            return await self._refused(str(error))
        judged = await self.door.service.verdict(number, SECONDS_TO_WAIT)
        if self.wants_json:
            self.set_status(200 if judged.judged else 202)
            self.finish(self.door.service.as_json(judged))
        else:
            self.redirect(self.request.path, status=303)  # so that a reload sends nothing again

    async def _refused(self, sentence: str) -> None:
        if self.wants_json:
            self.end(400, sentence)
        else:
            self.set_status(400)
            await self._page(sentence)

    async def _page(self, error: str | None = None) -> None:
        handed = await self.handed()
        self.finish(
            door_page(
                self.door.service.course,
                self.student,
                handed,
                error=error,
                once=secrets.token_urlsafe(16),
                here=self.here,
                action=f"{self.request.path}{self.proof}",
                base=self.door.base,
            )
        )


class _OneHandin(Personal):
    """What belongs to one hand-in, of the student whose link it is."""

    async def prepare(self) -> None:
        """Refuse what is another's."""
        await super().prepare()
        if self._finished:
            return
        self.number = int(self.path_args[-1])
        one = await self.door.aside(self.door.service.queue.get, self.number)
        if one is None or one.student != self.student:
            self.refuse(404, "You have no hand-in with this number.")


class Verdict(_OneHandin):
    """What became of one hand-in."""

    async def get(self, *_: str) -> None:
        """As JSON; waits for the verdict for a moment."""
        judged = await self.door.service.verdict(self.number, SECONDS_TO_WAIT)
        self.finish(self.door.service.as_json(judged))


class ReceiptFile(_OneHandin):
    """The signed line that a student may keep."""

    def get(self, *_: str) -> None:
        """As a file, for `course verify`."""
        self.set_header("Content-Type", "text/plain; charset=us-ascii")
        name = f"receipt_{self.number}.txt"
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(self.door.service.receipt(self.number) + "\n")


def _routes_of_links(own: dict[str, Any]) -> list[tuple]:
    """The routes of those who hold a link."""
    link = r"/in/([\w.-]{20,400})"
    return [
        (link, Page, own),
        (rf"{link}/(\d{{1,9}})", Verdict, own),
        (rf"{link}/(\d{{1,9}})/receipt", ReceiptFile, own),
    ]


class _ForTheOperator(_Handler):
    """What only whoever runs the service is told.

    Not by where the question comes from: on a hub the students' programs run on this machine, too.
    """

    def prepare(self) -> None:
        """Nothing of it without the key."""
        said = self.request.headers.get("Authorization", "")
        if not hmac.compare_digest(said.encode(), self.door.operator):
            self.refuse(404, "There is nothing here; open the link that you were given.")


class Health(_ForTheOperator):
    """Whether hand-ins are taken, judged and recorded."""

    def get(self) -> None:
        """JSON; the code is 503 when something keeps us from our work."""
        health = self.door.service.health()
        self.set_status(200 if health["ok"] else 503)
        self.finish(health)


class FiguresPage(_ForTheOperator):
    """For Prometheus."""

    def get(self) -> None:
        """In its text format."""
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(self.door.service.figures.text())


@dataclass(frozen=True)
class _Form:
    data: bytes | None
    name: str


def _form(kind: str, body: bytes) -> _Form | None:
    """The file and the name in a form; None when it is none."""
    arguments: dict[str, list[bytes]] = {}
    files: dict[str, list[httputil.HTTPFile]] = {}
    try:
        httputil.parse_body_arguments(kind, body, arguments, files)
    except (httputil.HTTPInputError, ValueError):
        return None
    sent = files.get("handin", [])
    once = arguments.get("once", [b""])[-1].decode("ascii", "replace")
    name = once if once.replace("-", "").replace("_", "").isalnum() and len(once) <= 64 else ""
    data = sent[0].body if len(sent) == 1 and sent[0].filename else None
    return _Form(data, name or secrets.token_urlsafe(16))
