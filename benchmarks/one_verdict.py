"""What do the verdicts on one hand-in cost, and what is saved by sending questions ahead?

    .venv/bin/python -m benchmarks.one_verdict [--rounds 5]

The reference is judged again and again on the same cases, as a class is, by a referee that asks
singly and by one that sends ahead what it will ask (src/i2dl_course/judging/ahead.py), in turns.
Counted is the processor time of both sides; what a worker takes to be forked, locked up and ended
is measured by workers that are asked nothing, and taken off.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from pathlib import Path

from benchmarks.showing import show
from i2dl_course import manifest, sandbox
from i2dl_course.handins.opening import HandIn
from i2dl_course.judging.line import Line
from i2dl_course.judging.referee import Referee
from i2dl_course.samples import variants

COURSE = manifest.load(Path(__file__).resolve().parents[1])
SEED = 5
JUDGED = 20  # hand-ins in each turn
_GOAL = 0.61  # 40 ms where 66 were taken before, both in quiet moments of the same machine


def _taken(look_ahead: bool, ask: bool = True) -> float:
    """Seconds of processor time of one hand-in, of this process and of all that it starts."""
    handin = HandIn(
        {name: text.encode() for name, text in variants.reference(COURSE).files.items()}
    )
    with (
        sandbox.launcher(warm=True) as launch,
        Referee(COURSE, launch, look_ahead=look_ahead) as referee,
    ):

        def judge() -> None:
            if ask:
                referee.judge(handin, SEED)
            else:
                _start_and_end(referee, launch)

        judge()  # the right answers are computed, the questions learnt
        begun = time.process_time()
        for _ in range(JUDGED):
            judge()
        ours = time.process_time() - begun
        before = _of_children()
    return (ours + _of_children() - before) / JUDGED  # once the fork server has ended


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _start_and_end(referee: Referee, launch: sandbox.Launcher) -> None:
    line = Line(launch(referee._folder.program, referee._folder.path))
    line.load({})
    line.close()


def rows(quick: bool = False, rounds: int = 5) -> list[dict]:
    """The rows of this file: name, value, target, and whether it is reached."""
    singly, ahead = [], []
    for _ in range(2 if quick else rounds):
        start = _taken(look_ahead=True, ask=False)
        singly.append(_taken(look_ahead=False) - start)
        ahead.append(_taken(look_ahead=True) - start)
    ratio = statistics.median(one / other for one, other in zip(ahead, singly, strict=True))
    name = "CPU of the verdicts on a hand-in, both sides"
    return [
        {
            "name": f"{name}: questions sent ahead / asked singly",
            "value": round(ratio, 2),
            "target": f"≤ {_GOAL}",
            "reached": ratio <= _GOAL,
        },
        {
            "name": f"{name}, ms",
            "value": round(1000 * statistics.median(ahead), 1),
            "target": "report; ≤ 40 on an idle machine",
            "reached": None,
        },
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="of both in turn (5)")
    for row in rows(rounds=parser.parse_args().rounds):
        show(row)


if __name__ == "__main__":
    main()
