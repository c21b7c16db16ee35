"""Settings are read as nbgrader's own commands read them, and without importing all of it."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import zipfile

import pytest
from nbgrader.apps.baseapp import NbGrader
from nbgrader.preprocessors import AssignLatePenalties
from support.class_courses import copy_of, prepared

from i2dl_course.records.settings import Settings

CONFIGURATIONS = {
    "as it is": "",
    "other folders": "c.CourseDirectory.submitted_directory = 'in'\n"
    "c.CourseDirectory.groupshared = True\nc.CourseDirectory.student_id_exclude = 'me,you'",
    "another database": "c.CourseDirectory.db_url = 'postgresql://there/book'",
    "another structure": "c.CourseDirectory.directory_structure = "
    "'{assignment_id}/{nbgrader_step}/{student_id}'",
    "another root": "c.CourseDirectory.root = str(HERE / 'elsewhere')",
    "a policy": "c.LateSubmissionPlugin.penalty_method = 'none'",
    "old names": "c.NbGrader.db_url = 'sqlite:///old.db'\nc.TransferApp.timezone = 'CET'",
    "an old place": "del c.CourseDirectory.course_id\nc.Exchange.course_id = 'old'",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return prepared(tmp_path_factory)


@pytest.mark.parametrize("lines", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_each_setting_is_what_nbgraders_own_commands_make_of_it(
    template, tmp_path, monkeypatch, lines
):
    course = copy_of(template, tmp_path / "course")
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(f"\n{lines}\n")
    elsewhere = tmp_path / "course" / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.feedback_directory = 'back'\n"
    )
    of_the_user = tmp_path / "jupyter"
    of_the_user.mkdir()
    (of_the_user / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.autograded_directory = 'done'\n"
        "c.CourseDirectory.submitted_directory = 'overruled where the course says it, too'\n"
    )
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(of_the_user))
    monkeypatch.setattr(sys, "path", list(sys.path))
    settings = Settings(course)
    app = NbGrader(log_level=logging.ERROR)
    with contextlib.chdir(course.root):
        app.initialize([])
    for name in app.coursedir.trait_names(config=True):
        assert getattr(settings._folders, name) == getattr(app.coursedir, name), name
    assert settings._folders.autograded_directory == "done"
    late = AssignLatePenalties(parent=app)
    late.init_plugin()
    assert settings.penalty("anna", 10.0, 5.0) == late.plugin_inst.late_submission_penalty(
        "anna", 10.0, 5.0
    )


def test_starting_to_grade_imports_nothing_that_only_other_commands_need():
    """Each of these is a tenth to a half of a second, for which every hand-in would wait."""
    imports = (
        "import i2dl_course.cli, i2dl_course.commands.grade, i2dl_course.commands.judge\n"
        "import i2dl_course.class_run.run, sys\n"
        "names = 'numpy rich nbconvert IPython dask rfc3987_syntax nbgrader.exchange'.split()\n"
        "names += ['setuptools', 'rfc3986_validator']\n"
        "print([name for name in names if sys.modules.get(name)])"
    )
    found = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True)
    assert found.stdout == "[]\n", found.stderr


def test_nbgrader_still_unpacks_archives(tmp_path):
    """By a part of setuptools that is imported only then."""
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("file.txt", "content")
    code = (
        "import i2dl_course.records, nbgrader.utils, sys\n"
        f"nbgrader.utils.unzip({str(tmp_path / 'archive.zip')!r}, {str(tmp_path)!r})\n"
        "from setuptools.archive_util import default_filter"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "file.txt").read_text() == "content"


def test_the_package_still_gives_jupyter_its_extensions():
    code = (
        "import i2dl_course.nbgrader_side, nbgrader\n"
        "print(nbgrader._jupyter_server_extension_points(), hasattr(nbgrader, 'odd'))\n"
        "print(nbgrader._load_jupyter_server_extension.__name__)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout == "[{'module': 'nbgrader'}] False\n_load_jupyter_server_extension\n"
