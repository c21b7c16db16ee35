"""What runs locked up, beside a student's code: it imports nothing of ours.

Each file here is a program, or stands beside one; they are copied or bound into a sandbox and find
each other there by their own names. The standard library, NumPy and IPython are all they import.
In reading order:

    enter.py              the first code in a process: locks it up, then runs the program
    zygote.py             a warm process, and its forks
    wire.py               the format of questions and answers
    channel.py            the sandboxed end of the line
    worker.py             a student's functions, called
    shell.py              the cells of a notebook, run
    tests_in_worker.py    the checks, as far as a student's code may import them
    drawing_in_worker.py  what draws, likewise
"""

from pathlib import Path

INSIDE = Path(__file__).resolve().parent
