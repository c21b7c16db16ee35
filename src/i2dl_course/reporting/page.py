"""The feedback on one notebook as one HTML page that needs nothing but itself.

No script, nothing from the network, no hidden case. All that a student or a student's code has
written is escaped; only our own cells are rendered as Markdown, and these are known by being equal
to the source. What is the same in every hand-in is rendered once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from html import escape
from importlib import resources
from string import Template

import mistune
from latex2mathml.converter import convert
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from i2dl_course.handins.sanitise import joined, unfence, visible_cells
from i2dl_course.reporting.outcome import Outcome, TaskOutcome, number

MAX_HIGHLIGHTED = 50_000  # characters of a student's cells, or of a file; more has no colours
MAX_FILE = 200_000  # characters of a file that are shown

_NO_POINTS = "<p>This notebook has no points.</p>"
_PLOT = "Plot: "  # exercise_code.plots.figure puts it before the words that stand for a figure
_LINE = re.compile(r"\b(\w+)\.py, line (\d+)")


def page(
    notebook: dict,
    source: dict,
    outcome: Outcome | None = None,
    *,
    title: str,
    notes: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
) -> str:
    """The page for `notebook`, which was rebuilt from `source`.

    Parameters
    ----------
    notebook, source : dict
        Parsed notebooks of format 4; the text of a graded cell is taken from `source`.
    outcome : Outcome, optional
        What stands on top; None for a notebook that has no points.
    title : str
    notes : iterable of str
        What the student should know about the hand-in, one sentence each.
    files : dict, optional
        The student's graded files, name -> text, shown at the end with numbered lines.
    """
    files = files or {}
    links = {name.rpartition("/")[2].removesuffix(".py") for name in files}
    return _template().substitute(
        title=escape(title),
        summary=_summary(outcome, links) if outcome else _NO_POINTS,
        notes=_notes(notes),
        cells="\n".join(_cells(notebook, source, outcome, links)),
        files=_files(files),
    )


@cache
def _template() -> Template:
    return Template(resources.files(__package__).joinpath("page.html").read_text("utf-8"))


# --- summary ----------------------------------------------------------------------------------


def _mark(passed: bool) -> str:
    return '<span class="good">✓ pass</span>' if passed else '<span class="bad">✗ fail</span>'


def _summary(outcome: Outcome, links: set[str]) -> str:
    earned = sum(task.points for task in outcome.tasks)
    word = "good" if outcome.bonus else "bad"
    bonus = "✓ You receive the bonus" if outcome.bonus else "✗ No bonus yet"
    share = 100 * outcome.total / outcome.max_total if outcome.max_total else 0
    late = ""
    if outcome.penalty:
        late = (
            f'<p class="late"><strong>Handed in late.</strong> {number(earned)} points were '
            f"earned, and {number(outcome.penalty)} are taken off for lateness.</p>"
        )
    rows = "\n".join(_row(task, links) for task in outcome.tasks)
    return (
        f'<section class="summary" aria-label="Result">\n'
        f'<p class="total"><strong>{number(outcome.total)}</strong> of '
        f"{number(outcome.max_total)} points</p>\n"
        f'<div class="bar" aria-hidden="true"><div style="inline-size:{share:.1f}%"></div></div>\n'
        f'<p><span class="{word}">{bonus}</span> (it starts at {number(outcome.pass_mark)} '
        f"points).</p>\n{late}"
        '<table>\n<thead><tr><th scope="col">Task</th><th scope="col">Result</th>'
        '<th scope="col">Points</th><th scope="col">What was found</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n</section>"
    )


def _row(task: TaskOutcome, links: set[str]) -> str:
    name = escape(task.name)
    return (
        f'<tr><th scope="row"><a href="#task-{name}">{name}</a></th>'
        f'<td>{_mark(task.passed)}</td><td class="number">{number(task.points)} of '
        f"{number(task.max_points)}</td><td>{_found(task, links)}</td></tr>"
    )


def _found(task: TaskOutcome, links: set[str]) -> str:
    found = f"<p>{_linked(task.says, links)}</p>" if task.says else ""
    if task.hint and not task.passed:
        found += f'<p class="hint"><strong>Hint:</strong> {_linked(task.hint, links)}</p>'
    if task.by_hand:
        found += "<p>These points were given by a person, in place of the check's.</p>"
    return found


def _linked(text: str, links: set[str]) -> str:
    """`text` escaped, with "layer.py, line 17" as a link to that line where the file is shown."""

    def link(match: re.Match) -> str:
        words, module, line = match[0], match[1], match[2]
        return f'<a href="#{module}-{line}">{words}</a>' if module in links else words

    return _LINE.sub(link, escape(text))


def _notes(notes: Iterable[str]) -> str:
    items = "\n".join(f"<li>{escape(note)}</li>" for note in notes)
    if not items:
        return ""
    return (
        '<section class="notes" aria-labelledby="notes">\n'
        f'<h2 id="notes">About your hand-in</h2>\n<ul>\n{items}\n</ul>\n</section>'
    )


# --- the notebook -----------------------------------------------------------------------------


def _cells(notebook: dict, source: dict, outcome: Outcome | None, links: set[str]) -> Iterator[str]:
    results = {task.name: task for task in outcome.tasks} if outcome else {}
    ours = {cell["id"]: cell for cell in visible_cells(source)}
    own_code = 0
    for cell in notebook["cells"]:
        own = ours.get(cell.get("id"))
        text = joined(cell["source"]) or ""
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in results:
            # A plain nbgrader leaves hidden tests in the text, and quotes them in tracebacks.
            yield _graded_cell(own["source"] if own else "", results[name], links)
        elif own and (own["cell_type"], own["source"]) == (cell["cell_type"], text):
            is_code = cell["cell_type"] == "code"
            yield _code_cell(_our_code(text), text, cell) if is_code else _our_markdown(text)
        elif cell["cell_type"] == "code":
            own_code += len(text)
            code = _highlighted(text) if own_code <= MAX_HIGHLIGHTED else escape(text)
            yield _code_cell(code, text, cell, "Your own cell")
        elif text:
            yield _block("text", "Your own text", f"<pre>{escape(unfence(text))}</pre>")


def _block(kind: str, label: str, content: str) -> str:
    return (
        f'<section class="{kind} own" aria-label="{label}">\n<p class="label">{label}</p>\n'
        f"{content}\n</section>"
    )


def _graded_cell(text: str, result: TaskOutcome, links: set[str]) -> str:
    name = escape(result.name)
    return (
        f'<section class="graded" id="task-{name}" aria-label="Task {name}">\n'
        f'<p class="label">Task <code>{name}</code>: {_mark(result.passed)}, '
        f"{number(result.points)} of {number(result.max_points)} points</p>\n"
        f"<pre>{_our_code(text)}</pre>\n{_found(result, links)}\n</section>"
    )


def _code_cell(code: str, text: str, cell: dict, label: str = "") -> str:
    content = "\n".join([f"<pre>{code}</pre>" if text.strip() else "", *_outputs(cell, text)])
    if label:
        return _block("code", label, content)
    return f'<section class="code">\n{content}\n</section>'


def _outputs(cell: dict, text: str) -> Iterator[str]:
    for output in cell.get("outputs", ()):
        kind = output["output_type"]
        if kind == "stream":
            yield _output(output["text"], "errors" if output["name"] == "stderr" else "prints")
        elif kind == "error":
            traceback = "\n".join(output["traceback"])
            yield _output(traceback or f"{output['ename']}: {output['evalue']}", "errors")
        elif "image/png" in output.get("data", {}):
            yield _figure(output["data"], text)
        elif "text/plain" in output.get("data", {}):
            yield _output(output["data"]["text/plain"], "value")


def _figure(data: dict, code: str) -> str:
    picture = "".join((joined(data["image/png"]) or "").split())
    words = joined(data.get("text/plain")) or ""
    if words.startswith(_PLOT):
        words = words.removeprefix(_PLOT)
    else:
        words = "Figure drawn by " + code.rstrip().rpartition("\n")[2].strip()
    return (
        f'<figure><img alt="{escape(words)}" src="data:image/png;base64,{escape(picture)}">'
        "</figure>"
    )


def _output(text: object, kind: str) -> str:
    return f'<pre class="output {kind}">{escape(joined(text) or "")}</pre>'


# --- code and Markdown ------------------------------------------------------------------------


class _Renderer(mistune.HTMLRenderer):
    """Headings below the page's own, and formulas as MathML, which browsers draw by themselves."""

    def heading(self, text, level, **attributes):
        return super().heading(text, min(level + 1, 6), **attributes)

    def inline_math(self, text):
        return convert(text)

    def block_math(self, text):
        return f'<div class="formula">{convert(text, display="block")}</div>\n'


