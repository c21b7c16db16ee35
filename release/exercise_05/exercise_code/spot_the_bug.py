"""Spot the bug: one mistake planted in a copy of your own code, and which check finds it.

The file is changed in memory only. The answer is not written down anywhere: the checks are run on
the changed copy, and a mutation is taken only if exactly one check of a layer fails.
"""

import ast
import os
import types

import numpy as np

from exercise_code.tests import CHECKS, Submission
from exercise_code.tests.causes import CAUSES
from exercise_code.tests.declaration import CALLABLES
from exercise_code.tests.kinds import Function
from exercise_code.tests.submission import ROOT
from exercise_code.tests.verdict import say

_CHOICES = 3
_LETTERS = "abc"
_FUNCTIONS = [declared for declared in CALLABLES if isinstance(declared, Function)]


class Puzzle:
    """A bug in a copy of a function, and the question which check finds it, and why.

    Attributes
    ----------
    task : str
        The one check that fails.
    reason : str
        What the check says.
    reasons : dict of str to str
        Letter -> what may be wrong; one of them is.
    code : str
        The function, with the bug in it.
    """

    def __init__(self, verdict, code, line, reasons):
        self.task, self.reason = verdict.task, _reason(verdict)
        self.code, self.line, self.reasons = code, line, reasons

    def answer(self, check=..., reason=...):
        """Say whether that is it, and if not, no more than which half of it is right."""
        if check is ... or reason is ...:
            say("Put the name of a check and a letter between the brackets.")
            return
        right_check = check == self.task
        right_reason = self.reasons.get(reason) == self.reason
        if right_check and right_reason:
            say(f"✓ Found. The changed line is: {self.line}")
        elif right_check or right_reason:
            say(f"Half of it. The {'check' if right_check else 'reason'} is right.")
        else:
            say("Not yet. Read the function line by line, and ask of each what it is for.")

    def __str__(self):
        reasons = "\n".join(f"  {letter}  {words}" for letter, words in self.reasons.items())
        return (
            f"One thing in this copy is not as you wrote it:\n\n{self.code}\n\n"
            f"Which check fails, and why?\n{reasons}"
        )


class Later:
    """In place of a puzzle, as long as there is no right code to change."""

    def answer(self, *_):
        say(str(self))

    def __str__(self):
        return "This is for later: solve the first four tasks, and come back."


def spot_the_bug(seed=0):
    """Plant a bug in a copy of a layer function of yours, show it, and return the Puzzle.

    The same seed plants the same bug in the same code. When the four layer functions do not pass
    yet, a sentence says so.
    """
    path = os.path.join(ROOT, *_FUNCTIONS[0].file.split("/"))
    try:
        with open(path, encoding="utf-8") as file:
            puzzle = plant(file.read(), seed)
    except (OSError, SyntaxError, ValueError):
        puzzle = None
    puzzle = puzzle or Later()
    say(str(puzzle))
    return puzzle


def plant(text, seed=0):
    """The Puzzle for the text of a file, or None if there is none; prints nothing."""
    if any(not verdict.passed for verdict in _verdicts(text)):
        return None
    rng = np.random.default_rng(seed)
    found = []
    changed = _changed(text)
    for place in rng.permutation(len(changed)):
        function, line, mutant = changed[place]
        failed = [verdict for verdict in _verdicts(mutant) if not verdict.passed]
        # An exception names its line, which would be no puzzle.
        if len(failed) == 1 and failed[0].cause not in ("exception", "wrong_values"):
            found.append((failed[0], function, line, mutant))
        if found and len({verdict.cause for verdict, *_ in found}) == _CHOICES:
            break
    if not found:
        return None
    verdict, function, line, mutant = found[0]
    reasons = {}  # one for each cause, the right one first
    for other, *_ in found:
        reasons.setdefault(other.cause, _reason(other))
    for spare in ("sign", "divided_by_n", "transposed"):
        reasons.setdefault(spare, CAUSES[spare].meaning)
    reasons = list(reasons.values())[:_CHOICES]
    words = [reasons[place] for place in rng.permutation(_CHOICES)]
    code = ast.get_source_segment(mutant, _function(ast.parse(mutant), function))
    return Puzzle(verdict, _without_docstring(code), line, dict(zip(_LETTERS, words, strict=True)))


def _reason(verdict):
    """What a verdict says, without the numbers."""
    return f"{verdict.says.partition(' (largest error')[0].rstrip('.')}."


def _verdicts(text):
    """The verdicts of the layer functions in ``text``; a function that is not there fails."""
    module = types.ModuleType("copy_of_layer")
    try:
        exec(compile(text, "layer.py", "exec", dont_inherit=True), vars(module))
    except Exception:
        return [_NO_VERDICT]
    absent = {declared.name: None for declared in CALLABLES}
    functions = {one.name: vars(module).get(one.name) for one in _FUNCTIONS}
    student = Submission(**{**absent, **functions})
    return [CHECKS[one.name].run(student, rounds=1) for one in _FUNCTIONS]


_NO_VERDICT = types.SimpleNamespace(passed=False, cause="exception")


def _changed(text):
    """Name of the function, the changed line and the whole text, for each place to change."""
    tree = ast.parse(text)
    changes = []
    for declared in _FUNCTIONS:
        function = _function(tree, declared.name)
        for node in ast.walk(function) if function else ():
            new = _mutation(node, text)
            if new is not None and node.lineno == node.end_lineno:
                mutant = _replaced(text, node, new)
                line = mutant.splitlines()[node.lineno - 1].strip()
                changes.append((declared.name, line, mutant))
    return changes


def _function(tree, name):
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    return None


def _mutation(node, text):
    """Another piece of source in place of a node's, or None where nothing is to be changed."""

    def source(part):
        return ast.get_source_segment(text, part)

    if isinstance(node, ast.Attribute) and node.attr == "T":
        return source(node.value)
    if (
        isinstance(node, ast.keyword)
        and node.arg == "axis"
        and isinstance(node.value, ast.Constant)
    ):
        return f"axis={1 - node.value.value}" if node.value.value in (0, 1) else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return source(node.operand)
    if isinstance(node, ast.BinOp):
        signs = {ast.Add: "+-", ast.Sub: "-+", ast.Mult: "*+", ast.Div: "/*"}
        if type(node.op) in signs:
            right = source(node).rindex(source(node.right))  # brackets around it stay
            left, between = source(node)[:right], source(node)[len(source(node.left)) : right]
            old, new = signs[type(node.op)]
            return left[: -len(between)] + between.replace(old, new) + source(node)[right:]
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "sum"
    ):
        return source(node).replace(".sum(", ".mean(", 1)
    return None


def _replaced(text, node, new):
    lines = text.splitlines(keepends=True)
    line = lines[node.lineno - 1].encode()  # the columns of a node count bytes
    line = line[: node.col_offset] + new.encode() + line[node.end_col_offset :]
    return "".join([*lines[: node.lineno - 1], line.decode(), *lines[node.lineno :]])


def _without_docstring(code):
    function = ast.parse(code).body[0]
    if ast.get_docstring(function) is None:
        return code
    lines = code.splitlines()
    words = function.body[0]
    return "\n".join([*lines[: words.lineno - 1], *lines[words.end_lineno :]])
