"""Interest rates from a file: what idle cash earns."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, Fault
from engine.market.quotes import FloatArray, SessionArray

LONGEST_GAP = 45
"""Calendar days a value may stand for: monthly series have a value at least this often."""


def yearly_rates(path: Path, sessions: SessionArray) -> FloatArray:
    """Return the yearly rate in force at each session, as a fraction.

    Parameters
    ----------
    path : Path
        CSV with the columns ``Date,Value``: ISO dates, ascending; percent a year.
    sessions : datetime64[D] array, shape (n,)

    Returns
    -------
    float64 array, shape (n,)
        The last value dated on or before each session: a rate is paid, not predicted.

    Raises
    ------
    DataError
        If the file cannot be read, starts after the first session, or has a gap longer than
        `LONGEST_GAP` days before any session.
    """
    dates, values, lines = _read(path)
    index = np.searchsorted(dates, sessions, side="right") - 1
    if index[0] < 0:
        raise DataError(f"{path}: rates start on {dates[0]}, after the first session {sessions[0]}")
    age = (sessions - dates[index]).astype(np.int64)
    stale = int(np.argmax(age > LONGEST_GAP))
    if age[stale] > LONGEST_GAP:
        raise DataError(
            f"{path}:{lines[index[stale]]}: {dates[index[stale]]}: the next rate comes more than "
            f"{LONGEST_GAP} days later; there is none for {sessions[stale]}"
        )
    return np.asarray(values[index] / 100.0)


def _read(path: Path) -> tuple[SessionArray, FloatArray, NDArray[np.int64]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise DataError(f"{path}: cannot read the rates: {reason}") from None
    reader = csv.DictReader(text.splitlines())
    if [name.strip().lower() for name in reader.fieldnames or ()] != ["date", "value"]:
        raise DataError(f"{path}:1: a file of rates has the columns Date,Value")
    rows: list[tuple[np.datetime64, float, int]] = []
    faults: list[Fault] = []
    for date, value in ((row.values()) for row in reader):
        line = reader.line_num
        try:
            row = (np.datetime64(dt.date.fromisoformat(date.strip()), "D"), float(value), line)
        except (ValueError, TypeError, AttributeError):
            faults.append(Fault(str(path), line, "", f"{date},{value} is not Date,Value"))
            continue
        if not -100.0 < row[1] < 1000.0:
            faults.append(Fault(str(path), line, date, f"{value} is no rate in percent a year"))
        elif rows and row[0] <= rows[-1][0]:
            faults.append(Fault(str(path), line, date, f"does not follow {rows[-1][0]}"))
        else:
            rows.append(row)
    if faults:
        raise DataError(faults=faults[:20])
    if not rows:
        raise DataError(f"{path}: there are no rates in the file")
    dates, values, lines = zip(*rows, strict=True)
    return np.array(dates), np.array(values), np.array(lines)
