"""How one place of a student's file is changed, in memory: the places, and the changed code."""

import ast
import re
from typing import NamedTuple

_LONGEST_PIECE = 40
_WHOLE = r"(?<![\w.]){}(?![\w(])"  # a name alone, and not a part of another
_CAN_HOLD = (ast.stmt, ast.expr, ast.keyword, ast.comprehension)


class Change(NamedTuple):
    """One change of a file.

    Attributes
    ----------
    kind : str
        One of the KINDS of changes.py, or "step".
    line : int
        Where the changed piece begins.
    piece : str
        What stands there, cut to some 40 letters.
    nth : int
        Where the line has it more than once, which of them; else 0.
    """

    kind: str
    line: int
    piece: str
    nth: int = 0


class Edit(NamedTuple):
    """A Change, and where in the tree which node is put for it."""

    change: Change
    holder: object  # a node, or a list in a node
    place: object  # the name of a field, or a number
    new: ast.AST


def reached(tree, roots):
    """Pairs of a statement of the file and a function in it: ``roots``, and what they call.

    Constructors are left alone, and functions with a ``while``, which might never end then.
    """
    known = {}
    for outer in tree.body:
        for inner in outer.body if isinstance(outer, ast.ClassDef) else [outer]:
            if isinstance(inner, ast.FunctionDef) and inner.name != "__init__":
                name = inner.name if inner is outer else f"{outer.name}.{inner.name}"
                known[name] = outer, inner
    names, reached = list(roots), {}
    for name in names:
        if name in known and name not in reached:
            outer, function = reached[name] = known[name]
            for node in ast.walk(function):
                if isinstance(node, ast.Name):
                    names.append(node.id)
                elif isinstance(node, ast.Attribute):
                    names.append(f"{outer.name}.{node.attr}")
    return [
        (outer, function)
        for outer, function in reached.values()
        if not any(isinstance(node, ast.While) for node in ast.walk(function))
    ]


def compiled(outer, edit):
    """The code of a changed statement, or None if that is not Python; the tree stays as it was."""
    old = _get(edit.holder, edit.place)
    _set(edit.holder, edit.place, _located(edit.new, old))
    try:
        return compile(ast.Module([outer], []), "<changed>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, TypeError):
        return None
    finally:
        _set(edit.holder, edit.place, old)


def _located(new, old):
    """`new`, all of whose own nodes stand where `old` stood: to compile them takes a place."""
    open_ = [new]
    for node in open_:
        if not hasattr(node, "lineno"):
            ast.copy_location(node, old)
            open_ += ast.iter_child_nodes(node)
    return new


def _get(holder, place):
    return holder[place] if isinstance(holder, list) else getattr(holder, place)


def _set(holder, place, value):
    if isinstance(holder, list):
        holder[place] = value
    else:
        setattr(holder, place, value)


def places(function):
    """Where each statement and expression of a function stands; neither its head nor its words."""
    open_ = [(function.body, place, node) for place, node in enumerate(function.body)]
    for holder, place, node in open_:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if not isinstance(node, ast.comprehension):
            yield holder, place, node
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                inside = [(value, number, item) for number, item in enumerate(value)]
            else:
                inside = [(node, field, value)]
            open_ += [one for one in inside if isinstance(one[2], _CAN_HOLD)]


def change_of(kind, node, shown, lines):
    """The Change of a node, by what is shown of it; see :func:`piece_of`."""
    piece = piece_of(shown, lines)
    line = lines[node.lineno - 1]
    places = [
        found.start() for found in re.finditer(_WHOLE.format(re.escape(piece)), line.decode())
    ]
    column = len(line[: node.col_offset].decode())
    nth = places.index(column) + 1 if shown is node and len(places) > 1 and column in places else 0
    return Change(kind, node.lineno, piece, nth)


def piece_of(shown, lines):
    """The source of a node, perhaps with a sign before it; ``lines`` are bytes, as its columns."""
    sign, node = shown if isinstance(shown, tuple) else ("", shown)
    if isinstance(node, str):
        source = node
    elif hasattr(node, "lineno"):
        part = lines[node.lineno - 1 : node.end_lineno]
        part[-1] = part[-1][: node.end_col_offset]
        part[0] = part[0][node.col_offset :]
        source = b" ".join(part).decode()
        if sign in ("*", "/", "@", "**") and _binds_less(node):
            source = f"({source})"
    else:
        source = ast.unparse(node)
    piece = " ".join(f"{sign} {source}".split())
    return piece if len(piece) <= _LONGEST_PIECE else piece[: _LONGEST_PIECE - 1] + "…"


def _binds_less(node):
    """Whether brackets stand around this where it is a factor; they belong to no node."""
    return isinstance(node, ast.Compare) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
    )
