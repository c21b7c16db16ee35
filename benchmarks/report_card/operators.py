"""Mutation operators: each makes single mistakes out of a node of a syntax tree.

The choice follows mutmut's ``node_mutation`` and cosmic-ray's ``operators``: other operators,
comparisons, numbers and names, operands and arguments that are dropped or exchanged, statements
that are left out, loops that end early. Their operators for exceptions, lambdas and methods of
strings find nothing here. Added is what goes wrong with arrays: another axis, another function of
NumPy, a transpose, a reversed, rounded or clipped array, a caller's array that is changed, a value
kept from the first call.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from benchmarks.report_card.trees import Region, Site, filled, sites

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)
_COMMUTATIVE = (ast.Add, ast.Mult)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
# Functions that are taken for one another.
_FAMILIES = (
    ("sum", "mean", "max", "min", "prod", "cumsum", "std"),
    ("exp", "expm1", "exp2", "log", "log1p", "tanh", "sinh", "sqrt", "abs"),
    ("zeros", "ones", "zeros_like", "ones_like"),
    ("minimum", "maximum", "add", "multiply", "subtract", "divide"),
    ("dot", "outer", "matmul", "multiply", "inner", "kron"),
    ("stack", "concatenate", "hstack", "vstack"),
    ("affine_forward", "sigmoid_forward"),
    ("affine_backward", "sigmoid_backward"),
    ("astype", "reshape"),
    ("ravel", "cumsum"),
)
_WRAPPERS = (
    "-X", "2 * X", "X / 2", "X + 1", "X ** 2", "abs(X)", "X / len(X)", "X * len(X)", "X.T",
    "X[::-1]", "X[..., ::-1]", "X.sum()", "X - X.mean()", "np.sort(X)", "np.float32(X)",
    "np.round(X, 5)", "np.maximum(X, 0)",
    "np.clip(X, -10, 10)", "np.tanh(X)", "X * (1 + 1e-6)", "X + 1e-6", "0 * X", "[X]",
)  # fmt: skip
_UFUNCS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
_NOT_THEIR_VALUES = ("shape", "ndim", "size", "dtype", "flags")


def operator(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """Another arithmetic operator, also in an augmented assignment, or a plain assignment."""
    node = site.node
    if isinstance(node, ast.BinOp):
        for other in _ARITHMETIC:
            if not isinstance(node.op, other):
                yield ast.BinOp(node.left, other(), node.right)
    if isinstance(node, ast.AugAssign):
        for other in _ARITHMETIC:
            if not isinstance(node.op, other):
                yield ast.AugAssign(node.target, other(), node.value)
        yield ast.Assign([node.target], node.value, lineno=0)


def operand_dropped(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """One side of an operator, and nothing of the other."""
    node = site.node
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    if isinstance(node, ast.BoolOp):
        yield from node.values


def exchanged(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """Two operands, arguments, elements or values of a dictionary in each other's place."""
    node = site.node
    if isinstance(node, ast.BinOp) and not isinstance(node.op, _COMMUTATIVE):
        yield ast.BinOp(node.right, node.op, node.left)
    if isinstance(node, ast.Call):
        for args in _swapped(node.args):
            yield ast.Call(node.func, args, node.keywords)
    if isinstance(node, ast.Tuple | ast.List):
        for elements in _swapped(node.elts):
            yield type(node)(elements, node.ctx)
    if isinstance(node, ast.Dict):
        for values in _swapped(node.values):
            yield ast.Dict(node.keys, values)


def comparison(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """Another comparison, and a condition that is turned round or always holds or never."""
    node = site.node
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], _COMPARISONS):
        for other in _COMPARISONS:
            if not isinstance(node.ops[0], other):
                yield ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
    if site.field == "test":
        yield ast.UnaryOp(ast.Not(), node)
        yield from (ast.Constant(True), ast.Constant(False))


