"""Hands in the program that is the kernel, and says which kernel is to run the notebook.

Why it might work: `python -m ipykernel_launcher` in its folder starts its file; with stock nbgrader
that gives 12 of 12.
It must get: nothing; neither the file nor the name is used.
"""

from attacks.classroom import attacker, notebook


@attacker
def be_the_kernel(folder):
    for name in (
        "ipykernel_launcher.py",
        "ipykernel/__init__.py",
        "sitecustomize.py",
        "IPython/__init__.py",
        "jupyter_client.py",
        "nbformat.py",
        "i2dl_course.py",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("raise SystemExit('mine')")
    with notebook(folder) as content:
        content["metadata"]["kernelspec"] = {
            "name": "bash",
            "display_name": "Mine",
            "language": "bash",
            "argv": ["touch", "/tmp/mine"],
        }
        content["metadata"]["language_info"] = {"name": "../../evil", "nbconvert_exporter": "x.y"}


def test_neither_kernel_nor_start_up_file_is_used(classroom):
    outcome = classroom.outcome(__name__)
    assert not list(outcome.folder.glob("ipykernel*"))
    assert "numpy" in str(outcome.cells)
