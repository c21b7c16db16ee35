"""What this notebook runs on, and whether it works at all."""

import platform
import signal
from pathlib import Path

from exercise_code import __version__

HERE = Path(__file__).resolve().parent
PACKAGES = ("numpy", "pandas", "matplotlib")
JUDGED_WITH = 2  # the first number of the NumPy release where hand-ins are judged


def report():
    """Prints the versions and the exercise_code in use, then runs the canary."""
    releases = {name: _release(name) for name in PACKAGES}
    print(f"Python {platform.python_version()}", end="")
    print(
        "", *(f"{name} {release or 'is missing'}" for name, release in releases.items()), sep=", "
    )
    print(f"exercise_code {__version__} from {_folder()}")
    missing = [name for name, release in releases.items() if release is None]
    if missing:
        print(f"✗ Not installed here: {', '.join(missing)}.")
        print(f"  Run a cell with `%pip install {' '.join(missing)}`, then restart the kernel.")
        return
    if int(releases["numpy"].partition(".")[0]) < JUDGED_WITH:
        print(
            f"✗ Hand-ins are judged with NumPy {JUDGED_WITH}: names that it has dropped work here"
        )
        print("  and fail there. Install the packages of the course, or `%pip install -U numpy`.")
    if not hasattr(signal, "setitimer"):  # Windows, and Python in the browser
        print("No timer here, so a check has no time limit: the Kernel menu ends an endless loop.")
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
        import numpy as np  # here, so that a missing package is told by report() and not raised

        from exercise_code.data import HousePrices
        from exercise_code.networks import MSE

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
        return version(package)
    except PackageNotFoundError:
        return None


def _folder():
    beside = Path.cwd().resolve()
    if HERE.parent == beside:
        return "the folder of this notebook"
    return f"{HERE} (careful: not the one beside this notebook, {beside})"
