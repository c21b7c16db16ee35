"""Replaces os.write and os.read, so that each answer leaves twice and each request is kept.

Why it might work: all that the worker says and hears passes through these two functions.
It must get: nothing; an answer that comes twice does not belong to the second call.
"""

from attacks.arena import forger


def test_a_doubled_answer_counts_for_nothing(arena):
    arena.attack(
        forger("""
        write, read, heard = os.write, os.read, []
        def twice(descriptor, data):
            data = bytes(data)
            write(descriptor, data)
            return write(descriptor, data)
        def listen(descriptor, count):
            heard.append(read(descriptor, count))
            return heard[-1]
        os.write, os.read = twice, listen
        report = "said twice"
    """)
    )
