"""What anybody may cost at the door: size, time, all at once, and tries of links."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from support.handins import COURSE
from tornado.netutil import bind_sockets

from i2dl_course.errors import CourseError
from i2dl_course.service import door
from i2dl_course.service.door import Door, Limits
from i2dl_course.service.links import KEY_FILE, PersonalLinks
from i2dl_course.service.service import Service

TOKEN = "t" * 30
LIMITS = Limits(size=1000, uploads=1500)


class AtTheDoor:
    """A door with `limits`, and no service behind it: nothing here is received."""

    def __init__(self, limits, why_closed=None):
        links = SimpleNamespace(student={TOKEN: "anna"}.get)
        service = SimpleNamespace(links=links, course=COURSE, why_closed=lambda now: why_closed)
        self.door = Door(service, limits)

    async def __aenter__(self):
        [socket] = bind_sockets(0, "127.0.0.1")
        self._port = socket.getsockname()[1]
        self._server = self.door.server()
        self._server.add_socket(socket)
        return self

    async def __aexit__(self, *_):
        self._server.stop()
        await self._server.close_all_connections()

    async def connect(self):
        """A connection's reader and writer."""
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, writer, method, size, token):
        """Say that `size` bytes will come, and send none."""
        head = f"{method} /in/{token} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
        writer.write(head.encode())
        await writer.drain()

    async def begin(self, size, token=TOKEN):
        """Begin a hand-in, over a connection of its own."""
        reader, writer = await self.connect()
        await self.ask(writer, "POST", size, token)
        return reader, writer

    async def send(self, size, token=TOKEN):
        """Send `size` bytes; code and rest of the answer."""
        return await self.finish(*await self.begin(size, token), size)

    async def finish(self, reader, writer, size):
        """The answer, once `size` bytes are sent, and the end of the connection."""
        answer = await self.answer(reader, writer, size)
        writer.close()
        return answer

    async def answer(self, reader, writer, size):
        """The answer, once `size` bytes are sent."""
        writer.write(b"x" * size)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].split()[0])
        body = (await reader.readexactly(length)).decode()
        return int(head.split()[1]), head + body

    async def until(self, bytes_arriving):
        while self.door.arriving != bytes_arriving:
            await asyncio.sleep(0)


def run(tried):
    """What would else wait for ever is given up, long after it must have been done."""
    asyncio.run(asyncio.wait_for(tried(), 60))


def test_a_hand_in_that_is_too_large_is_told_so():
    async def tried():
        async with AtTheDoor(LIMITS) as at:
            assert (await at.send(1000))[0] == 400, "it is no form, and not too large"
            code, answer = await at.send(1001)
            assert code == 413 and "larger than" in answer
            await at.until(0)

    run(tried)


def test_before_the_opening_nothing_is_received(monkeypatch):
    opens, service = COURSE.exercise.opens, SimpleNamespace(course=COURSE)
    assert Service.why_closed(service, opens) is None
    why = Service.why_closed(service, opens - timedelta(microseconds=1))
    assert why == "Nothing is taken before 22 May 2020, 12:00:00 (Europe/Berlin)."

    async def tried():
        async with AtTheDoor(Limits(), why) as at:
            monkeypatch.setattr(door, "_form", lambda *_: SimpleNamespace(data=b"zip", name=""))
            code, answer = await at.send(100)
            assert code == 403 and why in answer

    run(tried)


def test_what_has_arrived_is_received_then_and_not_when_its_turn_comes(monkeypatch):
    """In the last second of an exercise many wait for the disk."""
    arrived, times = [], []

    def form(*_):
        arrived.append(datetime.now(UTC))
        return SimpleNamespace(data=b"zip", name="")

    def receive(student, data, name, received):
        times.append(received)
        raise CourseError("enough")

    async def tried():
        async with AtTheDoor(Limits()) as at:
            monkeypatch.setattr(door, "_form", form)
            at.door.service.receive = receive
            assert (await at.send(100))[0] == 400
            assert times[0] <= arrived[0]

    run(tried)


