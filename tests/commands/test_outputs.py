"""Where a command writes: an output that is closed, full or narrow, or knows no ✓."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress

import pytest
from rich.console import Console

from i2dl_course import cli
from i2dl_course.commands.tables import judgement_table
from i2dl_course.verdicts import Judgement, TaskVerdict

LONG = "The gradient of b is summed over the wrong axis: it has the shape (3, 2) and not (2,)."


def judgement():
    verdicts = {
        "affine_backward": TaskVerdict("affine_backward", 0.0, 15, False, "shape", None, LONG),
        "sigmoid_forward": TaskVerdict("sigmoid_forward", 10.0, 10, True, "right", None, ""),
    }
    return Judgement(verdicts, 80, "bubblewrap", 5)


@contextmanager
def standard_output(monkeypatch, file, encoding="utf-8"):
    """`file`, open for bytes, as the standard output of what runs in this process."""
    stream = io.TextIOWrapper(file, encoding=encoding, write_through=False)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    yield
    monkeypatch.undo()
    stream.close()  # nothing is left that could not be written


@pytest.fixture
def printing(monkeypatch):
    """`course doctor` prints a table and does nothing else; by rich or by print."""

    def verb(args):
        if args.json:
            print("{}")
        else:
            judgement_table(judgement(), Console(width=80))
        return 0

    from i2dl_course.commands import doctor

    monkeypatch.setattr(doctor, "run", verb)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_has_gone_ends_us_without_a_word(monkeypatch, capfd, printing, options):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb", closefd=False) as file, standard_output(monkeypatch, file):
        assert cli.main(["doctor", *options]) == 141
        sys.stdout.flush()  # as Python does at its end: nothing is left to fail
    os.close(writer)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("options", [[], ["--json"], ["--help"]])
def test_a_full_output_is_one_sentence(monkeypatch, capfd, printing, options):
    with open("/dev/full", "wb") as file, standard_output(monkeypatch, file):
        assert cli.main(["doctor", *options]) == 2
        sys.stdout.flush()
    said = capfd.readouterr().err
    assert said.startswith(
        "course: The standard output cannot be written (No space left on device)"
    )
    assert said.count("\n") == 1 and said.endswith(".\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_output_without_our_signs_keeps_the_table(monkeypatch, capfd, printing, encoding):
    file = io.BytesIO()
    with standard_output(monkeypatch, file, encoding):
        assert cli.main(["doctor"]) == 0
        sys.stdout.flush()
        text = file.getvalue().decode(encoding)
    assert "? fail" in text and "? pass" in text
    assert {*LONG.split()} <= {*text.replace("|", " ").split()}
    table = [line for line in text.splitlines() if line.startswith(("|", "+"))]
    assert len(table) > 4 and {len(line) for line in table} == {80}, "its columns stand in line"


def test_a_lost_standard_error_stops_nobody(monkeypatch, capfd):
    full = io.TextIOWrapper(open("/dev/full", "wb", buffering=0), write_through=True)
    monkeypatch.setattr(sys, "stderr", full)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    assert cli.main(["judge", "nowhere"]) == 2
    assert capfd.readouterr().out == ""
    with suppress(OSError):  # what it holds back can be written nowhere
        full.close()


@pytest.mark.parametrize(
    ("error", "pattern"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk of the course or that of /"),
        (OSError(errno.ENOSPC, "No space left", "/a/b"), "The disk that /a/b is on is full"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/t/i2dl-held-grade-x/i2dl-new-y/z"),
            "The disk that /t is on is full (No space left on device); make room there, or name a "
            "folder on another disk by TMPDIR=/that/folder, and ",
        ),
        (OSError(errno.EROFS, "Read-only file system", "/a/b"), "/a/b cannot be read or written"),
        (OSError(errno.EIO, "Input/output error", "/a/b"), "/a/b: Input/output error; when that"),
        (OSError("odd"), "OSError odd; when that is mended"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(monkeypatch, capfd, error, pattern):
    from i2dl_course.commands import doctor

    def verb(args):
        raise error

    monkeypatch.setattr(doctor, "run", verb)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    assert cli.main(["doctor"]) == 2
    said = capfd.readouterr().err
    assert said.startswith(f"course: {pattern}")
    assert said.count("\n") == 1 and said.endswith("the same command goes on.\n")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_verdicts_can_be_read_at_every_width(width):
    file = io.StringIO()
    judgement_table(judgement(), Console(file=file, width=width))
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    words = [word for line in lines for word in line.replace("│", " ").replace(",", " ").split()]
    assert set(LONG.replace(",", " ").split()) <= set(words), "no word is broken"
    assert len(lines) < 16
    assert "affine_backward" in words and "0/15" in words
