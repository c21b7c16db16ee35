"""All figures in one table: python -m benchmarks [--quick] [--json].

With --quick the classes are smaller and the rounds fewer, and hostile hand-ins that only wait are
left out: the other rows in under ten minutes on two cores. Run it on a machine that does nothing
else: the ratios are of interleaved runs and bear some company, the seconds do not.
"""

import argparse
import json
import os
import platform
import time

from benchmarks import (
    class_run,
    cold,
    feedback,
    formgrader,
    grading,
    hostile,
    one_verdict,
    receipts,
    recording,
    regrade,
    report,
    sandbox,
    service,
)
from benchmarks.showing import show

PARTS = (
    grading,
    class_run,
    cold,
    one_verdict,
    recording,
    feedback,
    formgrader,
    sandbox,
    hostile,
    receipts,
    regrade,
    report,
    service,
)


def machine():
    """What the figures were taken on, in one line."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, Linux "
        f"{platform.release()}, Python {platform.python_version()}, load {load}"
    )


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="smaller classes, fewer rounds")
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
    args = parser.parse_args()
    begun, where, table = time.monotonic(), machine(), []
    for part in PARTS:
        for row in part.rows(args.quick):
            table.append(row)
            if not args.json:
                show(row)
    if args.json:
        print(json.dumps({"rows": table, "machine": where}, ensure_ascii=False, indent=1))
    else:
        print(f"{time.monotonic() - begun:.0f} s on {where}")


if __name__ == "__main__":
    main()
