"""What every attack is put to: bait to take, and what must be as before when it is over.

An attack names the points that its honest parts earn. Everything else is asserted here, for each
attack alike: no other point, no other verdict, no word of the bait or of our paths in what is said,
and a host as it was: files, mounts, processes, this process itself.
"""

from __future__ import annotations

import builtins
import gc
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from support.handins import COURSE, LAYER, NET, ROOT, reference

from i2dl_course import sandbox
from i2dl_course.errors import CourseError
from i2dl_course.handins.opening import HandIn, open_handin
from i2dl_course.judging.referee import Referee
from i2dl_course.verdicts import Judgement, TaskVerdict

SEED = 5
# Seconds for a task: of an attack that only waits, and of all others. Honest tasks pass within the
# short one, too, and need 0.02 s of an idle machine: a hundredth, for this one may be busy.
SHORT, LONG = 2.0, 60.0
LONGEST_SENTENCE = 1000
TASKS = frozenset(COURSE.tasks_by_name)

# Every way to start a worker that a hand-in may meet, all with the same call protocol.
LAUNCHERS = {
    "bubblewrap": lambda: sandbox.launcher("bubblewrap", warm=True),
    "landlock": lambda: sandbox.launcher("landlock", warm=True),
}

# --- hand-ins -----------------------------------------------------------------------------------

_FORGED_LAYER = """\
import os
import sys

import numpy as np

{tools}
report = "the attack did not run"
{code}

def affine_forward(x, w, b):
    raise RuntimeError(report)

def affine_backward(dout, cache):
    return tuple(np.zeros(array.shape) for array in cache)

def sigmoid_forward(x):
    return np.zeros(x.shape), np.zeros(x.shape)

def sigmoid_backward(dout, cache):
    return np.zeros(dout.shape)
"""

_FORGED_NET = """\
import numpy as np

class TwoLayerNet:
    def __init__(self, input_size, hidden_size, *, rng, std=0.1):
        self.params = {"W1": np.zeros((input_size, hidden_size)), "b1": np.zeros(hidden_size),
                       "W2": np.zeros((hidden_size, 1)), "b2": np.zeros(1)}

    def forward(self, X):
        return np.zeros((len(X), 1))

    def backward(self, dy):
        return {name: np.zeros(array.shape) for name, array in self.params.items()}
"""

# For code that wants to speak to the referee itself: it looks for whatever the worker uses. And for
# code that tries several ways: what those gave that were not refused.
TOOLS = """
import gc, stat, struct, json
def pipes():
    found = []
    for number in range(3, 64):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                found.append(number)
        except OSError:
            pass
    return found
def frames():
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back
def find(test):
    for frame in frames():
        for value in list(frame.f_locals.values()):
            try:
                if test(value):
                    return value
            except Exception:
                pass
    raise LookupError("nothing like that in any frame")
def request():
    return find(lambda value: isinstance(value, dict) and "id" in value and "op" in value)
def the_wire():
    return next(m for m in list(sys.modules.values())
                if hasattr(m, "encode") and hasattr(m, "decode") and hasattr(m, "npy_to_array"))
def send(data):
    sent = 0
    for number in pipes():
        try:
            os.set_blocking(number, False)
            os.write(number, data)
            sent += 1
        except OSError:
            pass
    return sent
def tries(*ways, refused=OSError):
    got = []
    for way in ways:
        try:
            got.append(way())
        except refused:
            pass
    return f"{len(ways)} ways, got {got}"
"""


def forger(code: str) -> HandIn:
    """A hand-in that computes nothing, so that whatever it is given, it has got by its `code`.

    `code` runs when layer.py is loaded, with TOOLS at hand. What it leaves in `report` is said by
    affine_forward, which is how a test sees that the attack was made and not only mistyped.
    """
    layer = _FORGED_LAYER.format(tools=TOOLS, code=textwrap.dedent(code))
    return HandIn({LAYER: layer.encode(), NET: _FORGED_NET.encode()})


