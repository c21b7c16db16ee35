"""Looks for notebooks and hidden tests in its working folder, and in all that it can reach.

Why it might work: stock nbgrader puts the hidden tests into the notebook that lies beside its code.
It must get: nothing. What reaches it is the given package and its own files.
"""

from attacks.arena import forger


def test_no_hidden_test_is_in_reach(arena):
    verdicts = arena.attack(
        forger("""
        here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        seen, found = 0, []
        for top in (os.getcwd(), here, os.path.dirname(here), os.path.expanduser("~")):
            for folder, folders, names in os.walk(top):
                if folder == "/":  # beneath it are the interpreter and its devices
                    folders.clear()
                for name in names:
                    seen += 1
                    path = os.path.join(folder, name)
                    try:
                        text = open(path, "rb").read()
                    except OSError:
                        continue
                    if name.endswith((".ipynb", ".db")) or (b"HIDDEN" + b" TESTS") in text:
                        found.append(name)
        report = f"looked into {seen > 20}, found {found}"
    """)
    )
    assert "looked into True, found []" in verdicts["affine_forward"].says
