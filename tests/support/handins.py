"""Hand-ins for the tests of grading: made from the reference, and changed as a test needs."""

import subprocess
import sys
from pathlib import Path

from i2dl_course import manifest
from i2dl_course.handins.opening import HandIn
from i2dl_course.samples import personas

ROOT = Path(__file__).resolve().parents[2]
COURSE = manifest.load(ROOT)
LAYER, NET = COURSE.handin.files


def reference(**replaced: tuple[str, str]) -> HandIn:
    """The reference as a hand-in; `layer` and `net` may give an (old, new) replacement."""
    files = {name: personas.reference(COURSE, name) for name in COURSE.handin.files}
    for key, name in (("layer", LAYER), ("net", NET)):
        if key in replaced:
            old, new = replaced[key]
            assert files[name].count(old) == 1, f"{old!r} must occur once"
            files[name] = files[name].replace(old, new)
    return HandIn({name: text.encode() for name, text in files.items()})


def course_command(*arguments, folder: Path = ROOT) -> subprocess.CompletedProcess:
    """Run the `course` command as an instructor would, in a process of its own."""
    command = [str(Path(sys.executable).parent / "course"), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
