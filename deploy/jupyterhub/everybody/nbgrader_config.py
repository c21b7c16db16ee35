"""The exchange of the hub, for the servers of all and for terminals."""

import os
import tomllib
from pathlib import Path

from nbgrader.exchange.default import ExchangeSubmit

hub = tomllib.loads(Path(__file__).resolve().parents[1].joinpath("hub.toml").read_text())

c = get_config()  # noqa: F821  (nbgrader provides it)

c.Exchange.root = hub["exchange"]
c.CourseDirectory.course_id = hub["course_id"]


class ClosedSubmit(ExchangeSubmit):
    """Hands in for the course's account alone, to whose group each folder in `inbound` belongs.

    nbgrader lets everybody read and change a hand-in who knows or guesses its name.
    """

    def copy_files(self):
        """As nbgrader, and then close the folder to others."""
        super().copy_files()
        os.chmod(os.path.join(self.inbound_path, self.assignment_filename), 0o750)


c.ExchangeFactory.submit = ClosedSubmit
