"""Writes text with images, scripts, styles and links of other sites into the notebook.

Why it might work: whoever reads the feedback then loads them, and is known to those sites.
It must get: text, shown letter by letter.
"""

from attacks.classroom import attacker, notebook

TEXTS = [
    "![](https://example.org/pixel.png) <img src='https://example.org/pixel.png'>",
    "<script>alert(1)</script><style>@import url(https://example.org/x.css);</style>",
    "[click](javascript:alert(1)) <a href='https://example.org'>here</a> <iframe src='//x.org'>",
    "```\n</code></pre><script>alert(1)</script>\n```\n~~~~\n$\\href{javascript:alert(1)}{x}$",
    "<form action='https://example.org'><input autofocus onfocus=alert(1)></form><base href='//x'>",
    "<svg><foreignObject><script>alert(1)</script></foreignObject></svg><math><a xlink:href='//x'>",
]


@attacker
def write(folder):
    with notebook(folder) as content:
        for number, text in enumerate(TEXTS):
            for kind in ("markdown", "raw"):
                content["cells"].insert(
                    number,
                    {
                        "cell_type": kind,
                        "id": f"{kind}{number}",
                        "source": text,
                        "attachments": {"x.html": {"text/html": text}},
                        "metadata": {"raw_mimetype": "text/html", "format": "text/html"},
                    },
                )


def test_text_is_shown_and_nothing_is_loaded(classroom):
    outcome = classroom.outcome(__name__)
    assert not [
        cell for cell in outcome.cells if cell["cell_type"] == "raw" or cell.get("attachments")
    ]
    assert "example.org/pixel.png" in outcome.page
