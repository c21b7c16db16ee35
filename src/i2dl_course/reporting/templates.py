"""Pages from templates, in which nothing can be more than text unless our own code has made it.

Whatever is put into a template is escaped, and its control characters are made visible, whoever
wrote it: `finalize` is the one door into a page, and it lets only `Markup` pass as it is. So a
page is as safe as the places that make Markup, which are few: look for the word.
"""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

# What a terminal or a browser obeys and nobody sees: C0 and C1 but for tab and line feed, what
# turns the direction of a text around, and what is no character at all (half a surrogate pair).
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """`text` with one U+FFFD for each control character, and with plain line ends."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def template(name: str) -> Template:
    """The template `name`, such as "reporting/page.html"; compiled once in a process."""
    return _environment().get_template(name)


def _finalize(value: object) -> str:
    return value if isinstance(value, Markup) else visible(str(value))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("i2dl_course", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
