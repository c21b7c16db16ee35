"""The Python that hand-ins are written in: newer grammar is refused, whatever Python runs here.

A notebook may run on a newer Python than the one that judges. A file that uses its grammar would
pass in the notebook and be no Python afterwards. What is newer in the library is not looked for.
"""

import sys

PYTHON = (3, 11)  # where hand-ins are judged
VERSION = ".".join(map(str, PYTHON))


def require_known(source, path):
    """Raises SyntaxError for the newer grammar in ``source``: bytes that compile here."""
    if sys.version_info[:2] <= PYTHON:
        return
    import ast  # here, because most kernels have the right Python

    ast.parse(source, path, feature_version=PYTHON)
    _require_known_f_strings(source, path)


def _require_known_f_strings(source, path):
    """What ``feature_version`` lets through: PEP 701, by which an f-string may hold any expression.

    Before, an f-string was read as a string first: so between its braces its own quotes, a
    backslash and a comment could not stand, nor the end of a line unless it had three quotes.
    """
    import io
    import tokenize

    quotes = []  # of the f-strings around a token, from the outermost on
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        kind, text = tokenize.tok_name[token.type], token.string
        if kind == "FSTRING_END":
            quotes.pop()
            continue
        around = quotes[:-1] if kind == "FSTRING_MIDDLE" else quotes
        if around and (
            any(quote in text for quote in around)
            or "\\" in text
            or kind == "COMMENT"
            or (kind == "NL" and any(len(quote) == 1 for quote in around))
        ):
            message = "what stands in this f-string is only supported in Python 3.12 and greater"
            raise SyntaxError(message, (path, token.start[0], token.start[1] + 1, token.line))
        if kind == "FSTRING_START":
            quotes.append(text.lstrip("fFrR"))
