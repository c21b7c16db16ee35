"""Cut the solutions out of the reference, strictly: what is not exactly a marker is an error.

A region of the reference reads

    ### BEGIN SOLUTION
    ### STUB raise NotImplementedError(
    ### STUB     "halve: compute half of x, in exercise_code/numbers.py."
    ### STUB )
    out = …
    ### END SOLUTION

and becomes the one statement after `### STUB `, at the markers' indentation. nbgrader's own
cutter lets a misspelt BEGIN through, solution and all, and ignores a stray END; this one fails
the build, because a leak cannot be taken back.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from difflib import SequenceMatcher

from i2dl_course.errors import CourseError

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STUB = "### STUB "
HIDDEN = "### HIDDEN TESTS "

_INDENT = 4
_WANTED_STUB = f'`{STUB}raise NotImplementedError("what, where")`'
_WORDS = ("begin", "end", "solution", "stub", "hidden", "tests")
_ALIKE = 0.75  # "solutoin", "begn" and "bgn" reach it; "region", "study" and "and" do not


@dataclass(frozen=True)
class Region:
    """One solution region: the line numbers (from 1) of BEGIN and END, and the lines between.

    `stub` holds the lines for the student, at the markers' indentation; `body` the solution.
    """

    begin: int
    end: int
    stub: tuple[str, ...]
    body: tuple[str, ...]


@dataclass(frozen=True)
class _Comment:
    line: int
    column: int
    text: str
    alone: bool


def cut(text: str, path: str) -> str:
    """The student's stub of the reference `text`; `path` is used in messages only.

    Raises CourseError with path and line for a misspelt, nested or unbalanced marker, a missing
    or unfit STUB, uneven indentation, and for a stub that does not parse or names SOLUTION.
    """
    found = regions(text, path)
    if not found:
        raise CourseError(
            f"{path}: holds no `{BEGIN}`, so the whole solution would be handed out; "
            "mark what is to be cut."
        )
    lines = text.split("\n")
    stub: list[str] = []
    next_line = 1
    for region in found:
        stub += lines[next_line - 1 : region.begin - 1]
        stub += region.stub
        next_line = region.end + 1
    stub += lines[next_line - 1 :]
    result = "\n".join(stub)
    try:
        ast.parse(result)
    except SyntaxError as error:
        raise CourseError(
            f"{path}: the stub does not parse after the cut, at the stub's line "
            f"{error.lineno} ({error.msg}); move the markers to whole statements."
        ) from None
    for number, line in enumerate(stub, start=1):
        if "SOLUTION" in line:
            raise CourseError(
                f"{path}: the stub still names SOLUTION in its line {number}: "
                f"`{line.strip()}`; say it in other words."
            )
    return result


def regions(text: str, path: str) -> list[Region]:
    """The solution regions of the reference `text`, checked strictly but for what stays outside.

    Raises CourseError with path and line.
    """
    comments = check_markers(text, path, allowed=(BEGIN, END, STUB))
    lines = text.split("\n")
    found: list[Region] = []
    begin: _Comment | None = None
    stub: list[_Comment] = []
    for comment in comments:
        kind = next(marker for marker in (BEGIN, END, STUB) if comment.text.startswith(marker))
        if kind == BEGIN:
            if begin is not None:
                raise _error(
                    path,
                    comment,
                    f"`{BEGIN}` inside the region begun in line {begin.line}; end that one first",
                )
            if comment.column == 0 or comment.column % _INDENT:
                raise _error(
                    path,
                    comment,
                    f"`{BEGIN}` must be indented by a multiple of "
                    f"{_INDENT} spaces inside a function",
                )
            begin, stub = comment, []
        elif begin is None:
            raise _error(path, comment, f"`{kind.strip()}` without `{BEGIN}` before it")
        elif comment.column != begin.column:
            raise _error(
                path,
                comment,
                f"`{kind.strip()}` must be indented like its `{BEGIN}` in line {begin.line}",
            )
        elif kind == STUB:
            if comment.line != begin.line + len(stub) + 1:
                raise _error(
                    path,
                    comment,
                    f"`{STUB.strip()}` must stand directly after `{BEGIN}`, with no line between",
                )
            stub.append(comment)
        else:
            if not stub:
                raise _error(path, begin, f"`{BEGIN}` must be followed by {_WANTED_STUB}")
            body = tuple(lines[stub[-1].line : comment.line - 1])
            if not any(line.strip() for line in body):
                raise _error(path, begin, "the region is empty")
            found.append(Region(begin.line, comment.line, _stub(stub, path), body))
            begin = None
    if begin is not None:
        raise _error(path, begin, f"`{BEGIN}` is never ended")
    return found


def check_markers(text: str, path: str, allowed: tuple[str, ...]) -> list[_Comment]:
    """The marker comments of `text`, all of them of an `allowed` kind and exactly written.

    Raises CourseError with path and line for a comment that only looks like a marker.
    """
    markers = []
    for comment in _comments(text, path):
        if _is_exact(comment.text, allowed):
            if not comment.alone:
                raise _error(path, comment, f"`{comment.text}` must stand on a line of its own")
            markers.append(comment)
        elif _is_exact(comment.text, (BEGIN, END, STUB, HIDDEN)):
            raise _error(path, comment, f"`{comment.text}` has no place in this file")
        elif _looks_like_marker(comment.text):
            kinds = ", ".join(f"`{kind.strip()}`" for kind in allowed) or "none"
            raise _error(
                path,
                comment,
                f"`{comment.text}` looks like a marker but is none; "
                f"the exact markers here: {kinds}",
            )
    return markers


def _is_exact(comment: str, markers: tuple[str, ...]) -> bool:
    """Whether the comment is one of the markers; one that ends in a space takes an argument."""
    return any(
        comment == marker or (marker.endswith(" ") and comment.startswith(marker))
        for marker in markers
    )


def _looks_like_marker(comment: str) -> bool:
    words = re.findall(r"[a-z]+", comment.lower())
    if not words:
        return False
    if comment.startswith("###"):
        return any(_alike(word) for word in words[:3]) or _alike_run_together(words[0])
    if words[0] == "stub" and words[1:2] == ["raise"]:
        return True
    two_markers = (
        len(words) in (2, 3)
        and _alike(words[0], ("begin", "end"))
        and _alike(words[1], ("solution", "hidden"))
    )
    return two_markers or (len(words) == 1 and _alike_run_together(words[0]))


def _alike(word: str, markers: tuple[str, ...] = _WORDS) -> bool:
    return any(SequenceMatcher(None, word, marker).ratio() >= _ALIKE for marker in markers)


def _alike_run_together(word: str) -> bool:
    return _alike(word, ("beginsolution", "endsolution", "hiddentests"))


def _comments(text: str, path: str) -> list[_Comment]:
    """Every comment of Python source; text inside strings is none."""
    try:
        ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise CourseError(f"{path}:{line}: is not valid Python ({error}).") from None
    comments = []
    for token in tokens:
        if token.type == tokenize.COMMENT:
            before = token.line[: token.start[1]]
            comments.append(
                _Comment(
                    token.start[0],
                    token.start[1],
                    token.string.rstrip(),
                    alone=not before.strip(" "),
                )
            )
    return comments


def _stub(comments: list[_Comment], path: str) -> tuple[str, ...]:
    """The stub's lines, once they are one `raise NotImplementedError` with a sentence."""
    lines = [comment.text[len(STUB) :] for comment in comments]
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        raise _error(path, comments[0], f"the stub does not parse; write {_WANTED_STUB}") from None
    match body:
        case [
            ast.Raise(
                exc=ast.Call(
                    func=ast.Name(id="NotImplementedError"),
                    args=[ast.Constant(value=str(sentence))],
                    keywords=[],
                ),
                cause=None,
            )
        ] if sentence.strip():
            return tuple(" " * comments[0].column + line for line in lines)
    raise _error(path, comments[0], f"the stub must be exactly {_WANTED_STUB}")


def _error(path: str, comment: _Comment, what: str) -> CourseError:
    return CourseError(f"{path}:{comment.line}: {what}.")
