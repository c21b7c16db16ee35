"""What students get: all of it, nothing else, always the same, and never taken away again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from support.published import HUB, LITE, REPOSITORY, copy_course, with_addresses

from i2dl_course import cli
from i2dl_course.errors import CourseError
from i2dl_course.publishing import repository
from i2dl_course.publishing.change import Allowed
from i2dl_course.publishing.links import links
from i2dl_course.publishing.tree import student_tree

NOTEBOOK = "exercise_05/1_TwoLayerNetwork.ipynb"
LAYER = "exercise_05/exercise_code/networks/layer.py"
SOLVER = "exercise_05/exercise_code/solver.py"
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A course"), ("EMAIL", "course@example.org"))
}


@pytest.fixture
def course(root, tmp_path):
    """A copy of this course without what its authors write."""
    return copy_course(root, tmp_path / "course")


@pytest.fixture
def publish(course, monkeypatch, capsys):
    """``publish(*arguments)``: the exit code of the command, and what it says."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)

    def run(*arguments):
        monkeypatch.chdir(course.root)
        code = cli.main(["publish", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def git(place, *arguments):
    command = ["git", "-C", place, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def bare(tmp_path):
    """An empty repository, as GitHub makes one."""
    place = tmp_path / "students.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(place))
    return place


def below(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def change_release(course, name=SOLVER, text="\n# A correction.\n"):
    path = course.root / "release" / name
    path.write_bytes(path.read_bytes() + text.encode())


def test_all_of_the_release_and_what_students_need_is_published(course, publish, tmp_path):
    code, said = publish("--to", tmp_path / "out")
    assert code == 0, said
    found = below(tmp_path / "out")
    released = below(course.root / "release")
    assert {name: found[name] for name in released} == released
    assert found.keys() - released.keys() == {
        ".devcontainer/devcontainer.json",
        ".gitattributes",
        ".gitignore",
        ".vscode/extensions.json",
        ".vscode/settings.json",
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "SHA256SUMS",
        "environment.yml",
        "postBuild",
        "reading.md",
        "requirements.txt",
        "students.md",
    }
    listed = dict(line.split("  ")[::-1] for line in found["SHA256SUMS"].decode().splitlines())
    assert listed == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in found.items()
        if name != "SHA256SUMS"
    }
    assert os.access(tmp_path / "out" / "postBuild", os.X_OK)


def test_the_same_course_gives_the_same_bytes_and_then_nothing_to_do(publish, tmp_path):
    publish("--to", tmp_path / "one")
    publish("--to", tmp_path / "two")
    assert below(tmp_path / "one") == below(tmp_path / "two")
    code, said = publish("--to", tmp_path / "one")
    assert code == 0 and "Nothing to publish: all " in said
    assert publish("--to", tmp_path / "one", "--check")[0] == 0


def test_what_authors_write_is_never_read(root, course):
    """`course` has none of it; and where it is all there, none of it is opened."""
    script = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, given: opened.append(str(given[0]))"
        " if event in ('open', 'os.listdir', 'os.scandir') else None)\n"
        "from i2dl_course.manifest import load\n"
        "from i2dl_course.publishing.tree import student_tree\n"
        "import hashlib, json, pathlib\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "tree = student_tree(load(root))\n"
        "print(json.dumps([sorted({pathlib.Path(name).relative_to(root).parts[0] for name in opened"
        " if name.startswith(f'{root}/') and '/src/' not in name and '/.venv/' not in name}),"
        " hashlib.sha256(repr(tree.files).encode()).hexdigest()]))"
    )
    found = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", script, str(place)], capture_output=True, check=True
            ).stdout
        )
        for place in (root, course.root)
    ]
    tops = ["CHANGELOG.md", "LICENSE", "course.toml", "docs", "release"]
    assert found[0][0] == [*tops, "requirements-student.lock", "student_tree"]
    assert found[0] == found[1]


@pytest.mark.parametrize("place", ["student_tree/README.md", "docs/students.md"])
def test_a_line_of_the_solution_in_any_text_is_refused(root, tmp_path, publish, course, place):
    copy_course(root, tmp_path / "whole", "instructor")
    (tmp_path / "whole" / "instructor").rename(course.root / "instructor")
    with (course.root / place).open("a") as file:
        file.write("\nHint: `out = x.reshape(x.shape[0], -1) @ w + b`.\n")
    code, said = publish("--to", tmp_path / "out")
    assert code == 2 and "leaks in 1 place" in said, said
    assert not (tmp_path / "out").exists()


