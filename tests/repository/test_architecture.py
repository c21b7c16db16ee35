"""docs/architecture.md, its picture and the packages' own lists show the rooms that are there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import i2dl_course

ROOMS = sorted(
    path.parent.name
    for folder in i2dl_course.__path__
    for path in Path(folder).glob("*/__init__.py")
)


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_page_has_a_row_for_each_room(page):
    assert sorted(re.findall(r"^\| \[`(\w+)/`\]", page, re.MULTILINE)) == ROOMS


def test_the_picture_has_a_box_for_each_room_in_the_order_of_the_page(root, page):
    picture = (root / "docs" / "images" / "rooms.svg").read_text(encoding="utf-8")
    drawn = re.findall(r">(\w+)/</text>", picture)
    assert drawn == re.findall(r"^\| \[`(\w+)/`\]", page, re.MULTILINE)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_lists_its_files_and_no_others(room):
    package = importlib.import_module(f"i2dl_course.{room}")
    (folder,) = package.__path__
    listed = re.findall(r"^    (\w+\.(?:py|html|css|js))(?=  )", package.__doc__, re.MULTILINE)
    there = [
        path.name
        for path in Path(folder).iterdir()
        if path.is_file() and path.name != "__init__.py" and path.suffix != ".pyc"
    ]
    assert sorted(listed) == sorted(there)
    assert len(listed) == len(set(listed))
