"""The `course` command: each verb is a module with HELP, arguments(parser) and run(args)."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType, ModuleType
from typing import Any, NoReturn, TextIO

from i2dl_course import faults
from i2dl_course.errors import CourseError, WithLines
from i2dl_course.handins.plain_text import plain
from i2dl_course.nbgrader_side.run import path_with_our_commands

VERBS = {
    "build": "i2dl_course.commands.build",
    "check-markers": "i2dl_course.commands.check_markers",
    "prepare": "i2dl_course.commands.prepare",
    "grade": "i2dl_course.commands.grade",
    "handins": "i2dl_course.commands.handins",
    "show": "i2dl_course.commands.show",
    "extend": "i2dl_course.commands.extend",
    "report": "i2dl_course.commands.report",
    "export": "i2dl_course.commands.export",
    "similar": "i2dl_course.commands.similar",
    "regrade": "i2dl_course.commands.regrade",
    "replay": "i2dl_course.commands.replay",
    "judge": "i2dl_course.commands.judge",
    "verify": "i2dl_course.commands.verify",
    "publish": "i2dl_course.commands.publish",
    "lite": "i2dl_course.commands.lite",
    "serve": "i2dl_course.commands.serve",
    "links": "i2dl_course.commands.links",
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


class OutputLost(Exception):
    """The standard output takes nothing more; `__cause__` says why."""


class _Output:
    """The standard output, whose OSErrors are an OutputLost: no other file's, and never rich's."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As the stream's own."""
        try:
            return self._stream.write(text)
        except OSError as error:
            raise OutputLost from error

    def flush(self) -> None:
        """As the stream's own."""
        try:
            self._stream.flush()
        except OSError as error:
            raise OutputLost from error


class _Messages(_Output):
    """The standard error: where it takes nothing, nobody can be told so."""

    def write(self, text: str) -> int:
        """As the stream's own, as far as it takes something."""
        with suppress(OutputLost):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        """As the stream's own, as far as it takes something."""
        with suppress(OutputLost):
            super().flush()


@contextmanager
def _outputs() -> Iterator[None]:
    """Within the block, every character can be printed, and a lost output is told apart."""
    before = sys.stdout, sys.stderr
    for stream in before:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # ASCII and Latin-1 have no ✓
    # A stream that was closed before we were started is None, and print() writes nowhere.
    sys.stdout = _Output(sys.stdout) if sys.stdout else sys.stdout
    sys.stderr = _Messages(sys.stderr) if sys.stderr else sys.stderr
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code; a CourseError becomes one sentence on stderr.

    So does what the system refuses. Whoever reads our output may stop reading (`| head`): then we
    end without a word and with the exit code of a process that SIGPIPE ends, as other commands do.
    """
    with _outputs():
        try:
            try:
                return _main(list(sys.argv[1:] if argv is None else argv))
            finally:
                if sys.stdout:
                    sys.stdout.flush()  # or Python does, later, with words of its own
        except OutputLost as lost:
            _drop_output()
            if isinstance(lost.__cause__, BrokenPipeError):
                return STOPPED_BY + signal.SIGPIPE
            print(
                f"course: The standard output cannot be written ({_why(lost)}); what was done is "
                "kept, and only the report is lost.",
                file=sys.stderr,
            )
            return FAILED


def _why(lost: OutputLost) -> str:
    return getattr(lost.__cause__, "strerror", None) or str(lost.__cause__)


def _drop_output() -> None:
    """What still waits to be written goes nowhere, or Python would try it again at its end."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _main(arguments: list[str]) -> int:
    os.environ["PATH"] = path_with_our_commands()
    try:
        with orderly_end():
            verb = arguments[0] if arguments else ""
            # Only the verb asked for is imported: it starts sooner, and a broken one harms none.
            modules = {verb: _module(verb)} if verb in VERBS else _importable()
            args = _parser(modules).parse_args(arguments)
            return int(args.run(args) or 0)
    except CourseError as error:
        lines = "\n" if isinstance(error, WithLines) else ""
        print("course:", plain(error, keep=lines), file=sys.stderr)
        return FAILED
    except OSError as error:
        print("course:", plain(faults.told(error)), file=sys.stderr)
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
            f"({error}); {faults.how_to_install()}."
        ) from error


def _importable() -> dict[str, ModuleType]:
    modules = {}
    for verb in VERBS:
        try:
            modules[verb] = _module(verb)
        except CourseError as error:
            print(f"course: {error}", file=sys.stderr)
    return modules


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence, without all that would be right."""
        self.exit(FAILED, f"{self.prog}: {plain(message)}. See `{self.prog} --help`.\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all verbs, out of which their reference is made."""
    return _parser(_importable())


def _parser(modules: dict[str, ModuleType]) -> argparse.ArgumentParser:
    parser = _Parser(
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
