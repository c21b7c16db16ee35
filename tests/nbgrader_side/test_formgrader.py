"""The formgrader in a browser: what a grader sees of a hand-in, and what the student hears."""

from __future__ import annotations

import shutil

import pytest
from nbgrader.api import Gradebook
from support.class_courses import EXERCISE, gradebook, prepared
from support.handins import COURSE, LAYER
from support.jupyterlab import FLAGS
from support.over_the_exchange import Hub

from benchmarks.jupyter_server import jupyter_server

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here: make site")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SAID = "Your **db** is right; look at\ndx once more."
READY = "formgrader.loaded && formgrader.comments.loaded && formgrader.grades.loaded"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Anna has handed in over the exchange, with a mistake, and is graded."""
    hub = Hub(tmp_path_factory.mktemp("formgrader"), prepared(tmp_path_factory))
    folder = hub.work("anna", "<script>alert(1)</script>")
    wrong = (folder / LAYER).read_text().replace("db = dout.sum(axis=0)", "db = dout.mean(axis=0)")
    (folder / LAYER).write_text(wrong)
    hub.command("anna", "submit", EXERCISE, "--student=anna")
    hub.command("instructor", "collect", EXERCISE)
    hub.grade()
    return hub


def comment_and_points(hub, task):
    """What the gradebook holds of a person's for one task of Anna's."""
    with Gradebook(gradebook(hub.course), COURSE.id) as book:
        where = (task, COURSE.graded_notebook_name, EXERCISE, "anna")
        return book.find_comment(*where).manual_comment, book.find_grade(*where).manual_score


@pytest.fixture(scope="module")
def seen(hub, tmp_path_factory):
    """What a grader sees, who then gives 9 points for affine_backward and writes a word."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with Gradebook(gradebook(hub.course), COURSE.id) as book:
        notebook = book.find_submission_notebook(COURSE.graded_notebook_name, EXERCISE, "anna").id
    found = {"problems": []}
    with (
        jupyter_server(hub.course.root) as (address, token, _),
        playwright.sync_playwright() as started,
        started.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS)) as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: found["problems"].append(str(error)))
        page.route(
            "**/*",
            lambda route: route.continue_() if address in route.request.url else route.abort(),
        )
        page.set_default_timeout(120_000)  # of a machine that is busy
        page.goto(f"{address}api/status?token={token}")  # which leaves a cookie
        page.goto(f"{address}formgrader/submissions/{notebook}/")
        page.wait_for_function(READY)
        found["text"] = page.locator(".handin").inner_text()
        found["boxes"] = page.locator("textarea.comment").count()
        found["file ends at"] = page.locator(f'pre[aria-label="{LAYER}"]').bounding_box()["y"]
        box, score = page.locator("#affine_backward-comment"), page.locator("input#affine_backward")
        for place, text in ((box, SAID), (score, "9")):
            place.fill(text)
            with page.expect_response(lambda response: response.request.method == "PUT"):
                place.press("Escape")
        page.reload()
        page.wait_for_function(READY)
        found["after"] = box.input_value(), score.input_value()
        page.screenshot(path=tmp_path_factory.mktemp("seen") / "formgrader.png", full_page=True)
    return found


def test_the_page_begins_with_verdicts_and_the_student_s_files(seen):
    text = seen["text"]
    assert seen["problems"] == [], "without the network, too"
    order = ["of 100 points", "affine_backward", "db is", LAYER, "<script>alert(1)</script>"]
    at = [text.index(part) for part in [*order, "The notebook"]]
    assert at == sorted(at)
    assert seen["file ends at"] < 900, "the student's code is on the first screen"
    assert seen["boxes"] == len(COURSE.tasks)


def test_points_and_a_comment_given_there_are_kept_and_reach_the_student(seen, hub):
    assert seen["after"] == (SAID, "9")
    assert comment_and_points(hub, "affine_backward") == (SAID, 9.0)
    hub.release("--force")
    [page] = hub.fetched("anna").values()
    assert "Your <strong>db</strong> is right; look at\ndx once more." in page
    assert "9 of 15" in page and "given by a person" in page
