"""Series that stand beside the pair: VIX and the fed funds rate, one value per session."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.errors import DataError
from engine.market.library import Held
from engine.market.others import closes_on
from engine.market.pair import common_rows
from engine.market.panel import Provenance
from engine.market.publication import known_rows, last_dates
from engine.market.quotes import FloatArray, SessionArray
from engine.market.rates import first_stale, read_rates
from engine.market.sources import read_quotes
from engine.market.sources.files import find_file, shortest_name
from engine.market.sources.library import library_of
from engine.study.models import DataSection, FileData, LibraryData, MarketData


class Series(NamedTuple):
    """One value per session, shape (n,), and where it came from."""

    values: FloatArray
    source: Provenance


CLOSING_DAYS = 7
"""Calendar days a value may be older for each session it is published late."""


def vix_closes(data: DataSection, sessions: SessionArray) -> Series | None:
    """Return the VIX known at the close of every session; None where none is named.

    That is its close of the session. A FRED series of the library is known ``publication_lag``
    sessions later; see :func:`engine.market.publication.known_rows`. NaN before the first value;
    rows after the last session are not looked at.

    Raises
    ------
    DataError
        If it is missing, cannot be understood, or has gaps.
    """
    if not isinstance(data, MarketData) or data.vix is None:
        return None
    if isinstance(data, LibraryData):
        (held,) = library_of(data).read(data.vix)
        if held.entry.kind == "values":
            values = _values_known("data.vix", held, sessions, data.publication_lag)
            return Series(values, _source(data, held, sessions[-1]))
    quotes = read_quotes(data, data.vix)
    known, _ = common_rows(quotes, quotes, sessions[-1])
    values = closes_on(known, sessions) if len(known) else np.full(len(sessions), np.nan)
    return Series(values, Provenance.of(known if len(known) else quotes))


def fed_funds_rates(data: DataSection, sessions: SessionArray) -> Series | None:
    """Return the fed funds rate dated on or before every session, as a fraction a year.

    Not yet as known: the study of streaks looks at it ``scan.character.rate_lag`` sessions later.
    A monthly series of the library is dated on the last of the month it is the mean of. None where
    the study names none.

    Raises
    ------
    DataError
        If it is missing, cannot be understood, or has gaps.
    """
    if not isinstance(data, MarketData) or data.fed_funds is None:
        return None
    if isinstance(data, LibraryData):
        (held,) = library_of(data).read(data.fed_funds)
        if held.entry.kind != "values":
            raise DataError(f"data.fed_funds: {data.fed_funds} holds prices, not rates in percent")
        values = _values_known("data.fed_funds", held, sessions, lag=0) / 100.0
        return Series(values, _source(data, held, sessions[-1]))
    assert isinstance(data, FileData)  # there is no third source of market history
    path = find_file(shortest_name(data.directory), data.fed_funds, (".csv",))
    try:
        return Series(*read_rates(path, sessions))
    except DataError as error:
        raise DataError(f"data.fed_funds: {error}") from None


def _source(data: LibraryData, held: Held, last: np.datetime64) -> Provenance:
    """Return where values of the library came from, up to a date, or all if there are none."""
    entry, table = held.entry, held.table.until(last)
    dates = table.dates if len(table) else held.table.dates
    return Provenance(
        symbol=entry.symbol,
        origin=str(library_of(data).path(entry.symbol)),
        recognised_as=f"library, {entry.source}",
        sha256=entry.sha256,
        first_session=str(dates[0]),
        last_session=str(dates[-1]),
        rows=len(dates),
        source=entry.source,
        fetched_at=entry.fetched_at,
        adjustment="",
    )


def _values_known(key: str, held: Held, sessions: SessionArray, lag: int) -> FloatArray:
    """Return the value known at each session: NaN before the first, refused where it is too old."""
    table = held.table
    rows = known_rows(table.dates, sessions, lag)
    begun = rows >= 0
    stale = first_stale(
        last_dates(table.dates), rows[begun], sessions[begun], extra=CLOSING_DAYS * lag
    )
    if stale is not None:
        row, session = stale
        raise DataError(
            f"{key}: the value of {held.entry.symbol} of {table.dates[row]} is too old for "
            f"{session}; streak data update {held.entry.symbol}"
        )
    return np.where(begun, table["value"][np.maximum(rows, 0)], np.nan)
