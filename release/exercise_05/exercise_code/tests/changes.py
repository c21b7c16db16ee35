"""A student's file with one piece of it changed: a slip is found by what undoes it.

The changes know no formula. They leave a piece out, exchange it for something else that stands in
the same function, or add such a thing: what a slip of the pen does, the other way round. Which of
them makes an answer right, whoever knows the answers finds out. That is how programs are repaired
by machine (W. Weimer and others, "Automatically finding patches using genetic programming", 2009).
"""

import ast
import builtins
import itertools
import math

from exercise_code.tests.editing import Edit, change_of, compiled, places, reached

MOST = 20_000  # of one file: with the names in a function, their number grows by its square
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
# Functions of NumPy, and methods of its arrays, that are taken for each other.
_ALIKE = (
    ("sum", "mean", "max", "min", "prod", "std", "cumsum"),
    ("dot", "matmul", "multiply", "outer", "inner"),
    ("exp", "log", "exp2", "expm1", "log1p", "tanh"),
    ("add", "subtract", "multiply", "divide"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
)
_ALONG_AN_AXIS = _ALIKE[0]
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**"}
_ONE = ast.Constant(1)

# In the order in which they are tried: what is mended by leaving something out could be mended by
# other changes, too, which say less.
KINDS = (
    "left_out",
    "kept",
    "operator",
    "axis",
    "no_axis",
    "dropped",
    "keepdims",
    "turned",
    "transposed",
    "order",
    "function",
    "sign",
    "brackets",
    "loop",
    "index",
    "key",
    "condition",
    "one",
    "name",
    "number",
    "added_up",
    "factor",
    "term",
    "flattened",
    "call",
)


def changes(text, roots, line=None):
    """Yields each Change of what ``roots`` call in the file, with the code that makes it.

    Parameters
    ----------
    text : str
        A file of Python. Raises SyntaxError if it is none.
    roots : sequence of str
        Names of functions in it, or of methods as "Class.method". Constructors are left alone,
        and functions with a ``while``.
    line : int, optional
        The one line that is changed.

    The code defines the changed function anew, or the class around it, in the names of its module.
    """
    tree = ast.parse(text)
    lines = text.encode().split(b"\n")
    edits = (
        (outer, edit)
        for outer, function in reached(tree, roots)
        for edit in _edits(outer, function, lines)
        if line in (None, edit.change.line)
    )
    kept = itertools.islice(edits, MOST)
    for outer, edit in sorted(kept, key=lambda pair: KINDS.index(pair[1].change.kind)):
        code = compiled(outer, edit)
        if code is not None:
            yield edit.change, code


def _edits(outer, function, lines):
    """Every edit of one function."""
    at_hand = _AtHand(outer, function)
    for holder, place, node in places(function):
        for kind, new, shown in _replacements(node, holder, place, at_hand):
            yield Edit(change_of(kind, node, shown, lines), holder, place, new)


class _AtHand:
    """What stands in a function and could stand in another place of it.

    Attributes
    ----------
    atoms : dict
        Names, and what self holds, also elsewhere in the class, by their source.
    arrays : dict
        Those of them that are not a plain count: a count in the place of an array makes nothing
        right but by undoing a division elsewhere.
    keys : list of str
    functions : dict
        What is called by a bare name.
    """

    def __init__(self, outer, function):
        nodes, around = list(ast.walk(function)), list(ast.walk(outer))
        called = {id(node.func) for node in around if isinstance(node, ast.Call)}
        stored = [argument.arg for argument in function.args.args if argument.arg != "self"]
        stored += [node.id for node in nodes if _is_name(node) and isinstance(node.ctx, ast.Store)]
        found = [node for node in nodes if _is_kept_under_a_key(node)]
        held = [node for node in around if _is_of_self(node) and id(node) not in called]
        inside = {id(node.value) for node in around if isinstance(node, ast.Subscript)}
        self.functions = {
            node.id: node
            for node in nodes
            if id(node) in called and _is_name(node) and not hasattr(builtins, node.id)
        }
        self.keys = [node.value for node in nodes if _is_text(node)]
        sources = [ast.unparse(node) for node in (*found, *held) if id(node) not in inside]
        self.atoms = {
            source: ast.parse(source, mode="eval").body
            for source in dict.fromkeys([*stored, *sources])
        }
        counts = {
            ast.unparse(target)
            for node in around
            if isinstance(node, ast.Assign)
            for one in node.targets
            for target, value in _paired(one, node.value)
            if _is_a_count(value)
        }
        self.arrays = {source: atom for source, atom in self.atoms.items() if source not in counts}


def _paired(target, value):
    """Each target with its own value, or with the one that all of them are taken out of."""
    if not isinstance(target, ast.Tuple):
        return [(target, value)]
    pairwise = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
    values = value.elts if pairwise else [value] * len(target.elts)
    return list(zip(target.elts, values, strict=True))


def _is_a_count(node):
    """Whether this is a number of something: of len, of a shape, or as it stands."""
    if isinstance(node, ast.Call):
        return _is_name(node.func) and node.func.id in ("len", "int", "float")
    if isinstance(node, ast.Subscript):
        node = node.value
    of_a_shape = isinstance(node, ast.Attribute) and node.attr in ("shape", "size")
    return of_a_shape or isinstance(node, ast.Constant)


def _is_kept_under_a_key(node):
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)


