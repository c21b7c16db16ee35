"""Uploads zips, and hands in folders, whose names hold codes for terminals.

Why it might work: names stand in the messages of collecting, by us and by nbgrader.
It must get: a refusal, in which nothing is left that a terminal would act on.
"""

from support.exchange import EXERCISE

ODD = ["\x1b[2J\x1b]0;title\x07", "\u202egrebnu", "\x9b31m", "\r100 of 100"]


def test_messages_hold_no_codes(exchange, capfd, caplog):
    for odd in ODD:
        exchange.hand_in(f"anna{odd}")
        exchange.hand_in("ben", name=f"ben+{EXERCISE}+{odd}+x")
        exchange.upload(f"anna{odd}_{EXERCISE}.zip")
        exchange.upload(f"{odd}_{EXERCISE}.zip")
        exchange.upload(f"{odd}/carl{ODD.index(odd)}_{EXERCISE}.zip")
    exchange.collect()
    exchange.zip_collect_in_part()
    said = capfd.readouterr().err
    assert "Not collected" in said and "carl0" in said
    colours = ("\x1b[1;", "\x1b[0m")  # of nbgrader itself
    for code in colours:
        said = said.replace(code, "")
    for line in (*said.split("\n"), *caplog.messages):
        assert line.isprintable(), ascii(line)
    assert not {"ben", *(f"anna{odd}" for odd in ODD)} & set(exchange.students())
