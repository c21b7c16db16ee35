"""A student's afternoon: the published exercise, in JupyterLab, in a real browser."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

from support.jupyterlab import browser_page, environment, jupyterlab

from i2dl_course.manifest import load
from i2dl_course.publishing import folder
from i2dl_course.publishing.change import Allowed
from i2dl_course.publishing.tree import student_tree
from i2dl_course.samples import variants

# Where the pictures of a run are kept; docs/publishing.md says how those in docs/images are made.
PICTURES = os.environ.get("I2DL_PICTURES")


class Student:
    """Somebody with a mouse and a keyboard, who sees what JupyterLab shows."""

    def __init__(self, page, pictures):
        self.page = page
        self.pictures = pictures

    def opens(self, address):
        """Follows a link, and waits until a cell could be run."""
        self.page.goto(address)
        self.page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")

    def chooses(self, menu, item):
        """Chooses an item of a menu."""
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(menu, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()

    def looks_into(self, menu):
        """The items of a menu."""
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(menu, exact=True).click()
        items = self.page.locator(".lm-Menu-itemLabel").all_inner_texts()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Escape")
        return [item for item in items if item]

    def turns_to(self, name):
        """Brings the tab of an open file to the front."""
        self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tabLabel").get_by_text(name).click()

    def opens_file(self, *path):
        """Opens a file by double clicks in the file browser."""
        for name in path:
            item = self.page.locator(".jp-DirListing-item").filter(has_text=re.compile(rf"^{name}"))
            item.dblclick()
        self.page.locator(".jp-FileEditor .cm-content").last.wait_for()

    def writes(self, name, text):
        """Replaces all of an open file by `text`, and saves it."""
        self.turns_to(name)
        editor = self.page.locator(".jp-FileEditor:visible .cm-content")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Control+s")
        # A tab shows a dot while its file is not saved.
        tab = self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text=name)
        self.page.wait_for_function(
            "tab => !tab.classList.contains('jp-mod-dirty')", arg=tab.element_handle()
        )

    def cell(self, code):
        """The one cell that holds `code`."""
        return self.page.locator(".jp-CodeCell").filter(has_text=code)

    def runs(self, code):
        """Runs the cell that holds `code`; what it then shows."""
        cell = self.cell(code)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(
            "([prompt, before]) => /\\d/.test(prompt.innerText) && prompt.innerText != before",
            arg=[prompt.element_handle(), before],
        )
        return cell.locator(".jp-OutputArea").inner_text()

    def runs_all(self, until):
        """Runs all cells, until one of them has printed `until`."""
        self.chooses("Run", "Run All Cells")
        self.page.locator(".jp-OutputArea-output", has_text=until).first.wait_for()

    def restarts_the_kernel(self):
        """Restarts the kernel, and agrees to the question."""
        self.chooses("Kernel", "Restart Kernel…")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")

    def validates(self, picture):
        """Saves, presses Validate, and reads what it says."""
        self.page.locator(".jp-Toolbar:visible").get_by_text("Validate", exact=True).click()
        dialog = self.page.locator(".jp-Dialog", has_text="Validation Results")
        said = dialog.inner_text()
        self.takes_a_picture(picture)
        dialog.locator("button.jp-mod-accept").click()
        return said

    def takes_a_picture(self, name):
        """Keeps what the page shows."""
        self.page.screenshot(path=self.pictures / f"jupyterlab_{name}.png")


def function(text, name):
    """The lines of a function of `text`, or of a method when `name` has a dot."""
    lines, node = text.splitlines(keepends=True), ast.parse(text)
    for part in name.split("."):
        node = next(each for each in node.body if getattr(each, "name", None) == part)
    return "".join(lines[node.lineno - 1 : node.end_lineno])


def test_a_student_s_afternoon_in_the_browser(root, tmp_path):
    course = load(root)
    tree, place = student_tree(course), tmp_path / "exercise-5"
    folder.write(place, tree, folder.change_in(place, tree, Allowed()))
    env = environment(tmp_path / "student")
    # As Binder does after the installation, by the file's own first line.
    subprocess.run([place / "postBuild"], env=env, cwd=place, check=True, capture_output=True)
    mistakes = {mutant.task: mutant.files for mutant in reversed(variants.mutants(course))}
    right = variants.reference(course).files
    written = {name: (place / "exercise_05" / name).read_text() for name in course.handin.files}

    with jupyterlab(place, env) as address, browser_page() as page:
        pictures = Path(PICTURES or tmp_path)
        student = Student(page, pictures)
        student.opens(address.replace("/lab?", "/lab/tree/exercise_05/1_TwoLayerNetwork.ipynb?"))
        assert student.looks_into("Nbgrader") == ["Assignment List"]
        assert page.get_by_text("Create Assignment", exact=True).count() == 0

        student.runs_all(until="✗ Not implemented yet.")
        assert "✓ The data and the given code work here." in page.inner_text(".jp-Notebook")
        untouched = student.validates(picture="untouched")
        for task in course.tasks:
            assert re.search(rf"✗ fail\s+{task.name}\s+Not implemented yet", untouched)

        student.opens_file("exercise_code", "networks", r"layer\.py")
        student.opens_file(r"two_layer_net\.py")
        for task in course.tasks:
            name = Path(task.file).name
            stub = function(written[task.file], task.function)
            for answer, mark in ((mistakes[task.name], "✗"), (right, "✓")):
                done = function(answer[task.file], task.function)
                written[task.file] = written[task.file].replace(stub, done)
                stub = done
                student.writes(name, written[task.file])
                student.turns_to("1_TwoLayerNetwork.ipynb")
                said = student.runs(f'check("{task.name}")')
                assert said.startswith(mark), said
                if (task.name, mark) == ("affine_backward", "✗"):
                    student.takes_a_picture("wrong")

        student.restarts_the_kernel()
        student.runs_all(until="exercise_05.zip is ready")
        student.cell("check_all()").scroll_into_view_if_needed()
        assert "100 of 100 points" in student.cell("check_all()").inner_text()
        assert "Success! Your notebook passes" in student.validates(picture="solved")

    with ZipFile(place / "exercise_05" / "exercise_05.zip") as archive:
        for name in course.handin.files:
            assert archive.read(name).decode() == written[name]