def test_who_sends_a_byte_now_and_then_is_hung_up_on():
    async def tried():
        async with AtTheDoor(Limits(seconds=0.2)) as at:
            reader, writer = await at.begin(300)
            await at.until(300)
            answered = b""
            with suppress(ConnectionError):
                for _ in range(300):
                    if reader.at_eof():
                        break
                    writer.write(b"x")
                    await writer.drain()
                    with suppress(TimeoutError):
                        answered += await asyncio.wait_for(reader.read(1), 0.01)
            assert answered == b"", "what has taken too long is not even looked at"
            await at.until(0)
            writer.close()

    run(tried)


def test_what_arrives_at_the_same_time_is_bounded_and_room_comes_back():
    async def tried():
        async with AtTheDoor(LIMITS) as at:
            first = await at.begin(900)
            await at.until(900)
            code, answer = await at.send(900)
            assert code == 503 and "retry-after: 5" in answer.lower()
            assert (await at.finish(*first, 900))[0] == 400
            await at.until(0)
            assert (await at.send(900))[0] == 400
            gone = await at.begin(900)
            await at.until(900)
            gone[1].close()  # who hangs up gives it back as well
            await at.until(0)

    run(tried)


def test_who_tries_link_after_link_is_told_to_wait():
    async def tried():
        async with AtTheDoor(LIMITS) as at:
            codes = [(await at.send(1, f"{number:030}"))[0] for number in range(31)]
            assert codes == [403] * 30 + [429]
            assert (await at.send(1))[0] == 400, "and a link that counts still does"

    run(tried)


def test_a_connection_over_which_a_page_was_refused_goes_on():
    """A hub's proxy asks for the next one's page over it, and would find it ended."""

    async def tried():
        async with AtTheDoor(LIMITS) as at:
            connection = await at.connect()
            for method, size in (("GET", 0), ("GET", 0), ("POST", 1), ("GET", 0)):
                await at.ask(connection[1], method, size, "x" * 30)
                assert (await at.answer(*connection, size))[0] == 403
            connection[1].close()

    run(tried)


@pytest.mark.parametrize(("method", "code"), [("GET", 403), ("PUT", 405), ("POST", 403)])
def test_nothing_is_kept_of_what_comes_with_a_request_that_is_no_hand_in(method, code, monkeypatch):
    kept, end = [], door.Page.on_finish

    def on_finish(page):
        kept.append(page.body)
        end(page)

    async def tried():
        async with AtTheDoor(LIMITS) as at:
            reader, writer = await at.connect()
            await at.ask(writer, method, 900, "x" * 30)
            assert (await at.finish(reader, writer, 900))[0] == code

    monkeypatch.setattr(door.Page, "on_finish", on_finish)
    run(tried)
    assert kept == [[]]


class Serials(dict):
    """The serial numbers below which no link of a student counts."""

    def of(self, student):
        return self.get(student, 0)


def test_a_link_counts_until_its_last_second_and_for_its_exercise(tmp_path):
    now, serials = datetime(2020, 5, 22, 12, tzinfo=UTC), Serials()
    links = PersonalLinks(tmp_path, "exercise_05", serials)
    token = links.token("anna", 5, now)
    end = now + timedelta(days=5)
    assert links.student(token, end - timedelta(seconds=1)) == "anna"
    assert links.student(token, end) is None
    assert PersonalLinks(tmp_path, "exercise_06", serials).student(token, now) is None
    assert PersonalLinks(tmp_path, "exercise_05", Serials(anna=1)).student(token, now) is None
    assert links.student(links.token("ben", 5, now), now) == "ben"


def test_a_key_of_links_that_others_may_read_is_refused(tmp_path):
    PersonalLinks(tmp_path, "exercise_05", Serials())
    (tmp_path / KEY_FILE).chmod(0o644)
    with pytest.raises(CourseError, match="may be read by others"):
        PersonalLinks(tmp_path, "exercise_05", Serials())