@lru_cache(maxsize=1000)
def _our_markdown(text: str) -> str:
    return f'<section class="ours">\n{_markdown()(text)}</section>'


@cache
def _markdown() -> mistune.Markdown:
    return mistune.create_markdown(renderer=_Renderer(escape=False), plugins=["math", "table"])


@lru_cache(maxsize=1000)
def _our_code(text: str) -> str:
    return _highlighted(text)


def _highlighted(text: str) -> str:
    """Python in colours. No colour reaches over the end of a line."""
    if len(text) > MAX_HIGHLIGHTED:
        return escape(text)
    return highlight(text, _lexer(), _formatter()).rstrip("\n")


@cache
def _formatter() -> HtmlFormatter:
    return HtmlFormatter(nowrap=True)


@cache
def _lexer() -> PythonLexer:
    return PythonLexer(stripnl=False)


# --- files ------------------------------------------------------------------------------------


def _files(files: Mapping[str, str]) -> str:
    if not files:
        return ""
    shown = "\n".join(_file(name, text) for name, text in files.items())
    return f"<h2>The files that were judged</h2>\n{shown}"


def _file(name: str, text: str) -> str:
    """One file, each line of it a target such as #layer-17."""
    module = escape(name.rpartition("/")[2].removesuffix(".py"))
    code = _highlighted(text[:MAX_FILE])
    if len(text) <= MAX_HIGHLIGHTED:
        lines = enumerate(code.split("\n"), start=1)
        code = "\n".join(f'<span id="{module}-{at}">{line}</span>' for at, line in lines)
    cut = ""
    if len(text) > MAX_FILE:
        cut = f"<p>Only the first {MAX_FILE:,} characters are shown.</p>"
    return (
        f'<details class="file" open><summary><code>{escape(name)}</code></summary>\n'
        f"<pre>{code}</pre>\n{cut}</details>"
    )
