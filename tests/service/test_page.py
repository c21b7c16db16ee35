"""The page of the door in a browser: handed in by keyboard, at phone width, and tried by axe."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.accessibility import axe_report
from support.class_courses import prepared
from support.serving import Serving, open_course, packed

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here: make site")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "course"
    with Serving(open_course(prepared(tmp_path_factory), folder)) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_a_student_hands_in_by_keyboard_on_a_phone(serving, browser, tmp_path):
    (tmp_path / "exercise_05.zip").write_bytes(packed("transposed"))
    link = serving.links("anna")["anna"]
    with browser.new_context(viewport=PHONE, java_script_enabled=True) as context:
        page = context.new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(link)
        page.locator("input[type=file]").set_input_files(tmp_path / "exercise_05.zip")
        page.locator("input[type=file]").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Hand in"
        page.keyboard.press("Enter")
        page.get_by_text("dw is transposed").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        with page.expect_download() as download:
            page.locator("summary").press("Enter")
            page.get_by_text("Save the receipt").press("Enter")
        assert '"student":"anna"' in Path(download.value.path()).read_text(encoding="ascii")
        page.screenshot(path=tmp_path / "phone.png", full_page=True)
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(serving.url).netloc}
    assert said == [], "and nothing that the policy had to stop"


def test_the_page_works_without_a_script(serving, browser, tmp_path):
    (tmp_path / "exercise_05.zip").write_bytes(packed("perfect"))
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(serving.links("ben")["ben"])
        page.locator("input[type=file]").set_input_files(tmp_path / "exercise_05.zip")
        page.get_by_role("button", name="Hand in").click()
        page.get_by_text("100 of 100 points.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(serving, browser, scheme):
    # axe is put into the page, which our policy would not allow.
    with browser.new_context(bypass_csp=True, color_scheme=scheme) as context:
        page = context.new_page()
        for link in (serving.links("anna")["anna"], f"{serving.url}/in/{'x' * 30}"):
            page.goto(link)
            assert axe_report(page) == ""
