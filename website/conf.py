"""Sphinx's settings for the site; each is explained in Sphinx's own documentation."""

from __future__ import annotations

import sys
from pathlib import Path

from i2dl_course.manifest import load

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # for exercise_code, whose reference is read out of it
course = load(ROOT)

project = course.title
html_title = project
html_short_title = project
language = "en"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_argparse_cli",
    "website.elsewhere",
    "website.formulas",
]

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 4  # as the forge makes them
myst_update_mathjax = False
nb_execution_mode = "off"  # pages.py has run them
html_math_renderer = "mathml"

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
templates_path = ["templates"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# Excerpts are fetched, which a browser does not allow in a folder.
html_show_search_summary = False
