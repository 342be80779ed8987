"""Daily quotes from the data library: split-adjusted, with total return from dividends."""

from __future__ import annotations

import datetime as dt

import numpy as np

from engine.market.corporate_actions import dividend_factors, split_factors
from engine.market.faults import file_error
from engine.market.library import Held, Library, library_folder
from engine.market.library.entry import FROM_DIVIDENDS
from engine.market.quotes import FloatArray, Quotes
from engine.market.sources.files import shortest_name
from engine.study.models import LibraryData


def library_of(data: LibraryData) -> Library:
    """Return the library a study reads."""
    return Library(shortest_name(library_folder(data.directory)))


def read_library(data: LibraryData, *symbols: str) -> tuple[Quotes, ...]:
    """Return the quotes of symbols of the library, all as of one instant, as of ``data.end``.

    Rows after ``data.end`` are not looked at: splits and dividends after it change no price, so
    that a study with an end gives the same bytes however far the library has grown.

    Raises
    ------
    DataError
        If a symbol is not there, is damaged, or has no prices.
    """
    library = library_of(data)
    end = data.end
    return tuple(
        quotes_of(held, str(library.path(symbol)), end, symbol)
        for symbol, held in zip(symbols, library.read(*symbols), strict=True)
    )


def quotes_of(
    held: Held, origin: str, end: dt.date | None = None, symbol: str | None = None
) -> Quotes:
    """Return the rows of a symbol up to `end` as quotes: split-adjusted as of its last row.

    Raises
    ------
    DataError
        If the rows are no prices.
    """
    entry = held.entry
    if entry.kind != "prices":
        raise file_error(origin, f"holds values of {entry.source}, not prices")
    table = held.table.until(None if end is None else np.datetime64(end))
    factors = split_factors(table["split"])
    close = table["close"] / factors
    return Quotes(
        symbol=symbol or entry.symbol,
        sessions=table.dates,
        open=table["open"] / factors,
        high=table["high"] / factors,
        low=table["low"] / factors,
        close=close,
        adjusted_close=_adjusted(held, close, table["dividend"] / factors, len(table)),
        volume=table["volume"] * factors if "volume" in table.columns else None,
        origin=origin,
        lines=np.zeros(len(table), dtype=np.int64),
        recognised_as=f"library, {entry.source}",
        sha256=entry.sha256,
        notes=entry.notes,
        source=entry.source,
        fetched_at=entry.fetched_at,
        adjustment=entry.adjustment,
    )


def _adjusted(held: Held, close: FloatArray, dividends: FloatArray, n: int) -> FloatArray | None:
    if held.entry.adjustment == FROM_DIVIDENDS:
        return close * dividend_factors(close, dividends)
    given = held.table.columns.get("adjusted_close")
    return None if given is None else given[:n]
