"""Starts processes, threads, sockets and a fork bomb in a cell.

Why it might work: with stock nbgrader they go on when grading is over.
It must get: errors, and nothing that goes on.
"""

from attacks.classroom import attacker, runs_first

CODE = """
import os, socket, subprocess, threading
def tried(what):
    try:
        what()
        return "done"
    except (OSError, RuntimeError) as error:
        return "refused"
print("fork:", tried(os.fork))
print("program:", tried(lambda: subprocess.Popen(["sleep", "60"], start_new_session=True)))
print("socket:", tried(lambda: socket.create_server(("127.0.0.1", 0))))
"""


@attacker
def stay(folder):
    runs_first(folder, CODE)


def test_nothing_goes_on(classroom):
    said = classroom.outcome(__name__).said()
    assert "fork: refused" in said and "program: refused" in said and "socket: refused" in said
