"""Which hand-ins are alike, after names, layout and comments: for a person to look at.

By the fingerprints of copydetect (Schleimer, Wilkerson and Aiken, Winnowing, SIGMOD 2003). What was
handed out, and what many write alike, is left out, or every right answer would be like every other.

Cutting a student's text into tokens takes as long as the text makes it take, so that is done in the
sandbox, with a limit for each file. What comes back is letters, of which no more than so many are
compared here, each once.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from i2dl_course import sandbox
from i2dl_course.errors import CourseError
from i2dl_course.handins.failure import Failures
from i2dl_course.sandbox.process import read_until

MOST_BYTES = 100_000  # of one file; more is not compared
SECONDS_FOR_A_FILE = 20.0  # to cut it into tokens, which takes 5 ms
COMMON = 10  # hand-ins: what more of them have is common knowledge, as MOSS's option -m has it
_K = 25  # tokens in a row, copydetect's own threshold
_LIMITS = {**sandbox.LIMITS, "CPU": 1200, "AS": 2 << 30}
# copydetect draws a diagram in a report that nobody asks for here, and Matplotlib would look for
# fonts at each start.
_COMPARING = """
import json, sys, types
for name in ("matplotlib", "matplotlib.pyplot"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
from copydetect.utils import filter_code
for line in sys.stdin:
    print(json.dumps(filter_code(json.loads(line), "handin.py", "python")[0]), flush=True)
"""


@dataclass(frozen=True)
class Pair:
    """Two hand-ins, which share so many tokens, and how much that is of each, from 0 to 1."""

    first: str
    second: str
    shared: int
    of_first: float
    of_second: float


@dataclass
class Alike:
    """The most alike first; `left_out` says of whom, and why, nothing could be compared."""

    compared: int = 0
    pairs: list[Pair] = field(default_factory=list)
    left_out: Failures = field(default_factory=Failures)


def alike(
    handins: Mapping[str, Callable[[], Mapping[str, bytes]]],
    released: Mapping[str, bytes],
    at_least: float,
    common: int = COMMON,
    level: str | None = None,
) -> Alike:
    """Compare each hand-in with every other.

    Parameters
    ----------
    handins : dict
        What gives the files of a student, by the student's name. Where it fails, others go on.
    released : dict
        The files as they were handed out.
    at_least : float
        The share, from 0 to 1, that the shared tokens must be of both.
    common : int
        Passages that more hand-ins than this have are left out.
    level : str
        The sandbox; by default the best that works here.

    Raises CourseError where there is no copydetect, and no sandbox.
    """
    _require_copydetect()
    found = Alike()
    texts: dict[str, str] = {}
    with _Tokens(level) as tokens:
        given = tokens.of(released)
        for student, files in handins.items():
            with found.left_out.of(student, "could not be compared"):
                texts[student] = tokens.of(files())
    found.compared = len(texts)
    found.pairs = _pairs(texts, given, at_least, common)
    return found


def _require_copydetect() -> None:
    try:
        import copydetect  # noqa: F401
    except ImportError as error:
        raise CourseError(
            f"Comparing hand-ins needs {error.name}: `pip install copydetect`."
        ) from None


class _Tokens:
    """Files as rows of tokens, from a process in the sandbox; one that hangs is started anew."""

    def __init__(self, level: str | None) -> None:
        self._launch = sandbox.launcher(level, limits=_LIMITS)
        self._scratch = sandbox.ScratchFolder("alike")
        self._process: sandbox.SandboxedProcess | None = None

    def __enter__(self) -> _Tokens:
        self._folder = self._scratch.__enter__()
        self._folder.chmod(0o711)  # as root, the sandbox's user must reach its folder in here
        return self

    def of(self, files: Mapping[str, bytes]) -> str:
        """The tokens of `files`, one after the other. Raises CourseError."""
        return "\n".join(self._of(name, data) for name, data in sorted(files.items()))

    def _of(self, name: str, data: bytes) -> str:
        if len(data) > MOST_BYTES:
            raise CourseError(f"{name} is larger than {MOST_BYTES:,} bytes; look at it yourself.")
        text = data.decode("utf-8", "replace")
        process = self._process or self._start()
        deadline = time.monotonic() + SECONDS_FOR_A_FILE
        try:
            _write(process.to_worker, json.dumps(text).encode() + b"\n")
            answer = read_until(process.from_worker, b"\n", deadline)
            if answer.endswith(b"\n"):
                return str(json.loads(answer))
        except BrokenPipeError:
            pass
        self._end()
        raise CourseError(
            f"{name} could not be cut into tokens within {SECONDS_FOR_A_FILE:g} s; look at it "
            "yourself."
        )

    def _start(self) -> sandbox.SandboxedProcess:
        folder = Path(self._folder) / "tokens"
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-I", "-B", "-c", _COMPARING]
        self._process = self._launch(command, folder)
        # Importing is not the first file's time.
        _write(self._process.to_worker, b'""\n')
        if not read_until(self._process.from_worker, b"\n", time.monotonic() + 60).endswith(b"\n"):
            raise CourseError("copydetect does not start in the sandbox.")
        return self._process

    def _end(self) -> None:
        if self._process:
            self._process.kill()
        self._process = None

    def __exit__(self, *failure: Any) -> None:
        self._end()
        self._launch.close()
        self._scratch.__exit__(*failure)


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _pairs(texts: Mapping[str, str], released: str, at_least: float, common: int) -> list[Pair]:
    """The pairs that share enough, by an index of who has which fingerprint."""
    import numpy as np
    from copydetect import compare_files

    count = Counter(one for text in texts.values() for one in _fingerprints(text).hashes)
    left_out = {one for one, hands in count.items() if hands > common}
    boilerplate = np.array(sorted(left_out | _fingerprints(released).hashes), dtype=np.int64)
    prints = {student: _fingerprints(text, boilerplate) for student, text in texts.items()}
    having = defaultdict(list)
    for student, one in prints.items():
        for fingerprint in one.hashes:
            having[fingerprint].append(student)
    candidates = {pair for who in having.values() for pair in combinations(who, 2)}
    found = []
    for first, second in sorted(candidates):
        shared, (of_first, of_second), _ = compare_files(prints[first], prints[second])
        if min(of_first, of_second) >= at_least:
            found.append(Pair(first, second, int(shared), float(of_first), float(of_second)))
    return sorted(found, key=lambda pair: (-pair.shared, pair.first, pair.second))


def _fingerprints(text: str, boilerplate: Any = None) -> Any:
    """copydetect's fingerprints of tokens; none where there are fewer than it looks at in a row."""
    from copydetect import CodeFingerprint

    return CodeFingerprint("handin.py", _K, 1, boilerplate, filter=False, fp=io.StringIO(text))
