"""A student's file with the value of one step exchanged for another: where does it go wrong?

A step is what a line gives to a name, or a part of a line. Whoever knows what is right halfway puts
that in the place of one step after the other; the first after which all comes right is where the
mistake is, or the last of several. Unlike a change of the code (changes.py), that finds a line with
any number of mistakes in it.
"""

import ast

from exercise_code.tests.editing import Edit, change_of, compiled, reached

GIVEN = "given_step"  # the name in the module that holds what is put in the place of a step
_VALUES = (ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Attribute, ast.Subscript)
# The fields of a node that hold values; an index and a function are none.
_WITH_VALUES = ("value", "values", "left", "right", "operand", "args", "keywords", "elts", "func")


def steps(text, roots):
    """Yields a Change for each step of what ``roots`` call in the file, and the code that makes it.

    They come as they are computed: what a function calls before it, and a part before the whole.
    Parameters, and what is left alone, as for :func:`changes.changes`. The code puts what its
    module has under the name GIVEN in the place of the step.
    """
    lines = text.encode().split(b"\n")
    for outer, function in reversed(reached(ast.parse(text), roots)):
        for holder, place, node, new in _of_block(function.body):
            of_a_part = isinstance(new, ast.Name)
            shown = node if of_a_part else ast.unparse(new.body[-1].targets[0])
            change = change_of("step", node, shown, lines)
            code = compiled(outer, Edit(change, holder, place, new))
            if code is not None:
                yield change, code


def _given():
    return ast.Name(GIVEN, ast.Load())


def _of_block(block):
    """Holder, place, node and what is put there, for each step of these statements."""
    for place, node in enumerate(block):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)):
            yield from _of_parts(node)
        for inner in ("body", "orelse"):
            if isinstance(node, (ast.For, ast.If, ast.With)):
                yield from _of_block(getattr(node, inner, []))
        for target in dict.fromkeys(_targets(node)):
            store = ast.parse(f"{target} = 0").body[0].targets[0]
            then = ast.Assign([store], _given())
            yield block, place, node, ast.If(ast.Constant(True), [node, then], [])


def _targets(node):
    """The sources of what a statement gives a value to."""
    if isinstance(node, ast.For):
        return [target for inner in node.body for target in _targets(inner)]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return [source for target in targets for source in _names(target)]


def _names(target):
    if isinstance(target, (ast.Tuple, ast.List)):
        return [source for element in target.elts for source in _names(element)]
    while isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Constant):
        target = target.value  # who fills a row of an array gives the array a value
    named = isinstance(target, (ast.Name, ast.Attribute, ast.Subscript))
    return [ast.unparse(target)] if named else []


def _of_parts(node):
    """The parts of a statement that are values, each after its own parts."""
    single = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple)
    for field, value in ast.iter_fields(node):
        if field not in _WITH_VALUES or isinstance(node, ast.Subscript):
            continue
        if field == "func":  # of a method, the array that it is called of
            yield from _of_parts(value) if isinstance(value, ast.Attribute) else ()
            continue
        for place, part in enumerate(value) if isinstance(value, list) else [(field, value)]:
            if isinstance(part, (ast.expr, ast.keyword)):
                yield from _of_parts(part)
            if isinstance(part, _VALUES) and not single and not _is_of_numpy(part):
                yield (value if isinstance(value, list) else node), place, part, _given()


def _is_of_numpy(node):
    """Whether this is what a function is taken out of, or the object itself."""
    return isinstance(node, ast.Name) and node.id in ("np", "numpy", "self")
