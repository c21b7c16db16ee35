"""One allow-list for names of students, and the doors at which it stands."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2dl_course.errors import CourseError
from i2dl_course.handins.student_names import LONGEST, composed, require_student_name, why_refused

ALLOWED = [
    "anna",
    "ge12abc",
    "a.b@uni.example",
    "Jürgen Müller",
    "Seán O'Brien",
    "Seán O\N{RIGHT SINGLE QUOTATION MARK}Brien",
    "anna-lena_2",
    "李小龍",
    "ਗੁਰਪ੍ਰੀਤ",  # vowels that are marks
    "٣٤",
    "x" * LONGEST,
]
REFUSED = {
    "": "belongs to nobody",
    "..": "does not begin with a letter or a digit",
    ".anna": "does not begin",
    "-rf": "does not begin",
    " anna": "does not begin",
    "\u0301anna": "does not begin",
    "=1+1": "does not begin",
    "@SUM(A1)": "does not begin",
    "[v]ictim": "does not begin",
    "an*": "U+002A (asterisk)",
    "an?a": "U+003F (question mark)",
    "anna[1]": "U+005B (left square bracket)",
    "anna/ben": "U+002F (solidus)",
    'x"y': "U+0022 (quotation mark)",
    "a,b": "U+002C (comma)",
    "anna+ben": "U+002B (plus sign)",
    "an\nna": "U+000A (a character that cannot be printed)",
    "an\x1b[2Ja": "U+001B (a character that cannot be printed)",
    "an\u202ena": "U+202E (right-to-left override)",
    "an\u200bna": "U+200B (zero width space)",
    "an\udcffna": "U+DCFF (a character that cannot be printed)",
    "an\u00a0na": "U+00A0 (no-break space)",
    "anna ": "ends with U+0020 (space)",
    "anna'": "ends with U+0027 (apostrophe)",
    "x" * (LONGEST + 1): "more than 128 characters",
    "Mu\u0308ller": "composed form",
}


@pytest.mark.parametrize("name", ALLOWED)
def test_people_may_be_called_this(name):
    require_student_name(name)


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_nobody_is_called_this_and_one_printable_line_says_why(name):
    with pytest.raises(CourseError) as raised:
        require_student_name(name)
    sentence = str(raised.value)
    assert REFUSED[name] in sentence and sentence.isprintable() and len(sentence) < 300


@given(st.text())
def test_what_is_allowed_is_one_folder_of_its_own_and_no_pattern(name):
    if why_refused(name) is None:
        assert name.isprintable() and len(name) <= LONGEST
        assert not set(name) & set('/\\*?[]+=,;:"`$<>|&!#%(){}~^')
        assert name[0] not in ".-@" and name.strip() == name


@given(st.text())
def test_two_names_that_look_alike_by_their_accents_are_one(name):
    assert composed(unicodedata.normalize("NFD", name)) == composed(name)
    if why_refused(name) is None:
        assert composed(name) == name
