"""The key of a verdict: equal keys mean that grading again could only say the same again.

A file of ours is in the key when it can change a verdict, an autograded notebook or a page: all
that the grading process imports, but what only carries hand-ins to it and results from it; all that
runs beside a student's code; and the templates of the pages. Help texts, tables, the demo and who
runs where may change without a class being graded anew. A test holds the list to this rule.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from i2dl_course.handins.opening import HandIn

DECIDING = (
    "declared.py",
    "errors.py",
    "faults.py",
    "manifest.py",
    "package.py",
    "strict_toml.py",
    "handins/failure.py",
    "handins/layout.py",
    "handins/opening.py",
    "handins/outputs.py",
    "handins/plain_file.py",
    "handins/plain_text.py",
    "handins/sanitise.py",
    "handins/storing.py",
    "handins/unasked.py",
    "inside/channel.py",
    "inside/drawing_in_worker.py",
    "inside/enter.py",
    "inside/shell.py",
    "inside/tests_in_worker.py",
    "inside/wire.py",
    "inside/worker.py",
    "inside/zygote.py",
    "judging/assessor.py",
    "judging/ahead.py",
    "judging/allowance.py",
    "judging/assessment.py",
    "judging/line.py",
    "judging/notebook_runner.py",
    "judging/referee.py",
    "judging/remote.py",
    "judging/sandbox_folder.py",
    "verdicts.py",
    "reporting/outcome.py",
    "reporting/page.html",
    "reporting/page.py",
    "reporting/pieces.html",
    "reporting/templates.py",
    "sandbox/bubblewrap.py",
    "sandbox/calls.py",
    "sandbox/choice.py",
    "sandbox/keeper.py",
    "sandbox/landlock.py",
    "sandbox/paths.py",
    "sandbox/process.py",
    "sandbox/warm.py",
)
_OUR_PACKAGE = Path(__file__).resolve().parents[1]


@functools.cache
def versions() -> dict[str, str]:
    """What the verdicts depend on besides course and hand-in: our code, NumPy and Python."""
    code = hashlib.sha256()
    for name in DECIDING:
        code.update(f"{name}\0".encode())
        code.update(hashlib.sha256((_OUR_PACKAGE / name).read_bytes()).digest())
    return {
        "i2dl_course": code.hexdigest(),
        "numpy": version("numpy"),
        "python": platform.python_version(),
    }


def circumstances(kit: str, level: str | None, seconds: float) -> dict[str, Any]:
    """What verdicts depend on besides hand-in and seed, fit for JSON; `kit` is a kit's digest.

    The level is the one asked for: "the best there is" means the same everywhere.
    """
    return {"kit": kit, "versions": versions(), "level": level, "seconds": seconds}


def content_of(handin: HandIn) -> str:
    """A digest of what is in `handin`, and of what is said of the rest of it."""
    files = {name: hashlib.sha256(data).hexdigest() for name, data in handin.files.items()}
    told = (*handin.earlier, *handin.found)
    said = {"refused": handin.refused, "left out": handin.left_out, "told": told}
    return _digest({"files": files, **said})


def key_of(content: str, circumstances: Mapping[str, Any]) -> str:
    """The key of the verdict on a hand-in with this content under `circumstances`, fit for JSON.

    The seed is no part of it: a verdict stays with the cases that it was reached on.
    """
    return _digest({"content": content, **circumstances})


def _digest(parts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
