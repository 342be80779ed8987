"""Several files replaced or removed together: all or none, whatever ends the process.

New files are written to a hidden folder first. Renaming it to ``.commit`` is the one instant in
which everything changes; moving the files from there to their places can be repeated by whoever
comes next. All of this happens under the lock. An empty file stands for the removal of its name:
no file of the library is empty.
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
    """Replace files of `folder` by name, or remove those without content, all or none.

    An OSError leaves them all as they were, or all done once :func:`recover` can finish it.
    """
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


def is_unfinished(folder: Path) -> bool:
    """Return whether a committed write has not reached all of its files."""
    return (folder / COMMIT).exists()


def recover(folder: Path) -> None:
    """Finish what an interrupted process had committed; remove what it had not."""
    for staged in folder.glob(f"{STAGED}*"):
        shutil.rmtree(staged, ignore_errors=True)
    if is_unfinished(folder):
        _apply(folder)


def _apply(folder: Path) -> None:
    commit = folder / COMMIT
    for path in sorted(commit.iterdir()):
        if path.stat().st_size:
            path.replace(folder / path.name)
        else:
            (folder / path.name).unlink(missing_ok=True)
            path.unlink()
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
