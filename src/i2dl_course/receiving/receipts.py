"""Receipts: one signed line for each hand-in, chained by the hash of the line before.

A line is JSON in ASCII, always written in the one way that `Receipt.line` has, and is only a
receipt when it is written so, down to the last bit; the signature, too, has one way of being
written. Ed25519 (RFC 8032) signs all of it but the signature itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from i2dl_course.errors import CourseError
from i2dl_course.receiving import keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

BEFORE_THE_FIRST = "0" * 64
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_FORM = 1  # of the line
_LONGEST_LINE = 4096  # bytes of a line


@dataclass(frozen=True)
class Receipt:
    """Who has handed in what, when, as which number.

    `sha256` is that of the list of files (`digest_of`); `received` is UTC by the receiver's clock,
    or empty where only a learning platform knows it; `before` is the SHA-256 of the line before.
    """

    number: int
    student: str
    course: str
    exercise: str
    sha256: str
    received: str
    before: str
    key: str
    signature: str = ""

    def line(self) -> str:
        """The receipt as it is given and kept, without a line end."""
        return json.dumps({"receipt": _FORM, **vars(self)}, separators=(",", ":"))

    def hash(self) -> str:
        """The SHA-256 of the line, which the next receipt holds."""
        return hashlib.sha256(self.line().encode("ascii")).hexdigest()

    @property
    def time(self) -> datetime | None:
        """When it was received, UTC."""
        if not self.received:
            return None
        return datetime.strptime(self.received, _TIME).replace(tzinfo=UTC)


def stamp(moment: datetime | None) -> str:
    """`moment`, which knows its zone, as a receipt holds it."""
    return moment.astimezone(UTC).strftime(_TIME) if moment else ""


def list_of(files: Mapping[str, bytes]) -> bytes:
    """The list of `files` that a receipt is about, as ``sha256sum`` prints it, sorted by name."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def digest_of(files: Mapping[str, bytes]) -> str:
    """The SHA-256 of the list of `files`; ``sha256sum FILES | sha256sum`` gives the same."""
    return hashlib.sha256(list_of(files)).hexdigest()


def sign(receipt: Receipt, key: Ed25519PrivateKey) -> Receipt:
    """`receipt` with the signature of `key`, and its name."""
    unsigned = replace(receipt, key=keys.name_of(key.public_key()), signature="")
    return replace(unsigned, signature=key.sign(unsigned.line().encode("ascii")).hex())


def read(line: bytes) -> Receipt:
    """The receipt that `line` is, without a look at its signature. Raises CourseError."""
    try:
        table = json.loads(line.decode("ascii")) if len(line) <= _LONGEST_LINE else None
        if isinstance(table, dict) and table.pop("receipt", None) == _FORM:
            found = Receipt(**table)
            if _sound(found) and found.line().encode("ascii") == line:
                return found
    except (ValueError, TypeError, RecursionError):
        pass
    raise CourseError("it is no receipt, or one that was changed")


def _sound(receipt: Receipt) -> bool:
    """Whether each field is of its kind."""
    kinds = [type(value) for value in vars(receipt).values()]
    return (
        kinds == [int, *[str] * (len(kinds) - 1)]
        and receipt.number > 0
        and stamp(receipt.time) == receipt.received
    )


def verify(line: bytes, key: Ed25519PublicKey) -> Receipt:
    """The receipt that `line` is, signed by `key`.

    Raises CourseError, whose words follow on the name of the line, when it is none.
    """
    from cryptography.exceptions import InvalidSignature

    receipt = read(line)
    name = keys.name_of(key)
    if receipt.key != name:
        raise CourseError(
            f"it says that the key {receipt.key!r} has signed it, and the one given is {name}"
        )
    try:
        unsigned = replace(receipt, signature="")
        signature = bytes.fromhex(receipt.signature)
        key.verify(signature, unsigned.line().encode("ascii"))
        if signature.hex() != receipt.signature:  # written in capitals
            raise ValueError
    except (InvalidSignature, ValueError):
        raise CourseError("its signature is not that of the key: something was changed") from None
    return receipt


@dataclass(frozen=True)
class Checked:
    """What a file of receipts holds: those that are signed, and one sentence for each fault."""

    receipts: tuple[Receipt, ...]
    faults: tuple[str, ...]


def check(data: bytes, key: Ed25519PublicKey) -> Checked:
    """Verify the lines of `data`: one receipt, or a ledger, which must be whole from its first.

    Only the last lines of a ledger can be missing unnoticed; a receipt that somebody holds of them
    tells (`missing_from`).
    """
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if len(lines) == 1:
        lines = [lines[0].removesuffix(b"\r")]  # as some mail programs end it
    found: list[Receipt] = []
    faults = [] if lines else ["There is no receipt in it."]
    before = BEFORE_THE_FIRST
    for number, line in enumerate(lines, start=1):
        try:
            receipt = verify(line, key)
        except CourseError as error:
            faults.append(f"Line {number}: {error}.")
        else:
            found.append(receipt)
            if len(lines) > 1 and (receipt.number != number or receipt.before != before):
                faults.append(
                    f"Line {number}: it holds receipt {receipt.number}, which does not follow on "
                    "the line before: a line was removed, put in or moved."
                )
        before = hashlib.sha256(line).hexdigest()
    return Checked(tuple(found), tuple(faults))


def missing_from(ledger: Checked, receipts: Checked) -> list[Receipt]:
    """Those of `receipts`, which somebody holds, that are not in `ledger`."""
    there = set(ledger.receipts)
    return [receipt for receipt in receipts.receipts if receipt not in there]