def honest_but(function: str, code: str) -> HandIn:
    """The reference, with `code` at the beginning of one function of layer.py."""
    first_lines = {
        "affine_forward": "    samples = x.reshape(x.shape[0], -1)\n    out",
        "affine_backward": "    x, w, _ = cache\n",
        "sigmoid_forward": '    with np.errstate(over="ignore")',
        "sigmoid_backward": "    dx = dout * cache * (1.0 - cache)\n",
    }
    old = first_lines[function]
    body = textwrap.indent(textwrap.dedent(code).strip("\n"), "    ")
    return reference(layer=(old, f"{body}\n{old}"))


def answering(function: str, code: str) -> HandIn:
    """The reference, with `code` in place of the body of one function of layer.py."""
    return honest_but(function, "import os, sys\n" + textwrap.dedent(code))


def all_but(*tasks: str) -> frozenset[str]:
    """Every task but these."""
    assert set(tasks) <= TASKS
    return TASKS - set(tasks)


# --- the host -----------------------------------------------------------------------------------


class Host:
    """A folder that everybody may read and write, with what attackers look for."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.secret = secrets.token_hex(16)
        right = reference().files
        for name, data in {
            "gradebook.db": b"SQLite format 3\0" + self.secret.encode(),
            f"source/exercise_05/{LAYER}": right[LAYER],
            f"source/exercise_05/{NET}": right[NET],
            f"submitted/victim/exercise_05/{LAYER}": right[LAYER],
            f"submitted/victim/exercise_05/{NET}": right[NET],
            "nbgrader_config.py": f"secret = {self.secret!r}\n".encode(),
            "home/.ipython/profile_default/startup/00.py": b"",
            "feedback/victim/exercise_05/1_TwoLayerNetwork.html": self.secret.encode(),
        }.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)

    def files(self) -> dict[str, object]:
        """Everything in the folder, with content and rights."""
        return {
            str(path.relative_to(self.folder)): (
                path.lstat().st_mode,
                path.read_bytes() if path.is_file() else None,
            )
            for path in sorted(self.folder.rglob("*"))
        }


@dataclass(frozen=True)
class State:
    """What an attack must leave as it was."""

    files: dict
    left_behind: frozenset[str]
    mounts: str
    processes: int
    itself: dict


# --- the arena ----------------------------------------------------------------------------------


class Arena:
    """A host with bait, and one referee who judges every attack and the honest work between them.

    A second one has little patience: for attacks that do nothing but wait.
    """

    def __init__(self, launcher: Callable[[], sandbox.Launcher], stack: ExitStack):
        self.place = Path(tempfile.mkdtemp(prefix="i2dl-attack-", dir="/tmp"))
        stack.callback(shutil.rmtree, self.place)
        self.place.chmod(0o755)  # nobody is kept out, unlike from pytest's own folders
        self.host = Host(self.place / "host")
        self.scratch = self.place / "tmp"
        self.scratch.mkdir()
        self._launcher = launcher
        self._stack = stack
        self._referees: dict[float, Referee] = {}

    @cached_property
    def honest(self) -> Judgement:
        """What an honest hand-in got before anybody attacked."""
        return self._judge(reference(), LONG)

    def attack(
        self, handin: HandIn, earned: Iterable[str] = (), seconds: float = LONG
    ) -> dict[str, TaskVerdict]:
        """The verdicts on `handin`, of whose tasks exactly `earned` pass.

        In the files, HOST and ROOT stand for the folder with the bait and for the repository.
        """
        files = {
            name: data.replace(b"HOST", str(self.host.folder).encode()).replace(
                b"ROOT", str(ROOT).encode()
            )
            for name, data in handin.files.items()
        }
        if seconds not in self._referees:
            self._judge(reference(), seconds)  # what is kept warm is warm before we look
        with self.as_before():
            judgement = self._judge(HandIn(files), seconds)
            self._require_clean(judgement)
        verdicts = judgement.verdicts
        passed = {name for name, verdict in verdicts.items() if verdict.passed}
        assert passed == set(earned), verdicts
        assert judgement.score == sum(COURSE.tasks_by_name[name].points for name in passed)
        return verdicts

    def take_in(self, path: Path) -> HandIn | str:
        """The hand-in at `path`, or the sentence that says why there is none."""
        with self.as_before():
            try:
                handin = open_handin(path, COURSE)
            except CourseError as error:
                sentence = str(error)
                self.require_sayable(sentence)
                return sentence
            for note in (*handin.notes(), *handin.left_out):
                self.require_sayable(note, longest=3000)
            assert not any(self.host.secret.encode() in data for data in handin.files.values())
        return handin

    @contextmanager
    def as_before(self) -> Iterator[None]:
        """Whatever is done in the block, afterwards all is as before, and honest work gets 100."""
        assert self.honest.score == 100
        before = self._state()
        yield
        after = self._state()
        assert after.files == before.files, "files outside have changed"
        assert after.left_behind <= before.left_behind, "something was left in the temporary folder"
        assert after.mounts == before.mounts, "the host's mount table has changed"
        assert after.processes <= before.processes, "a process has survived"
        changed = {
            what: (value, after.itself[what])
            for what, value in before.itself.items()
            if after.itself[what] != value
        }
        assert not changed, "this process has changed"
        assert self._judge(reference(), LONG) == self.honest, "honest work is judged differently"

    def _judge(self, handin: HandIn, seconds: float) -> Judgement:
        if seconds not in self._referees:
            launch = self._launcher()
            self._referees[seconds] = self._stack.enter_context(Referee(COURSE, launch, seconds))
            self._stack.callback(launch.close)
        return self._referees[seconds].judge(handin, SEED)

    def _state(self) -> State:
        gc.collect()  # an earlier test's forgotten file would be closed just when we look away
        return State(
            files=self.host.files(),
            left_behind=frozenset(os.listdir(self.scratch)),
            mounts=Path("/proc/self/mountinfo").read_text(),
            processes=len(list(self._processes())),
            itself={
                "open files": len(os.listdir("/proc/self/fd")),
                "threads": threading.active_count(),
                "folder": os.getcwd(),
                "alarm": (
                    signal.getsignal(signal.SIGALRM),
                    signal.getitimer(signal.ITIMER_REAL)[0] > 0,
                ),
                "numpy errors": np.geterr(),
                "sys.path": list(sys.path),
                "builtins": {
                    name: id(value) for name, value in vars(builtins).items() if callable(value)
                },
                "standard output": sys.stdout,
            },
        )

    def _processes(self) -> Iterator[str]:
        """Every process but this one that knows our temporary folder; a fork knows it, too."""
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                known = [
                    Path(f"/proc/{number}/{what}").read_bytes() for what in ("cmdline", "environ")
                ]
            except OSError:  # it has ended meanwhile
                continue
            if int(number) != os.getpid() and str(self.place).encode() in b"".join(known):
                yield number

    def _require_clean(self, judgement: Judgement) -> None:
        for verdict in judgement.verdicts.values():
            assert verdict.points == (verdict.max_points if verdict.passed else 0)
            assert verdict.passed or (verdict.cause and verdict.says)
            self.require_sayable(verdict.says)
            self.require_sayable(verdict.hint)
        assert len(json.dumps(judgement.as_json(), ensure_ascii=False).encode()) < 20_000

    def require_sayable(self, sentence: str, longest: int = LONGEST_SENTENCE) -> None:
        """One line, no control characters, not too long, and nothing in it that is not theirs."""
        assert sentence.isprintable(), f"not printable: {sentence[:200]!r}"
        assert len(sentence) <= longest, f"{len(sentence)} characters: {sentence[:200]!r}"
        assert self.host.secret not in sentence