def test_no_link_in_what_students_read_leads_nowhere(course):
    for texts in (student_tree(course), student_tree(with_addresses(course, hub=HUB, lite=LITE))):
        for name, data in texts.files.items():
            if name.endswith(".md"):
                here = Path(name).parent
                for target in re.findall(r"\]\(([^)\s]+)\)", data.decode()):
                    inside = os.path.normpath(here / target.split("#")[0])
                    assert "://" in target or any(
                        other == inside or other.startswith(f"{inside}/") for other in texts.files
                    ), f"{name}: {target}"


def test_badges_lead_to_every_place_that_the_addresses_allow(course):
    without = student_tree(course).files["README.md"].decode()
    assert "no address at which it could be opened" in without and "mybinder" not in without
    found = links(with_addresses(course, hub=f"{HUB}/"))
    in_lab = "lab/tree/exercise_05/1_TwoLayerNetwork.ipynb"
    assert found.binder == (f"https://mybinder.org/v2/gh/a-course/exercise-5/main?urlpath={in_lab}")
    assert found.nbgitpuller == (
        f"{HUB}/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fa-course%2Fexercise-5"
        "&branch=main&urlpath=lab%2Ftree%2Fexercise-5%2Fexercise_05%2F1_TwoLayerNetwork.ipynb"
    )
    assert found.colab == (
        f"https://colab.research.google.com/github/a-course/exercise-5/blob/main/{NOTEBOOK}"
    )
    assert found.codespaces == "https://codespaces.new/a-course/exercise-5?quickstart=1"
    assert found.zip == f"{REPOSITORY}/archive/refs/heads/main.zip"
    readme = student_tree(with_addresses(course, hub=HUB)).files["README.md"].decode()
    for address in (found.binder, found.colab, found.codespaces, found.nbgitpuller):
        assert f"]({address})" in readme
    assert found.lite is None and "browser alone" not in readme
    gitlab = links(with_addresses(course, "https://gitlab.com/uni/i2dl/ex.git", branch="v/1"))
    assert gitlab.binder == f"https://mybinder.org/v2/gl/uni%2Fi2dl%2Fex/v%2F1?urlpath={in_lab}"
    assert gitlab.zip == "https://gitlab.com/uni/i2dl/ex/-/archive/v/1/ex.zip"
    assert gitlab.colab is None  # it reads notebooks from GitHub alone
    other = links(with_addresses(course, "https://git.example.org/ex", zip="https://a.org/b.zip"))
    assert other.binder and other.binder.startswith("https://mybinder.org/v2/git/https%3A%2F%2Fgit")
    assert other.zip == "https://a.org/b.zip"


def test_a_site_in_the_browser_alone_has_a_badge_with_and_without_a_repository(course):
    opened = f"{LITE}/lab/index.html?path={NOTEBOOK}"
    for place in (REPOSITORY, "https://gitlab.com/uni/ex", "https://git.example.org/ex", None):
        tree = student_tree(with_addresses(course, place, lite=f"{LITE}/"))
        readme = tree.files["README.md"].decode()
        assert f"]({opened})" in readme
        assert "no address at which it could be opened" not in readme
        assert ("mybinder" in readme) == bool(place)


