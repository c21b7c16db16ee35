"""Reads the gradebook, the solution and the other hand-ins in a cell, and prints them.

Why it might work: feedback shows what a cell prints, to the student.
It must get: nothing.
"""

from attacks.classroom import ROOT, attacker, runs_first

CODE = f"""
import glob, os
found = []
for pattern in ("../../../*", "../../../submitted/*/*/*", "{ROOT}/instructor/*/*", "/etc/pass*",
                "/proc/*/environ", "/root/*", "/home/*", "/tmp/pytest-*/*/class-of-*/course/*"):
    for path in glob.glob(pattern):
        if os.path.basename(path) in ("enter.py", "zygote.py"):
            continue  # what has started this process, for everybody to read
        try:
            found.append(open(path, "rb").read(100))
        except OSError:
            pass
print("found", [text for text in found if text.strip()], len(os.environ) < 30)
"""


@attacker
def read(folder):
    runs_first(folder, CODE)


def test_a_cell_reads_nothing_of_ours(classroom):
    assert "found [] True" in classroom.outcome(__name__).said()
