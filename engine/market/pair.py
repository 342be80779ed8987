"""The quality gate for two assets together: common span, missing sessions, splits, last rows."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from engine.errors import Fault
from engine.market.calendar import FIRST_DATE, LAST_DATE, sessions_between
from engine.market.quality import (
    Finding,
    check_quotes,
    error,
    is_ordered,
    warning,
)
from engine.market.quotes import FloatArray, Quotes, SessionArray

OLD_DAYS = 10
"""Calendar days; the longest closing of XNYS since 1933 was 6 (September 2001)."""

SPLITS: FloatArray = np.log([1.5, *range(2, 21)])
"""Log ratios of splits 3:2, 2:1 … 20:1; the reverse ones are their negatives."""
SPLIT_TOLERANCE = 0.03
"""Open or close of the session lies this near to an exact split, in log price …"""
SPLIT_SESSION_MOVE = 0.20
"""… and the other one no farther than this: a split is there from the open on."""
SPLIT_TIMES_USUAL = 15
"""A jump below so many median moves is the asset's own habit: VIX does rise by half."""


def check_pair(
    core: Quotes,
    satellite: Quotes,
    *,
    calendar: str = "XNYS",
    price_basis: str = "total_return",
    end: np.datetime64 | None = None,
) -> tuple[Finding, ...]:
    """Return everything the gate finds in the rows a backtest of this pair would use.

    Parameters
    ----------
    core, satellite : Quotes
        Whole, as read; rows outside of the common span or after `end` are not judged.
    calendar : {"XNYS", "none"}
    price_basis : {"total_return", "price"}
    end : datetime64[D], optional
        Last session used.
    """
    used = common_rows(core, satellite, end)
    if len(np.intersect1d(used[0].sessions, used[1].sessions)) < 2:
        return (_no_overlap(core, satellite, end),)
    found: list[Finding] = []
    for quotes, other in (used, used[::-1]):
        found += check_quotes(quotes, calendar=calendar, price_basis=price_basis)
        found += _missing_of_pair(quotes, other, calendar)
        found += check_splits(quotes, other)
    return (*found, *_last_rows(core, satellite, end))


def common_rows(
    core: Quotes, satellite: Quotes, end: np.datetime64 | None = None
) -> tuple[Quotes, Quotes]:
    """Return both quotes cut to the span of dates both cover, at most up to `end`."""
    if not len(core) or not len(satellite):
        return _cut(core, LAST_DATE, FIRST_DATE), _cut(satellite, LAST_DATE, FIRST_DATE)
    first = max(core.sessions.min(), satellite.sessions.min())
    last = min(core.sessions.max(), satellite.sessions.max())
    if end is not None:
        last = min(last, end)
    return _cut(core, first, last), _cut(satellite, first, last)


def check_missing(quotes: Quotes, expected: SessionArray, why: str) -> tuple[Finding, ...]:
    """Return an error per session of `expected` that `quotes` lacks; `why` says who has it.

    The line given is that of the next row, where the missing one belongs.
    """
    missing = np.setdiff1d(expected, quotes.sessions)
    # where rows are out of order there is no such place, and that is reported anyway
    rows = quotes.sessions if is_ordered(quotes) else quotes.sessions[:0]
    found = []
    for session, place in zip(missing, np.searchsorted(rows, missing), strict=True):
        line = int(quotes.lines[place]) if place < len(rows) else 0
        fault = Fault(quotes.origin, line, str(session), f"no row for this session; {why}")
        found.append(Finding("error", "missing", fault))
    return tuple(found)


def check_splits(quotes: Quotes, other: Quotes | None = None) -> tuple[Finding, ...]:
    """Return an error per session in which prices jump like an unadjusted split.

    The jump from the close before to the open, or to the close, is that of a split n:1 with n in
    2..20, of 3:2, or of a reverse one; the other one of the two is not far from it; the other
    asset, if given, did not jump alike; and the asset does not do such things every month.
    """
    if not is_ordered(quotes) or (other is not None and not is_ordered(other)):
        return ()
    rows, others_jump = _aligned(quotes, other)
    to_close, to_open = _log_jumps(quotes, rows)
    usual = np.nanmedian(np.abs(to_close)) if np.isfinite(to_close).any() else np.inf
    factors = np.concatenate((-SPLITS, SPLITS))
    factors = factors[np.abs(factors) > SPLIT_TIMES_USUAL * usual]
    off_close = np.abs(to_close[:, None] - factors)
    off_open = np.abs(to_open[:, None] - factors)
    alike = np.abs(others_jump[:, None] - factors) < np.abs(factors) / 2
    # NaN, where a price is none, compares as False
    split = (
        (np.minimum(off_close, off_open) <= SPLIT_TOLERANCE)
        & (np.maximum(off_close, off_open) <= SPLIT_SESSION_MOVE)
        & ~alike
    )
    found = rows[1:][split.any(axis=1)]
    before = dict(zip(rows[1:].tolist(), rows[:-1].tolist(), strict=True))

    def say(row: int) -> str:
        earlier, later = quotes.close[before[row]], quotes.close[row]
        return (
            f"Close {earlier:.10g} → {later:.10g}, a ratio of {later / earlier:.3g}, looks like an "
            "unadjusted split; quotes adjusted for splits are needed"
        )

    return tuple(error("split", quotes, found, say))


