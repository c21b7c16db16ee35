"""The addresses under which students open what is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from i2dl_course.manifest import Course


@dataclass(frozen=True)
class Links:
    """An address for each way to open the exercise; None where course.toml does not give enough."""

    binder: str | None = None
    nbgitpuller: str | None = None
    colab: str | None = None
    codespaces: str | None = None
    lite: str | None = None
    zip: str | None = None

    @property
    def badges(self) -> bool:
        """Whether there is a way to open the exercise in one click."""
        return any((self.binder, self.nbgitpuller, self.colab, self.codespaces, self.lite))


def opens_in_lite(course: Course) -> str:
    """Where a site of `course lite` opens the graded notebook, relative to its own address."""
    return f"lab/index.html?path={course.exercise.name}/{course.handin.graded_notebook}"


def links(course: Course) -> Links:
    """What follows from [publish] of course.toml; a link opens the graded notebook where it can."""
    publish, notebook = course.publish, f"{course.exercise.name}/{course.handin.graded_notebook}"
    lite = f"{publish.lite.rstrip('/')}/{opens_in_lite(course)}" if publish.lite else None
    if publish.repository is None:
        return Links(lite=lite, zip=publish.zip)
    address = publish.repository.rstrip("/").removesuffix(".git")
    name = address.rsplit("/", 1)[-1]
    in_lab = quote(f"lab/tree/{notebook}")
    branch = quote(publish.branch, safe="")
    puller = None
    if publish.hub:
        asked = {
            "repo": address,
            "branch": publish.branch,
            "urlpath": f"lab/tree/{name}/{notebook}",
        }
        puller = f"{publish.hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(asked)}"
    if found := re.fullmatch(r"https://github\.com/([^/]+/[^/]+)", address):
        project = found[1]
        in_git = f"blob/{quote(publish.branch)}/{quote(notebook)}"
        return Links(
            binder=f"https://mybinder.org/v2/gh/{project}/{branch}?urlpath={in_lab}",
            nbgitpuller=puller,
            colab=f"https://colab.research.google.com/github/{project}/{in_git}",
            codespaces=f"https://codespaces.new/{project}?quickstart=1",
            lite=lite,
            zip=publish.zip or f"{address}/archive/refs/heads/{quote(publish.branch)}.zip",
        )
    if found := re.fullmatch(r"https://gitlab\.com/(.+)", address):
        project = quote(found[1], safe="")
        return Links(
            binder=f"https://mybinder.org/v2/gl/{project}/{branch}?urlpath={in_lab}",
            nbgitpuller=puller,
            lite=lite,
            zip=publish.zip or f"{address}/-/archive/{quote(publish.branch)}/{name}.zip",
        )
    return Links(
        binder=f"https://mybinder.org/v2/git/{quote(address, safe='')}/{branch}?urlpath={in_lab}",
        nbgitpuller=puller,
        lite=lite,
        zip=publish.zip,
    )
