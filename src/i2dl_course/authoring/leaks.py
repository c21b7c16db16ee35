"""Nothing of the solutions, the hidden cases or the instructor's machine may ship.

Two looks are taken at every file. The text look squeezes white space away and searches each
secret line anywhere: in code, prose, outputs, metadata and data. The syntax look parses Python
and compares expressions, so that other brackets, quotes or line breaks hide nothing.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from i2dl_course import strict_toml
from i2dl_course.authoring.solutions import regions
from i2dl_course.errors import CourseError, WithLines
from i2dl_course.faults import read_text
from i2dl_course.manifest import Course

ALLOWED_FILE = "instructor/solution/allowed_lines.toml"

_SHORTEST = 10  # characters of a squeezed secret: `dx=None` or `else:` tell nobody anything
_SHORTEST_SEED = 5  # digits: shorter numbers stand in any data file
_MARKERS: tuple[str, ...] = ("BEGIN SOLUTION", "END SOLUTION", "### STUB")
_HIDDEN_MARKER = "HIDDEN TESTS"
_HOME = re.compile(r"(?<![\w.])[/\\](?:home|root|Users)[/\\]")
_INSTRUCTOR = re.compile(r"(?<!\w)instructor[/\\]")


@dataclass(frozen=True)
class Secrets:
    """What must not be read in a shipped file; each secret with where it comes from."""

    lines: Mapping[str, str] = field(default_factory=dict)
    expressions: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: Secrets) -> Secrets:
        return Secrets(
            {**self.lines, **other.lines},
            {**self.expressions, **other.expressions},
            {**self.numbers, **other.numbers},
        )


@dataclass(frozen=True)
class Leak:
    """One find: the shipped file, the place in it, and the sentence about it."""

    path: str
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}{self.place}: {self.what}"


def check(course: Course, files: Mapping[str, bytes], with_hidden: bool = False) -> None:
    """Refuse leaks in `files`, a path relative to the course -> the file's bytes.

    `with_hidden` says that hidden tests may stand in them, as they must in source/. Raises
    CourseError that lists every leak.
    """
    secrets = solution_secrets(course, allowed_lines(course))
    markers = _MARKERS
    if not with_hidden:
        secrets |= hidden_secrets(course)
        markers += (_HIDDEN_MARKER,)
    found = [
        leak
        for path, data in sorted(files.items())
        for leak in find(path, data, secrets, markers, str(course.root))
    ]
    if found:
        raise WithLines(
            "nothing was written, because what students may see leaks in "
            f"{len(found)} {'place' if len(found) == 1 else 'places'}:\n  "
            + "\n  ".join(str(leak) for leak in found)
        )


def allowed_lines(course: Course) -> dict[str, str]:
    """The lines of the solution that may ship all the same, each with its reason.

    They stand in `instructor/solution/allowed_lines.toml` as `[[line]]` tables with `text` and
    `why`. Raises CourseError for a malformed table.
    """
    path = course.root / ALLOWED_FILE
    if not path.is_file():
        return {}
    data = strict_toml.read(path, ALLOWED_FILE)
    kinds = {"text": str, "why": str}
    found = strict_toml.entries(data, ALLOWED_FILE, "line", kinds)
    return {entry["text"]: entry["why"] for entry, _ in found}


def solution_secrets(course: Course, allowed: Iterable[str] = ()) -> Secrets:
    """The lines and expressions inside the solution regions, less the allowed ones.

    Raises CourseError for an allowed line that stands in no region any more.
    """
    secrets = Secrets()
    for path in sorted((course.root / "instructor" / "solution").rglob("*.py")):
        name = path.relative_to(course.root).as_posix()
        for region in regions(read_text(path, name), name):
            secrets |= secrets_of("\n".join(region.body), name)
    lines, expressions = dict(secrets.lines), dict(secrets.expressions)
    for text in allowed:
        spared = secrets_of(text, ALLOWED_FILE)
        if not (
            set(spared.lines) & set(secrets.lines)
            or set(spared.expressions) & set(secrets.expressions)
        ):
            raise CourseError(
                f"{ALLOWED_FILE}: `{text}` is no line of a solution region that "
                "would be refused; remove it."
            )
        for line in spared.lines:
            lines.pop(line, None)
        for expression in spared.expressions:
            expressions.pop(expression, None)
    return Secrets(lines, expressions)


def hidden_secrets(course: Course) -> Secrets:
    """The lines, expressions and long numbers of `instructor/hidden/`."""
    secrets = Secrets()
    for path in sorted((course.root / "instructor" / "hidden").rglob("*.py")):
        name = path.relative_to(course.root).as_posix()
        text = read_text(path, name)
        seeds = {
            str(node.value): name
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Constant)
            and type(node.value) is int
            and len(str(node.value)) >= _SHORTEST_SEED
        }
        secrets |= secrets_of(text, name) | Secrets(numbers=seeds)
    return secrets


def secrets_of(code: str, origin: str) -> Secrets:
    """The lines of `code` worth hiding, and its expressions that do something."""
    lines = {}
    for line in code.splitlines():
        squeezed = squeeze(line.strip())
        if len(squeezed) >= _SHORTEST and not _is_trivial(line.strip()):
            lines[squeezed] = origin
    expressions = {}
    tree = _parsed(code)
    if tree is not None:
        for node in _whole_expressions(tree):
            squeezed = squeeze(ast.unparse(node))
            if len(squeezed) >= _SHORTEST and _computes(node):
                expressions[ast.dump(node)] = origin
                lines[squeezed] = origin
    return Secrets(lines, expressions)


def find(
    path: str, data: bytes, secrets: Secrets, markers: Iterable[str], root: str
) -> Iterator[Leak]:
    """Every leak in one file: secrets, `markers`, and paths of the instructor's machine."""
    if _INSTRUCTOR.search(path):
        yield Leak(path, "", "is an instructor's file")
    for place, text, is_code in _texts(path, data):
        yield from _in_text(path, place, text, secrets, markers, root)
        if is_code:
            yield from _in_code(path, place, text, secrets)


