"""Syntax trees of solutions: what of them a student writes, and how a changed piece is put back."""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Region:
    """A function, a method or a statement of a module that a student has written.

    Attributes
    ----------
    file, name : str
        The file to hand in, and the name of what is defined, or "module".
    text : str
        The whole file, as the tree is written out, without docstrings and comments.
    start, end : int
        Where the region stands in the lines of `text`.
    """

    file: str
    name: str
    text: str
    start: int
    end: int

    def tree(self) -> ast.stmt:
        """A tree of its own for each who asks, so that it may be changed."""
        lines = self.text.splitlines()[self.start : self.end]
        return ast.parse(textwrap.dedent("\n".join(lines))).body[0]

    def put(self, statements: list[ast.stmt]) -> str:
        """The file with other statements in the place of the region."""
        lines = self.text.splitlines()
        margin = lines[self.start][: -len(lines[self.start].lstrip()) or None]
        margin = margin if margin.isspace() else ""
        new = textwrap.indent("\n".join(map(ast.unparse, statements)), margin)
        return "\n".join([*lines[: self.start], new, *lines[self.end :]]) + "\n"


@cache
def written(text: str) -> str:
    """The text as its tree is written out: two texts with the same tree become the same."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def regions(files: Mapping[str, str], given: Mapping[str, str]) -> list[Region]:
    """What of `files` does not stand in `given` word for word; imports are left out."""
    found = []
    for file, text in files.items():
        text, known = written(text), set()
        for old in pieces(ast.parse(written(given[file]))):
            known.add(ast.dump(old))
        for piece in pieces(ast.parse(text)):
            if ast.dump(piece) in known or isinstance(piece, ast.Import | ast.ImportFrom):
                continue
            first = min([piece.lineno, *(d.lineno for d in getattr(piece, "decorator_list", []))])
            name = getattr(piece, "name", "module")
            found.append(Region(file, name, text, first - 1, piece.end_lineno or first))
    return found


def pieces(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module, and in the place of each class those of its body."""
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            yield from statement.body
        else:
            yield statement


@dataclass(frozen=True)
class Site:
    """A node in a tree: `parent.field` is `node`, or is a list with `node` at `index`."""

    node: Any  # an expression or a statement of whatever kind
    parent: Any
    field: str
    index: int | None
    within: tuple[ast.AST, ...]

    def put(self, new: ast.AST | list[ast.stmt]) -> None:
        """Put another node, or several statements, in the place of the node."""
        if self.index is None:
            setattr(self.parent, self.field, new)
        elif isinstance(new, list):
            getattr(self.parent, self.field)[self.index : self.index + 1] = new
        else:
            getattr(self.parent, self.field)[self.index] = new


def sites(node: ast.AST, within: tuple[ast.AST, ...] = ()) -> Iterator[Site]:
    """All expressions and statements below `node`, in the order of the text.

    What is no computation is left out: annotations, decorators, and what an assignment binds when
    it is a single name.
    """
    within = (*within, node)
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.expr | ast.stmt):
                place = index if isinstance(value, list) else None
                yield Site(child, node, field, place, within)
            if isinstance(child, ast.AST):
                yield from sites(child, within)


class _Filling(ast.NodeTransformer):
    def __init__(self, nodes):
        self.nodes = nodes

    def visit_Name(self, name):
        return copy.deepcopy(self.nodes.get(name.id, name))


def filled(template: str, **nodes: ast.AST) -> ast.expr:
    """The expression of a template, with copies of nodes in the place of names."""
    return _Filling(nodes).visit(copy.deepcopy(_expression(template)))


def matched(template: str, node: ast.AST) -> dict[str, ast.AST] | None:
    """What stands in `node` for the capital letters of a template; None if it is written otherwise.

    Numbers are compared by value: 1 matches 1.0.
    """
    parts: dict[str, ast.AST] = {}
    return parts if _fits(_expression(template), node, parts) else None


@cache
def _expression(template: str) -> ast.expr:
    return ast.parse(template, mode="eval").body


def _fits(pattern, node, parts) -> bool:
    if isinstance(pattern, ast.Name) and len(pattern.id) == 1 and pattern.id.isupper():
        parts[pattern.id] = node
        return isinstance(node, ast.expr)
    if isinstance(pattern, list):
        pairs = zip(pattern, node, strict=False)
        return len(pattern) == len(node) and all(_fits(*pair, parts) for pair in pairs)
    if not isinstance(pattern, ast.AST):
        return pattern == node
    return type(pattern) is type(node) and all(
        _fits(getattr(pattern, field), getattr(node, field), parts)
        for field in pattern._fields
        if field not in ("kind", "type_comment")
    )
