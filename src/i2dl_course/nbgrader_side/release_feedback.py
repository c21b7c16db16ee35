"""The part of ``nbgrader release_feedback`` that copies pages into the exchange: one by one."""

from __future__ import annotations

import glob
import os

from nbgrader.exchange.default import ExchangeReleaseFeedback

from i2dl_course.handins.failure import Failures


class ReleaseOneByOne(ExchangeReleaseFeedback):
    """Stands as ``ExchangeFactory.release_feedback``: who lacks a file keeps no other waiting.

    The stock class ends at the first folder without timestamp.txt or submission_secret.txt.
    """

    src_path: str  # a pattern for all folders of feedback

    def copy_files(self) -> None:
        """Release everybody's pages. Raises ExchangeError when some could not be."""
        failures = Failures()
        for folder in sorted(glob.glob(self.src_path)):
            student = os.path.basename(os.path.dirname(folder))
            self.src_path = glob.escape(folder)
            with failures.of(student, "could not be released"):
                super().copy_files()
        for student, sentence in failures.items():
            self.log.error("Not released: %s: %s", student, sentence)
        if failures:
            self.fail(f"The feedback of {len(failures)} students was not released.")
