"""The shell: runs the cells of one notebook in a sandbox, for the feedback. Format: wire.py.

It is what a Jupyter kernel is without the messages: IPython's own shell, with the same magics, the
same figures and the same tracebacks, but what a cell prints and shows is returned as the answer to
the request that ran it. Nothing here decides anything: the verdict is the referee's.

Only text and PNG are made of what a cell shows: a feedback would show nothing else.
"""

import base64
import contextlib
import io
import os
import sys

KEPT = 40_000  # characters of text of one cell; what is shown of it in the end is less
KEPT_OUTPUTS = 200
KEPT_PICTURES = 16 << 20  # bytes of one cell
SHOWN = ["text/plain", "image/png"]
INLINE = "module://matplotlib_inline.backend_inline"

# What makes a table, a figure and an error: so that no fork has to import or set it up again.
REHEARSAL = """
import numpy as np
import numpy.random
import pandas as pd
import matplotlib.pyplot as plt
pd.set_option("display.width", 120, "display.max_columns", 20)  # only text is kept of a table
pd.DataFrame({"price": [1.0, 2.0]}).describe()
plt.figure(figsize=(3, 2))
plt.plot([1, 10], label="a")
plt.title("a")
plt.legend()
plt.yscale("log")
plt.show()
1 / 0
"""


class Recorder:
    """Keeps what one cell prints and shows, in order and within limits."""

    def __init__(self):
        self.outputs = []
        self.pictures = []
        self._text = self._picture_bytes = 0
        self._more = False

    def stream(self, name, text):
        """Keep what was printed."""
        text = self._fitting(text)
        if not text:
            return
        last = self.outputs[-1] if self.outputs else None
        if last and last["output_type"] == "stream" and last["name"] == name:
            last["parts"].append(text)
        elif self._has_room():
            self.outputs.append({"output_type": "stream", "name": name, "parts": [text]})

    def data(self, kind, data):
        """Keep what was shown; `kind` is execute_result or display_data."""
        if not self._has_room():
            return
        output = {"output_type": kind, "text": self._fitting(str(data.get("text/plain", "")))}
        picture = data.get("image/png")
        if picture is not None:
            picture = picture if isinstance(picture, bytes) else base64.b64decode(picture)
            self._picture_bytes += len(picture)
            if self._picture_bytes <= KEPT_PICTURES:
                output["png"] = len(self.pictures)
                self.pictures.append(picture)
        self.outputs.append(output)

    def error(self, name, message, lines):
        """Keep an error. It is kept however much was printed before."""
        message = str(message)[:KEPT]
        traceback = "\n".join(map(str, lines))[-KEPT:]
        self.outputs.append(
            {
                "output_type": "error",
                "ename": str(name)[:200],
                "evalue": message,
                "traceback": traceback,
            }
        )

    def answer(self):
        """The outputs as they cross the wire."""
        for output in self.outputs:
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return {"outputs": self.outputs, "more": self._more}

    def _fitting(self, text):
        text = text[: max(0, KEPT - self._text)] if self._text + len(text) > KEPT else text
        self._text += len(text)
        self._more = self._more or self._text >= KEPT
        return text

    def _has_room(self):
        if len(self.outputs) < KEPT_OUTPUTS:
            return True
        self._more = True
        return False


class Stream(io.TextIOBase):
    """Standard output or error of the cell that runs."""

    encoding = "utf-8"

    def __init__(self, name, shell):
        self._name = name
        self._shell = shell

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.recorder.stream(self._name, text)
        return len(text)


