"""One name means one thing: no two classes or constants of `src/` share a name by chance."""

from __future__ import annotations

import ast
from collections import defaultdict

import pytest

# What may share a name all the same, with the reason.
ALLOWED = {
    "HELP": "each verb has one; cli.py asks every module of commands/ for it",
    "PR_SET_PDEATHSIG": "zygote.py takes it from enter.py, which stands beside it in the sandbox",
}


def defined(text):
    """The names of the classes and constants that a module defines at its top."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name) and name.id.strip("_").isupper():
                        yield name.id


def shared(texts):
    """The names that more than one of `texts`, by file, defines, and where."""
    places = defaultdict(set)
    for file, text in texts.items():
        for name in defined(text):
            places[name].add(file)
    return {name: sorted(files) for name, files in places.items() if len(files) > 1}


def test_no_class_or_constant_has_the_name_of_another(root):
    found = shared(
        {str(path.relative_to(root)): path.read_text() for path in (root / "src").rglob("*.py")}
    )
    assert {name: files for name, files in found.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) <= set(found), "what is allowed is needed"


@pytest.mark.parametrize(
    "text",
    ["class Zygote: ...", "Zygote = A, TRIES = 2, 3", "TRIES: int = 2", "_TRIES = 1\nTRIES = 2"],
)
def test_a_second_meaning_of_a_name_is_found(text):
    both = shared({"a.py": "class Zygote: ...\nTRIES = 3\nSECRET = 1\nrun = 2\n", "b.py": text})
    assert list(both) in (["Zygote"], ["TRIES"])
    assert shared({"a.py": text}) == {}
