"""Bad input for every verb: what is done to a small course, what is then asked, what must be said.

A row: its name, what is done, the arguments of the command, the exit code, and a pattern that the
sentence must hold. What is done is a function of the course's folder; texts of course.toml are
given as what stands there and what stands there instead.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from support import small_course
from support.small_course import MANIFEST

from i2dl_course.declared import BOUNDARY

HELD = "held"  # stands in a row whose exit code is not 2: the tool has found what it looks for


class Row(NamedTuple):
    """One bad input."""

    name: str
    spoil: Callable[[Path], object]
    arguments: tuple[str, ...]
    pattern: str
    code: int = 2


def nothing(_: Path) -> None:
    """The course is as it should be; the arguments are not."""


def _file(name: str, data: str | bytes) -> Callable[[Path], object]:
    data = data.encode() if isinstance(data, str) else data

    def write(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)

    return write


def _folder(name: str) -> Callable[[Path], object]:
    def make(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).mkdir(parents=True)

    return make


def _gone(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).unlink()


# --- course.toml ----------------------------------------------------------------------------------


def _manifest(name: str, old: str, new: str, pattern: str) -> Row:
    assert MANIFEST.count(old), name
    spoiled = MANIFEST.replace(old, new, 1)
    return Row(f"manifest: {name}", _file("course.toml", spoiled), ("build", "--stubs"), pattern)


def _whole(name: str, data: str | bytes, pattern: str, *arguments: str) -> Row:
    arguments = arguments or ("build", "--stubs")
    return Row(f"manifest: {name}", _file("course.toml", data), arguments, pattern)


EMPTY = r"course\.toml is empty; it needs \[course\]"
MANIFESTS = [
    _whole("empty", "", EMPTY),
    _whole("empty, asked by grade", "", EMPTY, "grade", "ex"),
    _whole("empty, asked by judge", "", EMPTY, "judge", "."),
    _whole("empty, asked by prepare", "", EMPTY, "prepare"),
    _whole("empty, asked by demo", "", EMPTY, "demo"),
    _whole("comments only", "# nothing\n", EMPTY),
    _whole("not UTF-8", MANIFEST.encode() + b"# \xff\n", r"course\.toml is not UTF-8 \(byte 0xff"),
    _whole("UTF-16", MANIFEST.encode("utf-16"), r"course\.toml is not UTF-8"),
    _whole("random bytes", bytes(range(128, 256)), r"course\.toml is not UTF-8"),
    _whole("zero bytes", b"\0" * 64, r"not valid TOML"),
    _whole("no TOML", "course: small\n", r"course\.toml is not valid TOML: .*line 1"),
    _whole("cut off", MANIFEST[:200], r"course\.toml"),
    _whole("key twice", MANIFEST.replace('id = "small"', 'id = "a"\nid = "b"'), "not valid TOML"),
    _whole("no tasks", MANIFEST.split("[[task]]")[0], r"\[\[task\]\] must be given at least once"),
    _whole("tasks empty", "task = []\n" + MANIFEST.split("[[task]]")[0], r"\[\[task\]\] must be"),
    _whole("task a table", MANIFEST.split("[[task]]")[0] + "[task]\nname='x'\n", r"\[\[task\]\]"),
    Row(
        "manifest: a folder",
        _folder("course.toml"),
        ("build",),
        r"course\.toml is a folder and must be a file",
    ),
    Row(
        "manifest: none", _gone("course.toml"), ("build",), r"No course\.toml in .*run the command"
    ),
    Row("manifest: none, grade", _gone("course.toml"), ("grade", "ex"), r"No course\.toml in"),
    Row("manifest: none, judge", _gone("course.toml"), ("judge", "."), r"No course\.toml in"),
    Row("manifest: none, prepare", _gone("course.toml"), ("prepare",), r"No course\.toml in"),
    Row("manifest: none, markers", _gone("course.toml"), ("check-markers",), r"No course\.toml"),
    _manifest("id missing", 'id = "small"\n', "", r"\[course\] id is missing"),
    _manifest("id a number", 'id = "small"', "id = 5", r"\[course\] id must be a text"),
    _manifest("id empty", 'id = "small"', 'id = " "', r"\[course\] id must not be empty"),
    _manifest("id misspelt", 'id = "small"', 'idd = "small"', r"idd is not a known key; known: id"),
    _manifest("course missing", "[course]", "[curse]", r"curse is not a known key"),
    _manifest("title a list", '"A small course"', "[]", r"\[course\] title must be a text"),
    _manifest("exercise missing", "[exercise]", "[exercises]", r"exercises is not a known key"),
    _manifest("name with a slash", '"ex"', '"e/x"', r"name may hold only letters"),
    _manifest("name a climb", '"ex"', '".."', r"name may hold only letters"),
    _manifest("name empty", '"ex"', '""', r"\[exercise\] name must not be empty"),
    _manifest(
        "opens a text", "opens = 2020-05-22T12:00:00", 'opens = "May"', r"opens must be a da"
    ),
    _manifest(
        "opens a day", "2020-05-22T12:00:00", "2020-05-22", r"opens must be a date with a ti"
    ),
    _manifest("opens no day", "2020-05-22T12", "2020-13-22T12", r"not valid TOML"),
    _manifest("offset", "2020-05-22T12:00:00", "2020-05-22T12:00:00Z", r"opens must be local time"),
    _manifest("closes first", "2020-05-27", "2020-05-01", r"closes must be later than opens"),
    _manifest("closes missing", "closes = 2020-05-27T23:59:59\n", "", r"closes is missing"),
    _manifest("no zone", "Europe/Berlin", "CEST", r'time_zone "CEST" is no known time zone; give'),
    _manifest("zone climbs", "Europe/Berlin", "../etc", r"is no known time zone"),
    _manifest("pass mark a text", "= 80", '= "80"', r"pass_mark must be a whole number"),
    _manifest("pass mark true", "= 80", "= true", r"pass_mark must be a whole number"),
    _manifest("pass mark above", "= 80", "= 101", r"pass_mark must be between 0 and 100"),
    _manifest("pass mark below", "= 80", "= -1", r"pass_mark must be between 0 and 100"),
    _manifest("no notebooks", '["1_graded", "2_free"]', "[]", r"notebooks must be a list of names"),
    _manifest("notebook 5", '"2_free"]', "5]", r"notebooks must be a list of names"),
    _manifest("notebook twice", '"2_free"]', '"1_graded"]', r"notebooks names something twice"),
    _manifest("notebook .ipynb", '"2_free"]', '"2.ipynb"]', r'"2.ipynb" must be a plain name'),
    _manifest("graded unknown", '"1_graded.ipynb"', '"9.ipynb"', r'"9.ipynb" is none of the noteb'),
    _manifest("no files", '["exercise_code/work.py"]', "[]", r"files must be a list of names"),
    _manifest("file absolute", '["exercise_code/', '["/exercise_code/', r"plain relative path"),
    _manifest("file climbs", '["exercise_code/', '["../exercise_code/', r"plain relative path"),
    _manifest("file no module", 'work.py"]', 'work.txt"]', r"must name one \.py file exactly"),
    _manifest("file a pattern", 'work.py"]', '*.py"]', r"must name one \.py file exactly"),
    _manifest("task's name", '"double"', '"dou ble"', r'"dou ble" must be a plain Python name'),
    _manifest("task's name twice", '"halve"', '"double"', r'name "double" is used twice'),
    _manifest("points a text", "points = 40", 'points = "40"', r"points must be a whole number"),
    _manifest("points 0", "points = 40", "points = 0", r"points must be above 0"),
    _manifest("points 41", "points = 40", "points = 41", r"must add up to 100, not to 101"),
    _manifest(
        "task's file", 'file = "exercise_code/work.py"', 'file = "a.py"', r"is not in \[hand"
    ),
    _manifest("task's function", '"Halver.halve"', '"Halver.5"', r"must be a function or Class"),
    _manifest(
        "task without file", 'file = "exercise_code/work.py"\n', "", r"number 1 file is miss"
    ),
    _manifest("task misspelt", "points = 60", "point = 60", r"number 2 point is not a known key"),
    _manifest(
        "function gone", '"Halver.halve"', '"Halver.third"', r"has no Halver\.third, but cou"
    ),
]


# --- arguments ------------------------------------------------------------------------------------


def _call(*arguments: str, says: str) -> Row:
    return Row(f"call: {' '.join(arguments)!r}", nothing, arguments, says)


ARGUMENTS = [
    _call(says=r"arguments are required: VERB"),
    _call("grad", says=r"invalid choice: 'grad'.* 'grade'"),
    _call("grade", says=r"arguments are required: EXERCISE"),
    _call("grade", "ex", "ex", says=r"unrecognized arguments: ex"),
    _call("grade", "exercise_06", says=r"no exercise 'exercise_06' in course\.toml; it is ex\."),
    _call("grade", "", says=r"no exercise '' in course\.toml"),
    _call("grade", "ex", "--jobs", "0", says=r"'0' is no number of jobs; give one from 1 to 1000"),
    _call("grade", "ex", "--jobs", "two", says=r"'two' is no number of jobs"),
    _call("grade", "ex", "--jobs", "-1", says=r"--jobs: .*-1"),
    _call("grade", "ex", "--jobs", "1001", says=r"'1001' is no number of jobs"),
    _call("grade", "ex", "--students", ",", says=r"',' names nobody"),
    _call("grade", "ex", "--students", "zoe", says=r"no hand-in of ex by zoe in submitted/"),
    _call("grade", "ex", "--students", "../anna", says=r"cannot be the name of a student"),
    _call("grade", "ex", "--students", "*", says=r"cannot be the name of a student"),
    _call("grade", "ex", "--students", "x" * 129, says=r"cannot be the name of a student"),
    _call("grade", "ex", "--seconds", "0", says=r"'0' is no time limit"),
    _call("grade", "ex", "--seconds", "nan", says=r"'nan' is no time limit"),
    _call("grade", "ex", "--seconds", "1h", says=r"'1h' is no time limit"),
    _call("grade", "ex", "--execute", "none", says=r"--execute: invalid choice: 'none'"),
    _call("grade", "ex", "--execute", "all", "--verdicts-only", says=r"not allowed with"),
    _call("grade", "ex", "--sandbox", "glass", says=r"--sandbox: invalid choice: 'glass'"),
    _call("grade", "ex", "--tls-ca", says=r"--tls-ca: expected one argument"),
    _call("grade", "ex", "--scheduler", "x:1", "--tls-ca", "no.pem", says=r"no file no\.pem"),
    _call("judge", says=r"arguments are required: PATH"),
    _call("judge", "nowhere", says=r"no hand-in at nowhere: no such file or folder"),
    _call("judge", "a\nb", says=r"no hand-in at a"),
    _call("judge", ".", "--seed", "-1", says=r"--seed"),
    _call("judge", ".", "--seed", "x", says=r"'x' is no seed; give a whole number"),
    _call("judge", ".", "--seconds", "3600", says=r"'3600' is no time limit"),
    _call("report", "ex", says=r"unrecognized arguments: ex"),
    _call("report", "--to", "course.toml", says=r"course\.toml is a file; give a folder"),
    _call("report", "--to", "course.toml/x", says=r"course\.toml/x: Not a directory"),
    _call("export", says=r"arguments are required: --for"),
    _call("export", "--for", "ilias", says=r"--for: invalid choice: 'ilias'"),
    _call("export", "--for", "csv", "--to", "notebooks", says=r"notebooks.*[Dd]irectory"),
    _call("similar", says=r"no two hand-ins in submitted/ to compare; collect first"),
    _call("similar", "--students", "zoe", says=r"no hand-in of ex by zoe in submitted/"),
    _call("similar", "--at-least", "0", says=r"'0' is no share; give a percentage from 1 to 100"),
    _call("similar", "--common", "1", says=r"'1' is no number of hand-ins; give 2 or more"),
    _call("build", "--check", "--stubs", says=r"not allowed with"),
    _call("build", "now", says=r"unrecognized arguments: now"),
    _call("prepare", "ex", says=r"unrecognized arguments: ex"),
    _call("doctor", "--service", "door", says=r"--service door is no address; give one such as"),
    _call("doctor", "--jsn", "x", says=r"unrecognized arguments"),
    _call("demo", "--jobs", "0", says=r"'0' is no number of jobs"),
    _call("demo", "--jobs", "x", says=r"'x' is no number of jobs"),
    _call("demo", "--keep", "course.toml", says=r"course\.toml is a file; give a folder"),
    _call(
        "demo", "--keep", "notebooks", says=r"is not empty and holds no earlier demo; give an em"
    ),
    _call("demo", "--keep", "course.toml/x", says=r"course\.toml/x: Not a directory"),
    _call("demo", "--keep", says=r"--keep: expected one argument"),
]


# --- hand-ins -------------------------------------------------------------------------------------


def _zip(names: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return file.getvalue()


def _tar_gz() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("work.py"))
    return file.getvalue()


WORK = "exercise_code/work.py"
GOOD = _zip({WORK: b"def double(x):\n    return 2 * x\n" * 40, "1_graded.ipynb": b"{}"})
LOCKED = bytearray(_zip({WORK: b"x"}))
LOCKED[6] |= 1  # "encrypted", in the file's own head and in the list at the end
LOCKED[LOCKED.index(b"PK\x01\x02") + 8] |= 1
DAMAGED = bytearray(GOOD)
DAMAGED[60:90] = b"\xff" * 30


def _sent(name: str, data: bytes | bytearray, pattern: str) -> Row:
    return Row(f"zip: {name}", _file("sent.zip", bytes(data)), ("judge", "sent.zip"), pattern)


def _linked(root: Path) -> None:
    (root / "sent").symlink_to(root / "submitted")


def _many(root: Path) -> None:
    (root / "sent").mkdir()
    for number in range(5001):
        (root / "sent" / str(number)).touch()


HANDINS = [
    _sent("0 bytes", b"", r"is empty, as after an upload that broke off; ask for it once more"),
    _sent("rar", b"Rar!\x1a\x07\x01\0" + bytes(90), r"is a RAR archive and no zip.*pack the files"),
    _sent("7z", b"7z\xbc\xaf\x27\x1c" + bytes(90), r"is a 7-Zip archive and no zip"),
    _sent("tar.gz", gzip.compress(_tar_gz()), r"is a gzip archive \(\.tar\.gz\) and no zip"),
    _sent("tar", _tar_gz(), r"is a tar archive and no zip"),
    _sent("bz2", b"BZh91AY" + bytes(90), r"is a bzip2 archive"),
    _sent("xz", b"\xfd7zXZ\0" + bytes(90), r"is an xz archive"),
    _sent(
        "html", b"\n<!DOCTYPE html><title>Log in</title>", r"is a web page and no zip.*login page"
    ),
    _sent("html, capitals", b"<HTML>", r"is a web page and no zip"),
    _sent("pdf", b"%PDF-1.7\n", r"is a PDF and no zip"),
    _sent("picture", b"\x89PNG\r\n\x1a\n", r"is a picture and no zip"),
    _sent("program", b"MZ" + bytes(90), r"is a program and no zip"),
    _sent("notebook", b'{"cells": []}', r"is a notebook or a text and no zip"),
    _sent("module", b"import numpy\n", r"is a notebook or a text and no zip"),
    _sent("noise", b"\x07\x08\x09" * 99, r"is no zip; pack the files as a zip"),
    _sent(
        "truncated", GOOD[: len(GOOD) // 2], r"a part is missing or damaged.*ask for it once more"
    ),
    _sent("beginning lost", GOOD[40:], r"sent\.zip "),
    _sent("damaged", DAMAGED, r"sent\.zip .*(damaged).*ask for it once more"),
    _sent("password", LOCKED, r"is protected with a password; hand in a plain zip"),
    _sent("lzma", _zip({WORK: b"x"}, zipfile.ZIP_LZMA), r"packed in an unusual way"),
    _sent("no entry", _zip({}), r"holds no hand-in: none of the files to hand in"),
    _sent("other files", _zip({"essay.txt": b"x"}), r"holds no hand-in: none of the files"),
    _sent("climbs", _zip({"../x.py": b"x"}), r"whose name leads outside of it"),
    _sent("absolute", _zip({"/etc/x.py": b"x"}), r"whose name leads outside of it"),
    _sent("a large module", _zip({WORK: bytes(2 << 20)}), r"is larger than 1 MB"),
    _sent("many entries", b"PK\x01\x02" * 5001, r"holds more than 5000 files"),
    Row(
        "hand-in: a link", _linked, ("judge", "sent"), r"sent is a link; give the folder or the zip"
    ),
    Row("hand-in: empty", _folder("sent"), ("judge", "sent"), r"sent holds no hand-in"),
    Row("hand-in: a pipe", lambda root: os.mkfifo(root / "p"), ("judge", "p"), r"neither a folder"),
    Row(
        "hand-in: 5001 files", _many, ("judge", "sent"), r"more than 5000 files.*one student's fol"
    ),
    Row("hand-in: large", _file(f"s/{WORK}", bytes(2 << 20)), ("judge", "s"), r"larger than 1 MB"),
    Row("hand-in: other", _file("s/a.txt", b"x"), ("judge", "s"), r"s holds no hand-in: none of"),
    Row(
        "hand-ins: none",
        lambda root: (root / "submitted").rename(root / "away"),
        ("grade", "ex"),
        r"no hand-in of ex in submitted/; collect first",
    ),
    Row(
        "hand-ins: a file",
        lambda root: (
            (root / "submitted").rename(root / "away"),
            _file("submitted", "x")(root),
        ),
        ("grade", "ex"),
        r"no hand-in of ex in submitted/; collect first",
    ),
]


# --- gradebooks -----------------------------------------------------------------------------------


def _sql(*statements: str) -> Callable[[Path], object]:
    def run(root: Path) -> None:
        book = sqlite3.connect(root / "gradebook.db")
        for statement in statements:
            book.execute(statement)
        book.commit()
        book.close()

    return run


def _cut(root: Path) -> None:
    data = (root / "gradebook.db").read_bytes()
    (root / "gradebook.db").write_bytes(data[: len(data) // 2])


def _noise(root: Path) -> None:
    data = bytearray((root / "gradebook.db").read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    (root / "gradebook.db").write_bytes(data)


def damage_index(root: Path) -> None:
    """Of the grades, which nbgrader comes to late."""
    book = sqlite3.connect(root / "gradebook.db")
    [(page,)] = book.execute(
        "SELECT rootpage FROM sqlite_master WHERE type = 'index' AND tbl_name = 'grade' LIMIT 1"
    )
    [(size,)] = book.execute("PRAGMA page_size")
    book.close()
    with (root / "gradebook.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def _prepared(name: str, spoil: Callable[[Path], object], pattern: str) -> Row:
    return Row(f"gradebook: {name}, prepared", spoil, ("prepare",), pattern)


def _book(
    name: str, spoil: Callable[[Path], object], pattern: str, code: int = 2, *arguments: str
) -> Row:
    return Row(f"gradebook: {name}", spoil, ("grade", "ex", *arguments), pattern, code)


def _url(url: str) -> Callable[[Path], object]:
    return _file("nbgrader_config.py", f"get_config().CourseDirectory.db_url = {url!r}\n")


NO_GRADEBOOK = r"gradebook\.db is there and is no gradebook; put a copy"
DAMAGED_BOOK = r"gradebook\.db is damaged \(.*put a copy of it in its place"
OLD_BOOK = r"it is of another version of nbgrader\. Run `nbgrader db upgrade`"
OTHER_TABLE = "CREATE TABLE course_verdict (exercise TEXT, student TEXT)"
GRADEBOOKS = [
    _book("none", _gone("gradebook.db"), r"does not know ex; run `course prepare` first\."),
    _book("0 bytes", _file("gradebook.db", b""), r"does not know ex; run `course prepare` first"),
    _book(
        "a text", _file("gradebook.db", "no database\n" * 99), r"is damaged \(.*`course prepare` c"
    ),
    _book("cut in half", _cut, r"is damaged \(.*put a copy of it in its place"),
    _book("noise", _noise, r"is damaged \(.*put a copy of it in its place"),
    _book("a folder", _folder("gradebook.db"), r"gradebook\.db is a folder; put it away"),
    _book("no exercise", _sql("DELETE FROM assignment"), r"does not know ex; run `course prepare`"),
    _book(
        "a cell less", _sql("DELETE FROM base_cell WHERE name='halve'"), r"not the tasks of cours"
    ),
    _book(
        "a column less",
        _sql("ALTER TABLE grade DROP COLUMN extra_credit"),
        r"table grade of the gradebook has no extra_credit: it is of another version of nbgrader\. "
        r"Run `nbgrader db upgrade`",
    ),
    _book(
        "a table less",
        _sql("DROP TABLE submitted_notebook"),
        r"table submitted_notebook of the gradebook has no .*`nbgrader db upgrade`",
    ),
    _book(
        "our table of another version",
        _sql(OTHER_TABLE),
        r"course_verdict .*another version of `course`\. Rename it.*no grade is lost",
    ),
    _book("db_url empty", _url(""), r"db_url in nbgrader_config\.py is no address of a database"),
    _book("db_url nonsense", _url("no se"), r"db_url in nbgrader_config\.py is no address"),
    _book("db_url of no kind", _url("snail://u:secret@h/x"), r"db_url .* is no address"),
    _book("db_url's port", _url("postgresql://u:secret@h:port/x"), r"db_url .* is no address"),
    _book("no driver", _url("mysql://u:secret@h/x"), r"db_url .* needs MySQLdb, which is not inst"),
    _book(
        "server down",
        _url("postgresql+psycopg://u:secret@127.0.0.1:1/x"),
        r"does not answer \(.*start the database's server",
    ),
    _book(
        "config broken", _file("nbgrader_config.py", "c = ("), r"nbgrader_config\.py cannot be re"
    ),
    _book(
        "config raises", _file("nbgrader_config.py", "1/0"), r"nbgrader_config\.py cannot be read"
    ),
    _prepared("a text", _file("gradebook.db", "no database\n"), NO_GRADEBOOK),
    _prepared("a folder", _folder("gradebook.db"), NO_GRADEBOOK),
    _prepared("cut in half", _cut, DAMAGED_BOOK),
    _prepared("noise", _noise, DAMAGED_BOOK),
    _prepared("index damaged", damage_index, DAMAGED_BOOK),
    _prepared("a column less", _sql("ALTER TABLE grade DROP COLUMN extra_credit"), OLD_BOOK),
    _prepared("a table less", _sql("DROP TABLE submitted_notebook"), OLD_BOOK),
    _prepared(
        "our table of another version", _sql(OTHER_TABLE), r"another version of `course`\. Rename"
    ),
    _prepared("db_url nonsense", _url("no se"), r"db_url in nbgrader_config\.py is no address"),
    _prepared(
        "server down",
        _url("postgresql+psycopg://u:secret@127.0.0.1:1/x"),
        r"does not answer \(.*start the database's server",
    ),
    _prepared("config broken", _file("nbgrader_config.py", "c = ("), r"config\.py cannot be rea"),
]


# --- what everybody is graded with ----------------------------------------------------------------


def _kit(name: str, spoil: Callable[[Path], object], pattern: str) -> Row:
    return Row(f"course: {name}", spoil, ("grade", "ex"), pattern)


SOURCE = "source/ex/1_graded.ipynb"
CHECKS = "exercise_code/tests/checks.py"
KITS = [
    _kit("source gone", _gone(SOURCE), r"There is no .*1_graded\.ipynb; run `course build`"),
    _kit(
        "source no JSON", _file(SOURCE, "{"), r"^course: source/ex/1_graded\.ipynb is no notebook"
    ),
    _kit(
        "source a list", _file(SOURCE, "[]"), r"^course: source/ex/1_graded\.ipynb is no notebook"
    ),
    _kit("source without cells", _file(SOURCE, json.dumps({})), r"is no notebook; run `course b"),
    _kit("source's cells 5", _file(SOURCE, '{"cells": 5}'), r"is no notebook; run `course build`"),
    _kit("source noise", _file(SOURCE, b"\xff\xfe\0"), r"is no notebook; run `course build`"),
    _kit("source deep", _file(SOURCE, "[" * 100_000), r"is no notebook; run `course build`"),
    _kit("checks broken", _file(CHECKS, "x = (\n"), r"tests/checks\.py, line 1, is no Python \("),
    _kit("checks noise", _file(CHECKS, b"\xff\0\xfe"), r"tests/checks\.py.* is no Python \("),
    _kit("checks NUL", _file(CHECKS, b"x = 1\0"), r"tests/checks\.py.* is no Python \("),
    _kit(
        "no package",
        lambda root: (root / "exercise_code").rename(root / "away"),
        r"There is no exercise_code in .*nothing can be judged",
    ),
    _kit(
        "a link in the package",
        lambda root: (root / "exercise_code/more.py").symlink_to("/etc/hostname"),
        r"exercise_code/more\.py: is a link",
    ),
    _kit("autograded a file", _file("autograded", "x"), r"autograded \(it is no folder\)"),
    _kit("feedback a file", _file("feedback", "x"), r"feedback \(it is no folder\)"),
]


# --- what judging asks of the checks --------------------------------------------------------------

DECLARATION = "exercise_code/tests/declaration.py"


def _declared(name: str, old: str, new: str, pattern: str) -> Row:
    """The declaration with another text in it; asked by whoever judges."""
    assert small_course.DECLARATION.count(old), name
    spoiled = small_course.DECLARATION.replace(old, new, 1)
    return Row(f"declaration: {name}", _file(DECLARATION, spoiled), ("judge", "mine"), pattern)


def _checked(name: str, file: str, old: str, new: str, pattern: str) -> Row:
    sound = getattr(small_course, {"checks": "CHECKS", "__init__": "CHECKS_PACKAGE"}[file])
    assert sound.count(old), name
    spoil = _file(f"exercise_code/tests/{file}.py", sound.replace(old, new))
    return Row(f"checks: {name}", spoil, ("judge", "mine"), pattern)


def _no_module(name: str) -> Row:
    path = f"exercise_code/tests/{name}.py"
    pattern = rf"tests/{name}\.py is missing|cannot be imported from .*{name}"
    return Row(f"checks: no {name}", _gone(path), ("judge", "mine"), pattern)


JUDGED = [
    _declared("no Python", "CALLABLES = (", "CALLABLES = ((", r"cannot be imported .*SyntaxError"),
    _declared("raises", 'EXERCISE = "ex"', "EXERCISE = 1 / 0", r"cannot .*ZeroDivisionError"),
    _declared("ends", 'EXERCISE = "ex"', "raise SystemExit", r"cannot be imported .*SystemExit"),
    _declared("no EXERCISE", 'EXERCISE = "ex"', "", r"declaration\.py: EXERCISE must be the name"),
    _declared("EXERCISE 5", '"ex"', "5", r"declaration\.py: EXERCISE must be the name"),
    _declared("no NOTEBOOK", "NOTEBOOK =", "NOTE =", r"NOTEBOOK must be the name of the noteb"),
    _declared("no FILES", "FILES =", "FILE =", r"FILES must be a tuple of the files"),
    _declared("FILES a text", 'work.py",)', 'work.py")', r"FILES must be a tuple of the files"),
    _declared("FILES of 5", '("exercise_code/work.py",)', "(5,)", r"FILES must be a tuple of"),
    _declared("no CALLABLES", "CALLABLES =", "CALLED =", r"CALLABLES must be a tuple of Function"),
    _declared("CALLABLES 5", "DRAWING = ()", "CALLABLES = 5", r"CALLABLES must be a tuple of"),
    _declared(
        "a name only", "DRAWING", 'CALLABLES = ("double",)\nDRAWING', r"number 1 .* no right name"
    ),
    _declared("name 5", 'name="double"', "name=5", r"number 1 of CALLABLES has no right name"),
    _declared("no file", 'file="exercise', 'path="exercise', r"number 1 .* has no right file"),
    _declared("no cache", ", returns_cache=False", "", r"number 1 .* no right returns_cache"),
    _declared("methods a text", '("halve",)', '"halve"', r"number 2 .* has no right methods"),
    _declared("no arguments", ", arguments=dict", "", r"number 2 .* has no right arguments"),
    _declared("no LIBRARIES", "LIBRARIES =", "LIBRARY =", r"LIBRARIES must be a tuple of the pack"),
    _declared("no GIVEN", "GIVEN =", "GAVE =", r"GIVEN must be a tuple of the modules that are"),
    _declared("GIVEN unknown", "GIVEN = ()", 'GIVEN = ("no",)', r"GIVEN names no, which is not in"),
    _declared("no DRAWING", "DRAWING =", "DRAWN =", r"DRAWING must be a tuple of the modules"),
    _declared("DRAWING unknown", "DRAWING = ()", 'DRAWING = ("plot",)', r"DRAWING names plot, wh"),
    _declared(
        "DRAWING changed", "HELPERS =", 'DRAWING += ("x",)\nHELPERS =', r"DRAWING is written out an"
    ),
    _declared("no HELPERS", "HELPERS =", "HELPER =", r"HELPERS must be a dict of tuples of names"),
    _declared("HELPERS a tuple", "HELPERS = {}", "HELPERS = ()", r"HELPERS must be a dict of tup"),
    _declared(
        "HELPERS of a text", "HELPERS = {}", 'HELPERS = {"calling": "x"}', r"HELPERS must be a"
    ),
    _declared(
        "HELPERS of no module", "HELPERS = {}", 'HELPERS = {"no": ("x",)}', r"HELPERS names no\.x,"
    ),
    _declared(
        "HELPERS unknown",
        "HELPERS = {}",
        'HELPERS = {"calling": ("x",)}',
        r"HELPERS names calling\.x, which is not in exercise_code/tests",
    ),
    _checked("CHECKS a list", "checks", "CHECKS =", "CHECKS = []\n_ =", r"CHECKS must be a dict"),
    _checked("no points", "checks", "points=40, ", "", r"the check double has no right points"),
    _checked("no function", "checks", 'function="double", ', "", r"has no right function"),
    _checked("no draw", "checks", "draw=list, ", "", r"the check double has no right draw"),
    _checked("no run", "checks", ", run=list", "", r"the check double has no right run"),
    _checked("no traced", "checks", ", traced=list", "", r"the check double has no right traced"),
    _checked("no Model", "__init__", "import Model", "import Model as M", r"Model is missing; imp"),
    _checked(
        "no StudentError", "__init__", "import StudentError, ", "import ", r"StudentError is miss"
    ),
    *map(_no_module, BOUNDARY),
]


# --- what authors write ---------------------------------------------------------------------------


def _built(name: str, spoil: Callable[[Path], object], pattern: str) -> Row:
    return Row(f"build: {name}", spoil, ("build",), pattern)


def _marked(name: str, data: str | bytes, pattern: str) -> Row:
    return Row(f"markers: {name}", _file(HIDDEN, data), ("check-markers", HIDDEN), pattern, code=1)


HIDDEN = "instructor/hidden/double.py"
SOLUTION = "instructor/solution/exercise_code/work.py"
AUTHORED = [
    _built("hidden noise", _file(HIDDEN, b"\xff\xfe\0\1"), r"hidden/double\.py is not UTF-8"),
    _built("hidden broken", _file(HIDDEN, "score = (\n"), r"hidden/double\.py"),
    _built("hidden NUL", _file(HIDDEN, "score = 1\0\n"), r"hidden/double\.py"),
    _built("hidden empty", _file(HIDDEN, ""), r"hidden/double\.py: holds no test"),
    _built("hidden gone", _gone(HIDDEN), r"hidden/double\.py: is missing"),
    _built("hidden a folder", _folder(HIDDEN), r"hidden/double\.py"),
    _built("solution noise", _file(SOLUTION, b"\xff"), r"solution/.*work\.py is not UTF-8"),
    _built("solution gone", _gone(SOLUTION), r"solution/.*work\.py: is missing"),
    _built("solution broken", _file(SOLUTION, "def double(x:\n"), r"solution/.*work\.py"),
    _built("solution bare", _file(SOLUTION, "x = 1\n"), r"work\.py: holds no `### BEGIN SOLUTION`"),
    _built("notebook noise", _file("notebooks/1_graded.py", b"\xff"), r"1_graded\.py is not UTF-8"),
    _built("notebook gone", _gone("notebooks/2_free.py"), r"2_free\.py: is missing"),
    _built("notebook surplus", _file("notebooks/3.py", "# %%\n"), r"3\.py: is not in \[exercise\]"),
    _built("notebook empty", _file("notebooks/1_graded.py", ""), r"1_graded"),
    _built("checks broken", _file(CHECKS, "x = (\n"), r"The checks cannot be imported from"),
    _built(
        "no checks for a task", _file(CHECKS, "CHECKS = {}\n"), r"there is no check for the task"
    ),
    _marked("noise", b"\xff", r"double\.py.* is not UTF-8"),
    _marked("broken", "score = (\n", r"double\.py"),
    _marked("NUL", "x = 1\0", r"double\.py"),
    _marked("marker", "### BEGIN SOLUTON\n", r"double\.py:"),
    Row("markers: none", nothing, ("check-markers", "no.py"), r"no\.py.* cannot be read", code=1),
    Row("markers: a folder", nothing, ("check-markers", "notebooks"), r"is a folder and must", 1),
]


# --- what is published ----------------------------------------------------------------------------


def _published(name: str, spoil: Callable[[Path], object], pattern: str, *more: str) -> Row:
    def released(root: Path) -> None:
        for file in ("1_graded.ipynb", "2_free.ipynb"):
            notebook = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
            _file(f"release/ex/{file}", notebook)(root)
        _file("release/ex/exercise_code/work.py", "")(root)
        for file in (
            "LICENSE",
            "CHANGELOG.md",
            "docs/reading.md",
            "docs/students.md",
            "requirements-student.lock",
        ):
            _file(file, "")(root)
        _file("student_tree/README.md", "{{ exercise.title }}\n")(root)
        spoil(root)

    return Row(f"publish: {name}", released, ("publish", *(more or ("--to", "out"))), pattern)


README = "student_tree/README.md"
PUBLISHED = [
    Row("publish: no release", nothing, ("publish", "--to", "out"), r"no release/ex, so there"),
    Row("publish: nowhere", nothing, ("publish",), r"arguments are required: --to"),
    _published("stub gone", _gone("release/ex/exercise_code/work.py"), r"work\.py: is missing"),
    _published("no licence", _gone("LICENSE"), r"no LICENSE in the course, and students are"),
    _published("template broken", _file(README, "\n{% if x"), r"README\.md:2: "),
    _published("value unknown", _file(README, "{{ x }}"), r"README\.md: 'x' is undefined"),
    _published("template no text", _file(README, b"\xff"), r"README\.md is not UTF-8"),
    _published("name taken", _file("student_tree/ex/2_free.ipynb", ""), r"the release has a file"),
    _published("into a file", _file("out", ""), r"out is a file; give a folder"),
    _published("folder in use", _file("out/x", ""), r"out holds files but no SHA256SUMS"),
    _published("sums no sums", _file("out/SHA256SUMS", "x"), r"is not what `course publish` write"),
    _published("into the course", nothing, r"is the course itself", "--to", "."),
    _published("branch of a folder", nothing, r"no branch", "--to", "out", "--branch", "x"),
    _published("no reason", nothing, r"go together", "--to", "out", "--change", "README.md"),
    _published(
        "change of nothing", nothing, r"--change x: the", *"--to out --change x --because y".split()
    ),
    _published(
        "no repository",
        nothing,
        r"Git cannot `ls-remote`: '/nowhere' does not",
        "--to",
        "file:///nowhere",
    ),
]

ROWS = [*MANIFESTS, *ARGUMENTS, *HANDINS, *GRADEBOOKS, *KITS, *JUDGED, *AUTHORED, *PUBLISHED]
