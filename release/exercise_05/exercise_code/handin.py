"""The hand-in: one archive with the files that count."""

import os
from datetime import datetime
from pathlib import Path

from exercise_code.tests import declaration

ARCHIVE = f"{declaration.EXERCISE}.zip"
FILES = (declaration.NOTEBOOK, *declaration.FILES)


def pack(folder="."):
    """Writes ``exercise_05.zip`` into ``folder`` and prints what is in it.

    Parameters
    ----------
    folder : path
        The folder of the notebooks.

    Returns
    -------
    pathlib.Path
        The archive.

    Raises
    ------
    FileNotFoundError
        If one of the files is not there. Nothing is written then.
    """
    folder = Path(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"{missing[0]} is not in {folder.resolve()}: run this in the folder of the notebooks, "
            "or copy the file back from the hand-out."
        )
    from zipfile import ZIP_DEFLATED, ZipFile  # here, because it is slow to import and used once

    archive = folder / ARCHIVE
    unfinished = folder / (ARCHIVE + ".part")  # an interrupted run must not leave half an archive
    with ZipFile(unfinished, "w", ZIP_DEFLATED) as file:
        for name in FILES:
            file.write(folder / name, name)
    os.replace(unfinished, archive)

    print(f"{ARCHIVE} is ready, {archive.stat().st_size:,} bytes. In it:")
    for name in FILES:
        saved = datetime.fromtimestamp((folder / name).stat().st_mtime)
        print(f"  {name:<42} last saved {saved:%d %b %H:%M:%S}")
    print("Saved the notebook just now? If not, save it (Ctrl+S) and run this cell again.")
    return archive
