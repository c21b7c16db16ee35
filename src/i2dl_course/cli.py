"""The `course` command: each verb is a module with HELP, arguments(parser) and run(args)."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType

from i2dl_course.handins.plain_text import plain
from i2dl_course.manifest import CourseError
from i2dl_course.nbgrader_side.run import path_with_our_commands

VERBS = {
    "build": "i2dl_course.commands.build",
    "check-markers": "i2dl_course.commands.check_markers",
    "prepare": "i2dl_course.commands.prepare",
    "grade": "i2dl_course.commands.grade",
    "judge": "i2dl_course.commands.judge",
    "demo": "i2dl_course.commands.demo",
    "doctor": "i2dl_course.commands.doctor",
}
FAILED = 2
STOPPED_BY = 128  # and the number of the signal: what a shell makes of it
STOPPING = (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM))


class Stopped(KeyboardInterrupt):
    """A signal asks this process to end; raised in whatever it does, which then clears up."""

    def __init__(self, number: int):
        super().__init__()
        self.number = number


@contextmanager
def orderly_end() -> Iterator[None]:
    """Within the block, a signal that ends this process is a Stopped, and a second one is none."""
    # A signal that whoever has started us wants ignored (nohup, a shell's &) stays ignored.
    heard = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.getsignal(number) for number in heard}

    def stop(number: int, _frame: FrameType | None) -> None:
        for other in heard:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    try:
        for number in heard:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code; a CourseError becomes one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ["PATH"] = path_with_our_commands()
    try:
        with orderly_end():
            verb = arguments[0] if arguments else ""
            # Only the verb asked for is imported: it starts sooner, and a broken one harms none.
            modules = {verb: _module(verb)} if verb in VERBS else _importable()
            args = _parser(modules).parse_args(arguments)
            return int(args.run(args) or 0)
    except CourseError as error:
        print("course:", plain(error, keep="\n"), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as stopped:
        number = getattr(stopped, "number", signal.SIGINT)
        by = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
        print(f"course: stopped{by}.", file=sys.stderr)
        return STOPPED_BY + number


def _module(verb: str) -> ModuleType:
    try:
        return importlib.import_module(VERBS[verb])
    except ImportError as error:
        raise CourseError(
            f"`course {verb}` cannot start, because {error.name or 'a module'} cannot be imported "
            f"({error}); run `make setup`."
        ) from error


def _importable() -> dict[str, ModuleType]:
    modules = {}
    for verb in VERBS:
        try:
            modules[verb] = _module(verb)
        except CourseError as error:
            print(f"course: {error}", file=sys.stderr)
    return modules


def _parser(modules: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course", description="Build, judge and try out the I2DL Exercise 5 course bundle."
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb, module in modules.items():
        subparser = verbs.add_parser(verb, help=module.HELP, description=module.HELP)
        module.arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
