"""A check: how a verdict is reached, and in which words."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from exercise_code.tests import raised, syntax
from exercise_code.tests.calling import NO_ANSWER, SECONDS, Calls, StudentError
from exercise_code.tests.causes import CAUSES
from exercise_code.tests.compare import Wrong
from exercise_code.tests.declaration import CALLABLES
from exercise_code.tests.tracing import Asked, Probe, trace
from exercise_code.tests.verdict import Verdict

ROUNDS = 2
_PUBLIC_SEED = 5  # of the first public round, so that a failure reads the same when it is repeated
_FILES = {declared.name: declared.file for declared in CALLABLES}

# Kinds of StudentError that have a cause of their own; all others are "exception".
_CAUSE_OF_KIND = {
    "NotImplementedError": "not_implemented",
    "PlaceholderLeft": "placeholder_left",
    "NotText": "not_text",
    "TimeLimit": "time_limit",
    "MissingFile": "missing_file",
    "MissingFunction": "missing_function",
    "SyntaxError": "syntax_error",
    "IndentationError": "syntax_error",
    "TabError": "syntax_error",
    "ImportFailure": "import_failure",
    "MissingModule": "missing_module",
    "WrongPackage": "wrong_package",
    "WrongParams": "wrong_params",
    "NoAnswer": "no_answer",
}

# Changes that mend two shapes that do not fit.
_OF_A_PRODUCT = {"function", "operator", "order", "transposed", "turned"}

# Changes that take something away: where known mistakes explain an array, these say more.
_SAYS_LESS = {"function", "left_out"}

# Causes whose advice is about gradients, though a forward pass may show them too.
_ABOUT_GRADIENTS = {"divided_by_n", "times_n", "extra_factor_two", "not_transposed"}


@dataclass(frozen=True)
class Check:
    """One task's check.

    Attributes
    ----------
    name : str
        The task.
    points : int
    says : str
        What the student reads when it passes, without the full stop.
    function : str
        What the student writes: something that the declaration names, or a method of it.
    judge : callable
        ``judge(submission, cases)`` raises ``Wrong`` or ``StudentError``, or returns a remark
        that costs nothing, or None.
    cases : callable
        ``cases(rng)`` draws the cases of one round.
    hint : str
        For failures that have no better one.
    hints : dict, optional
        The same for a single array, by its name.
    probe : Probe, optional
        How a mistake that no rule knows is looked for in the code.
    stronger : str
        A second hint, for who has tried twice.
    learnt : str
        What the task was good for, for who has solved it.
    """

    name: str
    points: int
    says: str
    function: str
    judge: Callable
    cases: Callable
    hint: str
    hints: dict = field(default_factory=dict)
    probe: Probe | None = None
    stronger: str = ""
    learnt: str = ""

    @property
    def file(self):
        """The file that the student writes it in."""
        return _FILES[self.function.partition(".")[0]]

    def draw(self, rng=None, rounds=ROUNDS):
        """The cases of so many rounds, a list of lists; ``rng`` as in :meth:`run`."""
        return [self.cases(generator) for generator in _generators(rng, rounds)]

    def run(self, submission, rng=None, rounds=ROUNDS, seconds=SECONDS, *, drawn=None):
        """The verdict on a submission.

        Parameters
        ----------
        submission : Submission
        rng : numpy.random.Generator, optional
            Draws the cases. Without it they are the public ones: one round that is the same every
            time, and others with new numbers, so that no answer can be learnt by heart.
        rounds : int
            How often all cases are drawn anew.
        seconds : float
            Time limit of all calls of student code together.
        drawn : list, optional
            What :meth:`draw` gave, in place of rng and rounds: whoever judges a class on the same
            cases has their right answers computed once.
        """
        calls = Calls(seconds)
        guarded = submission.guarded(calls)
        drawn = drawn or self.draw(rng, rounds)
        try:
            with calls, np.errstate(all="ignore"):
                for cases in drawn:
                    remark = self.judge(guarded, [case for case in cases if not case.unasked])
                beside = self._beside(guarded, drawn[0]) or remark
        except Wrong as wrong:
            return self._failed(calls, wrong.cause, _sentence(wrong.says), wrong.hint, wrong)
        except StudentError as error:
            verdict = self._failed(calls, *self._told(error))
            if error.kind in NO_ANSWER:
                return verdict
            here = (error.file or "").rpartition("/")[2] == self.file.rpartition("/")[2]
            line = error.line if here else None
            return replace(verdict, case=error.case or drawn[0][0], line=line)
        remarks = _remarks(calls, own="." not in self.function)
        beside = f" One remark, at no cost. {beside}" if beside else ""
        return self._verdict(calls, True, f"{self.says}{remarks}.{beside}")

    def traced(self, verdict, submission, seconds=SECONDS):
        """The same verdict; where no mistake is known, with the one change that mends the array.

        So, too, where a line raises an exception. What is tried is what ``submission.changed``
        gives, and nothing but words depends on it.
        """
        if self.probe is None or verdict.cause == "overflow":  # what is wrong is the case's numbers
            return verdict
        raises = verdict.line is not None
        asked = Asked(verdict.case, verdict.unexplained, verdict.unknown, verdict.composed)
        if raises:
            asked = Asked(verdict.case, self.probe.arrays, line=verdict.line)
        if not asked.wrong:
            return verdict
        found = trace(self.probe, self.file, submission, asked, seconds)
        plain = verdict.cause == "exception"
        general = raises and raised.is_general(verdict.hint)
        if found is None or (raises and found.kind == "step" and not general):
            return verdict
        # The hint on two shapes is about their product, where another array may belong.
        other = raised.is_of_shapes(verdict.says) and found.kind not in _OF_A_PRODUCT
        better = general or (plain and other) or verdict.cause == "wrong_values"
        less = verdict.array in verdict.composed and found.kind in _SAYS_LESS
        of_one = verdict.array in found.names and not less
        before = verdict.says.removesuffix(".").removesuffix(f"; {verdict.where}")
        return replace(
            verdict,
            says=f"{before}; {found.says}.",
            cause="one_change" if verdict.cause == "wrong_values" else verdict.cause,
            hint=found.hint if better or of_one else verdict.hint,
            besides=(*verdict.besides, found.left) if found.left else verdict.besides,
        )

    def _beside(self, guarded, cases):
        """The remark about what fails on input that students are not told of."""
        for case in cases:
            if case.unasked:
                try:
                    self.judge(guarded, [case])
                except Wrong as wrong:
                    says = _sentence(wrong.says)
                except StudentError as error:
                    _, says, _ = self._told(error)
                else:
                    continue
                return f"{says} {case.unasked}."
        return ""

    def _told(self, error):
        """Cause, sentence and hint for what a student's code did instead of answering."""
        cause = _CAUSE_OF_KIND.get(error.kind, "exception")
        called = error.called or self.function
        place = f" ({error.place})" if error.place else ""
        if cause == "not_implemented":
            return cause, f"Not implemented yet: {self.function} in {self.file}.", ""
        if cause == "placeholder_left":
            says = f"{self.function} has code, and the placeholder still raises{place}."
            return cause, says, ""
        if cause == "missing_file":
            return cause, f"{error.message}, so {self.function} cannot be judged.", ""
        if cause == "syntax_error":
            what = f"{error.file} is not valid Python {syntax.VERSION}"
            return (
                cause,
                f"{what}: {error.message}{place}.",
                raised.HINTS_ON_SYNTAX.get(error.kind, ""),
            )
        if cause == "time_limit":
            return cause, f"{called} did not end: {error.message}{place}.", ""
        if cause == "no_answer":
            why = f": {error.message}" if error.message else ""
            return cause, f"{called} gave no answer{why}.", ""
        if cause != "exception":
            return cause, f"{_sentence(error.message)[:-1]}{place}.", ""
        label = ""
        if error.case is not None and error.case.label:
            cause, label = error.case.cause or cause, f"{error.case.label}: "
        says = f"{label}{called} raised {error}{place}."
        if cause != "exception":  # what is special about the case says more than the exception
            return cause, says, raised.of_a_special_case(error)
        if called.startswith("sigmoid") and raised.of_a_product(error):
            return "matrix_product", says, ""
        if raised.of_a_wrong_sum(error):
            return "bias_wrong_axis", says, ""
        return cause, says, raised.hint(error)

    def _failed(self, calls, cause, says, hint="", wrong=None):
        own = self.function.endswith("forward") and cause in _ABOUT_GRADIENTS
        of_the_array = self.hints.get(wrong.name) if wrong else None
        hint = hint or ("" if own else CAUSES[cause].hint) or of_the_array or self.hint
        return self._verdict(calls, False, says, cause, hint, wrong)

    def _verdict(self, calls, passed, says, cause=None, hint="", wrong=None):
        calls.output.finish()
        return Verdict(
            task=self.name,
            points=float(self.points) if passed else 0.0,
            max_points=float(self.points),
            passed=passed,
            says=says,
            cause=cause,
            hint=hint,
            printed=tuple(calls.output.lines),
            printed_more=calls.output.more,
            wanted=wrong.wanted if wrong else None,
            got=wrong.got if wrong else None,
            array=wrong.name if wrong else None,
            besides=wrong.besides if wrong else (),
            unexplained=wrong.unexplained if wrong else (),
            unknown=wrong.unknown if wrong else (),
            composed=wrong.composed if wrong else (),
            where=wrong.where if wrong else "",
            case=wrong.case if wrong else None,
            stronger="" if cause in (None, "not_implemented") else self.stronger,
        )


def _generators(rng, rounds):
    if rng is None:
        return [np.random.default_rng(_PUBLIC_SEED if n == 0 else None) for n in range(rounds)]
    return [rng] * rounds


def _sentence(says):
    """As a sentence; names like dx and affine_forward keep their small first letter."""
    if says.partition(" ")[0] in ("a", "after", "no", "the"):
        says = says[0].upper() + says[1:]
    return says if says.endswith(".") else f"{says}."


def _remarks(calls, own):
    """What a passing student should know about the warnings that the code caused.

    Of an overflow it is told where it is the function's ``own``, and not again for the whole.
    """
    overflow = [message for _, message in calls.warnings if "overflow" in message]
    if overflow and own:
        return (
            ", also for large numbers. NumPy warned of an overflow in exp: exp(1000) is infinite, "
            "and 1/(1 + infinity) is 0, the right value, so nothing needs repair"
        )
    others = [warning for warning in calls.warnings if warning[1] not in overflow]
    if others:
        kind, message = others[0]
        return f". On the way there was a {kind}: {message.rstrip('.')}"
    return ""
