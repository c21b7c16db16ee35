"""A receipt proves what it says: any changed bit, removed, repeated or moved line is found."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from i2dl_course.errors import CourseError
from i2dl_course.receiving import receipts
from i2dl_course.receiving.receipts import Receipt

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key()


def ledger(count):
    lines, before = [], receipts.BEFORE_THE_FIRST
    for number in range(1, count + 1):
        moment = datetime(2020, 5, 25, 12, number % 60, tzinfo=UTC)
        unsigned = Receipt(
            number,
            "zoë" if number % 2 else "anna",
            "i2dl",
            "exercise_05",
            receipts.digest_of({"a.py": b"%d" % number}),
            receipts.stamp(moment),
            before,
            "",
        )
        receipt = receipts.sign(unsigned, KEY)
        before = receipt.hash()
        lines.append(receipt.line().encode() + b"\n")
    return lines


LINES = ledger(6)


def faults(lines):
    return receipts.check(b"".join(lines), PUBLIC).faults


def test_a_ledger_and_each_of_its_lines_verify():
    checked = receipts.check(b"".join(LINES), PUBLIC)
    assert checked.faults == ()
    assert [one.number for one in checked.receipts] == [1, 2, 3, 4, 5, 6]
    for line in LINES:
        assert faults([line]) == ()
        assert faults([line.removesuffix(b"\n") + b"\r\n"]) == ()  # through a mail


def test_every_single_bit_that_is_changed_is_found():
    [line] = ledger(1)
    for bit in range(8 * len(line)):
        changed = bytearray(line)
        changed[bit // 8] ^= 1 << bit % 8
        assert faults([bytes(changed)]), f"bit {bit}"


def test_a_line_removed_repeated_moved_or_put_in_is_found():
    for where in range(len(LINES) - 1):
        assert faults(LINES[:where] + LINES[where + 1 :])
    rng = random.Random(5)
    for _ in range(20):
        moved = LINES[:]
        rng.shuffle(moved)
        assert moved == LINES or faults(moved)
    assert faults([*LINES, LINES[-1]])
    assert faults([*LINES, b"\n"])
    other = ledger(6)  # signed by the same key, with its own order
    assert faults([*LINES[:3], *receipts_of_another_ledger()])
    assert other == LINES  # Ed25519 is deterministic


def receipts_of_another_ledger():
    first = receipts.read(LINES[3].removesuffix(b"\n"))
    forked = receipts.sign(replace(first, before="1" * 64), KEY)
    return [forked.line().encode() + b"\n"]


def test_the_last_line_removed_is_found_by_the_receipt_that_somebody_holds():
    whole = receipts.check(b"".join(LINES), PUBLIC)
    shortened = receipts.check(b"".join(LINES[:-1]), PUBLIC)
    held = receipts.check(LINES[-1], PUBLIC)
    assert shortened.faults == ()
    assert receipts.missing_from(whole, held) == []
    assert [one.number for one in receipts.missing_from(shortened, held)] == [6]


def test_another_s_signature_and_lines_that_are_none_are_told():
    receipt = receipts.read(LINES[0].removesuffix(b"\n"))
    stranger = Ed25519PrivateKey.generate()
    line = receipts.sign(receipt, stranger).line().encode()
    with pytest.raises(CourseError, match="the one given is"):
        receipts.verify(line, PUBLIC)
    forged = replace(receipts.sign(receipt, stranger), key=receipt.key).line().encode()
    with pytest.raises(CourseError, match="not that of the key"):
        receipts.verify(forged, PUBLIC)
    for bad in (b"", b"{}", b"[]", b"\xff", b"[" * 5000, LINES[0].replace(b":1,", b":true,", 1)):
        with pytest.raises(CourseError, match="no receipt"):
            receipts.verify(bad, PUBLIC)


def test_the_digest_is_what_sha256sum_prints():
    files = {"b.py": b"", "a.ipynb": b"{}\n"}
    assert receipts.list_of(files) == (
        b"ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356  a.ipynb\n"
        b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.py\n"
    )
