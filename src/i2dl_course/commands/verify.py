"""`course verify`: what a receipt, or a ledger of them, proves; the public key alone is needed."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from i2dl_course import manifest
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import open_handin

if TYPE_CHECKING:
    from i2dl_course.receiving.receipts import Receipt

HELP = "verify a receipt or a ledger of receipts, and say what it proves"
_LARGEST = 1 << 30  # bytes; a receipt has half a kilobyte
_FAULTS_SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Files of receipts, the key, and the hand-in that one receipt is about."""
    parser.add_argument(
        "file", type=Path, nargs="+", metavar="FILE", help="a receipt, or a ledger of them"
    )
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="the public key; by default the course's own"
    )
    parser.add_argument(
        "--handin",
        type=Path,
        metavar="PATH",
        help="a folder or zip: whether the receipt is about these files",
    )


def run(args: argparse.Namespace) -> int:
    """Verify; 0 when everything holds, 1 when something does not."""
    from i2dl_course.receiving import keys, receipts

    key = keys.load_public(args.key or manifest.find_root() / keys.PUBLIC)
    checked = {path: receipts.check(_read(path), key) for path in args.file}
    good = True
    for path, one in checked.items():
        for fault in one.faults[:_FAULTS_SHOWN]:
            print(f"✗ {path}: {fault}")
        if len(one.faults) > _FAULTS_SHOWN:
            print(f"✗ {path}: {len(one.faults) - _FAULTS_SHOWN} more.")
        good = good and not one.faults
    ledgers = {path: one for path, one in checked.items() if len(one.receipts) > 1}
    singles = {path: one for path, one in checked.items() if path not in ledgers}
    for path, one in ledgers.items():
        if not one.faults:
            print(f"✓ {path}: {_of_a_ledger(one.receipts)}")
        for other, single in singles.items():
            for receipt in receipts.missing_from(one, single):
                good = False
                print(
                    f"✗ {path}: receipt {receipt.number}, which is in {other}, is not in it: a "
                    "line was removed or changed after it was given."
                )
    for path, one in singles.items():
        for receipt in one.receipts:
            print(f"✓ {path}: {_of_one(receipt)}")
            if args.handin:
                good = _is_about(receipt, args.handin) and good
    return 0 if good else 1


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}).") from None


def _of_one(receipt: Receipt) -> str:
    moment = receipt.time
    when = f"on {moment:%Y-%m-%d at %H:%M:%S.%f} UTC" if moment else "at a time that is not known"
    return (
        f"{receipt.student} handed in files with the SHA-256 {receipt.sha256}, received {when} "
        f"for {receipt.exercise} of {receipt.course} as number {receipt.number}.\n"
        f"  Whoever holds the key {receipt.key} has signed that, and that it follows on the "
        "receipt before. It says nothing of points."
    )


def _of_a_ledger(receipts: Iterable[Receipt]) -> str:
    *_, last = receipts
    return (
        f"{last.number} receipts, all signed by the key {last.key}; none is missing, changed or "
        f"moved from the first to number {last.number}.\n"
        "  Whether the ledger went on after it, a receipt from somebody tells: give its file, too."
    )


def _is_about(receipt: Receipt, path: Path) -> bool:
    from i2dl_course.receiving import receipts

    handin = open_handin(path, manifest.load())
    if receipts.digest_of(handin.files) == receipt.sha256:
        print(f"✓ {path}: these are the files that receipt {receipt.number} is about.")
        return True
    print(f"✗ {path}: these are not the files that receipt {receipt.number} is about.")
    return False
