"""Files of prices into the library: what they are is recognised, said, and judged by the gate."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import UsageError
from engine.market.corporate_actions import dividend_factors, split_factors
from engine.market.faults import file_error
from engine.market.fetching import check_symbol
from engine.market.keeping import (
    Candidate,
    Kept,
    check_source,
    entry_for,
    keep,
    stored_or_damage,
)
from engine.market.library import Held, Library
from engine.market.library.entry import (
    AS_GIVEN,
    AS_TRADED,
    FILE,
    FROM_ADJUSTED_CLOSE,
    FROM_DIVIDENDS,
    NO_ADJUSTMENT,
)
from engine.market.library.merging import TOLERANCE
from engine.market.library.table import Table
from engine.market.providers.delivery import Delivery
from engine.market.quotes import FloatArray, Quotes
from engine.market.sources import read_file
from engine.market.sources.csv import read_csv
from engine.market.sources.events import events_of_factors, read_dividends, read_splits

THE_ONLY = ""
"""Stands for the symbol where a single file is imported."""
_WITHOUT_FACTORS = (
    "LEAN's prices are as traded, and there is no factor file: --factors FILE if there were splits",
)
# AMEX_IWM, 1D.csv and NASDAQ_QQQ, 1D_a1b2c.csv
_TRADINGVIEW = re.compile(r"(?:[A-Z0-9]+_)?(?P<symbol>[A-Za-z0-9.^-]+), 1D.*")
# spy.us.txt, iwm_us_d.csv, ^spx_d.csv
_STOOQ = re.compile(r"(?P<symbol>.+?)(?:[._]us)?(?:_d)?", re.IGNORECASE)


@dataclass(frozen=True)
class Importing:
    """How files are imported.

    Attributes
    ----------
    library : Library
    now : datetime
        With a time zone.
    symbol : str or None
        What a single file holds; by default its name says so.
    columns : mapping of str to str or None
        Which column of a CSV file is which, by meaning; by default recognised by name.
    dividends, splits, factors : mapping of str to Path
        By symbol, or `THE_ONLY`: files ``Date,Dividend`` and ``Date,Split``, and LEAN's factor
        files.
    calendar : {"XNYS", "none"}
    accept_restatement : bool
        Whether a past that is told differently than in the library is taken.
    """

    library: Library
    now: dt.datetime
    symbol: str | None = None
    columns: Mapping[str, str] | None = None
    dividends: Mapping[str, Path] = field(default_factory=dict)
    splits: Mapping[str, Path] = field(default_factory=dict)
    factors: Mapping[str, Path] = field(default_factory=dict)
    calendar: str = "XNYS"
    accept_restatement: bool = False

    def run(self, paths: Sequence[Path]) -> tuple[Kept, ...]:
        """Import files, each the whole history of one symbol: all of them, or none.

        Raises
        ------
        UsageError
            If options and files do not go together.
        DataError
            If a file cannot be understood, does not pass the gate, or tells a stored past
            differently; the library is as it was.
        """
        quotes = [self._read(path) for path in paths]
        symbols = [one.symbol for one in quotes]
        if repeated := {symbol for symbol in symbols if symbols.count(symbol) > 1}:
            raise UsageError(f"two files for {', '.join(sorted(repeated))}")
        for given in (self.dividends, self.splits, self.factors):
            if strangers := given.keys() - {*symbols, THE_ONLY}:
                raise UsageError(f"no file of prices for {', '.join(sorted(strangers))}")
        candidates = [self._candidate(one, path) for one, path in zip(quotes, paths, strict=True)]
        return keep(
            self.library,
            candidates,
            accept_restatement=self.accept_restatement,
            today=self.now.date(),
        )

    def _read(self, path: Path) -> Quotes:
        symbol = self.symbol or path.stem
        if self.columns is None:
            quotes = read_file(path, symbol)
        elif path.suffix.lower() in (".csv", ".txt"):
            quotes = read_csv(path, symbol, self.columns)
        else:
            raise UsageError(f"{path}: --columns is for CSV files")
        name = self.symbol or symbol_of(path, quotes.recognised_as)
        return replace(quotes, symbol=check_symbol(name))

    def _candidate(self, quotes: Quotes, path: Path) -> Candidate:
        stored, damage = stored_or_damage(self.library, quotes.symbol)
        check_source(stored, FILE)
        delivery = self._delivery(quotes, path)
        request: dict[str, Any] = {
            "file": path.name,
            "recognised_as": quotes.recognised_as,
            "sha256": quotes.sha256,
        }
        entry = entry_for(
            quotes.symbol,
            FILE,
            delivery,
            request=request,
            now=self.now,
            calendar=self.calendar,
        )
        held = Held(entry, delivery.table)
        return Candidate(held, stored, damage, whole=True, notes=delivery.notes)

    def _delivery(self, quotes: Quotes, path: Path) -> Delivery:
        symbol = quotes.symbol
        if not np.all(np.diff(quotes.sessions) > np.timedelta64(0, "D")):
            # the gate says where; events need an order to be laid on
            return _as_given(quotes)
        paid, split = (_of(given, symbol) for given in (self.dividends, self.splits))
        factors = _of(self.factors, symbol) or _factors_beside(path, quotes)
        if factors is not None:
            if paid or split:
                raise UsageError(f"{symbol}: a factor file holds its dividends and splits already")
            dividends, ratios = events_of_factors(factors, quotes)
            return _with_events(quotes, dividends, ratios, (f"factor file {factors.name}",))
        if not (paid or split):
            return _as_given(quotes, _WITHOUT_FACTORS if _is_lean(quotes) else ())
        dividends, ratios = np.zeros(len(quotes)), np.ones(len(quotes))
        if paid:
            dividends = read_dividends(paid).by_session(quotes.sessions, np.add)
        if split:
            ratios = read_splits(split).by_session(quotes.sessions, np.multiply)
        return _with_events(quotes, dividends, ratios, ())


def symbol_of(path: Path, recognised_as: str) -> str:
    """Return the symbol a file's name says: ``AMEX_IWM, 1D.csv`` and ``iwm.us.txt`` are IWM."""
    if recognised_as.startswith("TradingView") and (match := _TRADINGVIEW.fullmatch(path.stem)):
        return match["symbol"].upper()
    if recognised_as.startswith("Stooq") or re.search(r"[._]us(_d)?$", path.stem, re.IGNORECASE):
        match = _STOOQ.fullmatch(path.stem)
        return match["symbol"].upper() if match else path.stem.upper()
    return path.stem.upper()


