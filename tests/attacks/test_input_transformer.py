"""Makes the kernel replace every later cell by `pass`.

Why it might work: get_ipython().input_transformers_post sees each cell before it is run, the graded
ones, too; with stock nbgrader it gives 12 of 12, in a sandbox as well.
It must get: nothing; no graded cell is run in its kernel.
"""

from attacks.classroom import attacker, runs_first


@attacker
def transform(folder):
    runs_first(folder, "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])")


def test_cells_that_are_not_run_earn_nothing(classroom):
    classroom.outcome(__name__)