def number(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """A number near it, its negative or its double; True for False."""
    node = site.node
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        value = node.value
        others = [value + 1, value - 1, -value, 2 * value, 0, 0.999 * value]
        for other in dict.fromkeys(others):
            if other != value:
                yield ast.Constant(other)


def text(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """Another text that stands nearby: a key, or the subscripts of einsum."""
    node = site.node
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from (ast.Constant(other) for other in scope.texts if other != node.value)
        for letters in _swapped(list(node.value)):
            if "->" in node.value and "->" in "".join(letters):
                yield ast.Constant("".join(letters))


def name(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """Another variable of the function."""
    node = site.node
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope.names:
        yield from (ast.Name(other, ast.Load()) for other in scope.names if other != node.id)


def function(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """A function that is taken for this one."""
    node = site.node
    called = getattr(node, "attr", getattr(node, "id", None))
    for family in _FAMILIES:
        if site.field == "func" and called in family:
            for other in family:
                if other != called and isinstance(node, ast.Attribute):
                    yield ast.Attribute(node.value, other, node.ctx)
                elif other != called:
                    yield ast.Name(other, node.ctx)


def argument_dropped(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """A call without one of its arguments, a slice without one of its ends."""
    node = site.node
    if isinstance(node, ast.Call):
        for args in _without_one(node.args):
            yield ast.Call(node.func, args, node.keywords)
        for keywords in _without_one(node.keywords):
            yield ast.Call(node.func, node.args, keywords)
    if isinstance(node, ast.Slice):
        for end in ("lower", "upper", "step"):
            if getattr(node, end) is not None:
                shorter = copy.copy(node)
                setattr(shorter, end, None)
                yield shorter


def call_dropped(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """What a function or a method is given, as it came; an array without its index or its .T."""
    node = site.node
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != "np":
            yield node.func.value
        elif node.args and not isinstance(node.args[0], ast.Starred):
            yield node.args[0]
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield node.value


def statement_left_out(site: Site, scope: Scope) -> Iterable[list[ast.stmt]]:
    """A statement that is not there."""
    if isinstance(site.node, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
        yield [ast.Pass()]


def loop(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """A loop that leaves out the first or the last turn, or ends after the first."""
    node = site.node
    if site.field == "iter":
        yield filled("list(X)[1:]", X=node)
        yield filled("list(X)[:-1]", X=node)
    if isinstance(node, ast.For):
        yield ast.For(node.target, node.iter, [*node.body, ast.Break()], node.orelse, lineno=0)


def wrapped(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """Something done to a value that nobody asked for."""
    node, parent = site.node, site.parent
    if not isinstance(node, ast.BinOp | ast.Call | ast.Name | ast.Attribute | ast.Subscript):
        return
    if site.field == "func" or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return
    if isinstance(node, ast.Name) and node.id not in scope.names or _is_a_size(node):
        return
    if isinstance(parent, ast.Attribute) and parent.attr in _NOT_THEIR_VALUES:
        return
    if isinstance(parent, ast.Call) and ast.unparse(parent.func) == "len":
        return
    yield from (filled(template, X=node) for template in _WRAPPERS)


def in_place(site: Site, scope: Scope) -> Iterable[ast.AST]:
    """The right value, but written into the array on the left, which may be the caller's."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name):
        ufunc = _UFUNCS.get(type(node.op))
        if ufunc:
            yield filled(f"np.{ufunc}(X, Y, out=X)", X=node.left, Y=node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield filled("np.negative(X, out=X)", X=node.operand)


def kept_from_the_first_call(site: Site, scope: Scope) -> Iterable[list[ast.stmt]]:
    """A value that is computed once and then used for ever."""
    node = site.node
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        key = ast.Constant(f"first_{node.targets[0].id}")
        value = filled("globals().setdefault(KEY, VALUE)", KEY=key, VALUE=node.value)
        yield [ast.Assign(node.targets, value, lineno=0)]


OPERATORS: dict[str, Callable[[Site, Scope], Iterable[ast.AST | list[ast.stmt]]]] = {
    one.__name__: one
    for one in (
        operator, operand_dropped, exchanged, comparison, number, text, name, function,
        argument_dropped, call_dropped, statement_left_out, loop, wrapped, in_place,
        kept_from_the_first_call,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """What stands in one function: its variables and its texts."""

    names: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, tree: ast.AST) -> Scope:
        names: dict[str, None] = {}
        texts: dict[str, None] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.arg):
                names[node.arg] = None
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names[node.id] = None
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts[node.value] = None
        return cls(tuple(names), tuple(texts))


@dataclass(frozen=True)
class Change:
    """One mistake: the operator, where it was used, the piece before and after, and the file.

    `line` is the first line of the statement in which it stands, as it was.
    """

    operator: str
    region: Region
    old: str
    new: str
    line: str
    text: str

    def __str__(self) -> str:
        return f"{self.old} → {self.new}, in: {self.line}"


def changes(region: Region, wanted: Callable[[str], bool] = bool) -> Iterator[Change]:
    """The mistakes that the operators make in a region, in a fixed order.

    ``wanted(operator)`` is asked for each, before it is written out, which takes longest.
    """
    tree = region.tree()
    scope = Scope.of(tree)
    for site in list(sites(tree)):
        for called, make in OPERATORS.items():
            for new in make(site, scope):
                if not wanted(called):
                    continue
                old, line = ast.unparse(site.node), _line(site)
                before = list(getattr(site.parent, site.field)) if site.index is not None else None
                site.put(new)
                try:
                    changed = region.put([tree])
                    words = "; ".join(map(ast.unparse, new if isinstance(new, list) else [new]))
                    yield Change(called, region, old, words, line, changed)
                finally:
                    if before is None:
                        site.put(site.node)
                    else:
                        getattr(site.parent, site.field)[:] = before


def _line(site: Site) -> str:
    statement = [one for one in (*site.within, site.node) if isinstance(one, ast.stmt)][-1]
    return ast.unparse(statement).partition("\n")[0]


def _swapped(items: list) -> Iterator[list]:
    for one in range(len(items) - 1):
        yield [*items[:one], items[one + 1], items[one], *items[one + 2 :]]


def _without_one(items: list) -> Iterator[list]:
    for one in range(len(items)):
        yield [*items[:one], *items[one + 1 :]]


def _is_a_size(node: ast.AST) -> bool:
    """Whether this is a shape or a length: the operators for numbers and names are for those."""
    return any(
        isinstance(inner, ast.Attribute)
        and inner.attr in _NOT_THEIR_VALUES
        or isinstance(inner, ast.Name)
        and inner.id in ("len", "range")
        for inner in ast.walk(node)
    ) and not isinstance(node, ast.BinOp)
