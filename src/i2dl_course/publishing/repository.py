"""The student tree in a Git repository: one commit on top of a branch, never forced."""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from i2dl_course.errors import CourseError
from i2dl_course.publishing import folder
from i2dl_course.publishing.change import Allowed, Change
from i2dl_course.publishing.tree import StudentTree

_ADDRESS = re.compile(r"[a-z+]+://|[\w.-]+@[\w.-]+:")
_FIRST_BRANCH = "main"


def is_repository(to: str) -> bool:
    """Whether `to` is the address of a repository, or the folder of one."""
    return bool(_ADDRESS.match(to)) or _is_bare(to) or _is_work_tree(to)


@dataclass(frozen=True)
class Checkout:
    """A branch of the repository `to`, its files in `folder`; `remote` when they are a copy."""

    to: str
    branch: str
    folder: Path
    remote: bool

    def change(self, tree: StudentTree, allowed: Allowed) -> Change:
        """What publishing `tree` would change. CourseError, as folder.change_in."""
        place = f"{self.to}, branch {self.branch},"
        return folder.change_in(self.folder, tree, allowed, place)

    def publish(self, tree: StudentTree, what: Change, title: str) -> str:
        """Commit `what`, look that the commit is the tree, and push it where it is remote.

        Returns the commit's number. Raises CourseError for what Git refuses.
        """
        folder.write(self.folder, tree, what)
        _git(self.folder, "add", "--force", "--", *what.new, *what.changed)
        _git(self.folder, "commit", "--quiet", "--no-verify", "-m", f"{title}: {what.message}")
        committed = _files_of_commit(self.folder)
        for path, data in what.files.items():
            if committed.get(path) != data:
                raise CourseError(
                    f"{self.to}: Git has not kept {path} as it is (a filter or an attribute of "
                    "that repository changes it); publish to a branch of its own."
                )
        if self.remote:
            _git(self.folder, "push", "--quiet", "origin", f"HEAD:refs/heads/{self.branch}")
        return _git(self.folder, "rev-parse", "--short", "HEAD").strip()


@contextmanager
def checkout(to: str, branch: str | None, scratch: Path) -> Iterator[Checkout]:
    """The `branch` of the repository `to`, or the one that it shows by itself.

    A work tree on this machine is used as it stands; of everything else a copy is made in
    `scratch`. Raises CourseError for a repository that cannot be read or has uncommitted changes.
    """
    if not _ADDRESS.match(to) and not _is_bare(to):
        yield _work_tree(Path(to), branch)
        return
    address = to if _ADDRESS.match(to) else str(Path(to).resolve())
    heads = _git(scratch, "ls-remote", "--symref", address)
    if branch is None:
        shown = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", heads, re.MULTILINE)
        branch = shown[1] if shown else _FIRST_BRANCH
    _git(scratch, "init", "--quiet", "--initial-branch", branch)
    _git(scratch, "remote", "add", "origin", address)
    if re.search(rf"\trefs/heads/{re.escape(branch)}$", heads, re.MULTILINE):
        _git(scratch, "fetch", "--quiet", "--depth=1", "origin", f"refs/heads/{branch}")
        _git(scratch, "reset", "--quiet", "--hard", "FETCH_HEAD")
    yield Checkout(to, branch, scratch, remote=True)


def _work_tree(place: Path, branch: str | None) -> Checkout:
    current = _git(place, "symbolic-ref", "--short", "HEAD").strip()
    if branch not in (None, current):
        raise CourseError(
            f"{place} is on the branch {current}; run `git switch {branch}` there, or leave out "
            "--branch."
        )
    if _git(place, "status", "--porcelain"):
        raise CourseError(
            f"{place} has changes that are not committed; commit them there or take them back."
        )
    return Checkout(str(place), current, place, remote=False)


def _files_of_commit(place: Path) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(_bytes(place, "archive", "--format=tar", "HEAD"))) as tar:
        return {
            member.name: file.read()
            for member in tar
            if (file := tar.extractfile(member) if member.isfile() else None)
        }


def _is_bare(to: str) -> bool:
    place = Path(to)
    return (place / "HEAD").is_file() and (place / "objects").is_dir()


def _is_work_tree(to: str) -> bool:
    return (Path(to) / ".git").exists()


def _git(place: Path, *arguments: str) -> str:
    return _bytes(place, *arguments).decode("utf-8", "replace")


def _bytes(place: Path, *arguments: str) -> bytes:
    """What Git says. Raises CourseError with the line in which it names what is wrong."""
    # Nobody is asked for a password here, and bytes stay as they are.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(place), "-c", "core.autocrlf=false", *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True)
    except FileNotFoundError:
        raise CourseError("There is no git here; install it, or publish to a folder.") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        telling = [line for line in lines if re.match(r"fatal:|error:| ! ", line)] or lines
        said = re.sub(r"^(fatal|error):\s*", "", telling[0].strip()).rstrip(".")
        if "rejected" in said:
            said += "; somebody has pushed to it in between, so give the command again"
        raise CourseError(f"Git cannot `{arguments[0]}`: {said}.")
    return done.stdout
