"""What was acknowledged is there: each once, in order, whatever was killed or set back."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from support.small_course import make_course

from i2dl_course.cli import main
from i2dl_course.errors import CourseError
from i2dl_course.receiving import keys, receipts
from i2dl_course.receiving.archive import Archive

NOON = datetime(2020, 5, 25, 12, tzinfo=UTC)
FILES = {"1_graded.ipynb": b"{}", "exercise_code/work.py": b"def double(x):\n    return 2 * x\n"}


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path / "course")


def take(course, student="anna", origin="one", files=FILES, time=NOON, **more):
    return Archive(course).take(student, files, time, origin, **more)


def test_a_hand_in_comes_back_as_it_was_taken(course):
    taken = take(course, notes=["a.txt was not taken: ü."], secret="abc")
    [found] = Archive(course).all()
    assert found == taken
    handin = Archive(course).open(found)
    assert handin.files == FILES
    assert handin.earlier == ("a.txt was not taken: ü.",)
    assert (found.secret, found.time, found.number) == ("abc", NOON, 1)
    ledger = course.root / "received" / "ex" / "ledger.jsonl"
    checked = receipts.check(ledger.read_bytes(), keys.load_public(course.root / keys.PUBLIC))
    assert checked.faults == ()


def test_the_same_hand_in_is_taken_once_and_equal_files_are_stored_once(course):
    first = take(course)
    assert take(course, time=NOON + timedelta(hours=1)) == first
    assert take(course, origin="two").number == 2
    assert take(course, files={**FILES, "2_free.ipynb": b"[]"}).number == 3  # changed in its place
    assert take(course).number == 4
    stored = [path for path in (course.root / "received").rglob("bytes/*/*")]
    assert len(stored) == 3 + 2  # files, and lists of them


def test_a_clock_that_is_set_back_moves_no_hand_in(course):
    take(course, origin="one", time=NOON)
    take(course, origin="two", time=NOON - timedelta(hours=1))
    assert [(one.number, one.origin) for one in Archive(course).all()] == [(1, "one"), (2, "two")]
    ledger = course.root / "received" / "ex" / "ledger.jsonl"
    assert main(["verify", str(ledger), "--key", str(course.root / keys.PUBLIC)]) == 0


def test_half_a_line_was_never_acknowledged(course):
    take(course)
    folder = course.root / "received" / "ex"
    long_lived = Archive(course)
    assert len(long_lived.all()) == 1
    for name, rest in (("arrivals.jsonl", b'{"number": 2, "ori'), ("ledger.jsonl", b'{"receipt')):
        with (folder / name).open("ab") as file:
            file.write(rest)
    assert len(long_lived.all()) == 1
    assert take(course, origin="two").number == 2
    # Killed between the two files: a line that only arrivals has is none.
    with (folder / "arrivals.jsonl").open("ab") as file:
        file.write(b'{"number": 3, "origin": "lost", "notes": [], "secret": "", "seen": ""}\n')
    assert len(long_lived.all()) == 2
    assert take(course, origin="three").number == 3
    assert [one.origin for one in long_lived.all()] == ["one", "two", "three"]


def test_many_at_once_get_numbers_of_their_own(course):
    keys.make(course.root)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda who: take(course, f"s{who}"), range(24)))
    assert sorted(one.number for one in taken) == list(range(1, 25))
    ledger = course.root / "received" / "ex" / "ledger.jsonl"
    checked = receipts.check(ledger.read_bytes(), keys.load_public(course.root / keys.PUBLIC))
    assert checked.faults == ()


def test_the_private_key_and_what_was_received_are_closed_to_others(course):
    before = os.umask(0)
    try:
        take(course)
    finally:
        os.umask(before)
    received = course.root / "received"
    for path in (course.root / keys.PRIVATE, received, *received.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    (course.root / keys.PRIVATE).chmod(0o644)
    with pytest.raises(CourseError, match="open to others"):
        take(course, origin="two")


def test_no_new_key_follows_on_receipts_of_a_lost_one(course):
    take(course)
    (course.root / keys.PRIVATE).unlink()
    with pytest.raises(CourseError, match="put it back"):
        take(course, origin="two")
    assert len(Archive(course).all()) == 1


def test_a_changed_file_or_ledger_is_told(course):
    taken = take(course)
    folder = course.root / "received" / "ex"
    digest = taken.receipt.sha256
    (folder / "bytes" / digest[:2] / digest).write_bytes(b"")
    with pytest.raises(CourseError, match="damaged"):
        Archive(course).open(taken)
    ledger = folder / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"anna", b"ben"))
    assert [one.student for one in Archive(course).all()] == ["ben"]  # reading is not verifying
    assert main(["verify", str(ledger), "--key", str(course.root / keys.PUBLIC)]) == 1
    ledger.write_bytes(b"nothing\n")
    long_lived = Archive(course)
    for _ in range(2):
        with pytest.raises(CourseError, match="line 1"):
            long_lived.all()


def test_verify_says_what_a_receipt_proves(course, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(course.root)
    line = take(course).receipt.line()
    take(course, "ben")
    receipt, ledger = tmp_path / "receipt.txt", course.root / "received" / "ex" / "ledger.jsonl"
    receipt.write_text(line + "\n")
    handin = tmp_path / "handin"
    for name, data in FILES.items():
        (handin / name).parent.mkdir(parents=True, exist_ok=True)
        (handin / name).write_bytes(data)
    assert main(["verify", str(receipt), "--handin", str(handin)]) == 0
    said = capsys.readouterr().out
    assert "anna handed in" in said and "2020-05-25 at 12:00:00.000000 UTC" in said
    assert "these are the files" in said
    (handin / "exercise_code" / "work.py").write_bytes(b"")
    assert main(["verify", str(receipt), "--handin", str(handin)]) == 1
    assert main(["verify", str(ledger), str(receipt)]) == 0
    assert "2 receipts, all signed" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "none")]) == 2
    assert main(["verify", str(receipt), "--key", str(receipt)]) == 2
