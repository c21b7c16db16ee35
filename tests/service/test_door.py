"""From the door to the gradebook: one running service, and everything that a student does there."""

from __future__ import annotations

import csv
import io
import os
import zipfile

import pytest
from support.class_courses import EXERCISE, copy_of, gradebook, graded, points, prepared
from support.handins import course_command
from support.serving import Serving, ask, family, hand_in, judged, open_course, packed

from i2dl_course.receiving import key_file
from i2dl_course.records.grades import read_grades


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    folder = tmp_path_factory.mktemp("door") / "course"
    with Serving(open_course(prepared(tmp_path_factory), folder), "--jobs", 2) as running:
        yield running


def recorded(serving):
    """Wait until the gradebook knows of all that is judged."""
    while serving.told("health").json["unrecorded"]:
        pass


@pytest.fixture(scope="module")
def links(serving):
    """The personal links of some students."""
    return serving.links("anna", "anno", "ben", "dana", "eva", "flood", *map(student, REFUSED))


@pytest.fixture(scope="module")
def anna(serving, links):
    """Anna's link, and the answers to three hand-ins: fair, perfect, worse."""
    link = links["anna"]
    answers = [judged(link, packed(name)) for name in ("transposed", "perfect", "forward_only")]
    recorded(serving)
    return link, answers


def test_a_hand_in_is_answered_with_its_verdict(anna):
    _, answers = anna
    assert [answer.status for answer in answers] == [200] * 3
    assert [answer.json["verdict"]["score"] for answer in answers] == [60.0, 100.0, 45.0]
    [first, *_] = answers
    tasks = {task["name"]: task for task in first.json["verdict"]["tasks"]}
    assert tasks["affine_backward"]["cause"] == "transposed" and tasks["affine_backward"]["hint"]


def test_who_has_read_a_verdict_is_judged_on_other_cases(anna):
    _, answers = anna
    assert len({answer.json["verdict"]["seed"] for answer in answers}) == len(answers)


def test_the_best_one_is_what_gradebook_and_folders_hold(anna, serving):
    root = serving.course.root
    assert points(gradebook(serving.course))["anna"] == 100.0
    page = root / "feedback" / "anna" / EXERCISE / "1_TwoLayerNetwork.html"
    assert "You receive the bonus" in page.read_text(encoding="utf-8")


def test_what_writes_pages_gives_way_to_what_judges(anna, serving):
    ours = {os.getpriority(os.PRIO_PROCESS, pid) for pid in family(serving.process.pid)}
    here = os.getpriority(os.PRIO_PROCESS, 0)
    assert ours == {here, min(19, here + 5)}


def test_a_class_run_after_the_service_finds_nothing_to_do(anna, serving):
    report = graded(serving.course)
    assert (report["graded"], report["unchanged"]) == (0, 1)


def test_a_receipt_verifies(anna, serving, tmp_path):
    _, answers = anna
    for answer in answers:
        (tmp_path / "receipt.txt").write_text(answer.json["receipt"] + "\n", encoding="ascii")
        key = serving.course.root / "receipts.pub"
        done = course_command("verify", tmp_path / "receipt.txt", "--key", key)
        assert done.returncode == 0, done.stderr


def test_the_page_lists_every_hand_in_and_says_which_counts(anna):
    link, _ = anna
    page = ask(link, Accept="text/html")
    assert page.status == 200
    assert "<strong>100</strong> of 100 points count" in page.text
    assert page.text.count("Receipt of hand-in") == 1 and page.text.count("✓ counts") == 1
    assert "Set-Cookie" not in page.headers
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_a_second_attempt_with_other_code_gets_a_second_hint_on_the_page_alone(links, serving):
    link, pages = links["anno"], []
    for name in ("transposed", "off_by_n"):
        answer = hand_in(link, packed(name))
        assert "second hint" not in answer.text and "stronger" not in answer.text
        pages.append(ask(link, Accept="text/html").text)
    recorded(serving)
    first, second = pages
    assert "A second hint" not in first
    assert second.count("A second hint") == 1  # the code of network_backward is the same in both
    assert "dx gets back the shape of x" in second


def test_a_hand_in_sent_twice_for_want_of_an_answer_is_one(links):
    link, data = links["ben"], packed("perfect")
    first, second = (hand_in(link, data, once="the-same") for _ in range(2))
    assert first.json["number"] == second.json["number"]
    assert first.json["receipt"] == second.json["receipt"]


