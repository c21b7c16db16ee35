"""Grammar that is newer than the Python of the judge is told in the notebook, by any Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from exercise_code.tests import syntax

FILES = {
    "type statement": "type X = int\n",
    "type parameters": "def f[T](x: T) -> T:\n    return x\n",
    "the quotes of the f-string in it": "y = f'{x['a']}'\n",
    "its three quotes in it": 'y = f"""{x["""a"""]}"""\n',
    "an f-string with the same quotes": "y = f'{f'{1}'}'\n",
    "a backslash in an f-string": "y = f\"{'\\n'.join([])}\"\n",
    "a backslash in an f-string in an f-string": "y = f\"{f'\\n'}\"\n",
    "a comment in an f-string": "y = f'''{\n1  # one\n}'''\n",
    "an end of line in an f-string": "y = f'{\n1}'\n",
    "plain f-strings": "y = f\"{x['a']:>{3}} {{}} \\n{f'{1}':{'>'}3} {x!r} {x=}\"\n",
    "an f-string of three lines": "y = f'''{\n1}\n{\"a\" 'b'}'''\n",
    "raw and bytes": "y = rf'\\d{1}' + Rf\"\\'{'a'}\"\nz = b'\\n'\n",
    "exception groups": "try:\n    pass\nexcept* ValueError:\n    pass\n",
    "match": "match 1:\n    case [int(x), *_] if (y := x):\n        pass\n",
}
ASK = """
import json, runpy, sys
require_known = runpy.run_path(sys.argv[1])["require_known"]
found = {}
for name, source in json.load(sys.stdin).items():
    try:
        compile(source.encode(), "a.py", "exec")
        require_known(source.encode(), "a.py")
        found[name] = None
    except SyntaxError as error:
        found[name] = [error.msg, error.filename, error.lineno]
json.dump(found, sys.stdout)
"""


def pythons(newest):
    """Each Python that starts here, by its version, from 3.11 on."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in range(11, newest + 1):
        named = shutil.which(f"python3.{minor}")
        for python in (named, *sorted(versions.glob(f"3.{minor}.*/bin/python"))):
            asked = [python, "-c", "import sys; print(sys.version_info[1])"]
            if python and subprocess.run(asked, capture_output=True).stdout.split() == [
                str(minor).encode()
            ]:
                yield (3, minor), str(python)
                break


def found_by(python):
    done = subprocess.run(
        [python, "-c", ASK, syntax.__file__],
        input=json.dumps(FILES),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_newer_python_refuses_what_the_judge_s_python_cannot_read():
    here = dict(pythons(newest=15))
    newer = [version for version in here if version > syntax.PYTHON]
    if syntax.PYTHON not in here or not newer:
        pytest.skip(f"needs Python {syntax.VERSION} and a newer one; here are {sorted(here)}")
    judged = found_by(here[syntax.PYTHON])
    assert {name for name, error in judged.items() if error} == set(list(FILES)[:9])
    for version in newer:
        told = found_by(here[version])
        for name, error in told.items():
            assert bool(error) == bool(judged[name]), (version, name, error)
            if error:
                message, file, line = error
                assert "only supported in Python 3.12 and greater" in message, (version, name)
                assert file == "a.py" and FILES[name].splitlines()[line - 1], (version, name)


def test_the_python_of_the_judge_is_the_one_that_the_environment_pins(root):
    for name in ("environment.yml", "student_tree/environment.yml"):
        pinned = re.findall(r"^ *- python=([\d.]+)", (root / name).read_text(), re.MULTILINE)
        assert pinned == [syntax.VERSION], name
