"""Dates as files write them. What could mean two dates is refused, never guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from engine.market.quotes import SessionArray

NEW_YORK = ZoneInfo("America/New_York")
ALLOWED = "allowed: YYYY-MM-DD, YYYYMMDD"
PLAUSIBLE_YEARS = range(1800, 2200)

_DATE = re.compile(r"(\d{4})(-?)(\d{2})\2(\d{2})", re.ASCII)
_ISO_COLUMN = re.compile(r"(?:\d{4}-\d{2}-\d{2}\n)*+\d{4}-\d{2}-\d{2}", re.ASCII)
_STAMP = re.compile(r"\d{4}(-?)\d{2}\1\d{2}[T ].+", re.ASCII)
_DAY_MONTH = re.compile(r"\d{1,2}([/.-])\d{1,2}\1\d{2,4}.*", re.ASCII)
_UNIX_SECONDS = re.compile(r"\d{9,10}", re.ASCII)
_SPREADSHEET_SERIAL = re.compile(r"\d{5}(\.\d+)?", re.ASCII)


def iso_sessions(cells: Sequence[str]) -> SessionArray | None:
    """Return the sessions of a whole column; None unless every cell is a date, ``2026-01-21``.

    They are what :func:`session_of` gives for each, in a twentieth of the time.
    """
    if not _ISO_COLUMN.fullmatch("\n".join(cells)):
        return None
    try:
        sessions = np.array(cells, dtype="datetime64[D]")
    except ValueError:  # the 30th of February, or a cell of two lines
        return None
    years = sessions.astype("datetime64[Y]").astype(np.int64) + 1970
    return sessions if years.min() in PLAUSIBLE_YEARS and years.max() in PLAUSIBLE_YEARS else None


def session_of(text: str) -> dt.date:
    """Return the session a cell names.

    Accepted are ``2026-01-21`` and ``20260121``, also followed by a time of 00:00. A stamp with
    a time zone is accepted if New York's date at that instant is the date printed. Seconds since
    1970, as TradingView writes them, are New York's date at that instant; midnight in Greenwich is
    the date there.

    Raises
    ------
    ValueError
        With a sentence that says why the cell is no session.
    """
    if match := _DATE.fullmatch(text):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
        try:
            session = dt.date(year, month, day)
        except ValueError:
            session = None
        if session is None or year not in PLAUSIBLE_YEARS:
            raise ValueError(f'"{text}" is not a date ({ALLOWED})')
        return session
    if _STAMP.fullmatch(text):
        try:
            stamp = dt.datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f'"{text}" is not a date with a time ({ALLOWED})') from None
        return session_of_stamp(stamp)
    if _UNIX_SECONDS.fullmatch(text):
        return _session_of_seconds(int(text))
    raise ValueError(_why_not(text))


def _session_of_seconds(seconds: int) -> dt.date:
    stamp = dt.datetime.fromtimestamp(seconds, dt.UTC)
    return stamp.date() if stamp.time() == dt.time() else stamp.astimezone(NEW_YORK).date()


def session_of_stamp(stamp: dt.datetime) -> dt.date:
    """Return the session of a date with a time: midnight, or a zone that keeps the date.

    Raises
    ------
    ValueError
        If the time of day has a meaning this cannot know, or the zone moves the date.
    """
    printed = stamp.date()
    if stamp.tzinfo is None:
        if stamp.time() != dt.time():
            raise ValueError(
                f"a time of day, {stamp.time()}: one row per session is needed, dates only"
            )
        return printed
    there = stamp.astimezone(NEW_YORK)
    if there.date() != printed:
        raise ValueError(
            f"the time zone moves the date: {stamp.isoformat(' ')} is {there:%Y-%m-%d %H:%M} "
            "in New York; write the session's date without a time"
        )
    return printed


def _why_not(text: str) -> str:
    if not text:
        return f"the date is empty ({ALLOWED})"
    if _DAY_MONTH.fullmatch(text):
        return f'"{text}" is ambiguous: day and month could be swapped ({ALLOWED})'
    if _SPREADSHEET_SERIAL.fullmatch(text):
        return f'"{text}" looks like a spreadsheet\'s serial number, not a date ({ALLOWED})'
    return f'"{text[:40]}" is not a date ({ALLOWED})'
