"""The site: whole, of itself alone, found by its search, and open to everybody."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from support.accessibility import axe_report
from support.jupyterlab import browser_page

from i2dl_course import cli
from i2dl_course.authoring import leaks
from i2dl_course.manifest import load

pytest.importorskip("sphinx", reason="not installed here: make site")

# One page of each kind.
KINDS = [
    "index.html",
    "docs/instructors.html",
    "docs/checks.html",
    "course.html",
    "exercise_code.html",
    "search.html?q=receipt",
]
ADDRESS = re.compile(r"""@import\s+["']?([^"';]+)|url\(\s*["']?([^"')]+)""")


class Loads(HTMLParser):
    """What a page asks for without a click, and the text of its scripts and styles."""

    def __init__(self):
        super().__init__()
        self.asked = []
        self.inside = ""

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        for name, value in attributes:
            loads = name in ("src", "srcset", "poster", "data", "action", "href")
            if loads and not (tag, name) == ("a", "href"):
                self.asked.append(value)
            if name == "style":
                self.asked += addresses(value)

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, text):
        if self.inside == "style":
            self.asked += addresses(text)


def addresses(style):
    return [first or second for first, second in ADDRESS.findall(style)]


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """The site, built as `make docs` does; whatever Sphinx warns about has failed it."""
    folder = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, "-m", "website", str(folder)]
    built = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def notebooks(root, site):
    """The names of the pages of the notebooks, in the site."""
    names = [f"notebooks/{name}.html" for name in load(root).exercise.notebooks]
    assert all((site / name).is_file() for name in names)
    return names


@pytest.fixture(scope="module")
def page(site):
    """A page of a browser, and all that it has asked for."""
    with browser_page() as page:
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        yield page
        assert {url.partition(":")[0] for url in page.asked} <= {"file", "data"}


def test_every_document_is_a_page_and_none_of_the_authors_files_is(root, site):
    documents = {file.relative_to(root) for file in (root / "docs").rglob("*.md")}
    documents = {path for path in documents if path.name != "0000-template.md"}
    for document in documents:
        assert (site / document.with_suffix(".html")).is_file(), document
    there = [file for file in site.rglob("*") if file.is_file() and "_static" not in file.parts]
    # The note of the settings, and the list of what other sites may refer to.
    kinds = {file.suffix or file.name for file in there} - {".buildinfo", ".inv"}
    assert kinds == {".html", ".js", ".png", ".svg"}


def test_nothing_comes_from_another_server(site):
    asked = []
    for file in site.rglob("*.html"):
        loads = Loads()
        loads.feed(file.read_text("utf-8"))
        asked += [(file.name, address) for address in loads.asked]
    for file in site.rglob("*.css"):
        asked += [(file.name, address) for address in addresses(file.read_text("utf-8"))]
    assert len(asked) > 1000
    remote = [each for each in asked if re.match(r"\s*(?:\w+:)?//|(?!data:)\w+:", each[1])]
    assert remote == []


def test_notebooks_are_shown_as_handed_out_and_never_solved(root, site, notebooks):
    course = load(root)
    secrets = leaks.solution_secrets(course, leaks.allowed_lines(course))
    secrets |= leaks.hidden_secrets(course)
    for name in [*notebooks, "exercise_code.html"]:
        text = re.sub(r"<[^>]+>", "", (site / name).read_text("utf-8"))
        found = [*leaks.find(f"{name}.txt", text.encode(), secrets, (), str(root))]
        assert found == [], name
    first = (site / notebooks[0]).read_text("utf-8")
    assert "as it is handed out" in first and "Not implemented yet" in first


def options(parser):
    """Each option of a parser, and of its verbs with their names before it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, below in action.choices.items():
                yield verb
                yield from (f"{verb} {option}" for option in options(below))
        yield from action.option_strings


def test_the_reference_names_every_verb_and_every_option(site):
    text = (site / "course.html").read_text("utf-8")
    named = [*options(cli.parser())]
    assert set(cli.VERBS) <= set(named) and "grade --jobs" in named
    for name in named:
        anchor = "-".join(["course", *name.split()])
        assert f'id="{anchor}"' in text, name


def test_the_search_finds_a_page_in_a_folder(site, page):
    page.goto((site / "index.html").as_uri())
    page.get_by_role("searchbox").or_(page.get_by_placeholder("Search")).first.fill("bubblewrap")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="The sandbox", exact=True).last.click()
    assert page.url.startswith((site / "docs" / "sandbox.html").as_uri())


@pytest.mark.parametrize(("scheme", "rules"), [("light", []), ("dark", ["color-contrast"])])
def test_axe_finds_nothing(site, notebooks, page, scheme, rules):
    """In the dark a page has other colours, and nothing else that is not as it was."""
    page.emulate_media(color_scheme=scheme)
    for name in [*KINDS, *notebooks]:
        page.goto(f"{site.as_uri()}/{name}")
        assert axe_report(page, *rules) == "", name


def test_pages_fit_a_phone(site, notebooks, page):
    page.set_viewport_size({"width": 390, "height": 800})
    for name in [*KINDS, *notebooks]:
        page.goto(f"{site.as_uri()}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.set_viewport_size({"width": 1280, "height": 900})


def test_the_players_play_and_step_by_keyboard(site, notebooks, page):
    for name in notebooks[1:]:
        page.goto(f"{site.as_uri()}/{name}")
        player = page.locator("[id^=player-]")
        said = player.locator(".said")
        player.get_by_role("button", name="Reset").press("Enter")
        player.get_by_role("button", name="Step").press("Space")
        assert said.inner_text().startswith("Step 1 of ")
        player.get_by_role("button", name="Play").press("Enter")
        player.get_by_role("button", name="Pause").press("Enter")
        step = int(re.match(r"Step (\d+) of ", said.inner_text())[1])
        assert step >= 1