def make_shell():
    """IPython's shell, with its outputs going to a recorder."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.formatters import DisplayFormatter
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Hook(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            self.shell.recorder.data("execute_result", format_dict)

        def finish_displayhook(self):
            self._is_active = False

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, *, transient=None, update=False, **_):
            self.shell.recorder.data("display_data", data)

        def clear_output(self, wait=False):
            self.shell.recorder = Recorder()

    class Formatter(DisplayFormatter):
        def format(self, obj, include=None, exclude=None):
            """As usual, but what shows itself as HTML may say what is shown in its place."""
            shown = getattr(type(obj), "_repr_feedback_", None)
            return (shown(obj), {}) if shown else super().format(obj, include, exclude)

    class Shell(InteractiveShell):
        recorder = Recorder()

        def init_display_formatter(self):
            self.display_formatter = Formatter(parent=self)
            self.configurables.append(self.display_formatter)

        def _showtraceback(self, etype, evalue, stb):
            self.recorder.error(getattr(etype, "__name__", etype), evalue, stb)

        def system(self, cmd):
            print("Commands of the system are not run when a notebook is graded.")

        system_piped = system_raw = system

        def getoutput(self, cmd, split=True, depth=0):
            self.system(cmd)
            return []

        def enable_gui(self, gui=None):
            pass

    config = Config()
    config.InteractiveShell.colors = "nocolor"
    config.HistoryManager.enabled = False  # it keeps a thread, which would not survive the fork
    config.HistoryManager.hist_file = ":memory:"
    shell = Shell.instance(config=config, displayhook_class=Hook, display_pub_class=Publisher)
    shell.display_formatter.active_types = SHOWN
    return shell


def prepare():
    """Import and set up what every notebook needs, and nothing of any hand-in."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import channel  # noqa: F401

    sys.path[0] = ""  # the working folder, as in a kernel
    os.environ["MPLBACKEND"] = INLINE
    shell = make_shell()
    import_given_package()

    from IPython.extensions import autoreload

    # No file changes while a notebook is graded, and looking for changes takes longer than a cell.
    autoreload.load_ipython_extension = lambda ip: ip.register_magic_function(
        lambda line: None, "line", "autoreload"
    )
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream("stdout", shell), Stream("stderr", shell)
    run(shell, REHEARSAL)
    kinds = [output["output_type"] for output in shell.recorder.outputs]
    failure = shell.recorder.outputs[-1]
    sys.stdout, sys.stderr = streams
    if (
        kinds[-1] != "error"
        or failure["ename"] != "ZeroDivisionError"
        or len(shell.recorder.pictures) != 1
    ):
        raise RuntimeError(f"the rehearsal went wrong: {str(shell.recorder.outputs)[-300:]}")
    shell.reset(new_session=True)
    shell.execution_count = 1


def import_given_package():
    """Import all modules that a notebook may; those that need a student's cannot be had yet."""
    import importlib
    import pkgutil

    import exercise_code

    where = exercise_code.__path__, "exercise_code."
    for module in pkgutil.walk_packages(*where, onerror=lambda name: None):
        with contextlib.suppress(Exception):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def run(shell, code, cell=True):
    """Run one cell, and return the answer and the pictures."""
    shell.recorder = Recorder()
    shell.run_cell(code, store_history=cell, silent=not cell)
    return {**shell.recorder.answer(), "count": shell.execution_count - 1}, shell.recorder.pictures


def no_input(prompt="", *_, **__):
    """Stands for input() and getpass()."""
    raise EOFError("nobody is there to answer input() when a notebook is graded")


def main():
    """Run what is asked for until the other side hangs up."""
    import builtins

    import numpy
    from channel import Channel, write_files
    from IPython import get_ipython

    shell = get_ipython()
    channel = Channel()
    sys.stdout, sys.stderr = Stream("stdout", shell), Stream("stderr", shell)
    builtins.input = no_input
    for request, blobs in channel.requests():
        answer, pictures = {}, []
        if request["op"] == "load":
            write_files(request["files"], blobs)
        else:
            code = blobs[0].tobytes().decode("utf-8")
            answer, pictures = run(shell, code, request["cell"])
        arrays = [numpy.frombuffer(picture, numpy.uint8) for picture in pictures]
        channel.answer(request, answer, arrays)


if __name__ == "__main__":
    prepare()
    main()
