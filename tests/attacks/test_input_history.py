"""Prints the cell that is being run, from inside a function that it calls: the hidden test.

Why it might work: In[-1] of the kernel holds the source of the running cell.
It must get: nothing of it; hidden tests are not in the notebook that is run.
"""

from attacks.classroom import attacker, runs_first

CODE = """
import inspect, sys
def spy(*_):
    for text in list(get_ipython().user_ns.get("In", [])) + [
            str(frame.frame.f_locals) for frame in inspect.stack()]:
        if "HIDDEN" in text or "default_rng(" in text:
            print("FOUND", text)
get_ipython().events.register("pre_run_cell", spy)
get_ipython().events.register("post_run_cell", spy)
print("I am looking")
"""


@attacker
def look_into_the_history(folder):
    runs_first(folder, CODE)


def test_no_hidden_test_is_in_the_kernel(classroom):
    said = classroom.outcome(__name__).said()
    assert "I am looking" in said and "BEGIN HIDDEN" not in said
