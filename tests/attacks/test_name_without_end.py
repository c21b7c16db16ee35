"""Hands in under a name that is longer than the gradebook's columns.

Why it might work: PostgreSQL refuses the row, at each run anew, and whoever comes after waits.
It must get: nothing; at every door such a name is refused in one sentence.
"""

from support.exchange import EXERCISE


def test_no_name_is_longer_than_its_column(exchange, caplog):
    longest, longer = "m" * 128, "m" * 129
    for name in (longest, longer):
        exchange.hand_in(name)
        exchange.upload(f"{name}z_{EXERCISE}.zip")
    exchange.collect()
    exchange.zip_collect_in_part()
    assert [name for name in exchange.students() if len(name) > 100] == [longest]
    assert "more than 128 characters" in caplog.text
