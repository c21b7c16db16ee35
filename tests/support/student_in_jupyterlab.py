"""A student at JupyterLab in a real browser, with a server or without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from i2dl_course.samples import variants


class Student:
    """Somebody with a mouse and a keyboard, who sees what JupyterLab shows."""

    def __init__(self, page, pictures, written):
        self.page = page
        self.pictures = pictures
        self.written = written  # the files that are handed in, by name, as they are at the moment

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

    def opens_folder(self, name):
        """Opens a folder at the top of the file browser."""
        self.page.locator(".jp-BreadCrumbs-home").click()
        self.page.locator(".jp-DirListing-item").filter(has_text=name).dblclick()

    def downloads(self, name, to):
        """Downloads a file by the file browser's menu."""
        self.page.locator(".jp-DirListing-item").filter(has_text=name).click(button="right")
        with self.page.expect_download() as download:
            self.page.locator(".lm-Menu-itemLabel").get_by_text("Download", exact=True).click()
        download.value.save_as(to)

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

    def starts(self, code):
        """Starts the cell that holds `code`, and waits for nothing."""
        self.cell(code).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def runs(self, code):
        """Runs the cell that holds `code`; what it then shows."""
        cell = self.cell(code)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.starts(code)
        self.page.wait_for_function(
            "([prompt, before]) => /\\d/.test(prompt.innerText) && prompt.innerText != before",
            arg=[prompt.element_handle(), before],
        )
        return cell.locator(".jp-OutputArea").inner_text()

    def runs_all(self, until):
        """Runs all cells, until one of them has printed `until`."""
        self.chooses("Run", "Run All Cells")
        self.page.locator(".jp-OutputArea-output", has_text=until).first.wait_for()

    def runs_every_cell(self):
        """Runs all cells of the open notebook, until none is left to run; what went wrong there."""
        cells = self.page.locator(".jp-CodeCell:visible")
        cells.first.wait_for()
        self.chooses("Run", "Run All Cells")
        waiting = cells.locator(".jp-InputPrompt", has_text="[*]").first
        waiting.wait_for()
        waiting.wait_for(state="hidden")
        wrong = ", ".join(f"[data-mime-type$='jupyter.{kind}']" for kind in ("error", "stderr"))
        return cells.locator(wrong).all_inner_texts()

    def restarts_the_kernel(self):
        """Restarts the kernel, and agrees to the question."""
        self.chooses("Kernel", "Restart Kernel…")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")

    def solves(self, course, notebook):
        """Types a wrong and then the right answer to each task into its open file, and checks it.

        Yields each task, whether its check passed and what it said. A check must fail a mistake
        and pass the reference, without a restart of the kernel.
        """
        mistakes = {mutant.task: mutant.files for mutant in reversed(variants.mutants(course))}
        right = variants.reference(course).files
        for task in course.tasks:
            stub = function(self.written[task.file], task.function)
            for answer, mark in ((mistakes[task.name], "✗"), (right, "✓")):
                done = function(answer[task.file], task.function)
                self.written[task.file] = self.written[task.file].replace(stub, done)
                stub = done
                self.writes(Path(task.file).name, self.written[task.file])
                self.turns_to(notebook)
                said = self.runs(f'check("{task.name}")')
                assert said.startswith(mark), said
                yield task, mark == "✓", said

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


class StudentAtAServer(Student):
    """The same where a server starts the kernels.

    There a notebook calls itself idle before it has one, and forgets what it is to run.
    """

    def opens(self, address):
        """Follows a link, and waits until there is a kernel."""
        self.page.goto(address)
        self._waits_for_a_kernel()

    def restarts_the_kernel(self):
        """Restarts the kernel, and waits until the server has."""
        with self.page.expect_response(re.compile("/api/kernels/.*/restart")):
            super().restarts_the_kernel()
        self._waits_for_a_kernel()

    def _waits_for_a_kernel(self):
        self.page.locator("#jp-main-statusbar").get_by_text(re.compile("[|] Idle")).wait_for()


def function(text, name):
    """The lines of a function of `text`, or of a method when `name` has a dot."""
    lines, node = text.splitlines(keepends=True), ast.parse(text)
    for part in name.split("."):
        node = next(each for each in node.body if getattr(each, "name", None) == part)
    return "".join(lines[node.lineno - 1 : node.end_lineno])
