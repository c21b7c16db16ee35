"""A student's afternoon: the published exercise, in JupyterLab, in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

from support.jupyterlab import browser_page, environment, jupyterlab
from support.pictures import take_picture
from support.student_in_jupyterlab import Student

from i2dl_course.manifest import load
from i2dl_course.publishing import folder
from i2dl_course.publishing.change import Allowed
from i2dl_course.publishing.tree import student_tree

# Where the pictures of a run are kept; docs/publishing.md says how those in docs/images are made.
PICTURES = os.environ.get("I2DL_PICTURES")
NOTEBOOK = "1_TwoLayerNetwork.ipynb"


def test_a_student_s_afternoon_in_the_browser(root, tmp_path):
    course = load(root)
    tree, place = student_tree(course), tmp_path / "exercise-5"
    folder.write(place, tree, folder.change_in(place, tree, Allowed()))
    env = environment(tmp_path / "student")
    # As Binder does after the installation, by the file's own first line.
    subprocess.run([place / "postBuild"], env=env, cwd=place, check=True, capture_output=True)
    written = {name: (place / "exercise_05" / name).read_text() for name in course.handin.files}

    with jupyterlab(place, env) as address, browser_page() as page:
        pictures = Path(PICTURES or tmp_path)
        student = Student(page, pictures, written)
        student.opens(address.replace("/lab?", f"/lab/tree/exercise_05/{NOTEBOOK}?"))
        assert student.looks_into("Nbgrader") == ["Assignment List"]
        assert page.get_by_text("Create Assignment", exact=True).count() == 0

        student.runs_all(until="✗ Not implemented yet.")
        assert "✓ The data and the given code work here." in page.inner_text(".jp-Notebook")
        untouched = student.validates(picture="untouched")
        for task in course.tasks:
            assert re.search(rf"✗ fail\s+{task.name}\s+Not implemented yet", untouched)

        student.opens_file("exercise_code", "networks", r"layer\.py")
        student.opens_file(r"two_layer_net\.py")
        for task, passed, _ in student.solves(course, NOTEBOOK):
            if (task.name, passed) == ("affine_backward", False):
                student.takes_a_picture("wrong")
            if (task, passed) == (course.tasks[-1], False):
                student.runs("check_all()")
                take_picture(student.cell("check_all()"), "checks", pictures)

        student.restarts_the_kernel()
        student.runs_all(until="exercise_05.zip is ready")
        student.cell("check_all()").scroll_into_view_if_needed()
        assert "100 of 100 points" in student.cell("check_all()").inner_text()
        assert "Success! Your notebook passes" in student.validates(picture="solved")

    with ZipFile(place / "exercise_05" / "exercise_05.zip") as archive:
        for name in course.handin.files:
            assert archive.read(name).decode() == written[name]
