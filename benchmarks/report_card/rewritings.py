"""Rewritings: each writes a piece of a right answer in another way and keeps the mathematics.

A rewriting gets a function as a tree and a random generator, changes the tree in one place that it
chooses, and returns what must stand before the function (imports and helpers, mostly nothing), or
None where it finds no place. They are composed at random: each leaves what the others can read.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.report_card.trees import Site, filled, matched, pieces, sites, written

Rewriting = Callable[[ast.FunctionDef, np.random.Generator], str | None]

_HELPERS = {
    "product_by_loops": """
def product_by_loops(a, b):
    if np.ndim(a) != 2 or np.ndim(b) != 2:
        return np.dot(a, b)
    result = np.zeros((a.shape[0], b.shape[1]), dtype=np.result_type(a, b))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                result[i, j] += a[i, k] * b[k, j]
    return result
""",
    "product_by_einsum": """
def product_by_einsum(a, b):
    return np.einsum("ij,jk->ik", a, b) if np.ndim(a) == np.ndim(b) == 2 else a @ b
""",
    "sum_of_rows": """
def sum_of_rows(table):
    total = 0.0 * table[0]
    for row in table:
        total = total + row
    return total
""",
    "Kept": """
class Kept:
    def __init__(self, value):
        self.value = value
""",
    "copy.": "import copy\n",
}
# How an expression is written, and other words for it; capital letters stand for any expression.
SPELLINGS = {
    "matrix_product": (
        "A @ B",
        "np.dot(A, B)", "np.matmul(A, B)", "np.tensordot(A, B, axes=1)", "(B.T @ A.T).T",
        "A.dot(B)", "np.transpose(np.transpose(A @ B))", "product_by_loops(A, B)",
        "product_by_einsum(A, B)",
    ),
    "sum_over_the_batch": (
        "A.sum(axis=0)",
        "np.sum(A, axis=0)", "np.add.reduce(A, axis=0)", "A.T.sum(axis=-1)", "np.ones(len(A)) @ A",
        "A.mean(axis=0) * A.shape[0]", "np.einsum('nm->m', A)", "np.sum(A, 0, keepdims=True)[0]",
        "sum(list(A))", "sum_of_rows(A)",
    ),
    "transpose": ("A.T", "np.transpose(A)", "A.transpose()", "A.T.T.T"),
    "reshape": (
        "A.reshape(S)", "np.reshape(A, S)", "A.copy().reshape(S)", "A.reshape(S, order='C')",
    ),
    "flattening": ("A.reshape(S, -1)", "A.reshape((S, -1))", "np.reshape(A, (S, -1))"),
    "length": ("A.shape[0]", "len(A)", "np.shape(A)[0]"),
    "addition": ("A + B", "B + A", "np.add(A, B)", "A - (-B)"),
    "multiplication": ("A * B", "B * A", "np.multiply(A, B)", "-(-A * B)"),
    "subtraction": ("A - B", "A + (-B)", "-(B - A)", "np.subtract(A, B)"),
    "division": (
        "A / B", "A * (1.0 / B)", "np.divide(A, B)", "A * np.power(B, -1.0)", "-A / (-B)",
    ),
    "other_brackets": ("A * B * C", "A * (B * C)", "(A * C) * B"),
    "multiplied_out": ("A * (1 - B)", "A - A * B", "-(A * B - A)"),
    "logistic": (
        "1 / (1 + np.exp(-A))",
        "0.5 + 0.5 * np.tanh(A / 2)", "np.exp(-np.logaddexp(0, -A))", "1 - 1 / (1 + np.exp(A))",
    ),
}  # fmt: skip
_RESULTS = ("out", "dx", "dw", "db", "y_hat", "dW1", "db1", "dW2", "db2")
_OTHER_ARRAYS = (
    "np.array(A)", "A.copy()", "np.asfortranarray(A)", "1.0 * A", "A + 0.0", "A[...]",
    "np.asarray(A)", "A.astype(float)",
)  # fmt: skip
# Another cache: what forward returns in its place, and what backward makes of it first.
_CACHES = (
    ("{'kept': CACHE}", "cache['kept']"), ("[CACHE]", "cache[0]"),
    ("(None, CACHE, 'unused')", "cache[1]"), ("(lambda kept: lambda: kept)(CACHE)", "cache()"),
    ("Kept(CACHE)", "cache.value"), ("copy.deepcopy(CACHE)", "copy.deepcopy(cache)"),
)  # fmt: skip
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)
# Below these an expression is computed later, several times or perhaps never.
_NOT_AT_ONCE = (ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.IfExp, ast.BoolOp)


def spelt_otherwise(name: str) -> Rewriting:
    """The rewriting that puts other words of SPELLINGS in the place of an expression."""
    pattern, *others = SPELLINGS[name]

    def rewrite(tree, rng):
        found = [(s, parts) for s in sites(tree) if (parts := matched(pattern, s.node))]
        found = [(s, parts) for s, parts in found if _is_of_arrays(s)]
        if not found:
            return None
        site, parts = _one(found, rng)
        words = _one(others, rng)
        site.put(filled(words, **parts))
        return _needed(words)

    return rewrite


def another_array_of_the_result(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """A result is returned as a copy, in another order in memory or after an exact operation."""
    found = [
        site
        for site in sites(tree)
        if isinstance(site.node, ast.Name)
        and isinstance(site.node.ctx, ast.Load)
        and site.node.id in _RESULTS
        and _is_below(site, ast.Return | ast.Dict)
    ]
    if not found:
        return None
    site = _one(found, rng)
    site.put(filled(_one(_OTHER_ARRAYS, rng), A=site.node))
    return ""


def spelling_of_a_number(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """1 for 1.0, 1.0 for 1 beside an operator, a float that is computed."""
    found = [
        site
        for site in sites(tree)
        if isinstance(site.node, ast.Constant)
        and type(site.node.value) in (int, float)
        and isinstance(site.parent, ast.BinOp)
        and _is_of_arrays(Site(site.parent, site.parent, "", None, site.within))
    ]
    if not found:
        return None
    site = _one(found, rng)
    value = site.node.value
    whole = isinstance(value, float) and value.is_integer()
    other = str(int(value)) if whole else str(float(value))
    site.put(filled(str(_one([other, f"np.float64({value})", f"({value} + 0.0)"], rng))))
    return ""


def temporary(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """A part of a statement gets a name and a line of its own."""
    found = [site for site in sites(tree) if _is_computed_at_once(site)]
    if not found:
        return None
    site = _one(found, rng)
    name = _fresh(tree, _one(["part", "tmp", "step", "h"], rng))
    statement = [node for node in site.within if isinstance(node, ast.stmt)][-1]
    site.put(ast.Name(name, ast.Load()))
    for place in sites(tree):
        if place.node is statement:
            new = ast.Assign([ast.Name(name, ast.Store())], site.node, lineno=0)
            place.put([new, statement])
            return ""
    raise AssertionError("the statement stands in the tree")


def merged(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """A name that the next statement alone uses, once, gives way to what it stands for."""
    found = []
    for body in _bodies(tree):
        for index, (one, following) in enumerate(zip(body, body[1:], strict=False)):
            name = _assigned(one)
            if name and isinstance(following, _SIMPLE) and _uses(tree, name) == 2:
                places = [s for s in sites(following) if _is_name(s.node, name)]
                once = len(places) == 1 and places[0].field != "target"
                if once and not _is_below(places[0], _NOT_AT_ONCE):
                    found.append((body, index, places[0]))
    if not found:
        return None
    body, index, place = _one(found, rng)
    place.put(body[index].value)
    del body[index]
    return ""


def other_order(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """Two statements that have nothing to do with each other change places."""
    found = []
    for body in _bodies(tree):
        for index, (one, following) in enumerate(zip(body, body[1:], strict=False)):
            if isinstance(one, ast.Assign) and isinstance(following, ast.Assign):
                binds, uses = _names(one)
                binds2, uses2 = _names(following)
                if not (binds & (binds2 | uses2) or binds2 & uses or "self" in uses | uses2):
                    found.append((body, index))
    if not found:
        return None
    body, index = _one(found, rng)
    body[index : index + 2] = body[index + 1], body[index]
    return ""


def renamed(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """A local variable under another name; the names of parameters stay."""
    if not isinstance(tree, ast.FunctionDef) or _has(tree, ast.Global | ast.Nonlocal):
        return None
    kept = {one.arg for one in [*tree.args.args, *tree.args.kwonlyargs]}
    here = {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    if not here - kept:
        return None
    old = _one(sorted(here - kept), rng)
    new = _fresh(tree, _one(["result", "value", "grad_", "σ", old.upper(), f"my_{old}"], rng))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == old:
            node.id = new
        if isinstance(node, ast.arg) and node.arg == old:
            node.arg = new
    return ""


def type_hints(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """Hints for the parameters and for what is assigned."""
    if not isinstance(tree, ast.FunctionDef) or not tree.args.args or tree.args.args[-1].annotation:
        return None
    for parameter in tree.args.args:
        if parameter.arg != "self":
            kind = "object" if parameter.arg == "cache" else "np.ndarray"
            parameter.annotation = filled(kind)
    for body in _bodies(tree):
        for index, one in enumerate(body):
            if _assigned(one) and rng.random() < 0.5 and not _has(tree, ast.Global | ast.Nonlocal):
                body[index] = ast.AnnAssign(one.targets[0], filled("object"), one.value, 1)
    return ""


def prints(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """A line that shows something, checks a shape or counts."""
    if not isinstance(tree, ast.FunctionDef) or not tree.args.args:
        return None
    last = tree.args.args[-1].arg
    lines = (
        f"print('{tree.name}', type({last}))", f"assert {last} is not None", f"print({last})",
        f"'''{tree.name} of the exercise.'''", f"{tree.name}_seen = 0\n{tree.name}_seen += 1",
        "np.random.default_rng(0).normal()", f"if {last} is None:\n    raise ValueError('none')",
    )  # fmt: skip
    tree.body[:0] = ast.parse(_one(lines, rng)).body
    return ""


def block(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """The body in a block that changes nothing."""
    if not isinstance(tree, ast.FunctionDef):
        return None
    heads = (
        "with np.errstate(over='ignore'):\n    pass", "if True:\n    pass", "while True:\n    pass",
        "try:\n    pass\nfinally:\n    pass", "for _turn in range(1):\n    pass",
    )  # fmt: skip
    around = ast.parse(_one(heads, rng)).body[0]
    if not isinstance(tree.body[-1], ast.Return) and not isinstance(around, ast.With | ast.If):
        return None
    around.body, tree.body = tree.body, [around]
    return ""


def helper(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """An expression of names becomes a function of them, in a line of its own or on the spot."""
    found = [
        site
        for site in sites(tree)
        if _is_computed_at_once(site)
        and isinstance(site.node, ast.BinOp)
        and not _has(site.node, ast.Lambda | ast.ListComp | ast.GeneratorExp)
    ]
    if not found:
        return None
    site = _one(found, rng)
    free = sorted(_names(ast.Expr(site.node))[1] - {"np", "math", *dir(builtins)})
    if not free or any(name[:1].isupper() for name in free) or "self" in free:
        return None
    arguments = ", ".join(free)
    if rng.random() < 0.3:
        site.put(filled(f"(lambda {arguments}: BODY)({arguments})", BODY=site.node))
        return ""
    name = f"helper_{rng.integers(10**6)}"
    text = f"def {name}({arguments}):\n    return {ast.unparse(site.node)}\n"
    site.put(filled(f"{name}({arguments})"))
    return text


def own_array_in_place(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """``v = a @ b + c`` as ``v = a @ b`` and ``v += c``: only where v is a new array."""
    found = []
    for body in _bodies(tree):
        for index, one in enumerate(body):
            if _assigned(one) and isinstance(one.value, ast.BinOp):
                new = _is_binary(one.value.left, ast.MatMult)
                if new and isinstance(one.value.op, ast.Add | ast.Sub):
                    found.append((body, index))
    if not found:
        return None
    body, index = _one(found, rng)
    one = body[index]
    target = one.targets[0]
    first = ast.Assign([target], one.value.left, lineno=0)
    body[index : index + 1] = [first, ast.AugAssign(target, one.value.op, one.value.right)]
    return ""


def alias_of_numpy(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """NumPy under its full name, or a function of it imported alone."""
    found = [
        site
        for site in sites(tree)
        if isinstance(site.node, ast.Attribute) and _is_name(site.node.value, "np")
    ]
    if not found:
        return None
    site = _one(found, rng)
    if rng.random() < 0.5:
        site.put(filled(f"numpy.{site.node.attr}"))
        return "import numpy\n"
    site.put(filled(f"numpy_{site.node.attr}"))
    return f"from numpy import {site.node.attr} as numpy_{site.node.attr}\n"


def dictionary(tree: ast.FunctionDef, rng: np.random.Generator) -> str | None:
    """A dictionary by ``dict(...)``, by pairs, or filled key by key."""
    found = [
        site
        for site in sites(tree)
        if isinstance(site.node, ast.Dict)
        and site.node.keys
        and all(isinstance(key, ast.Constant) for key in site.node.keys)
    ]
    if not found:
        return None
    site = _one(found, rng)
    pairs = list(zip(site.node.keys, site.node.values, strict=True))
    order = rng.permutation(len(pairs))
    keys, values = [pairs[i][0] for i in order], [pairs[i][1] for i in order]
    kind = rng.integers(3)
    if kind == 0:
        words = [ast.keyword(key.value, value) for key, value in zip(keys, values, strict=True)]
        site.put(ast.Call(filled("dict"), [], words))
    elif kind == 1:
        names, arrays = ast.Tuple(keys, ast.Load()), ast.Tuple(values, ast.Load())
        site.put(filled("dict(zip(K, V))", K=names, V=arrays))
    else:
        site.put(ast.Dict(keys, values))
    return ""


REWRITINGS: dict[str, Rewriting] = {
    **{name: spelt_otherwise(name) for name in SPELLINGS},
    **{
        one.__name__: one
        for one in (
            another_array_of_the_result, spelling_of_a_number, temporary, merged, other_order,
            renamed, type_hints, prints, block, helper, own_array_in_place, alias_of_numpy,
            dictionary,
        )
    },
}  # fmt: skip


def other_cache(
    forward: ast.FunctionDef, backward: ast.FunctionDef, rng: np.random.Generator
) -> str | None:
    """A cache of another kind, packed by a layer's forward and unpacked by its backward.

    Both trees are changed. The layer must return a pair and take the cache as its last parameter.
    """
    returned = [n for n in ast.walk(forward) if isinstance(n, ast.Return)]
    pairs = [n.value for n in returned if isinstance(n.value, ast.Tuple | ast.List)]
    if not pairs or len(pairs) != len(returned) or any(len(pair.elts) != 2 for pair in pairs):
        return None
    packed, unpacked = _one(_CACHES, rng)
    for pair in pairs:
        pair.elts[1] = filled(packed, CACHE=pair.elts[1])
    name = backward.args.args[1].arg
    value = filled(unpacked, cache=ast.Name(name, ast.Load()))
    backward.body[:0] = [ast.Assign([ast.Name(name, ast.Store())], value, lineno=0)]
    return _needed(packed)


def rewritten(
    files: Mapping[str, str], stub: Mapping[str, str], rng: np.random.Generator
) -> tuple[dict[str, str], list[str]]:
    """A solution with one to eight rewritings drawn at random, and their names in order."""
    trees = {name: ast.parse(written(text)) for name, text in files.items()}
    done, wanted = [], rng.integers(1, 9)
    for _ in range(4 * wanted):
        called = _one([*REWRITINGS, other_cache.__name__], rng)
        for name in rng.permutation(list(trees)):
            module = trees[name]
            known = {ast.dump(piece) for piece in pieces(ast.parse(written(stub[name])))}
            own = [piece for piece in pieces(module) if isinstance(piece, ast.FunctionDef)]
            own = [piece for piece in own if ast.dump(piece) not in known]
            if called in REWRITINGS:
                tried = (REWRITINGS[called](own[i], rng) for i in rng.permutation(len(own)))
                before = next((one for one in tried if one is not None), None)
            else:
                before = None if called in done else _with_other_cache(own, trees, rng)
            if before is not None:
                first = next(i for i, one in enumerate(module.body) if not _is_import(one))
                module.body[first:first] = ast.parse(before).body
                done.append(called)
                break
        if len(done) == wanted:
            break
    return {name: ast.unparse(tree) + "\n" for name, tree in trees.items()}, done


def _with_other_cache(own, trees, rng) -> str | None:
    functions = {piece.name: piece for piece in own}
    layer = _one(["affine", "sigmoid"], rng)
    forward, backward = functions.get(f"{layer}_forward"), functions.get(f"{layer}_backward")
    # A net that looks into the caches of its layers knows how they are packed.
    looks = any(
        re.search(r"cache\['\w+'\]\[|= self\.cache\[", ast.unparse(t)) for t in trees.values()
    )
    return None if looks or not (forward and backward) else other_cache(forward, backward, rng)


def _is_import(statement) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _needed(words: str) -> str:
    """The imports and helpers that an expression needs."""
    return "".join(text for name, text in _HELPERS.items() if name in words)


def _one(choices, rng):
    return choices[rng.integers(len(choices))]


def _is_binary(node, op) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, op)


def _is_name(node, name) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_of_arrays(site: Site) -> bool:
    """No text, no list, and nothing that counts: there an operator means something else."""
    if _is_below(site, ast.Subscript | ast.List | ast.Tuple):
        return False
    operators = [node for node in ast.walk(site.node) if isinstance(node, ast.BinOp)]
    return not any(
        isinstance(side, ast.List | ast.ListComp | ast.Tuple | ast.JoinedStr)
        or isinstance(getattr(side, "value", None), str)
        for node in operators
        for side in (node.left, node.right)
    )


def _is_computed_at_once(site: Site) -> bool:
    """An expression that may be computed just before the statement in which it stands."""
    if not isinstance(site.node, ast.BinOp | ast.Call | ast.Subscript | ast.Attribute):
        return False
    if site.field == "func" or isinstance(getattr(site.node, "ctx", None), ast.Store):
        return False
    enclosing = [node for node in site.within if isinstance(node, ast.stmt)]
    if not enclosing or not isinstance(enclosing[-1], _SIMPLE):
        return False
    inside = site.within[site.within.index(enclosing[-1]) :]
    if any(isinstance(node, ast.Attribute | ast.Subscript | ast.Starred) for node in inside[1:]):
        return False
    return not _is_below(site, _NOT_AT_ONCE) and not _has(site.node, ast.Starred)


def _is_below(site: Site, kinds) -> bool:
    return any(isinstance(node, kinds) for node in site.within)


def _has(tree, kinds) -> bool:
    return any(isinstance(node, kinds) for node in ast.walk(tree))


def _bodies(tree) -> Iterator[list[Any]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.For | ast.With | ast.If | ast.While):
            yield node.body


def _assigned(statement) -> str | None:
    """The one name that is assigned to, if that is all that the statement does."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        return target.id if isinstance(target, ast.Name) else None
    return None


def _uses(tree, name) -> int:
    return sum(_is_name(node, name) for node in ast.walk(tree))


def _names(statement) -> tuple[set[str], set[str]]:
    """What a statement binds or changes, and all that it uses."""
    binds: set[str] = set()
    uses: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            (binds if isinstance(node.ctx, ast.Store) else uses).add(node.id)
    for target in getattr(statement, "targets", []):
        binds |= {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
    return binds, uses


def _fresh(tree, name) -> str:
    """The name, with a number behind it if it is taken."""
    taken = {getattr(node, "id", getattr(node, "arg", None)) for node in ast.walk(tree)}
    return next(one for n in range(1000) if (one := f"{name}{n or ''}") not in taken)
