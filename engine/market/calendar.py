"""Sessions of the New York Stock Exchange, from the exchange-calendars package.

The calendar is built over a fixed range, not up to today, so that the same prices are judged the
same way on any date. What the package says of that range is kept in the user's cache, under the
versions it follows from.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.market.quotes import SessionArray
from engine.user_cache import keep, recall

FIRST_DATE = np.datetime64("1960-01-01")
LAST_DATE = np.datetime64("2049-12-31")

SESSIONS_PER_YEAR = 252
"""What rates and deviations are annualised with, everywhere."""


def sessions_between(first: np.datetime64, last: np.datetime64) -> SessionArray:
    """Return the XNYS sessions from `first` to `last`, both included.

    Returns
    -------
    datetime64[D] array, ascending, read-only
        Empty where `last` is before `first`.

    Raises
    ------
    DataError
        If a date lies outside of 1960..2049, the range of this calendar.
    """
    for date in (first, last):
        if not FIRST_DATE <= date <= LAST_DATE:
            raise DataError(f"{date} is outside of the XNYS calendar: {calendar_range()}")
    sessions = _sessions()
    start = np.searchsorted(sessions, first, side="left")
    stop = np.searchsorted(sessions, last, side="right")
    return sessions[start:stop]


def is_session(dates: SessionArray) -> NDArray[np.bool_]:
    """Return, per date, whether XNYS was open; False outside of the calendar's range."""
    sessions = _sessions()
    after = np.minimum(np.searchsorted(sessions, dates), len(sessions) - 1)
    return np.asarray(sessions[after] == dates)


def in_range(dates: SessionArray) -> NDArray[np.bool_]:
    """Return, per date, whether this calendar knows if XNYS was open."""
    return (dates >= FIRST_DATE) & (dates <= LAST_DATE)


def calendar_range() -> str:
    """Return the sentence on what the calendar covers and how to do without it."""
    return f"it covers {FIRST_DATE} to {LAST_DATE}; set calendar: none to do without it"


@lru_cache(maxsize=1)
def _sessions() -> SessionArray:
    """Return all sessions of the range: kept, or worked out, which takes more than a second."""
    name = f"sessions/XNYS.{version('exchange_calendars')}.{version('pandas')}"
    kept = recall(name)
    if kept is None:
        sessions = _worked_out()
        keep(name, sessions.astype("<i8").tobytes())
    else:
        sessions = np.frombuffer(kept, "<i8").astype("datetime64[D]")
    sessions.setflags(write=False)
    return sessions


def _worked_out() -> SessionArray:
    import exchange_calendars

    with warnings.catch_warnings():
        # what pandas plans to change concerns exchange-calendars' code, not ours or the user's
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        calendar = exchange_calendars.get_calendar(
            "XNYS", start=str(FIRST_DATE), end=str(LAST_DATE)
        )
    return np.asarray(calendar.sessions.to_numpy(), dtype="datetime64[D]")