def _is_of_self(node):
    """Whether this is an attribute of self, or what stands there under a key."""
    if _is_kept_under_a_key(node):
        node = node.value
    return isinstance(node, ast.Attribute) and _is_name(node.value, "self")


def _is_name(node, name=None):
    return isinstance(node, ast.Name) and name in (None, node.id)


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _replacements(node, holder, place, at_hand):
    """Kind, new node, and what is shown (a node, a sign and a node, a text), for each change."""
    if isinstance(node, ast.stmt):
        yield from _of_statement(node)
        return
    if isinstance(node, ast.keyword) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        if isinstance(node, ast.Tuple):
            yield from _exchanged(node)
        return
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.UnaryOp):
        yield "sign", node.operand, node
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        for other in _COMPARISONS:
            if other is not type(node.ops[0]):
                yield "operator", ast.Compare(node.left, [other()], node.comparators), node
    elif isinstance(node, ast.Call):
        yield from _of_call(node, at_hand)
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node, at_hand)
    elif isinstance(node, ast.Subscript) and not _is_text(node.slice):
        yield from _of_subscript(node)
    elif isinstance(node, ast.Tuple):
        yield from _exchanged(node)
    if place != "func":
        source = ast.unparse(node)
        of_no_value = _is_name(node) and not isinstance(holder, ast.Attribute)
        if source in at_hand.atoms or of_no_value or isinstance(node, (ast.BinOp, ast.Call)):
            of_any = _is_name(node)
            for other, atom in (at_hand.atoms if of_any else at_hand.arrays).items():
                if other != source:
                    yield "name", atom, node
            yield "one", _ONE, node
    if _is_value(node, holder, place):
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield "turned", node.value, node
        else:
            yield "transposed", ast.Attribute(node, "T", ast.Load()), node
        if not (_is_name(node) and isinstance(holder, (list, ast.Assign, ast.Return))):
            yield from _added(node, holder, at_hand)


def _is_value(node, holder, place):
    """Whether a node can be an array, and something can be done to it where it stands."""
    if isinstance(holder, ast.Attribute):
        return isinstance(node, ast.BinOp)
    kinds = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)
    inside = isinstance(holder, (ast.Subscript, ast.keyword)) or place == "func"
    return isinstance(node, kinds) and not inside and not _is_name(node, "self")