@pytest.fixture
def served(tmp_path):
    """A folder, and the address under which a server of this machine hands out its files."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def first_cell(notebook, place):
    """What the first cell of a notebook prints that lies alone in a folder."""
    place.mkdir()
    cells = json.loads(notebook)["cells"]
    code = "".join(next(cell for cell in cells if cell["cell_type"] == "code")["source"])
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_notebook_opened_alone_fetches_the_rest_and_says_so(course, publish, bare, served):
    """As in Colab, from the zip that GitHub makes of a branch."""
    folder, address = served
    course = with_addresses(course, zip=f"{address}/main.zip")
    assert publish("--to", bare)[0] == 0
    git(bare, "archive", "--prefix=exercise-5-main/", f"--output={folder / 'main.zip'}", "main")
    for name in course.exercise.notebooks:
        published = git(bare, "show", f"main:exercise_05/{name}.ipynb")
        said = first_cell(published, folder / name)
        assert f"Fetching exercise_code from {address}/main.zip" in said
        assert "✓ The data and the given code work here." in said
        assert (folder / name / "exercise_code" / "networks" / "layer.py").is_file()
        released = (course.release_dir / f"{name}.ipynb").read_text()
        filled = f'"PUBLISHED = \\"{address}/main.zip\\"\\n"'
        assert published.replace(filled, '"PUBLISHED = \\"\\"\\n"') == released


def test_a_notebook_that_cannot_fetch_the_rest_says_what_to_do(course, served):
    folder, address = served
    name = f"exercise_05/{course.handin.graded_notebook}"
    for more in ({}, {"zip": f"{address}/nothing.zip"}):
        tree = student_tree(with_addresses(course, "https://git.example.org/ex", **more))
        said = first_cell(tree.files[name], folder / str(len(more)))
        assert "✗ The folder exercise_code is not beside this notebook (" in said
        assert "Open the whole folder that your course hands out" in said
        assert ("HTTP Error 404" in said) == bool(more)


def test_what_machines_read_of_the_tree_is_well_formed(course):
    files = student_tree(course).files
    environment = yaml.safe_load(files["environment.yml"])
    assert environment["name"] == "i2dl-exercise-05"
    assert environment["dependencies"][-1] == {"pip": ["-r requirements.txt"]}
    assert "python=3.11" in environment["dependencies"]
    for name in (".devcontainer/devcontainer.json", ".vscode/settings.json"):
        assert json.loads(files[name])
    compile(files["postBuild"], "postBuild", "exec")


def test_a_repository_gets_one_commit_on_top_and_no_empty_one(course, publish, bare, tmp_path):
    assert publish("--to", bare, "--check")[0] == 1
    code, said = publish("--to", bare)
    assert code == 0, said
    first = git(bare, "rev-parse", "main").strip()
    assert publish("--to", bare)[0] == 0
    assert git(bare, "rev-parse", "main").strip() == first
    change_release(course)
    code, said = publish("--to", bare, "--check")
    assert code == 1 and "changed  exercise_05/exercise_code/solver.py" in said
    assert git(bare, "rev-parse", "main").strip() == first
    assert publish("--to", bare)[0] == 0
    assert git(bare, "rev-list", "--parents", "main").split()[1] == first
    assert git(bare, "show", "--stat", "--format=%s", "main").startswith("Exercise 5: ")
    git(tmp_path, "clone", "--quiet", str(bare), "clone")
    assert below(tmp_path / "clone") == dict(student_tree(course).files)
    assert git(bare, "ls-tree", "main", "postBuild").startswith("100755 ")  # Binder runs it


def test_a_clone_on_this_machine_gets_the_commit_and_is_not_pushed(publish, bare, tmp_path):
    publish("--to", bare)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(bare), str(clone))
    (clone / "slides.md").write_text("# Slides\n")
    code, said = publish("--to", clone)
    assert code == 2 and "changes that are not committed" in said
    git(clone, "add", ".")
    git(clone, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "Slides")
    code, said = publish("--to", clone)
    assert code == 0 and "Nothing to publish" in said  # what else lies there is left alone
    code, said = publish("--to", clone, "--branch", "other")
    assert code == 2 and "is on the branch main; run `git switch other` there" in said


def test_a_push_that_came_in_between_is_not_overwritten(course, publish, bare, tmp_path):
    publish("--to", bare)
    change_release(course)
    tree, scratch = student_tree(course), tmp_path / "scratch"
    scratch.mkdir()
    with repository.checkout(str(bare), None, scratch) as late:
        what = late.change(tree, Allowed())
        change_release(course, text="\n# Another one.\n")
        assert publish("--to", bare)[0] == 0
        between = git(bare, "rev-parse", "main")
        with pytest.raises(
            CourseError, match="Git cannot `push`: .*rejected.* give the command again"
        ):
            late.publish(tree, what, "Late")
    assert git(bare, "rev-parse", "main") == between


def test_a_released_file_is_never_deleted(course, publish, bare, tmp_path):
    publish("--to", bare)
    path = course.root / "release" / SOLVER
    path.rename(path.with_name("training.py"))
    code, said = publish("--to", bare)
    assert code == 0 and f"kept     {SOLVER}" in said
    assert "new      exercise_05/exercise_code/training.py" in said
    git(tmp_path, "clone", "--quiet", str(bare), "clone")
    found = below(tmp_path / "clone")
    assert SOLVER in found and "exercise_05/exercise_code/training.py" in found
    assert SOLVER.encode() in found["SHA256SUMS"]
    assert "Nothing to publish" in publish("--to", bare)[1]


@pytest.mark.parametrize("name", [LAYER, NOTEBOOK])
def test_a_file_that_students_edit_changes_only_with_a_reason(course, publish, bare, name):
    publish("--to", bare)
    before = git(bare, "rev-parse", "main")
    change_release(course, name, "\n")
    change_release(course)
    code, said = publish("--to", bare)
    assert code == 2 and f"{name}: students edit it" in said and "--because REASON" in said
    assert publish("--to", bare, "--change", name) == (
        2,
        "course: --change FILE and --because REASON go together; give both.\n",
    )
    assert git(bare, "rev-parse", "main") == before
    code, said = publish("--to", bare, "--change", name, "--because", "Task 2 named a wrong file.")
    assert code == 0, said
    assert "Task 2 named a wrong file." in git(bare, "show", "--format=%B", "--no-patch", "main")


def test_what_was_changed_by_hand_at_the_place_is_not_overwritten(course, publish, tmp_path):
    place = tmp_path / "out"
    publish("--to", place)
    (place / "README.md").write_text("Mine.\n")
    (place / "SHA256SUMS").rename(tmp_path / "sums")
    code, said = publish("--to", place)
    assert code == 2 and "holds files but no SHA256SUMS" in said
    (tmp_path / "sums").rename(place / "SHA256SUMS")
    code, said = publish("--to", place)
    assert code == 2 and "README.md: was changed there by hand" in said
    (place / "README.md").unlink()
    code, said = publish("--to", place)
    assert code == 2 and "README.md: was deleted there" in said
    change = ("--change", "README.md", "--because", "It was lost.")
    assert publish("--to", place, *change)[0] == 0
    assert (place / "README.md").is_file()


def test_an_interrupted_publishing_goes_on(publish, tmp_path):
    publish("--to", tmp_path / "whole")
    publish("--to", tmp_path / "half")
    for name in ("SHA256SUMS", "students.md"):
        (tmp_path / "half" / name).unlink()
    code, said = publish("--to", tmp_path / "half")
    assert code == 0 and "new      students.md" in said
    assert below(tmp_path / "half") == below(tmp_path / "whole")


def test_names_that_windows_or_macos_cannot_tell_apart_are_refused(course):
    for name, sentence in (
        ("Solver.py", "upper and lower case alone"),
        ("aux.py", "Windows can store no file"),
        ("what?.md", "Windows can store no file"),
    ):
        file = course.root / "release" / "exercise_05" / "exercise_code" / name
        file.write_text("")
        with pytest.raises(CourseError, match=sentence):
            student_tree(course)
        file.unlink()


def test_a_release_in_which_somebody_has_worked_is_refused(course):
    path = course.root / "release" / NOTEBOOK
    notebook = json.loads(path.read_text())
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["execution_count"] = 1
    path.write_text(json.dumps(notebook))
    with pytest.raises(CourseError, match="has outputs, so it was run here"):
        student_tree(course)


def test_the_course_itself_is_no_place_for_students(publish, course):
    for place in (course.root, course.root.parent):
        code, said = publish("--to", place)
        assert code == 2 and "is the course itself, with its solution" in said


def test_a_student_s_edits_live_through_the_next_pull(course, publish, bare, tmp_path):
    """By nbgitpuller itself: a pull after a second publishing keeps edits and brings the new."""
    pytest.importorskip("nbgitpuller", reason="not installed here: make site")
    publish("--to", bare)
    home = tmp_path / "home" / "exercise-5"

    def follow():
        puller = [Path(sys.executable).with_name("gitpuller"), f"file://{bare}", "main", str(home)]
        done = subprocess.run(puller, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    follow()
    solved = (home / LAYER).read_text().replace("raise NotImplementedError", "return 1  #")
    (home / LAYER).write_text(solved)
    notebook = json.loads((home / NOTEBOOK).read_text())
    notebook["cells"][3]["execution_count"] = 7
    (home / NOTEBOOK).write_text(json.dumps(notebook, indent=1))
    (home / "mine.txt").write_text("mine")
    change_release(course)
    (course.root / "release" / "exercise_05" / "hints.md").write_text("# Hints\n")
    assert publish("--to", bare)[0] == 0
    said = follow()
    assert "CONFLICT" not in said
    assert (home / LAYER).read_text() == solved
    assert json.loads((home / NOTEBOOK).read_text()) == notebook
    assert (home / "mine.txt").read_text() == "mine"
    assert (home / "exercise_05" / "hints.md").is_file()
    assert (home / SOLVER).read_text().endswith("# A correction.\n")
    assert git(home, "status", "--porcelain").split() == ["??", "mine.txt"]
