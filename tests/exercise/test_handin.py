"""The hand-in archive: what is in it, and what happens when something is missing."""

import re
import zipfile

import pytest

from exercise_code.handin import ARCHIVE, FILES, pack
from i2dl_course.manifest import load


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"this is {name}")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "exercise_code" / "solver.py").write_text("changed by the student")
    return tmp_path


def test_the_archive_names_the_files_of_the_manifest(root):
    handin = load(root).handin
    assert sorted(FILES) == sorted([handin.graded_notebook, *handin.files])


def test_only_the_files_that_count_get_into_the_archive(folder):
    with zipfile.ZipFile(pack(folder)) as archive:
        assert archive.namelist() == list(FILES)
        assert all(archive.read(name).decode() == f"this is {name}" for name in FILES)


def test_the_student_is_told_what_is_in_the_archive(folder, capsys):
    pack(folder)
    said = capsys.readouterr()
    assert all(name in said.out for name in FILES)
    assert re.search(r"last saved \d\d \w{3} \d\d:\d\d:\d\d", said.out)
    assert max(map(len, said.out.splitlines())) <= 80
    assert said.err == ""


@pytest.mark.parametrize("missing", FILES)
def test_a_hand_in_without_a_file_leaves_the_good_one_from_before(folder, missing):
    before = pack(folder).read_bytes()
    (folder / missing).unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(missing)):
        pack(folder)
    assert (folder / ARCHIVE).read_bytes() == before
    assert [path.name for path in folder.glob("*.part")] == []


def test_packing_twice_does_not_nest_the_first_archive(folder):
    pack(folder)
    with zipfile.ZipFile(pack(folder)) as archive:
        assert ARCHIVE not in archive.namelist()