def _of_statement(node):
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.For)) or _is_call(node):
        yield "left_out", ast.Pass(), node
    if isinstance(node, ast.Expr):
        yield from _of_what_is_not_kept(node)
    elif isinstance(node, ast.If):
        for body in (node.body, node.orelse or [ast.Pass()]):
            yield "condition", ast.If(ast.Constant(True), body, []), ("if", node.test)
    elif isinstance(node, ast.For):
        for number, inner in enumerate(node.body):
            rest = [*node.body[:number], *node.body[number + 1 :]]
            if rest and isinstance(inner, (ast.Assign, ast.AugAssign, ast.Expr, ast.Return)):
                loop = ast.For(node.target, node.iter, rest, node.orelse)
                yield "loop", ast.If(ast.Constant(True), [loop, inner], []), inner
    elif isinstance(node, ast.AugAssign):
        for other in _OPERATORS:
            if other is not type(node.op):
                yield "operator", ast.AugAssign(node.target, other(), node.value), node
        yield "operator", ast.Assign([node.target], node.value), node
    elif isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple):
        yield "operator", ast.AugAssign(node.targets[0], ast.Add(), node.value), node


def _is_call(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def _of_what_is_not_kept(node):
    """What a line computes and gives no name, under the name that it may have been meant for."""
    value = node.value
    if isinstance(value, ast.BinOp) and type(value.op) in _OPERATORS:
        kept = value.left
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        of_numpy = _is_name(value.func.value, "np")
        kept = value.args[0] if of_numpy and value.args else value.func.value
    else:
        return
    if isinstance(kept, (ast.Name, ast.Attribute, ast.Subscript)):
        yield "kept", ast.Assign([_to_store(ast.unparse(kept))], value), node


def _to_store(source):
    return ast.parse(f"{source} = 0").body[0].targets[0]


def _of_operation(node):
    left, right = node.left, node.right
    sign = _SIGNS.get(type(node.op), "")
    yield "left_out", left, (sign, right)
    if sign != "-":
        yield "left_out", right, left
    if sign == "*" and isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mult):
        yield "left_out", left.left, ("*", ast.BinOp(left.right, ast.Mult(), right))  # as a slope
    if type(node.op) in _OPERATORS:
        for other in _OPERATORS:
            # In 1 - a, a product changes nothing, and a quotient undoes the factor before it.
            if other is not type(node.op) and not (
                isinstance(left, ast.Constant) and sign == "-" and other in (ast.Mult, ast.Div)
            ):
                yield "operator", ast.BinOp(left, other(), right), node
    if not isinstance(node.op, (ast.Add, ast.Mult)):
        yield "order", ast.BinOp(right, node.op, left), node
    if isinstance(left, ast.BinOp):
        yield "brackets", ast.BinOp(left.left, left.op, ast.BinOp(left.right, node.op, right)), node
    if isinstance(right, ast.BinOp):
        yield (
            "brackets",
            ast.BinOp(ast.BinOp(left, node.op, right.left), right.op, right.right),
            node,
        )


def _of_call(node, at_hand):
    function, args = node.func, node.args
    of_numpy = isinstance(function, ast.Attribute) and _is_name(function.value, "np")
    name = getattr(function, "attr", None) or getattr(function, "id", "")
    of_an_array = isinstance(function, ast.Attribute) and not of_numpy
    for argument in () if of_an_array else args:
        yield "left_out", argument, function
    if of_an_array:
        yield "left_out", function.value, f".{name}({', '.join(map(ast.unparse, args))})"
        if len(args) == 1:
            yield "order", _call(ast.Attribute(args[0], name, ast.Load()), [function.value]), node
    for family in _ALIKE:
        if isinstance(function, ast.Attribute) and name in family:
            for other in family:
                if other != name:
                    new = ast.Attribute(function.value, other, ast.Load())
                    yield "function", ast.Call(new, args, node.keywords), function
    if isinstance(function, ast.Name):
        for other, new in at_hand.functions.items():
            if other != name:
                yield "function", ast.Call(new, args, node.keywords), function
    if name in _ALONG_AN_AXIS:
        rest = [keyword for keyword in node.keywords if keyword.arg not in ("axis", "keepdims")]
        own = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        axis_now = own.get("axis", ast.unparse(args[-1]) if len(args) > of_numpy else None)
        for axis in (None, _ONE, ast.Constant(0)):
            for keep in (False, True):
                keywords = [ast.keyword("axis", axis)] if axis else []
                keywords += [ast.keyword("keepdims", ast.Constant(True))] if keep else []
                kind = "keepdims" if keep else "dropped"
                if (axis and ast.unparse(axis)) != axis_now:
                    kind = "axis" if axis else "no_axis"
                call = ast.Call(function, args[:1] if of_numpy else [], [*rest, *keywords])
                yield kind, call, node
    if len(args) == 2 and not of_an_array:
        for operator in _OPERATORS:
            yield "function", ast.BinOp(args[0], operator(), args[1]), function
    for number, argument in enumerate(args):
        if isinstance(argument, ast.BinOp):
            inner = [*args[:number], argument.left, *args[number + 1 :]]
            outer = ast.Call(function, inner, node.keywords)
            yield "brackets", ast.BinOp(outer, argument.op, argument.right), node
            inner = [*args[:number], argument.right, *args[number + 1 :]]
            outer = ast.Call(function, inner, node.keywords)
            yield "brackets", ast.BinOp(argument.left, argument.op, outer), node
    for first in range(len(args) - 1):
        new = [*args[:first], args[first + 1], args[first], *args[first + 2 :]]
        yield "order", ast.Call(function, new, node.keywords), node


