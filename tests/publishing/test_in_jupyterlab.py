"""A student's afternoon: the published exercise, in JupyterLab, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import nbformat
from support.jupyterlab import browser_page, environment, jupyterlab
from support.pictures import take_picture
from support.student_in_jupyterlab import StudentAtAServer

from exercise_code import plots
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
        student = StudentAtAServer(page, pictures, written)
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


def test_players_are_played_by_keyboard_and_stand_still_where_nothing_is_trusted(root, tmp_path):
    place = tmp_path / "exercise_05"
    shutil.copytree(load(root).release_dir, place)
    calls = {"batch": plots.batch_player, "optimizer": plots.optimizer_player}
    code = [f"from exercise_code import plots; plots.{name}_player()" for name in calls]
    cells = [nbformat.v4.new_code_cell(each) for each in code]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    players = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(players, place / "players.ipynb")
    for cell, make in zip(cells, calls.values(), strict=True):  # from somebody else
        shown = {"text/html": make()._repr_html_(), "text/plain": ""}
        cell.outputs = [nbformat.v4.new_output("display_data", shown)]
    nbformat.write(players, place / "given.ipynb")

    env = environment(tmp_path / "student")
    with jupyterlab(place, env) as address:
        with browser_page() as page:
            page.emulate_media(reduced_motion="reduce")
            student = StudentAtAServer(page, Path(PICTURES or tmp_path), written={})
            student.opens(address.replace("/lab?", "/lab/tree/players.ipynb?"))
            student.runs_all(until="At which λ does SGD break?")
            for make in calls.values():
                plays_by_keyboard(page, page.get_by_role("group", name=make().title), make().steps)
            student.takes_a_picture("players")
        with browser_page() as page:
            student = StudentAtAServer(page, tmp_path, written={})
            student.opens(address.replace("/lab?", "/lab/workspaces/given/tree/given.ipynb?"))
            for make in calls.values():
                page.get_by_alt_text(make().alt).wait_for()
                assert page.locator(".said", has_text=make().alt).is_visible()
            assert page.get_by_role("button", name="Play").count() == 0


def plays_by_keyboard(page, player, steps):
    """Goes through a player by keys alone, as JupyterLab passes them on."""
    said = player.locator(".said")
    player.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")  # with reduced motion the whole path is there at once
    assert said.inner_text().startswith(f"Step {steps} of {steps}.")
    page.keyboard.press("Tab")  # to Step
    page.keyboard.press("Tab")  # to Reset
    page.keyboard.press("Space")
    assert said.inner_text().startswith("Step 0 of ")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert said.inner_text().startswith("Step 2 of ")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # to the first slider
    before = player.get_by_role("slider").first.input_value()
    for key in ("ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.type") == "range"
    assert player.get_by_role("slider").first.input_value() < before
    assert said.inner_text().startswith(f"Step {steps} of {steps}.")
