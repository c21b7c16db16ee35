"""Text that tries to get out of a page, and a reader that tells whether it has."""

from html.parser import HTMLParser

HOSTILE = (
    "<script>alert(1)</script>",
    "</pre></code></section><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    '"><script>alert(1)</script><a"',
    "' onmouseover='alert(1)",
    "<!-- <base href=https://example.org/>",
    "![x](https://example.org/a.png) [y](javascript:alert(1))",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "$$\\href{javascript:alert(1)}{x}$$ \\unicode{x}",
    "```\n<style>@import 'https://example.org/a.css';</style>\n~~~\n<link href=//e.x>",
    "&lt;script&gt; &#60;script&#62; \x0c<object data=x>\r<embed src=x>",
    "\u2028<meta http-equiv=refresh content=0>\x85<form action=x>",
    "${title} $cells {{ cell.source }} {% include 'x' %}",
)
_ADDRESSES = {"src", "href", "srcset", "action", "data", "xlink:href", "poster", "formaction"}
_ACTIVE = {
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "meta",
    "base",
    "form",
    "svg",
    "style",
    "input",
    "template",
    "frame",
    "applet",
}


class Danger(HTMLParser):
    """Everything in a page that can run, load, or lead elsewhere, in `found`."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag in _ACTIVE:
            self.found.append((tag, tuple(attributes)))
        for name, value in attributes:
            local = (value or "").startswith(("#", "data:image/png;base64,"))
            if name.startswith("on") or (name in _ADDRESSES and not local):
                self.found.append((tag, name, value))

    def handle_comment(self, data):
        self.found.append(("comment", data))


def danger(html):
    """What in `html` can run, load, or lead elsewhere, each as often as it is there."""
    return sorted(map(repr, Danger(html).found))
