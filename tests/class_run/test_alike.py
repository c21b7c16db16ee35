"""Copies are found under other names and another layout; right answers are not like each other."""

from __future__ import annotations

import json
import re
from functools import partial

import pytest
from support.class_courses import EXERCISE, copy_of, hand_in, prepared
from support.handins import COURSE, course_command

from i2dl_course.class_run import alike
from i2dl_course.samples import variants

RELEASED = {name: (COURSE.release_dir / name).read_bytes() for name in COURSE.handin.files}


def disguised(files):
    """Other names, other blanks, comments, another order of nothing."""
    changed = {}
    for name, text in files.items():
        text = re.sub(r"\b(x|w|b|out|dout|cache)\b", r"my_\1", text)
        text = re.sub(r"\n    (?=\S)", "\n    # what comes now is my own\n    ", text)
        changed[name] = text.replace(" = ", "  =  ")
    return changed


def compare(handins, at_least=0.8, **options):
    """The result for files as texts or bytes, by student."""
    given = {
        student: partial(
            dict,
            {
                name: text if isinstance(text, bytes) else text.encode()
                for name, text in files.items()
            },
        )
        for student, files in handins.items()
    }
    return alike.alike(given, RELEASED, at_least, **options)


@pytest.fixture(scope="module")
def found():
    """A class of all right answers that we know, with a copy of one, and some that are odd."""
    right = variants.right_answers(COURSE)
    first = right[0]
    handins = {one.name: dict(one.files) for one in right}
    handins["copy"] = disguised(first.files)
    handins["nothing"] = {name: "" for name in first.files}
    handins["stub"] = dict(RELEASED)
    handins["stub again"] = dict(RELEASED)
    handins["no python"] = {name: bytes(range(256)) * 50 for name in first.files}
    handins["large"] = {name: b"#" * (alike.MOST_BYTES + 1) for name in first.files}
    return first.name, compare(handins)


def test_a_disguised_copy_is_like_its_original_and_stands_first(found):
    original, result = found
    first = result.pairs[0]
    assert {first.first, first.second} == {original, "copy"}
    assert min(first.of_first, first.of_second) > 0.95


def test_right_answers_and_what_was_handed_out_are_not_like_each_other(found):
    """Of 97 right answers, two pairs at most are written nearly alike, in a few tokens."""
    _, result = found
    others = [pair for pair in result.pairs if "copy" not in (pair.first, pair.second)]
    assert len(others) <= 2
    assert not any("stub" in one or "nothing" in one for p in others for one in (p.first, p.second))


def test_a_file_that_is_too_large_is_named_and_the_others_are_compared(found):
    _, result = found
    assert (
        list(result.left_out) == ["large"]
        and "larger than 100,000 bytes" in (result.left_out["large"])
    )
    assert result.compared == len(variants.right_answers(COURSE)) + 5


def test_what_many_have_is_common():
    one = dict(variants.right_answers(COURSE)[0].files)
    class_ = {f"s{number}": one for number in range(4)}
    assert len(compare(class_, common=4).pairs) == 6
    assert compare(class_, common=3).pairs == []


def test_a_file_that_takes_for_ever_is_left_out_and_stops_nobody(monkeypatch):
    """The process that hangs is ended from outside, and another goes on."""
    endless = "import time; time.sleep(3600)"
    hangs = f"    if 'HANG' in line: {endless}\n    print("
    monkeypatch.setattr(alike, "_COMPARING", alike._COMPARING.replace("    print(", hangs))
    monkeypatch.setattr(alike, "SECONDS_FOR_A_FILE", 3.0)
    one = dict(variants.right_answers(COURSE)[0].files)
    hanging = {name: "HANG" for name in one}
    result = compare({"anna": one, "ben": hanging, "carl": disguised(one)})
    assert list(result.left_out) == ["ben"]
    assert "could not be cut into tokens within 3 s; look at it" in result.left_out["ben"]
    assert [(pair.first, pair.second) for pair in result.pairs] == [("anna", "carl")]


def test_the_command_says_that_its_table_is_no_verdict(tmp_path_factory):
    made = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("similar") / "course")
    first, second = variants.right_answers(COURSE)[:2]
    for student, files in (
        ("anna", first.files),
        ("ben", disguised(first.files)),
        ("carl", second.files),
    ):
        folder = hand_in(made, student)
        for name, text in files.items():
            (folder / name).write_text(text)
    done = course_command("similar", folder=made.root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^anna +ben +\d+ +100 % +100 %$", done.stdout, re.MULTILINE)
    assert "This is a list to look at, and no verdict" in done.stdout
    (made.root / "submitted" / "carl" / EXERCISE / COURSE.handin.files[0]).write_bytes(
        b"#" * (alike.MOST_BYTES + 1)
    )
    done = course_command("similar", "--json", folder=made.root)
    said = json.loads(done.stdout)
    assert done.returncode == 1 and list(said["left_out"]) == ["carl"]
    assert [pair["first"] for pair in said["pairs"]] == ["anna"]
