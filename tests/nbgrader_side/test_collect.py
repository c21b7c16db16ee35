"""Collecting from the exchange: one bad hand-in harms no other, and our clock decides."""

import logging
import os
import pwd
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.exchange.default import ExchangeCollect
from support.exchange import Exchange, files, make_course, now
from support.handins import COURSE, LAYER, NET, reference

from i2dl_course import manifest
from i2dl_course.handins.opening import MAX_NOTEBOOK, open_collected
from i2dl_course.handins.storing import NOTES, stored_notes
from i2dl_course.nbgrader_side import collect
from i2dl_course.nbgrader_side.collect import SafeCollect
from i2dl_course.receiving.archive import Archive

EXERCISE = COURSE.exercise.name
NOTEBOOK = COURSE.handin.graded_notebook
IN_TIME, LATE = "2020-05-26 18:30:00 UTC", "2020-05-28 09:00:00 UTC"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A course with a gradebook, and the due date in it."""
    return make_course(tmp_path_factory.mktemp("collect"))


@pytest.fixture
def exchange(original, tmp_path):
    shutil.copytree(original, tmp_path / "course", symlinks=True)
    return Exchange(tmp_path / "course")


def received(folder):
    return datetime.strptime((folder / "timestamp.txt").read_text(), "%Y-%m-%d %H:%M:%S UTC")


def test_the_real_command_collects_by_it(exchange, tmp_path):
    exchange.hand_in()
    (exchange.hand_in("ben") / "numpy.py").write_text("raise SystemExit")
    environment = {**os.environ, "HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "nbgrader"),
            "collect",
            EXERCISE,
            f"--Exchange.root={exchange.root / 'exchange'}",
        ],
        cwd=exchange.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert exchange.students() == ["anna", "ben"]
    assert "numpy.py" in done.stderr
    assert files(exchange.collected("ben")) == files(exchange.collected()) | {NOTES}


def test_a_whole_hand_in_is_taken_and_nothing_more(exchange):
    folder = exchange.hand_in()
    shutil.copytree(COURSE.root / "exercise_code", folder / "exercise_code", dirs_exist_ok=True)
    for name in COURSE.exercise.notebooks:
        shutil.copy(COURSE.release_dir / f"{name}.ipynb", folder)
    reference().write(folder)
    exchange.collect()
    taken = {f"{name}.ipynb" for name in COURSE.exercise.notebooks} | {LAYER, NET}
    assert files(exchange.collected()) == taken | {
        "timestamp.txt",
        "submission_secret.txt",
        "receipt.txt",
    }
    assert (exchange.collected() / LAYER).read_bytes() == reference().files[LAYER]
    assert (exchange.collected() / "submission_secret.txt").read_text() == "5ec12e7"
    assert [path.name for path in exchange.collected().parent.iterdir()] == [EXERCISE]


def test_a_link_brings_nothing_of_its_target(exchange):
    secret = exchange.root / "gradebook.txt"
    secret.write_text("secrets")
    folder = exchange.hand_in()
    for name in (LAYER, "submission_secret.txt", "left_out.txt", "notes.txt"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(secret)
    (folder / "more").symlink_to(exchange.root, target_is_directory=True)
    exchange.collect()
    texts = {path.read_text() for path in exchange.collected().rglob("*") if path.is_file()}
    assert not any("secrets" in text for text in texts)
    assert LAYER not in files(exchange.collected())
    notes = stored_notes(exchange.collected())
    assert any(LAYER in note and "link" in note for note in notes)


def test_the_notes_reach_whoever_opens_the_hand_in_next(exchange):
    (exchange.hand_in() / "plan.txt").write_text("")
    exchange.collect()
    [note, missing] = open_collected(exchange.collected(), COURSE).notes()
    assert "plan.txt" in note and NOTEBOOK in missing


@pytest.mark.parametrize(
    "bad",
    [
        "file",
        "broken_link",
        "link",
        "pipe",
        "upwards",
        "blank",
        "unprintable",
        "no_stamp",
        "nameless",
        "empty",
        "closed",
    ],
)
def test_one_bad_hand_in_harms_no_other(exchange, bad):
    good = exchange.hand_in()
    path = exchange.inbound / f"mallory+{EXERCISE}+{now()} UTC+x"
    if bad == "file":
        path.write_text("")
    elif bad == "broken_link":
        path.symlink_to("nowhere")
    elif bad == "link":
        path.symlink_to(good, target_is_directory=True)
    elif bad == "pipe":
        os.mkfifo(path)
    elif bad == "empty":
        path.mkdir()
    elif bad == "closed":
        exchange.hand_in("mallory").chmod(0)
    else:
        names = {
            "upwards": f"..+{EXERCISE}+{now()} UTC+x",
            "blank": f" +{EXERCISE}+{now()} UTC",
            "unprintable": f"mal\nlory+{EXERCISE}+{now()} UTC+x",
            "no_stamp": f"mallory+{EXERCISE}+yesterday, 25:61+x",
            "nameless": f"+{EXERCISE}+{now()} UTC",
        }
        exchange.hand_in(name=names[bad])
    before = files(exchange.root)
    exchange.collect()
    assert (exchange.collected() / LAYER).is_file()
    stored = {"no_stamp", "empty", "closed"}
    assert exchange.students() == (["anna", "mallory"] if bad in stored else ["anna"])
    ours = ("submitted/", "received/", "receipts.")
    assert all(name.startswith(ours) for name in files(exchange.root) - before)


def test_a_hand_in_that_cannot_be_read_scores_with_a_reason(exchange):
    folder = exchange.hand_in()
    (folder / NOTEBOOK).write_bytes(b" " * (MAX_NOTEBOOK + 1))
    exchange.collect()
    assert NOTEBOOK in files(exchange.collected()) and stored_notes(exchange.collected())
    assert (exchange.collected() / NOTEBOOK).stat().st_size < MAX_NOTEBOOK


def test_a_hand_in_without_the_graded_notebook_gets_ours_and_says_so(exchange):
    exchange.hand_in()
    exchange.collect()
    released = exchange.root / "release" / EXERCISE / NOTEBOOK
    assert (exchange.collected() / NOTEBOOK).read_bytes() == released.read_bytes()
    [note] = stored_notes(exchange.collected())
    assert NOTEBOOK in note and "your .py files count" in note


# --- our clock ----------------------------------------------------------------------------------


def test_a_stamp_that_fits_the_arrival_counts_to_the_second(exchange):
    stamp = now() - timedelta(seconds=60)
    exchange.hand_in(stamp=f"{stamp} UTC")
    exchange.collect()
    assert received(exchange.collected()) == stamp


@pytest.mark.parametrize("stamp", [IN_TIME, "2099-01-01 00:00:00 UTC", "never"])
def test_a_forged_stamp_gives_way_to_the_time_of_arrival(exchange, stamp, caplog):
    start = now()
    folder = exchange.hand_in(stamp=stamp)
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (0, 0))  # what a student can set back
    with caplog.at_level(logging.WARNING):
        exchange.collect()
    assert start <= received(exchange.collected()) <= now()
    assert "time of arrival counts" in caplog.text and "trust_stamp" in caplog.text


def test_a_file_that_is_changed_after_the_hand_in_sets_its_time(tmp_path, monkeypatch):
    reference().write(tmp_path)
    early = collect._last_change(tmp_path)
    later = (tmp_path / LAYER).stat().st_ctime + 3600
    lstat = os.lstat

    def changed_later(path):
        info = lstat(path)
        if not str(path).endswith(LAYER):
            return info
        return os.stat_result((*info[:9], later))

    monkeypatch.setattr(collect.os, "lstat", changed_later)
    assert timedelta(minutes=59) < collect._last_change(tmp_path) - early


def test_stamps_count_when_the_instructor_trusts_them_after_a_first_collect_too(exchange):
    exchange.hand_in(stamp=IN_TIME)
    exchange.collect(before_duedate=True)
    late = received(exchange.collected())
    assert late.year > 2020
    for _ in range(2):
        exchange.collect(trust_stamp=True, before_duedate=True)
        assert received(exchange.collected()) == datetime(2020, 5, 26, 18, 30)
        exchange.collect(before_duedate=True)
        assert received(exchange.collected()) == datetime(2020, 5, 26, 18, 30)
    times = [one.time.replace(tzinfo=None) for one in Archive(manifest.load(exchange.root)).all()]
    assert times == [late, datetime(2020, 5, 26, 18, 30)], "and the first receipt stays"


def test_a_late_hand_in_does_not_take_the_place_of_one_in_time(exchange):
    exchange.hand_in(stamp=IN_TIME)
    exchange.hand_in(stamp=LATE)
    exchange.collect(trust_stamp=True, before_duedate=True)
    assert received(exchange.collected()) == datetime(2020, 5, 26, 18, 30)
    exchange.collect(trust_stamp=True, update=True)
    assert received(exchange.collected()) == datetime(2020, 5, 26, 18, 30)
    late = [note for note in stored_notes(exchange.collected()) if "after the end" in note]
    assert len(late) == 1 and "28 May 2020, 11:00:00 (Europe/Berlin)" in late[0]


def test_all_zips_and_hand_ins_of_a_student_are_received_once(exchange):
    exchange.hand_in(stamp=IN_TIME)
    exchange.collect(trust_stamp=True)
    for number in ("", "-1"):  # no time in the names, so nothing tells the latest
        changed = reference(net=("np.zeros(1)", f"np.zeros(1{number} + 0)"))
        exchange.upload(f"anna_{EXERCISE}{number}.zip", changed)
    for options in ((), ("--force",)):
        exchange.zip_collect(*options)
        exchange.collect(trust_stamp=True)
    received = Archive(manifest.load(exchange.root)).of("anna")
    assert [one.time is None for one in received] == [False, True, True]
    assert len({one.receipt.sha256 for one in received}) == 3


def test_collecting_twice_changes_nothing(exchange):
    exchange.hand_in()
    exchange.collect()
    (exchange.collected() / "mark").touch()
    exchange.collect()
    exchange.collect(update=True)
    assert (exchange.collected() / "mark").exists()


def test_it_is_a_collector_to_nbgrader():
    assert issubclass(SafeCollect, ExchangeCollect)
    assert not SafeCollect().trust_stamp and SafeCollect().tolerance <= 300


def test_where_students_have_accounts_nobody_hands_in_for_another(exchange, caplog):
    me = pwd.getpwuid(os.geteuid()).pw_name
    exchange.hand_in(me)
    exchange.hand_in("ben")
    exchange.collect(owner_is_student=True)
    assert exchange.students() == [me]
    assert f"belongs to {me}" in caplog.text
