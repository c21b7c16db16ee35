"""Which hand-ins are judged on the same cases."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from i2dl_course.service.seeds import Seeds


@given(st.data())
def test_a_seed_serves_whoever_had_been_received_when_it_was_drawn(data):
    """Received and judged in any order, as by several judges of whom some are slow."""
    received, judged, drawn_at = 0, set(), {}
    seeds = Seeds(lambda: received)
    for _ in range(data.draw(st.integers(1, 30))):
        received += data.draw(st.integers(0, 5))
        waiting = sorted(set(range(1, received + 1)) - judged)
        if not waiting:
            continue
        number = data.draw(st.sampled_from(waiting))
        judged.add(number)
        seed = seeds.of(number)
        assert number <= drawn_at.setdefault(seed, received), "it had been received by then"
        if number <= max(drawn_at.values()):
            latest = max(drawn_at, key=drawn_at.__getitem__)
            assert seed == latest, "no new cases are drawn without need"


def test_who_waits_together_has_one_seed_and_who_comes_later_another():
    received = 3
    seeds = Seeds(lambda: received)
    first = {seeds.of(number) for number in (2, 3, 1)}
    received = 4
    assert len(first) == 1 and seeds.of(4) not in first
