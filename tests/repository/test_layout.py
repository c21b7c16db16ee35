"""What the documents promise is there, and nothing lies about that nobody announced."""

from __future__ import annotations

import re
import subprocess

import pytest
from support.repository_files import texts, tracked

from i2dl_course import cli

TOP_LEVEL = {
    # about the repository
    ".editorconfig",
    ".git-blame-ignore-revs",
    ".gitattributes",
    ".gitignore",
    ".ignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    # how it is set up and run
    ".ci",
    "Makefile",
    "course.toml",
    "environment.yml",
    "nbgrader_config.py",
    "pyproject.toml",
    "requirements.in",
    "requirements.lock",
    "requirements-site.in",
    "requirements-site.lock",
    "requirements-student.in",
    "requirements-student.lock",
    "scripts",
    # authored
    "benchmarks",
    "deploy",
    "docs",
    "exercise_code",
    "instructor",
    "notebooks",
    "src",
    "student_tree",
    "tests",
    "website",
    # generated
    "release",
    "source",
    # run-time; in Git only as a README each
    "autograded",
    "feedback",
    "submitted",
}
# What a document may name although no clone holds it: a run makes it, an instructor writes it, or
# it lies elsewhere on the machine.
NOT_HERE = re.compile(
    r"/.*|.*NAME.*|(?:submitted|autograded|feedback|received|downloaded|demo)/.*|.*exercise_05[\w-]*\.zip"
    r"|requirements\.txt|\.venv|links\.csv|allowed_lines\.toml|gradebook\.db|timestamp\.txt|left_out\.txt"
    r"|roster\.csv|receipt\.txt|report/.*"
)
CODE_SPAN = re.compile(r"`([^`\n]+)`")
CODE_BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE_NAME = re.compile(r"[\w./-]+(?:\.(?:md|py|ipynb|toml|yml|yaml|lock|in|cff|csv|zip|txt|db)|/)")


@pytest.fixture(scope="module")
def documents(root):
    """Name and content of each Markdown file that somebody wrote, and that is read here."""
    return [
        (name, text)
        for name, text in texts(root)
        # student_tree/ is read where it is published: tests/publishing looks at it there.
        if name.endswith(".md") and not name.startswith(("source/", "release/", "student_tree/"))
    ]


def code(text):
    return CODE_SPAN.findall(CODE_BLOCK.sub("", text)) + CODE_BLOCK.findall(text)


def test_the_top_level_holds_what_was_announced_and_no_more(root):
    assert {path.relative_to(root).parts[0] for path in tracked(root)} == TOP_LEVEL


def test_folders_for_hand_ins_and_grades_hold_no_student_s_file(root):
    kept = [path.relative_to(root).as_posix() for path in tracked(root)]
    folders = ("autograded/", "feedback/", "submitted/")
    run_time = sorted(name for name in kept if name.startswith(folders))
    assert run_time == [f"{folder}README.md" for folder in folders]


@pytest.mark.parametrize(
    "name",
    [
        "submitted/anna/exercise_05/1_TwoLayerNetwork.ipynb",
        "downloaded/exercise_05/archive/anna_exercise_05.zip",
        "autograded/anna/exercise_05/1_TwoLayerNetwork.ipynb",
        "feedback/anna/exercise_05/1_TwoLayerNetwork.html",
        "gradebook.db",
        "gradebook.db.2020-05-28-101112.bak",
        "grades.csv",
        "demo/report.html",
        "report/students.csv",
        "exercise_05.zip",
    ],
)
def test_git_does_not_take_what_belongs_to_students(root, name):
    tracked(root)
    ignored = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", name], cwd=root)
    assert ignored.returncode == 0


def test_no_link_in_a_document_leads_nowhere(root, documents):
    broken = [
        f"{name}: {target}"
        for name, text in documents
        for target in LINK.findall(CODE_BLOCK.sub("", text))
        if "://" not in target and not (root / name).parent.joinpath(target.split("#")[0]).exists()
    ]
    assert broken == []


def test_no_document_names_a_file_that_is_not_there(root, documents):
    paths = [path.relative_to(root) for path in tracked(root)]
    known = {"/" + path.as_posix() for path in paths}
    known |= {"/" + parent.as_posix() for path in paths for parent in path.parents}
    missing = [
        f"{name}: {span}"
        for name, text in documents
        if not name.startswith("docs/decisions/")  # they keep the words of their day
        for span in CODE_SPAN.findall(CODE_BLOCK.sub("", text))
        if FILE_NAME.fullmatch(span)
        and not NOT_HERE.fullmatch(span)
        and not any(path.endswith("/" + span.strip("/")) for path in known)
    ]
    assert missing == []


def test_every_picture_in_a_document_is_made_by_a_test(root, documents):
    shown = {
        target.rpartition("/")[2].removesuffix(".png")
        for _, text in documents
        for target in LINK.findall(text)
        if target.endswith(".png")
    }
    assert shown == {path.stem for path in tracked(root) if path.parent.name == "images"} - {
        "rooms"
    }
    tests = "".join(path.read_text("utf-8") for path in (root / "tests").rglob("test_*.py"))
    made = set(re.findall(r"take_picture\(.+, \"(\w+)\"", tests))
    made |= {f"jupyterlab_{name}" for name in re.findall(r"takes_a_picture\(\"(\w+)\"", tests)}
    assert shown <= made


def test_every_make_command_in_a_document_is_a_target(root, documents):
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for _, text in documents
        for part in code(text)
        for target in re.findall(r"(?:^|\s)make ([a-z]+)", part)
    }
    assert {"demo", "test"} <= named <= targets


def test_every_course_command_in_a_document_is_a_verb(documents):
    named = {
        verb
        for _, text in documents
        for part in code(text)
        for verb in re.findall(r"(?:^|\s|/)course ([a-z][a-z-]*)", part)
    }
    assert {"build", "judge"} <= named <= set(cli.VERBS)


def test_the_first_line_for_contributors_says_what_is_edited_and_what_is_generated(root):
    first = (root / "CONTRIBUTING.md").read_text().splitlines()[2]
    assert first.startswith("Edit text, generate notebooks")


def test_every_decision_is_on_the_map(root):
    decisions = sorted(path.name for path in (root / "docs" / "decisions").glob("*.md"))
    linked = re.findall(r"decisions/(\d{4}-[\w-]+\.md)", (root / "docs" / "README.md").read_text())
    assert decisions == sorted(set(linked))
