"""Prints HTML, SVG, scripts and LaTeX, in every way in which a notebook can show them.

Why it might work: with stock nbgrader a script runs in the instructor's browser, as the instructor.
It must get: nothing; of what a cell shows only text and PNG images are kept.
"""

from attacks.classroom import attacker, runs_first

CODE = r"""
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display, IFrame, Image
evil = "<script>alert(document.cookie)</script><img src=x onerror=alert(1)>"
display(HTML(evil), Javascript("alert(1)"), Markdown(evil), Latex(r"$\href{javascript:alert(1)}$"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>x</script></svg>"))
display(IFrame("https://example.org", 100, 100), Image(url="https://example.org/pixel.png"))
display({"text/html": evil, "application/javascript": "alert(1)", "text/plain": evil,
         "application/vnd.jupyter.widget-view+json": {"model_id": "x"}}, raw=True)
print(evil)
raise ValueError(evil + "</pre></div><script>alert(2)</script>")
"""


@attacker
def show(folder):
    runs_first(folder, CODE)


def test_nothing_that_a_browser_runs_is_kept(classroom):
    outcome = classroom.outcome(__name__)
    kinds = {
        kind
        for cell in outcome.cells
        for output in cell.get("outputs", ())
        for kind in output.get("data", {})
    }
    assert kinds <= {"text/plain", "image/png"}
    assert "&lt;script&gt;" in outcome.page
