"""Every command that a document tells its reader to give is run by a test, or it says why not."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import Any

import pytest
from support.documents import commands
from support.repository_files import tracked

from i2dl_course import cli

WORDS = re.compile(r"--[a-z][\w-]*")


@pytest.fixture(scope="module")
def told(root) -> dict[str, list[str]]:
    """Each document with the commands in it."""
    documents = (path for path in tracked(root) if path.suffix == ".md")
    found = {
        path.relative_to(root).as_posix(): commands(path)
        for path in documents
        if not path.relative_to(root).as_posix().startswith(("source/", "release/", "tests/"))
    }
    return {name: lines for name, lines in found.items() if lines}


@pytest.fixture(scope="module")
def groups(root, told) -> list[dict[str, Any]]:
    """The lists of commands_in_documents.toml; that of a page which a test reads is in it."""
    text = (root / "tests" / "repository" / "commands_in_documents.toml").read_text("utf-8")
    groups = tomllib.loads(text)["group"]
    for group in groups:
        if "reads" in group:
            only, without = re.compile(group.get("only", "")), group.get("except")
            group["commands"] = {
                line
                for line in told[group["document"]]
                if only.match(line) and not (without and re.match(without, line))
            }
    return groups


def test_every_command_is_run_by_a_test_or_it_is_said_why_not(told, groups):
    listed = {line for group in groups for line in group["commands"]}
    unlisted = {
        name: [line for line in lines if line not in listed] for name, lines in told.items()
    }
    assert {name: lines for name, lines in unlisted.items() if lines} == {}
    assert listed - {line for lines in told.values() for line in lines} == set()


def test_each_list_says_one_thing(groups):
    for group in groups:
        assert sum(kind in group for kind in ("reads", "run_by", "not_run")) == 1, group
        assert group["commands"], group


def test_the_tests_that_are_named_are_there_and_know_the_options(root, groups):
    for group in groups:
        for name in filter(None, [group.get("reads"), *group.get("run_by", [])]):
            file, _, function = name.partition("::")
            text = (root / file).read_text("utf-8")
            assert re.search(rf"^(?:def|class) {function}\b", text, re.MULTILINE), name
            if "reads" in group:
                assert group["document"].rpartition("/")[2].removesuffix(".md") in text, name
                continue
            words = {word for line in group["commands"] for word in WORDS.findall(line)}
            assert {word for word in words if word not in text} == set(), name


def test_course_understands_every_command_that_it_is_given(told):
    """Placeholders, too: what stands for an address or a file is one word."""
    parser = cli.parser()
    given = {line for lines in told.values() for line in lines if re.match(r"course\b", line)}
    assert len(given) > 20
    for line in given:
        words = shlex.split(line)
        words = words[: words.index(">")] if ">" in words else words
        assert parser.parse_args(words[1:]).run, line
