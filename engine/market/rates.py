"""Interest rates from a file: what idle cash earns."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, Fault
from engine.market.faults import data_error
from engine.market.panel import Provenance
from engine.market.quotes import FloatArray, SessionArray
from engine.market.sources.csv import read_records
from engine.market.sources.files import decode_text, read_bytes

LONGEST_GAP = 62
"""Calendar days a value may stand for: monthly series have a value at least this often."""


def yearly_rates(path: Path, sessions: SessionArray) -> FloatArray:
    """Return the yearly rate in force at each session; see :func:`read_rates`."""
    return read_rates(path, sessions)[0]


def read_rates(path: Path, sessions: SessionArray) -> tuple[FloatArray, Provenance]:
    """Return the yearly rate in force at each session, as a fraction, and where it came from.

    Parameters
    ----------
    path : Path
        CSV with the columns ``Date,Value``: ISO dates, ascending; percent a year.
    sessions : datetime64[D] array, shape (n,)
        Ascending. Values dated after the last one are not looked at.

    Returns
    -------
    float64 array, shape (n,)
        The last value dated on or before each session: a rate is paid, not predicted.
    Provenance
        Of the values dated up to the last session.

    Raises
    ------
    DataError
        If the file cannot be read, starts after the first session, or has a gap longer than
        `LONGEST_GAP` days before any session.
    """
    content = read_bytes(path)
    dates, values, lines = _read(path, content, sessions[-1])
    index = np.searchsorted(dates, sessions, side="right") - 1
    if stale := first_stale(dates, index, sessions):
        row, session = stale
        if row < 0:
            raise DataError(f"{path}: rates start on {dates[0]}, after the first session {session}")
        raise DataError(
            f"{path}:{lines[row]}: {dates[row]}: the next rate comes more than "
            f"{LONGEST_GAP} days later, or never; there is none for {session}"
        )
    return np.asarray(values[index] / 100.0), _provenance(path, content, dates)


def _provenance(path: Path, content: bytes, dates: SessionArray) -> Provenance:
    return Provenance(
        symbol=path.stem,
        origin=str(path),
        recognised_as="Date,Value CSV",
        sha256=hashlib.sha256(content).hexdigest(),
        first_session=str(dates[0]),
        last_session=str(dates[-1]),
        rows=len(dates),
        source="file",
        fetched_at="",
        adjustment="",
    )


def first_stale(
    dates: SessionArray, rows: NDArray[np.intp], sessions: SessionArray, extra: int = 0
) -> tuple[int, np.datetime64] | None:
    """Return row and session of the first value that is none or too old; None if there is none.

    Parameters
    ----------
    dates : datetime64[D] array, shape (m,)
    rows : int array, shape (n,)
        Which value stands for each session; negative where none does.
    sessions : datetime64[D] array, shape (n,)
    extra : int
        Calendar days a value may be older than `LONGEST_GAP`.
    """
    age = (sessions - dates[np.maximum(rows, 0)]).astype(np.int64)
    stale = np.flatnonzero((rows < 0) | (age > LONGEST_GAP + extra))
    return (int(rows[stale[0]]), sessions[stale[0]]) if len(stale) else None


def _read(
    path: Path, content: bytes, last: np.datetime64
) -> tuple[SessionArray, FloatArray, NDArray[np.int64]]:
    """Return dates, values and lines of the rates dated up to `last`."""
    origin = str(path)
    header, *records = read_records(decode_text(content, origin), ",", origin)
    if [name.lower() for name in header[1]] != ["date", "value"]:
        raise DataError(f"{path}:{header[0]}: a file of rates has the columns Date,Value")
    rows: list[tuple[np.datetime64, float, int]] = []
    faults: list[Fault] = []
    for line, cells in records:
        try:
            date, value = cells
            session, rate = np.datetime64(dt.date.fromisoformat(date), "D"), float(value)
        except ValueError:
            faults.append(Fault(origin, line, "", f"{','.join(cells)} is not Date,Value"))
            continue
        if session > last:
            continue
        if not -100.0 < rate < 1000.0:
            faults.append(Fault(origin, line, date, f"{value} is no rate in percent a year"))
        elif rows and session <= rows[-1][0]:
            faults.append(Fault(origin, line, date, f"does not follow {rows[-1][0]}"))
        else:
            rows.append((session, rate, line))
    if faults:
        raise data_error(faults)
    if not rows:
        raise DataError(f"{path}: there are no rates up to {last}")
    dates, values, lines = zip(*rows, strict=True)
    return np.array(dates), np.array(values), np.array(lines)