def zipped(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


REFUSED = {
    "no zip": (b"import numpy\n", "is a notebook or a text and no zip"),
    "empty": (b"", "is empty"),
    "nothing of ours": (zipped({"a.txt": b"x"}), "none of the files to hand in"),
    "climbs": (zipped({"../../gradebook.db": b"x"}), "leads outside"),
    "bomb": (
        zipped({"exercise_code/networks/layer.py": b"#" * (60 << 20)}),
        "larger than 1 MB",
    ),
    "script in a name": (zipped({"<script>alert(1)</script>/../x": b""}), "leads outside"),
}


def student(case):
    """Each case has a student of its own, who may hand in only so often."""
    return case.replace(" ", "_")


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_hand_in_is_refused_in_a_sentence_and_leaves_nothing(serving, links, case):
    data, sentence = REFUSED[case]
    for accept in ("application/json", "text/html"):
        answer = hand_in(links[student(case)], data, accept=accept)
        assert answer.status == 400 and sentence in answer.text
        assert "/tmp" not in answer.text and "Traceback" not in answer.text
        assert accept != "text/html" or "<script>alert" not in answer.text
    assert not (serving.course.root / "submitted" / student(case)).exists()


def test_only_a_whole_link_opens_the_door(serving, links):
    link = links["dana"]
    forged = link[:-1] + ("A" if link[-1] != "A" else "B")
    assert ask(forged).status == 403
    assert hand_in(forged, packed("perfect")).status == 403
    assert ask(f"{serving.url}/").status == 404
    assert ask(f"{serving.url}/in/x").status == 404


def test_who_is_refused_hears_so_however_much_is_sent(links):
    """Not a connection that breaks while the hand-in is still on its way."""
    much = os.urandom(19 << 20)
    forged = links["dana"][:-8] + "AAAAAAAA"
    assert {hand_in(forged, much).status for _ in range(3)} == {403}


def test_a_hand_in_of_another_is_not_to_be_seen(links, anna):
    number = anna[1][0].json["number"]
    assert ask(f"{anna[0]}/{number}").status == 200
    assert ask(f"{links['dana']}/{number}").status == 404


def test_a_revoked_link_opens_nothing_and_a_new_one_does(serving, links, tmp_path):
    old = links["eva"]
    assert ask(old).status == 200
    done = course_command("links", "--revoke", "eva", folder=serving.course.root)
    assert done.returncode == 0
    assert ask(old).status == 403
    file = tmp_path / "links.csv"
    done = course_command(
        "links", "eva", "--url", serving.url, "--output", file, folder=serving.course.root
    )
    assert (done.returncode, file.stat().st_mode & 0o777) == (0, 0o600)
    ((_, link),) = csv.reader(file.read_text().splitlines()[1:])
    assert ask(link).status == 200


def test_health_and_figures_are_told_to_who_has_the_key_and_to_no_neighbour(serving):
    assert "course_handin_seconds_count" in serving.told("metrics").text
    for page in ("health", "metrics"):
        for more in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer ä"}):
            assert ask(f"{serving.url}/{page}", **more).status == 404
    key = serving.course.root / key_file.OPERATOR
    assert key.stat().st_mode & 0o077 == 0


def test_too_many_at_once_are_told_to_wait(links):
    link = links["flood"]
    answers = [hand_in(link, b"no zip") for _ in range(12)]
    assert answers[-1].status == 429 and int(answers[-1].headers["Retry-After"]) > 0
    assert ask(link).status == 200, "and the page stays open"


def test_after_the_end_it_is_kept_and_told_and_counts_with_an_extension(tmp_path_factory):
    """The dates are those of the course, so that whoever hands in now is late."""
    course = copy_of(prepared(tmp_path_factory), tmp_path_factory.mktemp("late") / "course")
    with Serving(course, "--jobs", 1, "--verdicts-only") as serving:
        link = serving.links("anna")["anna"]
        assert judged(link, packed("perfect")).json["verdict"]["score"] == 100.0
        recorded(serving)
        page = ask(link, Accept="text/html").text
        assert "after the end (27 May 2020, 23:59:59 (Europe/Berlin)): kept" in page
        assert "of 100 points count" not in page and read_grades(course)["anna"].total == 0
        done = course_command("extend", "anna", "--until", "2199-12-31 23:59", folder=course.root)
        assert done.returncode == 0, done.stderr
        page = ask(link, Accept="text/html").text
        assert "after the end" not in page and "<strong>100</strong> of 100 points count" in page
        assert judged(link, packed("transposed")).json["verdict"]["score"] == 60.0
        recorded(serving)
    assert read_grades(course)["anna"].total == 100, "the better one, which has not changed"