def squeeze(text: str) -> str:
    """`text` without white space, but for one space where two words would run together."""
    return re.sub(r"\s+", "", re.sub(r"(?<=\w)\s+(?=\w)", "\0", text)).replace("\0", " ")


def _in_text(
    path: str, place: str, text: str, secrets: Secrets, markers: Iterable[str], root: str
) -> Iterator[Leak]:
    for number, line in enumerate(text.splitlines(), start=1):
        for marker in markers:
            if marker in " ".join(line.split()):
                yield Leak(path, _at(place, number), f"names the marker `{marker}`")
        if _INSTRUCTOR.search(line):
            yield Leak(path, _at(place, number), "names an instructor's path")
        if root in line or _HOME.search(line):
            yield Leak(path, _at(place, number), "names a path of the machine it was built on")
    squeezed = squeeze(text)
    for secret, origin in secrets.lines.items():
        if _whole(secret, squeezed):
            yield Leak(path, _at(place, _line_of(secret, text)), f"holds `{secret}` of {origin}")
    for secret, origin in secrets.numbers.items():
        match = re.search(rf"(?<![\w.]){secret}(?![\w.])", text.replace("_", ""))
        if match:
            yield Leak(path, place, f"holds the number {secret} of {origin}")


def _in_code(path: str, place: str, text: str, secrets: Secrets) -> Iterator[Leak]:
    tree = _parsed(text)
    if tree is None or not secrets.expressions:
        return
    squeezed = squeeze(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            origin = secrets.expressions.get(ast.dump(node))
            # One that is written as in the solution was found in the text already.
            if origin and not _whole(squeeze(ast.unparse(node)), squeezed):
                yield Leak(
                    path,
                    _at(place, node.lineno),
                    f"holds the expression `{ast.unparse(node)}` of {origin}",
                )


def _texts(path: str, data: bytes) -> Iterator[tuple[str, str, bool]]:
    """The texts of a file: place, text, whether it is Python. A notebook has one a cell."""
    text = data.decode("utf-8", errors="replace")
    suffix = PurePosixPath(path).suffix
    if suffix == ".ipynb":
        try:
            notebook = json.loads(text)
            cells = notebook.pop("cells")
        except (ValueError, KeyError, AttributeError):
            yield "", text, False
            return
        yield from ((f", {where}", string, False) for where, string in _strings(notebook, ""))
        for cell in cells:
            place = f", cell {cell.get('id')}"
            source = "".join(cell.pop("source", ""))
            is_code = cell.get("cell_type") == "code"
            yield place, source, is_code
            for where, string in _strings(cell, ""):
                yield f"{place}, {where}", string, False
    else:
        yield "", text, suffix == ".py"


def _strings(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text inside decoded JSON; a list of texts counts as one."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield where, "".join(value)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, where)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield where, key
            yield from _strings(item, f"{where} {key}".strip())


def _parsed(code: str) -> ast.Module | None:
    """`code` parsed, indented as it may be; None when it is no Python."""
    lines = [line for line in code.splitlines() if not line.lstrip().startswith(("%", "!"))]
    text = "\n".join(lines)
    for attempt in (text, "if True:\n" + text):
        try:
            return ast.parse(attempt)
        except (SyntaxError, ValueError):
            continue
    return None


def _whole_expressions(tree: ast.AST) -> Iterator[ast.expr]:
    """The outermost expressions of each statement, and the parts of tuples, lists and dicts."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, (ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred)):
            yield from _whole_expressions(child)
        elif isinstance(child, ast.expr):
            yield child
        else:
            yield from _whole_expressions(child)


def _computes(node: ast.AST) -> bool:
    return any(isinstance(part, (ast.BinOp, ast.Call, ast.Compare)) for part in ast.walk(node))


def _is_trivial(line: str) -> bool:
    """Whether the line, if Python, only names things: `return out, cache`."""
    if line.startswith("#"):
        return False
    tree = _parsed(line)
    return tree is not None and not _computes(tree)


def _whole(secret: str, squeezed: str) -> bool:
    """Whether the secret stands in the text and is not cut out of longer words."""
    if secret not in squeezed:
        return False
    before = r"(?<!\w)" if re.match(r"\w", secret) else ""
    after = r"(?!\w)" if re.search(r"\w$", secret) else ""
    return re.search(before + re.escape(secret) + after, squeezed) is not None


def _line_of(secret: str, text: str) -> int | None:
    for number, line in enumerate(text.splitlines(), start=1):
        if _whole(secret, squeeze(line)):
            return number
    return None


def _at(place: str, line: int | None) -> str:
    if line is None:
        return place
    return f"{place} line {line}" if place else f":{line}"
