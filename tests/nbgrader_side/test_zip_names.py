"""Zips as learning platforms name and bundle them: whose each is, and who is known by no name."""

from __future__ import annotations

import io
import shutil
import zipfile

import pytest
from support.exchange import EXERCISE, Exchange, make_course
from support.handins import reference

ROSTER = (
    "student,first_name,last_name,login,email\n"
    "aberg,Anna,Berg,berg17,anna.berg@example.org\n"
    "sob,Sean,O'Brien,,\n"
    "muel,Jürgen,Müller-Lüdenscheidt,,\n"
    "mjgl,María José,García López,,\n"
    "twin1,Kim,Lee,,\n"
    "twin2,Kim,Lee,,\n"
)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("zips"))


@pytest.fixture
def exchange(template, tmp_path):
    shutil.copytree(template, tmp_path / "course", symlinks=True)
    return Exchange(tmp_path / "course")


def one_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in reference().files.items():
            archive.writestr(name, data)
    return file.getvalue()


def bulk(exchange, name, members):
    """A platform's zip of the zips of all."""
    archive = exchange.root / "downloaded" / EXERCISE / "archive" / name
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as file:
        for member in members:
            file.writestr(member, one_zip())


def test_names_as_platforms_give_them(exchange):
    for name in (
        f"bergotto_LATE_12345_67890_{EXERCISE}-1.zip",  # Canvas
        f"anna_12345_67890_{EXERCISE}.zip",
        f"Sean O'Brien_123456_assignsubmission_file_{EXERCISE}.zip",  # Moodle
        f"Jürgen Müller-Lüdenscheidt_123457_assignsubmission_file_{EXERCISE}.zip",
        f"María José García López_123458_assignsubmission_file_{EXERCISE}.zip",
    ):
        exchange.upload(name)
    exchange.zip_collect()
    assert exchange.students() == sorted(
        [
            "bergotto",
            "anna",
            "Sean O'Brien",
            "Jürgen Müller-Lüdenscheidt",
            "María José García López",
        ]
    )


def test_a_zip_of_all_is_unpacked_and_the_roster_says_who_is_who(exchange, capfd):
    (exchange.root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    bulk(
        exchange,
        "I2DL-Exercise 5-4711.zip",  # Moodle, with folders
        [
            f"Anna Berg_123456_assignsubmission_file_/{EXERCISE}.zip",
            f"Kim Lee_123459_assignsubmission_file_/{EXERCISE}.zip",
            f"{EXERCISE}.zip",
        ],
    )
    bulk(
        exchange,
        "Abgaben.zip",  # Ilias
        [f"Exercise 5/Abgaben/Müller-Lüdenscheidt_Jürgen_muel_4712/20200526203000_{EXERCISE}.zip"],
    )
    exchange.upload(f"obriensean_12345_67890_{EXERCISE}.zip")  # Canvas
    exchange.upload(f"nobody_{EXERCISE}.zip")
    with pytest.raises(SystemExit) as ended:
        exchange.zip_collect()
    assert ended.value.code == 1
    assert exchange.students() == ["aberg", "muel", "sob"]
    stamp = (exchange.collected("muel") / "timestamp.txt").read_text()
    assert stamp.startswith("2020-05-26 18:30:00"), "by the clock of the course"
    said = capfd.readouterr().err
    table = [line for line in said.splitlines() if "Not collected: " in line]
    assert len(table) == 3
    for words in ("several who are called 'Kim Lee'", "nobody called 'nobody'", "whose it is"):
        assert sum(words in line for line in table) == 1, words
    assert "3 hand-ins were not collected" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name\nanna\n", "roster.csv has no column student; its first line names the columns"),
        ("student\n=1+1\n", "roster.csv, line 2: '=1+1' cannot be the name of a student"),
        ("", "roster.csv has no column student"),
    ],
)
def test_a_roster_with_a_mistake_is_named(exchange, capfd, text, says):
    exchange.upload(f"anna_{EXERCISE}.zip")
    (exchange.root / "of another place").mkdir()
    (exchange.root / "of another place" / "roster.csv").write_text(text)
    with pytest.raises(SystemExit):
        exchange.zip_collect(
            f"--SafeExtractor.roster={exchange.root / 'of another place' / 'roster.csv'}"
        )
    assert says in capfd.readouterr().err and exchange.students() == []
