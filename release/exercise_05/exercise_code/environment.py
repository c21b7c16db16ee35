"""What this notebook runs on, and whether it works at all."""

import platform
from pathlib import Path

import numpy as np

from exercise_code import __version__
from exercise_code.data import HousePrices
from exercise_code.networks import MSE

HERE = Path(__file__).resolve().parent


def report():
    """Prints the versions and the exercise_code in use, then runs the canary."""
    packages = map(_release, ("numpy", "pandas", "matplotlib"))
    print(f"Python {platform.python_version()}", *packages, sep=", ")
    print(f"exercise_code {__version__} from {_folder()}")
    complaint = canary()
    if complaint:
        print(f"✗ {complaint}")
        print("  It is not your fault: restart the kernel.")
        print("  If that does not help, send us these lines.")
    else:
        print("✓ The data and the given code work here.")


def canary():
    """What is wrong with the data or the given code, as a sentence, or None.

    It touches nothing that a student writes, and the numbers it expects can be had by hand.
    """
    try:
        data = HousePrices()
        sizes = (data.train.size, data.val.size, data.test.size)
        if sizes != (1756, 586, 586):
            return f"The houses are split into {sizes}, not into (1756, 586, 586)."
        loss, gradient = MSE()(np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]]))
        if loss != 2.5 or gradient.tolist() != [[1.0], [2.0]]:
            return f"The mean squared error of (1, 3) against (0, 1) is {loss}, not 2.5."
    except Exception as error:  # whatever it is, the student must read a sentence, not a traceback
        return f"The given code does not run: {type(error).__name__}: {error}"
    return None


def _release(package):
    # Here, because it takes as long to import as all the rest of exercise_code.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} is missing"


def _folder():
    beside = Path.cwd().resolve()
    if HERE.parent == beside:
        return "the folder of this notebook"
    return f"{HERE} (careful: not the one beside this notebook, {beside})"
