"""The worker: runs one student's code and answers the referee's calls. Format: wire.py.

It is started or forked in a sandbox, beside wire.py and with the given package in its working
folder; the student's files come over the wire. It holds no case, no expectation and no check's
answer: arrays come in, arrays go out.
"""

import importlib
import os
import sys
import warnings
import weakref
from collections import deque

KEPT_TEXT = 2000
KEPT_WARNINGS = 20
# No check compares a result with what it was more than some ten results earlier.
KEPT_RESULTS = 16


class Worker:
    """Answers requests with the student's own functions, as a Submission of `checks` wraps them."""

    def __init__(self, checks, wire, numpy, callables, submission=None):
        self._checks = checks
        self._callables = {declared.name: declared for declared in callables}
        self._submission = submission
        self._wire = wire
        self._numpy = numpy
        self._kept = {}
        self._next = 0
        self._results = deque(maxlen=KEPT_RESULTS)
        self._sent = 0
        self._warnings = []
        self._own = submission  # what the files hold, where one of its changes stands for it
        self._variants = {}
        self._put = None
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ResourceWarning)  # as in the notebook
        warnings.showwarning = self._note
        numpy.seterr(all="warn", under="ignore")

    def answer(self, request, blobs):
        """The header and the arrays of the answer to one request."""
        for number in request.get("release", ()):
            self._kept.pop(number, None)
        out = []
        self._warnings.clear()
        if request.get("fresh"):
            self._own = self._submission = self._checks.Submission.from_package()
            self._variants.clear()
        try:
            header = getattr(self, f"_{request['op']}")(request, blobs, out)
        except BaseException as error:  # SystemExit and KeyboardInterrupt of a student, too
            out.clear()
            header = {"error": self._describe(error)}
        return {**header, "warnings": self._warnings}, out

    def _load(self, request, blobs, out):
        """Write the student's files to their places. None of them is run yet."""
        from channel import write_files

        write_files(request["files"], blobs)
        return {"value": ["none"]}

    def _call(self, request, blobs, out):
        declared = self._callables[request["name"]]
        arguments = [
            self._wire.unpack(item, blobs, self._kept.__getitem__) for item in request["args"]
        ]
        before = list(map(_seen, blobs))
        value = getattr(self._submission, declared.name)(*arguments)
        if declared.returns_cache and self._ends_with_a_cache(value):
            pair = [value[0], self._keep(value[1])]  # it stays here, and only its number is sent
            value = pair if isinstance(value, list) else tuple(pair)
        return {**self._result(value, out), "changed": self._changes(enumerate(blobs), before, out)}

    def _ends_with_a_cache(self, value):
        """Whether the second of a pair is a cache, and not the output in the wrong place."""
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            return False
        first, second = (isinstance(item, self._numpy.ndarray) for item in value)
        return first or not second

    def _result(self, value, out):
        """A packed value, the number of its first array, and earlier arrays that are others now.

        What a call returned earlier may be a buffer that this call has filled anew. In one process
        the caller would see it.
        """
        first, value_blobs, overwritten = self._sent, [], []
        packed = self._wire.pack(value, value_blobs)
        out.extend(value_blobs)
        for result in self._results:
            number, held, before = result
            array = held()
            if array is not None and _seen(array) != before:
                overwritten.append([number, self._wire.pack(array, out)])
                result[2] = _seen(array)
        for number, array in enumerate(value_blobs, start=first):
            if array.nbytes <= self._wire.MAX_BLOBS:  # a larger one is not sent: nobody holds it
                self._results.append([number, _held(array), _seen(array)])
        self._sent += len(value_blobs)
        return {"value": packed, "first": first, "overwritten": overwritten}

    def _make(self, request, blobs, out):
        declared = self._callables[request["name"]]
        params = self._wire.unpack(request["params"], blobs)
        before = {name: _seen(array) for name, array in params.items()}
        model = getattr(self._submission, declared.name)(params)
        handle = self._keep(model)
        return {
            "value": ["handle", handle.number],
            "params": self._changes(self._params(model, before), before, out),
        }

    def _method(self, request, blobs, out):
        model = self._kept[request["model"]]
        given = self._wire.unpack(request["params"], blobs)
        for (name, own), array in zip(self._params(model, given), given.values(), strict=True):
            if isinstance(own, self._numpy.ndarray) and own.shape == array.shape:
                try:
                    own[...] = array
                except ValueError:  # as the check says it in the notebook
                    what = f"params[{name!r}] has become read-only"
                    raise self._checks.StudentError("WrongParams", what) from None
            elif isinstance(model.params, dict):
                model.params[name] = array
        arguments = [self._wire.unpack(item, blobs) for item in request["args"]]
        before = list(map(_seen, blobs))
        params_before = {name: _seen(array) for name, array in given.items()}
        value = getattr(model, request["name"])(*arguments)
        return {
            **self._result(value, out),
            "changed": self._changes(enumerate(blobs), before, out),
            "params": self._changes(self._params(model, given), params_before, out),
        }

    def _change(self, request, blobs, out):
        """Make the next change of the student's file; what is called from now on has it."""
        asked = request["file"], request["names"], request["line"]
        change, self._submission = self._variant("changed", asked)
        return {"change": change}

    def _step(self, request, blobs, out):
        """Go to the next step of the student's file."""
        change, self._put = self._variant("stepped", (request["file"], request["names"]))
        return {"change": change}

    def _given(self, request, blobs, out):
        """Put an array in the place of that step; what is called from now on has it."""
        self._submission = self._put(blobs[0])
        return {"value": ["none"]}

    def _variant(self, variants, asked):
        if variants not in self._variants:
            self._variants[variants] = iter(getattr(self._own, variants)(*asked))
        change, made = next(self._variants[variants], (None, None))
        return None if change is None else list(change), made

    def _params(self, model, names):
        """What the model has under each of these names; None where there is nothing any more."""
        params = model.params
        return [(name, params.get(name) if isinstance(params, dict) else None) for name in names]

    def _keep(self, value):
        self._next += 1
        self._kept[self._next] = value
        return self._wire.Handle(self._next)

    def _changes(self, items, before, out):
        """What differs now from `before`, as pairs of key and packed array, or no array at all."""
        return [
            [key, self._wire.pack(value if type(value) is self._numpy.ndarray else None, out)]
            for key, value in items
            if _seen(value) != before[key]
        ]

    def _note(self, message, category, *_, **__):
        told = [category.__name__[:KEPT_TEXT], str(message)[:KEPT_TEXT]]
        if told not in self._warnings and len(self._warnings) < KEPT_WARNINGS:
            self._warnings.append(told)

    def _describe(self, error):
        """What a student's code raised, with the one line of it that did."""
        if not isinstance(error, self._checks.StudentError):
            error = self._checks.StudentError.of(error)
        line = error.line if isinstance(error.line, int) else None
        return {
            "kind": str(error.kind)[:KEPT_TEXT],
            "message": str(error.message)[:KEPT_TEXT],
            "file": _text_or_none(error.file),
            "line": line,
            "text": _text_or_none(error.text),
            "caller": _text_or_none(error.caller),
        }


