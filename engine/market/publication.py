"""Series that are published later than they are dated: what was known at each session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.market.quotes import SessionArray

_LONGEST_CLOSING = 7
"""Calendar days between two sessions, at most: a bound for sessions before the first one given."""


def known_rows(dates: SessionArray, sessions: SessionArray, lag: int) -> NDArray[np.intp]:
    """Return, per session, the row of the last value known at its close; −1 where there is none.

    A value is known `lag` sessions after the last date it is about. That date is the value's own;
    series of a value a month, quarter or year, which FRED dates on the first of the period, are
    about the whole of it: their January is over on 31 January.

    Parameters
    ----------
    dates : datetime64[D] array, shape (m,)
        Ascending.
    sessions : datetime64[D] array, shape (n,)
        Ascending.
    lag : int
        In sessions; 0 takes a value as known at the close of its own last date.
    """
    reference = np.empty(len(sessions), dtype="datetime64[D]")
    before = min(lag, len(sessions))
    reference[:before] = sessions[0] - np.timedelta64(_LONGEST_CLOSING * lag, "D")
    reference[before:] = sessions[: len(sessions) - before]
    return np.searchsorted(last_dates(dates), reference, side="right") - 1


def last_dates(dates: SessionArray) -> SessionArray:
    """Return the last date each value is about; see :func:`known_rows`."""
    months = dates.astype("datetime64[M]")
    if not len(dates) or np.any(months.astype(dates.dtype) != dates):
        return dates
    period = np.diff(months).min() if len(dates) > 1 else _longest_period(dates[0])
    if period < np.timedelta64(1, "M"):
        return dates
    over: SessionArray = (months + period).astype(dates.dtype)
    return over - np.timedelta64(1, "D")


def _longest_period(date: np.datetime64) -> np.timedelta64:
    """Return the longest period a date begins: one value alone does not tell its own."""
    month = int(str(date)[5:7])
    return np.timedelta64(12 if month == 1 else 3 if month % 3 == 1 else 1, "M")
