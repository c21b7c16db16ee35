"""Hands in files that Python, Jupyter or pytest run by themselves where they find them.

Why it might work: sitecustomize.py runs before anything else; ipykernel_launcher.py is the kernel,
and with stock nbgrader gives all points.
It must get: what its own files earn; none of them is taken.
"""

from attacks.arena import TASKS, reference

from i2dl_course.handins.unasked import HIDING

NAMES = (
    "sitecustomize.py",
    "usercustomize.py",
    "ipykernel_launcher.py",
    "ipykernel/__init__.py",
    "evil.pth",
    "conftest.py",
    "pytest.ini",
    "jupyter_config.py",
    "nbgrader_config.py",
    ".ipython/profile_default/startup/00.py",
    "exercise_code/conftest.py",
    "__main__.py",
    "exercise_code/sitecustomize.py",
    "__init__.py",
    "python311._pth",
    "pyvenv.cfg",
)


def test_no_file_runs_by_itself(desk, tmp_path):
    reference().write(tmp_path)
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('mine')")
    handin = desk.take_in(tmp_path)
    assert set(handin.left_out) == set(NAMES)
    assert {handin.left_out[name] for name in NAMES[:4]} == {HIDING}
    desk.attack(handin, earned=TASKS)