def _seen(value):
    """What whoever holds an array can see of it, changes in place included; None for all else."""
    if not hasattr(value, "tobytes"):
        return None
    return type(value), value.shape, value.dtype, value.tobytes()


def _held(array):
    """Gives the array for as long as there is a way to change it.

    That is as long as somebody else holds it, or for ever where it is a view of other memory.
    """
    return weakref.ref(array) if array.base is None else lambda: array


def _text_or_none(value):
    return None if value is None else str(value)[:KEPT_TEXT]


def find_libraries():
    """Import what every hand-in needs, and nothing of any hand-in."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import channel  # noqa: F401
    import numpy
    import numpy.random  # noqa: F401  (a network draws its first weights)
    import wire  # noqa: F401

    sys.path[0] = os.getcwd()
    from exercise_code import tests

    for file in tests.declaration.FILES:  # what is given beside them, which is no student's
        importlib.import_module(file.rpartition("/")[0].replace("/", "."))


def prepare():
    """Do once what all forks of this process need, whatever the hand-in."""
    find_libraries()
    import numpy
    import wire

    from exercise_code import tests

    rehearse(tests, wire, numpy)


class Rehearsal:
    """Stands for a submission, and for a model of its, before there is one."""

    def __init__(self, params=None):
        self.params = params

    def function(self, x):
        return x, x

    def model(self, params):
        return Rehearsal(params)

    def method(self, x):
        return x


def rehearse(tests, wire, numpy):
    """Answer calls of our own: forks of this process then find every path through it beaten."""
    callables = [
        tests.Function("function", "", returns_cache=True),
        tests.Model("model", "", ("method",), lambda params: ((), {})),
    ]
    worker = Worker(tests, wire, numpy, callables, Rehearsal())
    array = numpy.ones((3, 2))
    for model in range(2, 60, 2):  # the cache of the call before it has the number below
        blobs = []
        params = wire.pack({"W": array, "b": array[0]}, blobs)
        given = [wire.pack(array, blobs)]
        for request in (
            {"op": "call", "name": "function", "args": given},
            {"op": "make", "name": "model", "params": params},
            {"op": "method", "name": "method", "model": model, "params": params, "args": given},
        ):
            frame = wire.encode(request, blobs)
            request, arrays = wire.decode(wire.Buffered(lambda _, frame=frame: frame).read)
            header, out = worker.answer(request, arrays)
            if "error" in header:
                raise RuntimeError(header["error"])
            wire.encode(header, out)


def main():
    """Answer until the referee hangs up."""
    import numpy
    import wire
    from channel import Channel

    from exercise_code import tests

    channel = Channel()
    worker = Worker(tests, wire, numpy, tests.declaration.CALLABLES)
    for request, blobs in channel.requests():
        header, out = worker.answer(request, blobs)
        try:
            channel.answer(request, header, out)
        except (wire.WireError, ValueError, MemoryError) as error:
            described = {
                "kind": type(error).__name__,
                "message": str(error)[:KEPT_TEXT],
                "file": None,
                "line": None,
                "text": None,
            }
            channel.answer(request, {"error": described})


if __name__ == "__main__":
    find_libraries()
    main()
