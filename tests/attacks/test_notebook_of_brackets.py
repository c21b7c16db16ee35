"""Hands in a notebook of two million braces.

Why it might work: each is an object of Python's, of Jupyter's even, where a notebook is opened:
stock nbgrader takes 0.7 GB for a megabyte of them, outside of every sandbox.
It must get: a sentence, and our notebook in its place; the braces are counted first.
"""

from attacks.classroom import NOTEBOOK, attacker


@attacker
def brace(folder):
    braces = "{}," * 1_000_000
    (folder / NOTEBOOK).write_text(f'{{"nbformat": 4, "cells": [], "x": [{braces}0]}}')


def test_brackets_are_counted_before_they_are_opened(classroom):
    assert "more than 500,000 brackets and commas" in classroom.outcome(__name__).page
