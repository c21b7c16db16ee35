"""What the tests of the repository read: the files that Git keeps, and the prose in them."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from pathlib import Path

import pytest
from packaging.requirements import Requirement

CODE_IN_MARKDOWN = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|<[^>\n]*>", re.DOTALL)
# An identifier, an attribute, a keyword argument, a path or a quoted word, not prose.
CODE_IN_PROSE = re.compile(r"``?[^`\n]*``?|[\w.]*[_./\\][\w.]*|\w+[=(:]\S*|['\"]\w+['\"]")


def tracked(root: Path) -> list[Path]:
    """Files that Git keeps, without those that are deleted here; skips the test outside a clone."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no git here")
    if listed.returncode != 0 or not listed.stdout:
        pytest.skip("not a clone of the repository")
    paths = (root / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def requirements(file: Path) -> list[Requirement]:
    """What a requirements file or a lock asks for."""
    lines = (line.split("#")[0].strip() for line in file.read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def texts(root: Path) -> list[tuple[str, str]]:
    """Name and content of every tracked text file."""
    found = []
    for path in tracked(root):
        content = path.read_bytes()
        if b"\0" not in content:
            found.append((path.relative_to(root).as_posix(), content.decode("utf-8")))
    return found


def generated(name: str) -> bool:
    """Whether a file is made from others, which are the ones to look at and to mend."""
    return name.startswith(("source/", "release/")) or name == "requirements.lock"


def prose(name: str, text: str) -> str:
    """What a person reads in a file: Markdown without its code, Python's comments and sentences."""
    if name.endswith(".md"):
        return CODE_IN_MARKDOWN.sub(" ", text)
    if name.endswith(".py"):
        return CODE_IN_PROSE.sub(" ", "\n".join([*_comments(text), *_sentences(text)]))
    return ""


def _comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def _sentences(text: str) -> list[str]:
    strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return [string for string in strings if isinstance(string, str) and string.count(" ") > 2]
