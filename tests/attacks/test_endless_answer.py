"""Sends bytes without end.

Why it might work: who reads until the other stops never stops, and runs out of memory.
It must get: nothing; not one byte more is read than the format allows.
"""

import pytest
from attacks.arena import SHORT, forger


@pytest.mark.parametrize("byte", [0x00, 0x7B, 0xFF])
def test_bytes_without_end_are_not_read_to_the_end(desk, byte):
    desk.attack(
        forger(
            f"""
while True:
    send(bytes([{byte}]) * 20_000)
"""
        ),
        seconds=SHORT,
    )
