"""Several files replaced together: all of them or none, whatever ends the process.

New files are written to a hidden folder first. Renaming it to ``.commit`` is the one instant in
which everything changes; moving the files from there to their places can be repeated by whoever
comes next. All of this happens under the lock.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

COMMIT = ".commit"
STAGED = ".staged-"


def write_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replace files of `folder` by name; an OSError leaves them all as they were."""
    staged = Path(tempfile.mkdtemp(prefix=STAGED, dir=folder))
    try:
        for name, content in files.items():
            with (staged / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        _sync(staged)
        staged.rename(folder / COMMIT)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    _sync(folder)
    _apply(folder)


def recover(folder: Path) -> None:
    """Finish what an interrupted process had committed; remove what it had not."""
    for staged in folder.glob(f"{STAGED}*"):
        shutil.rmtree(staged, ignore_errors=True)
    if (folder / COMMIT).exists():
        _apply(folder)


def _apply(folder: Path) -> None:
    commit = folder / COMMIT
    for path in sorted(commit.iterdir()):
        path.replace(folder / path.name)
    _sync(folder)
    commit.rmdir()


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power failure, where the platform can."""
    with contextlib.suppress(OSError):  # Windows opens no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
