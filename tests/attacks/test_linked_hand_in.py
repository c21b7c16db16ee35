"""Hands in links to another's files, to the gradebook and to the solution, and to whole folders.

Why it might work: nbgrader copies what a link points to.
It must get: nothing, and none of it in its folder.
"""

from attacks.classroom import LAYER, NET, NOTEBOOK, attacker


@attacker
def link(folder):
    victim = folder.parents[1] / "a_victim" / folder.name
    for name in (LAYER, NET, NOTEBOOK):
        (folder / name).unlink()
        (folder / name).symlink_to(victim / name)
    (folder / "gradebook.html").symlink_to(folder.parents[2] / "gradebook.db")
    (folder / "secret.txt").symlink_to(folder.parents[2] / "secret.txt")
    (folder / "all").symlink_to(folder.parents[1])


def test_a_link_brings_nothing_in(classroom):
    outcome = classroom.outcome(__name__)
    assert not [
        path
        for path in outcome.folder.rglob("*")
        if path.name in ("gradebook.html", "secret.txt", "all")
    ]
