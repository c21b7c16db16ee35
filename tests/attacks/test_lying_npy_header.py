"""Sends .npy files whose headers lie, or are made to hurt who reads them.

Why it might work: the header is a Python expression, and says how much memory to take.
It must get: nothing; the size is compared with the bytes that are there.
"""

import pytest
from attacks.arena import forger

HEADERS = {
    "a huge shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (2**40,)}",
    "a negative shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}",
    "a shape of the largest numbers": "{'descr': '<f8', 'fortran_order': False, "
    "'shape': (9007199254740991, 9007199254740991, 0)}",
    "brackets": "(" * 9000,
    "minus signs": "-" * 9000 + "1",
    "a call": "__import__('os').system('touch HOST/called')",
    "a sub-array": "{'descr': ('<f8', (10**9,)), 'fortran_order': False, 'shape': ()}",
    "fields": "{'descr': [('a', '<f8'), ('b', 'O')], 'fortran_order': False, 'shape': (1,)}",
    "no end": "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': '" + "a" * 60_000,
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_header_that_lies_is_no_answer(desk, what):
    verdicts = desk.attack(
        forger(
            f"""
head = {HEADERS[what]!r}.encode()
blob = b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(head)) + head + bytes(8)
text = json.dumps({{"wire": 1, "id": request()["id"], "value": ["array", 0],
                   "blobs": [len(blob)]}}).encode()
send(struct.pack(">I", len(text)) + text + blob)
"""
        )
    )
    assert {verdict.cause for verdict in verdicts.values()} == {"no_answer"}