def _of(given: Mapping[str, Path], symbol: str) -> Path | None:
    return given.get(symbol) or given.get(THE_ONLY)


def _factors_beside(path: Path, quotes: Quotes) -> Path | None:
    """Return the factor file where LEAN keeps it: ``daily/iwm.zip``, ``factor_files/iwm.csv``."""
    if not _is_lean(quotes):
        return None
    beside = path.absolute().parent.parent / "factor_files" / f"{path.stem.lower()}.csv"
    return beside if beside.is_file() else None


def _is_lean(quotes: Quotes) -> bool:
    return quotes.recognised_as.startswith("LEAN")


def _as_given(quotes: Quotes, notes: tuple[str, ...] = ()) -> Delivery:
    n = len(quotes)
    columns = _columns(quotes, np.zeros(n), np.ones(n))
    if quotes.adjusted_close is None:
        return Delivery(
            Table(quotes.sessions, columns),
            "prices",
            AS_GIVEN,
            NO_ADJUSTMENT,
            (*quotes.notes, *notes),
        )
    columns["adjusted_close"] = quotes.adjusted_close
    table = Table(quotes.sessions, columns)
    return Delivery(table, "prices", AS_GIVEN, FROM_ADJUSTED_CLOSE, quotes.notes)


def _with_events(
    quotes: Quotes, dividends: FloatArray, ratios: FloatArray, notes: tuple[str, ...]
) -> Delivery:
    factors = split_factors(ratios)
    close = quotes.close / factors
    if np.all(np.isfinite(close) & (close > 0)):  # else the gate says where not
        adjusted = close * dividend_factors(close, dividends / factors)
        notes += _disagreement(quotes, adjusted)
    kept = tuple(note for note in quotes.notes if not note.startswith("no adjusted close"))
    table = Table(quotes.sessions, _columns(quotes, dividends, ratios))
    prices = AS_TRADED if np.any(ratios != 1) else AS_GIVEN
    return Delivery(table, "prices", prices, FROM_DIVIDENDS, (*kept, *notes))


def _disagreement(quotes: Quotes, adjusted: FloatArray) -> tuple[str, ...]:
    """Say how far total returns from dividends and the file's own adjusted close are apart."""
    given = quotes.adjusted_close
    if given is None:
        return ()
    if not np.all(given > 0):
        raise file_error(quotes.origin, "an adjusted close is not positive")
    ratios = adjusted / given
    off = float(np.max(np.abs(ratios / ratios[-1] - 1)))
    if off <= TOLERANCE:
        return ()
    return (f"the file's adjusted close differs from its dividends by up to {off:.2g}",)


def _columns(quotes: Quotes, dividends: FloatArray, ratios: FloatArray) -> dict[str, FloatArray]:
    columns = {
        "open": quotes.open,
        "high": quotes.high,
        "low": quotes.low,
        "close": quotes.close,
        "dividend": dividends,
        "split": ratios,
    }
    return columns if quotes.volume is None else {**columns, "volume": quotes.volume}
