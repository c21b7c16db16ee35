"""The settings of the course, wherever its account's programs are started."""

import tomllib
from pathlib import Path

hub = tomllib.loads(Path(__file__).resolve().parents[1].joinpath("hub.toml").read_text())

c = get_config()  # noqa: F821  (nbgrader provides it)
load_subconfig("nbgrader_config.py", path=hub["course"])  # noqa: F821  (nbgrader provides it)
c.SafeCollect.owner_is_student = True  # here each student has an account
