"""Hands in numpy/, pandas.py and json.py beside the notebook, and checks of its own in the package.

Why it might work: a notebook finds what lies beside it first.
It must get: nothing; its files are not there when the notebook is run, or anything else.
"""

from attacks.classroom import attacker


@attacker
def bring_libraries(folder):
    for name in (
        "numpy/__init__.py",
        "pandas.py",
        "json.py",
        "matplotlib/__init__.py",
        "exercise_code/tests/checks/__init__.py",
        "exercise_code/tests/checks.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("raise SystemExit('mine')")


def test_what_lies_beside_the_notebook_is_ours(classroom):
    outcome = classroom.outcome(__name__)
    assert "SystemExit" not in outcome.said()
    assert not (outcome.folder / "numpy").exists() and not (outcome.folder / "pandas.py").exists()
