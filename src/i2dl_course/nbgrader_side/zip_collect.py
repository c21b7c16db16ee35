"""The part of ``nbgrader zip_collect`` that unpacks: safely, and one bad zip harms no other."""

import os
import secrets
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin

from i2dl_course import manifest
from i2dl_course.handins.opening import open_zip
from i2dl_course.handins.storing import NOTES, SECRET, store
from i2dl_course.manifest import CourseError


class SafeExtractor(ExtractorPlugin):
    """Unpacks each zip into a folder of its own name; only files on the manifest's list.

    The stock class unpacks whatever is in an archive, archives within it too, without a limit, and
    one damaged archive ends the whole run.
    """

    def extract(self, archive_path, extracted_path):
        """Unpack every zip in or below `archive_path`; the log names a zip that is refused."""
        course = manifest.load(Path(self.parent.coursedir.root))
        archives = sorted(Path(archive_path).rglob("*"))
        if not archives:
            self.log.warning("No files found in directory: %s", archive_path)
        for archive in archives:
            if archive.is_dir() and not archive.is_symlink():
                continue
            if archive.is_symlink() or archive.suffix.lower() != ".zip":
                self.log.warning("Not collected, because it is not a zip: %s", archive)
                continue
            try:
                handin = open_zip(archive, course)
            except CourseError as error:
                self.log.error("Not collected: %s", error)
                continue
            folder = Path(extracted_path) / archive.relative_to(archive_path).with_suffix("")
            folder.mkdir(parents=True, exist_ok=True)
            notes = store(handin.files, handin.notes(), folder, course)
            (folder / NOTES).touch()  # or those of an older zip would stay, file by file
            # `nbgrader submit` leaves one, and release_feedback ends with an error without it.
            (folder / SECRET).write_text(secrets.token_hex(64), encoding="ascii")
            for note in notes:
                self.log.warning("%s: %s", archive.name, note)
            self.log.info("Unpacked %s files of %s", len(handin.files), os.path.basename(archive))
