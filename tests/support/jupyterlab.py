"""JupyterLab on a published student tree, and a browser in which a student works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.patience import PATIENCE

# Chromium needs no network here: without these it asks for updates and the like.
FLAGS = (
    "--no-sandbox",  # as root, which CI is
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Only what a page holds can be waited for, so cells out of sight stay in the page.
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


def environment(place: Path) -> dict[str, str]:
    """A student's own environment in `place`: what is installed here, and no settings of ours.

    Its Python has a prefix of its own, which is where a student's postBuild writes to.
    """
    venv.create(place / "venv", with_pip=False, symlinks=True)
    ours, packages = Path(sys.prefix), Path(sysconfig.get_path("purelib"))
    its_own = place / "venv" / packages.relative_to(ours)
    (its_own / "here.pth").write_text(f"{packages}\n")
    for name, text in SETTINGS.items():
        file = place / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return {
        "PATH": f"{place / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(place),
        "JUPYTER_PATH": str(ours / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(ours / "etc" / "jupyter"),
        "JUPYTERLAB_DIR": str(ours / "share" / "jupyter" / "lab"),
        "JUPYTERLAB_SETTINGS_DIR": str(place / "settings"),
        "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
        "LC_ALL": "C.UTF-8",
    }


@contextmanager
def jupyterlab(folder: Path, env: dict[str, str]) -> Iterator[str]:
    """JupyterLab, started in `folder`; its address, with the token."""
    command = ["python", "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    python = shutil.which("python", path=env["PATH"])
    with subprocess.Popen(
        [*command, "--port=0"],
        executable=python,
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr
        try:
            said = []
            for line in server.stderr:
                said.append(line)
                if "?token=" in line:
                    yield line.split()[-1]
                    break
            else:
                pytest.fail("JupyterLab did not start:\n" + "".join(said))
        finally:
            server.terminate()
            server.stderr.close()


@contextmanager
def browser_page() -> Iterator[Any]:
    """A page of headless Chromium; without one the test is skipped by name, and fails in CI."""
    with browser() as chromium:
        yield page_of_its_own(chromium)


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium; without one the test is skipped by name, and fails in CI."""
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CI"):
        pytest.fail("CI must have a chromium: scripts/debian-packages")
    if chromium is None:
        pytest.skip("there is no chromium here: bash scripts/debian-packages")
    playwright = pytest.importorskip("playwright.sync_api", reason="not installed here: make site")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def page_of_its_own(chromium: Any) -> Any:
    """A page of somebody who shares no cookie with anybody else."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(1000 * PATIENCE)
    return context.new_page()
