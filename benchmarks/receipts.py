"""Does any change to a receipt or a ledger of them go unnoticed?

    .venv/bin/python -m benchmarks.receipts [--quick]

A thousand receipts are verified, alone and as a ledger. Then single bits of single receipts are
changed, and lines of the ledger are removed or exchanged. A receipt that does not verify as it was
given, and a change that is not found, are errors.
"""

from __future__ import annotations

import argparse
import random
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.showing import show
from i2dl_course.receiving import receipts
from i2dl_course.receiving.receipts import Receipt

RECEIPTS, BITS, LINES = 1000, 10_000, 100


def ledger(count: int, key: Ed25519PrivateKey) -> list[bytes]:
    """The lines of a ledger of `count` hand-ins."""
    lines, before = [], receipts.BEFORE_THE_FIRST
    noon = datetime(2020, 5, 25, 12, tzinfo=UTC)
    for number in range(1, count + 1):
        unsigned = Receipt(
            number,
            f"student_{number % 500:05}",
            "i2dl",
            "exercise_05",
            receipts.digest_of({"layer.py": str(number).encode()}),
            receipts.stamp(noon + timedelta(milliseconds=60 * number)),
            before,
            "",
        )
        receipt = receipts.sign(unsigned, key)
        before = receipt.hash()
        lines.append(receipt.line().encode() + b"\n")
    return lines


def rows(quick: bool = False) -> list[dict]:
    """The row of this file."""
    key, draw = Ed25519PrivateKey.generate(), random.Random(5)
    public, lines = key.public_key(), ledger(RECEIPTS, key)
    changes = LINES // 10 if quick else LINES

    def is_found(changed: bytes) -> bool:
        return bool(receipts.check(changed, public).faults)

    errors = is_found(b"".join(lines)) + sum(is_found(line) for line in lines)
    for _ in range(BITS):
        changed = bytearray(draw.choice(lines))
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        errors += not is_found(bytes(changed))
    for _ in range(changes):
        where, other = draw.sample(range(RECEIPTS - 1), 2)
        removed = lines[:where] + lines[where + 1 :]
        moved = lines[:]
        moved[where], moved[other] = moved[other], moved[where]
        errors += not is_found(b"".join(removed))
        errors += not is_found(b"".join(moved))
    changed_ones = f"{BITS:,} changed bits and {2 * changes} removed or moved lines found"
    return [
        {
            "name": f"{RECEIPTS:,} receipts verified, {changed_ones}: errors",
            "value": errors,
            "target": "0",
            "reached": errors == 0,
        }
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer lines removed and moved")
    for row in rows(parser.parse_args().quick):
        show(row)
