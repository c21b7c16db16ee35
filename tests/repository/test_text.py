"""What is written here: no address of a registry, no path of a machine, British spelling."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files

import pytest
from support.repository_files import generated, prose, texts

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(
        [
            "py" + r"pi\.org",
            "python" + r"hosted\.org",
            "registry\\." + r"npmjs",
            "repo\\." + r"anaconda",
            "--(?:extra-)?" + "index-url",
            "find-" + "links",
            "://[^\\s/]+/(?:[^\\s/]+/)*" + "simple/",
        ]
    )
)
MACHINE_PATHS = re.compile(
    r"(?<![\w.<])(?:/(?:home|Users|root)/\w|/work/|/opt/\w|[A-Z]:\\\\?Users|file://" + "/)"
)
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f]")
ALLOWED_SIGNS = "✓✗"

# Words that American and British English share, or that are terms of computing.
BRITISH_TOO = set(
    "analog biased cognizant dialog dialogs donut donuts focused focuses focusing journaling "
    "license licensed licenses licensing math meter meters overwritable practice practices program "
    "routing salable specialty specialties story stories writable".split()
)
# As the lecture and the exercise itself are called; the classes carry the name too.
NAMES_OF_THE_LECTURE = {"optimization", "optimizer", "optimizers"}
# Proper names are written as those who bear them write them.
PROPER_NAMES = re.compile("Color Universal Design")


@pytest.fixture(scope="module")
def written(root):
    return texts(root)


def american_words():
    """The right-hand sides of codespell's British-to-American dictionary."""
    dictionary = files("codespell_lib").joinpath("data/dictionary_en-GB_to_en-US.txt")
    pairs = (line.split("->") for line in dictionary.read_text(encoding="utf-8").splitlines())
    words = {word.strip() for _, right in pairs for word in right.split(",")}
    return words - BRITISH_TOO - NAMES_OF_THE_LECTURE - {""}


def lines_with(pattern, written, allowed=""):
    return [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in written
        for number, line in enumerate(text.splitlines(), 1)
        if any(match.group() not in allowed for match in pattern.finditer(line))
    ]


def test_no_address_of_a_package_registry_is_written_down(written):
    assert lines_with(REGISTRIES, written) == []


def test_no_path_of_the_machine_it_was_written_on_is_written_down(written, root):
    assert lines_with(re.compile(re.escape(f"{root}/")), written) == []
    # The tests of our own leak check hold such paths on purpose.
    others = [(name, text) for name, text in written if not name.startswith("tests/")]
    assert lines_with(MACHINE_PATHS, others) == []


def test_no_emoji_stands_beyond_the_two_signs_of_a_verdict(written):
    assert lines_with(EMOJI, written, ALLOWED_SIGNS) == []


def test_american_spelling_does_not_creep_into_british_text(written):
    american = american_words()
    found = [
        f"{name}: {word}"
        for name, text in written
        if not generated(name)
        for word in re.findall(r"[A-Za-z]+", PROPER_NAMES.sub(" ", prose(name, text)))
        if word.lower() in american
    ]
    assert found == []


def test_american_words_are_found_and_the_names_of_the_lecture_are_not():
    word = "behav" + "ior"  # in two parts, or this file would be found
    text = f"# The {word} of an optimizer\nx.color = 'gray'\n"
    words = re.findall(r"[A-Za-z]+", prose("sample.py", text))
    assert [word for word in words if word in american_words()] == [word]


@pytest.mark.parametrize(
    "command",
    [["codespell_lib"], ["mypy"], ["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    ids=" ".join,
)
def test_linters_find_nothing(root, command):
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_lines_end_with_a_newline_and_not_with_blanks(written):
    wrong = [
        name
        for name, text in written
        if not generated(name)
        and text
        and (not text.endswith("\n") or "\r" in text or re.search(r"[ \t]+$", text, re.MULTILINE))
    ]
    assert wrong == []
