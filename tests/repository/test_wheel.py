"""The package as a wheel: `course` outside a checkout of this repository, in its own course."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from support.handins import COURSE

from i2dl_course.samples import personas

RUN = "import sys; from i2dl_course.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory):
    """The folder that the wheel was unpacked into, which is what pip does with it."""
    work = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, work)
    shutil.copytree(
        root / "src", work / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "-w", "dist", "."]
    done = subprocess.run([*build, *options], cwd=work, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (work / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(work / "site")
    return work / "site"


def course(installed, folder, *arguments):
    """What `course` of the wheel does in `folder`; nothing of this checkout is found there."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", RUN, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert str(COURSE.root) not in done.stdout + done.stderr
    return done


def test_every_file_of_the_package_is_in_the_wheel(root, installed):
    def files(folder):
        return {
            path.relative_to(folder).as_posix()
            for path in folder.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }

    assert files(installed / "i2dl_course") == files(root / "src" / "i2dl_course")


def test_it_judges_in_a_course_elsewhere(installed, tmp_path):
    assert "judge one student" in course(installed, tmp_path, "--help").stdout
    lost = course(installed, tmp_path, "judge", ".")
    assert lost.returncode == 2 and lost.stderr.startswith("course: No course.toml in")
    shutil.copy(COURSE.root / "course.toml", tmp_path)
    shutil.copytree(COURSE.root / "exercise_code", tmp_path / "exercise_code")
    (person,) = [one for one in personas.load_all(COURSE) if one.name == "transposed"]
    personas.build(person, COURSE, tmp_path / "handin")
    done = course(installed, tmp_path, "judge", "handin", "--json")
    assert done.returncode == 0, done.stderr
    found = {task["name"]: task["points"] for task in json.loads(done.stdout)["tasks"]}
    assert found == person.expect.points


def test_its_advice_is_none_of_a_checkout(installed, tmp_path):
    say = "from i2dl_course import faults; print(faults.__file__, faults.how_to_install())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", say],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    file, _, advice = done.stdout.strip().partition(" ")
    assert file.startswith(str(installed)) and advice == "install the i2dl_course wheel once more"