def check_last_row(quotes: Quotes, reference: np.datetime64, name: str) -> tuple[Finding, ...]:
    """Return a warning if the last row is more than 10 calendar days before `reference`."""
    last = int(np.argmax(quotes.sessions))
    days = int((reference - quotes.sessions[last]) / np.timedelta64(1, "D"))
    if days <= OLD_DAYS:
        return ()
    return tuple(warning("old", quotes, [last], lambda _: f"last row, {days:,} days before {name}"))


def calendar_sessions(sessions: SessionArray) -> SessionArray:
    """Return the XNYS sessions of the span of `sessions`, as far as the calendar reaches."""
    first, last = max(sessions.min(), FIRST_DATE), min(sessions.max(), LAST_DATE)
    return sessions_between(first, last) if first <= last else sessions[:0]


def _cut(quotes: Quotes, first: np.datetime64, last: np.datetime64) -> Quotes:
    keep = (quotes.sessions >= first) & (quotes.sessions <= last)
    names = ("sessions", "open", "high", "low", "close", "adjusted_close", "volume", "lines")
    arrays = {name: getattr(quotes, name) for name in names}
    kept = {name: array[keep] for name, array in arrays.items() if array is not None}
    return dataclasses.replace(quotes, **kept)


def _no_overlap(core: Quotes, satellite: Quotes, end: np.datetime64 | None) -> Finding:
    spans = ", ".join(
        f"{quotes.symbol} has {quotes.sessions.min()} to {quotes.sessions.max()}"
        if len(quotes)
        else f"{quotes.symbol} has none"
        for quotes in (core, satellite)
    )
    limit = f", and end is {end}" if end is not None else ""
    message = f"fewer than 2 common sessions: {spans}{limit}"
    origins = ", ".join(dict.fromkeys((core.origin, satellite.origin)))
    return Finding("error", "overlap", Fault(origins, 0, "", message))


def _missing_of_pair(quotes: Quotes, other: Quotes, calendar: str) -> list[Finding]:
    both = np.union1d(quotes.sessions, other.sessions)
    expected = calendar_sessions(both) if calendar == "XNYS" else both
    others = np.intersect1d(expected, other.sessions)
    neither = np.setdiff1d(expected, other.sessions)
    return [
        *check_missing(quotes, others, f"{other.symbol} has one"),
        *check_missing(quotes, neither, "XNYS was open"),
    ]


def _aligned(quotes: Quotes, other: Quotes | None) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the rows to compare, and the other asset's log jump into each but the first."""
    if other is None:
        return np.arange(len(quotes)), np.zeros(max(len(quotes) - 1, 0))
    _, rows, others = np.intersect1d(quotes.sessions, other.sessions, return_indices=True)
    return rows, _log_jumps(other, others)[0]


def _log_jumps(quotes: Quotes, rows: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return the log jumps from the close of each row to the close and the open of the next."""
    close, opening = _log(quotes.close[rows]), _log(quotes.open[rows])
    return close[1:] - close[:-1], opening[1:] - close[:-1]


def _log(prices: FloatArray) -> FloatArray:
    """Return the logarithm of prices, NaN where there is none."""
    return np.log(np.where((prices > 0) & np.isfinite(prices), prices, np.nan))


def _last_rows(core: Quotes, satellite: Quotes, end: np.datetime64 | None) -> list[Finding]:
    found: list[Finding] = []
    for quotes, other in ((core, satellite), (satellite, core)):
        reference = other.sessions.max() if end is None else end
        name = f"{other.symbol}'s, {reference}" if end is None else f"end, {end}"
        found += check_last_row(quotes, reference, name)
    return found
