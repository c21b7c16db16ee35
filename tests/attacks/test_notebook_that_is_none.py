"""Hands in a notebook that is nested a hundred thousand deep.

Why it might work: what reads JSON by calling itself crashes, and the run with it.
It must get: nothing for it, and ours in its place.
"""

from attacks.classroom import NOTEBOOK, attacker


@attacker
def nest(folder):
    (folder / NOTEBOOK).write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")


def test_a_notebook_that_cannot_be_read_stops_nobody(classroom):
    classroom.outcome(__name__)