def _of_constant(node, at_hand):
    value = node.value
    if isinstance(value, str):
        for key in dict.fromkeys(at_hand.keys):
            if key != value:
                yield "key", ast.Constant(key), node
    elif type(value) in (int, float):
        exact = [number for number in (math.e, math.pi) if 0 < abs(value - number) < 0.1]
        for other in dict.fromkeys((0, 1, 2, value + 1, value - 1, -value, 0.5, *exact)):
            if other != value:
                yield "number", ast.Constant(other), node
        for atom in at_hand.atoms.values():
            yield "number", atom, node


def _of_subscript(node):
    yield "index", node.value, node
    if isinstance(node.slice, ast.Slice):
        parts = {name: getattr(node.slice, name) for name in ("lower", "upper", "step")}
        for name, part in parts.items():
            if part is not None:
                less = ast.Slice(**{**parts, name: None})
                yield "index", ast.Subscript(node.value, less, ast.Load()), node


def _exchanged(node):
    for first in range(len(node.elts)):
        for second in range(first + 1, len(node.elts)):
            elts = list(node.elts)
            elts[first], elts[second] = elts[second], elts[first]
            yield "order", ast.Tuple(elts, node.ctx), node


def _added(node, holder, at_hand):
    """Something more, beside a node that is not a part of a longer product or sum."""
    inside = type(holder.op) if isinstance(holder, ast.BinOp) else None
    over_the_batch = [ast.keyword("axis", ast.Constant(0))]
    yield "added_up", ast.Call(ast.Attribute(node, "sum", ast.Load()), [], over_the_batch), node
    yield "term", ast.BinOp(_ONE, ast.Sub(), node), node
    yield "term", ast.BinOp(_ONE, ast.Add(), node), node
    if inside not in (ast.Mult, ast.Div):
        yield "sign", ast.UnaryOp(ast.USub(), node), node
    for atom in at_hand.atoms.values():
        if inside not in (ast.Mult, ast.MatMult):
            turned = ast.Attribute(atom, "T", ast.Load())
            yield "factor", ast.BinOp(node, ast.Mult(), atom), node
            yield "factor", ast.BinOp(node, ast.Mult(), ast.BinOp(_ONE, ast.Sub(), atom)), node
            yield "factor", ast.BinOp(node, ast.MatMult(), turned), node
            yield "factor", ast.BinOp(turned, ast.MatMult(), node), node
        if inside not in (ast.Add, ast.Sub):
            yield "term", ast.BinOp(node, ast.Add(), atom), node
            yield "term", ast.BinOp(node, ast.Sub(), atom), node
    for function in at_hand.functions.values():
        yield "call", _call(function, [node]), node
    flat = [_call(ast.Name("len", ast.Load()), [node]), ast.UnaryOp(ast.USub(), _ONE)]
    yield "flattened", _call(ast.Attribute(node, "reshape", ast.Load()), flat), node


def _call(function, arguments):
    return ast.Call(function, arguments, [])
