"""What is raised about one hand-in becomes one sentence about it, whatever it is."""

import decimal

import pytest
from support.faults import KINDS, raised

from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import CommonFault, Failures, sentence


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_error_is_kept_as_one_printable_sentence(kind):
    failures = Failures()
    with failures.of("anna", "could not be opened"):
        raise raised(kind)
    assert failures["anna"].startswith("could not be opened (") and failures["anna"].isprintable()
    assert failures["anna"].endswith(").")


def test_the_sentence_says_what_and_why():
    assert sentence(KeyError("cells"), "it failed") == "it failed (KeyError: 'cells')."
    full = OSError(28, "No space left on device", "/tmp/x")
    assert sentence(full, "it failed") == "it failed (No space left on device: /tmp/x)."
    assert sentence(decimal.InvalidOperation(), "it failed") == "it failed (InvalidOperation)."
    assert sentence(CourseError("Mend it."), "it failed") == "Mend it."
    long = sentence(ValueError("x" * 10**6), "it failed")
    assert len(long) < 400


def test_nothing_in_it_moves_a_cursor_or_begins_a_line():
    said = sentence(ValueError("\x1b[2J\u202eab\r\nnext"), "it failed")
    assert said == "it failed (ValueError: \ufffd[2J\ufffdab)."
    assert sentence(CourseError("a\nb\x1b"), "") == "a\ufffdb\ufffd"


def test_a_full_disk_is_no_fault_of_the_one_whose_turn_it_is():
    failures = Failures()
    with pytest.raises(CommonFault, match=r"^The disk that /x is on is full \(No space"):
        with failures.of("anna", "could not be opened"):
            raise OSError(28, "No space left on device", "/x")
    assert not failures


@pytest.mark.parametrize("kind", [CommonFault, KeyboardInterrupt, SystemExit])
def test_what_concerns_everybody_passes(kind):
    failures = Failures()
    with pytest.raises(kind):
        with failures.of("anna", "could not be opened"):
            raise kind("now")
    assert not failures


def test_the_name_can_be_printed_too():
    failures = Failures()
    with failures.of("m\udcff\n", "could not be opened"):
        raise ValueError
    assert list(failures) == ["m\ufffd\ufffd"]
