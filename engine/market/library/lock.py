"""One process at a time: a lock that the operating system takes back when its holder dies.

SQLite locks its database files with whatever the platform offers, knows the pitfalls of each, and
is part of Python; an empty database that is never written serves as the lock. There is nothing to
clean up after a crash, so no lock can be stale.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.errors import DataError

LOCK = ".lock"
_STEP = 0.05  # seconds; short, so that an interrupt is not kept waiting


@contextmanager
def locked(folder: Path, patience: float = 30.0) -> Iterator[None]:
    """Hold the lock of `folder`, which exists, while the block runs.

    Parameters
    ----------
    folder : Path
    patience : float
        Seconds to wait for another process.

    Raises
    ------
    DataError
        If another process holds it all that time, or the folder cannot be written.
    """
    path = folder / LOCK
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            _acquire(connection, folder, patience)
            yield
    except sqlite3.Error as error:
        raise DataError(f"{folder}: cannot be locked: {error}") from None


def _acquire(connection: sqlite3.Connection, folder: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
        else:
            return
        if time.monotonic() > deadline:
            raise DataError(f"{folder}: another process is using the library; try again")
        time.sleep(_STEP)
