"""`course serve`: take hand-ins over HTTP, judge them at once, record them, tell their students."""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import TYPE_CHECKING

from i2dl_course import manifest, sandbox
from i2dl_course.commands import options
from i2dl_course.errors import CourseError
from i2dl_course.service import heap

if TYPE_CHECKING:
    from i2dl_course.service.door import HubSide

HELP = "take hand-ins over HTTP, judge them at once, record them and tell their students"
PORT = 8505


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens, and how it judges."""
    parser.add_argument(
        "--address", default="127.0.0.1", metavar="IP", help="where to listen (%(default)s)"
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=PORT,
        metavar="N",
        help="0 takes a free one (%(default)s)",
    )
    parser.add_argument(
        "--hub", action="store_true", help="as a service of a JupyterHub, which signs people in"
    )
    options.jobs(parser)
    parser.add_argument(
        "--verdicts-only", action="store_true", help="run no notebook, and write no feedback"
    )
    options.sandboxes(parser)
    options.seconds(parser)
    options.cluster(parser)


def port_number(text: str) -> int:
    """The value of --port, for argparse."""
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give one from 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal says to end."""
    heap.share_one()
    return asyncio.run(_serve(args))


async def _serve(args: argparse.Namespace) -> int:
    # tornado and nbgrader take a second to import, which `course serve --help` need not take.
    from tornado.netutil import bind_sockets

    from i2dl_course.service.door import Door, Limits
    from i2dl_course.service.service import Options, Service

    course = manifest.load()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        sockets = bind_sockets(args.port, args.address)
    except OSError as error:
        raise CourseError(
            f"{args.address} port {args.port} cannot be listened on ({error.strerror}); give "
            "another --address or --port."
        ) from None
    how = Options(
        args.jobs,
        args.sandbox,
        args.seconds,
        not args.verdicts_only,
        options.cluster_of(args),
    )
    with sandbox.ScratchFolder("serve") as scratch:
        scratch.chmod(0o711)
        service = Service(course, how, scratch)
        try:
            server = Door(service, Limits(), _hub() if args.hub else None).server()
            server.add_sockets(sockets)
            host, port = sockets[0].getsockname()[:2]
            print(f"{course.exercise.name}: taking hand-ins at http://{host}:{port}/", flush=True)
            await ended.wait()
            print("Ending: what has begun is finished first.", flush=True)
            server.stop()
            await asyncio.get_running_loop().run_in_executor(None, service.close)
            await server.close_all_connections()
        except BaseException:
            service.close()
            raise
    return 0


def _hub() -> HubSide:
    """The hub's side of the door. Raises CourseError without JupyterHub, and without a hub."""
    try:
        from i2dl_course.service.hub import Hub
    except ImportError:
        raise CourseError(
            "Behind a hub the service needs JupyterHub in its own environment: `pip install "
            "jupyterhub`, in the version of the hub."
        ) from None
    return Hub()
