"""Hands in cells and files that are mostly blank lines, or one number of thousands of digits.

Why it might work: whoever colours Python by Pygments needs a minute for 50,000 such characters, and
colours run in the trusted process, with no limit on time.
It must get: a page on which that code has no colours, and all other code has.
"""

from attacks.classroom import LAYER, attacker, runs_first

GAP = " \n" * 6_000
DIGITS = 'n = "%' + "0" * 9_000 + '"\n'


@attacker
def be_mostly_blank(folder):
    with (folder / LAYER).open("a") as file:
        file.write(GAP + "THE_END = 1\n")
    runs_first(folder, DIGITS)


def test_what_is_slow_to_colour_is_shown_without_colours(classroom):
    page = classroom.outcome(__name__).page
    assert "THE_END = 1</span>" in page  # the line as it is: with colours, it ends in another span
    assert "n = &#34;%0000" in page
    assert '<span class="kn">import</span>' in page
