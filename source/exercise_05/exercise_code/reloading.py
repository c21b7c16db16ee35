"""Edited files take effect at once, and what goes wrong in a cell is told in a sentence."""

import sys
import textwrap

from exercise_code.networks.base import WrongArray


def follow_edits():
    """Reload files whenever they have been saved, so that nobody has to restart the kernel.

    A file that cannot be read is told in one line on stdout, where IPython would print two
    tracebacks on stderr. A task that is not written yet is told in a sentence, too, and so is an
    array of the student's that does not fit where it is needed. Outside Jupyter nothing happens.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    import logging  # here, because a Jupyter kernel has it already, and nobody else needs it

    shell.extension_manager.load_extension("autoreload")  # silent when it is loaded already
    shell.run_line_magic("autoreload", "2")
    sys.modules["IPython.extensions.autoreload"].print = _in_one_line
    log = logging.getLogger("autoreload")  # newer versions tell it here as well
    log.propagate, log.handlers = False, [logging.NullHandler()]
    shell.set_custom_exc((NotImplementedError, WrongArray), _in_a_sentence)


def _in_one_line(report, **_):
    """In place of the print of IPython's autoreload, which tells of nothing but failures."""
    name = report.partition("autoreload of ")[2].partition(" failed")[0]
    last = report.strip().rstrip("]").splitlines()[-1].strip()
    print(f"✗ {name} cannot be reloaded, so its older state is used. {last}")


def _in_a_sentence(shell, kind, error, traceback, tb_offset=None):
    """In place of a traceback that leads through files which nobody has to read."""
    says, do = str(error) or "Its message says no more.", "Mend it"
    if not isinstance(error, WrongArray):
        says, do = f"Not implemented yet. {says}", "Write it"
    # A notebook breaks a longer line within a word, and a path is best kept whole.
    lines = textwrap.wrap(
        f"✗ {says[0].upper()}{says[1:]}", 100, subsequent_indent="  ", break_long_words=False
    )
    sentence = "\n".join([*lines, f"  {do}, save the file, and run this cell again."])
    shell._showtraceback(kind, error, [sentence])
