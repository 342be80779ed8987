"""Closes of further assets, which are looked at but not traded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.errors import DataError, Fault
from engine.market.adjust import adjusted_bars
from engine.market.pair import check_splits, common_rows
from engine.market.panel import Provenance
from engine.market.quality import check_quotes, errors_of, is_ordered
from engine.market.quotes import FloatArray, Quotes, SessionArray
from engine.market.sources import read_quotes
from engine.study.models import DataSection


@dataclass(frozen=True, eq=False)
class OtherCloses:
    """Closes of one asset on the price basis of a study.

    Attributes
    ----------
    symbol : str
    sessions : datetime64[D] array, shape (n,)
        Strictly ascending, read-only.
    close : float64 array, shape (n,)
        Positive, read-only.
    problem : str
        Why there are no closes; empty if there are.
    source : Provenance or None
        Where they came from, if from somewhere.

    Raises
    ------
    DataError
        If the arrays do not fit together, dates do not ascend, a close is not positive, or there
        is none and no problem is named.
    """

    symbol: str
    sessions: SessionArray
    close: FloatArray
    problem: str = ""
    source: Provenance | None = None

    def __post_init__(self) -> None:
        sessions = np.array(self.sessions, dtype="datetime64[D]")  # a copy: never the caller's
        close = np.array(self.close, dtype=np.float64)
        for name, array in (("sessions", sessions), ("close", close)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if sessions.shape != close.shape or sessions.ndim != 1:
            raise DataError(f"{self.symbol}: {close.size} closes, {sessions.size} sessions")
        if np.any(np.diff(sessions) <= np.timedelta64(0, "D")):
            raise DataError(f"{self.symbol}: the sessions must ascend strictly")
        if not np.all((close > 0) & np.isfinite(close)):
            raise DataError(f"{self.symbol}: closes must be positive and finite")
        if not len(close) and not self.problem:
            raise DataError(f"{self.symbol}: there are no closes")


def load_others(data: DataSection, symbols: Iterable[str]) -> tuple[OtherCloses, ...]:
    """Return the closes of further symbols from the source of a study, one entry per symbol.

    Rows after ``data.end`` are not used. A symbol that has no file, or whose quotes do not pass
    the quality gate, is not dropped: its entry has no closes, and `problem` says why.
    """
    return tuple(_load(data, symbol) for symbol in symbols)


def closes_on(quotes: Quotes, sessions: SessionArray) -> FloatArray:
    """Return the close of an asset, as quoted, in each of `sessions`.

    Parameters
    ----------
    quotes : Quotes
        For instance of VIX; rows in other sessions are ignored.
    sessions : datetime64[D] array, shape (n,)
        Ascending.

    Returns
    -------
    float64 array, shape (n,)
        NaN in sessions before the first row: what did not exist is not a gap.

    Raises
    ------
    DataError
        If a later session has no row, a row is out of order, or a close used is not positive.
    """
    if not len(quotes) or not is_ordered(quotes):
        wrong = "rows out of order or repeated" if len(quotes) else "there are no rows"
        raise DataError(faults=[Fault(quotes.origin, 0, "", wrong)])
    rows = np.searchsorted(quotes.sessions, sessions)
    found = quotes.sessions[np.minimum(rows, len(quotes) - 1)] == sessions
    gaps = np.flatnonzero(~found & (sessions > quotes.sessions[0]))
    if len(gaps):
        raise DataError(faults=[_gap(quotes, sessions[gaps[0]], len(gaps))])
    closes = np.full(len(sessions), np.nan)
    closes[found] = quotes.close[rows[found]]
    bad = np.flatnonzero(found & ~((closes > 0) & np.isfinite(closes)))
    if len(bad):
        line, date = int(quotes.lines[rows[bad[0]]]), str(sessions[bad[0]])
        message = f"Close is {closes[bad[0]]:g}; it must be positive"
        raise DataError(faults=[Fault(quotes.origin, line, date, message)])
    return closes


def _load(data: DataSection, symbol: str) -> OtherCloses:
    try:
        quotes = read_quotes(data, symbol)
        end = None if data.end is None else np.datetime64(data.end)
        quotes, _ = common_rows(quotes, quotes, end)
        findings = check_quotes(quotes, calendar=data.calendar, price_basis=data.price_basis)
        if faults := errors_of([*findings, *check_splits(quotes)]):
            raise DataError(faults=faults)
        close = adjusted_bars(quotes, data.price_basis).close
        source = Provenance.of(quotes) if len(quotes) else None
        return OtherCloses(symbol, quotes.sessions, close, source=source)
    except DataError as error:
        return OtherCloses(symbol, np.empty(0, "datetime64[D]"), np.empty(0), _said(error))


def _said(error: DataError) -> str:
    """Return the first fault in words, without its folder, which no result depends on."""
    if not error.faults:
        return str(error)
    first, *others = error.faults
    place = (f"line {first.line}, " if first.line else "") + (f"{first.key} " if first.key else "")
    more = f" (and {len(others):,} more)" if others else ""
    return f"{place}{first.message}{more}"


def _gap(quotes: Quotes, session: np.datetime64, gaps: int) -> Fault:
    """Return the fault of a missing session; its line is where the row belongs."""
    place = int(np.searchsorted(quotes.sessions, session))
    line = int(quotes.lines[place]) if place < len(quotes) else 0
    more = f", nor for {gaps - 1:,} later ones" if gaps > 1 else ""
    ends = "" if place < len(quotes) else f"; the last row is {quotes.sessions[-1]}"
    return Fault(quotes.origin, line, str(session), f"no close for this session{more}{ends}")
