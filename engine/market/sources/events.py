"""Dividends and splits that come apart from the prices: files by date, and LEAN's factor files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import Fault
from engine.market.corporate_actions import dividends_of, split_factors
from engine.market.faults import data_error, file_error
from engine.market.quotes import FloatArray, Quotes, SessionArray
from engine.market.sources.csv import read_records
from engine.market.sources.dates import session_of
from engine.market.sources.files import decode_text, read_bytes
from engine.market.sources.numbers import number_of

DIVIDEND_COLUMNS = ("dividend", "dividends", "amount", "value")
SPLIT_COLUMNS = ("split", "splits", "stock splits", "ratio", "value")


@dataclass(frozen=True)
class Events:
    """What happened by ex-date: amounts per share, or ratios of new to old shares."""

    origin: str
    dates: SessionArray
    numbers: FloatArray
    lines: Sequence[int]

    def by_session(self, sessions: SessionArray, combine: np.ufunc) -> FloatArray:
        """Return the numbers by session, shape (n,): dividends added up, split ratios multiplied.

        Events up to the first session and after the last one touch no price and are left out.

        Parameters
        ----------
        sessions : datetime64[D] array, shape (n,)
            Ascending.
        combine : ufunc
            ``np.add`` or ``np.multiply``; its identity stands where nothing happened.

        Raises
        ------
        DataError
            If a date between them is no session of the prices.
        """
        within = (self.dates > sessions[0]) & (self.dates <= sessions[-1])
        rows = np.searchsorted(sessions, self.dates[within])
        strange = np.flatnonzero(within)[sessions[rows] != self.dates[within]].tolist()
        if strange:
            message = "the prices have no such session"
            raise data_error(
                [Fault(self.origin, self.lines[i], str(self.dates[i]), message) for i in strange]
            )
        found = np.full(len(sessions), combine.identity, dtype=np.float64)
        combine.at(found, rows, self.numbers[within])
        return found


def read_dividends(path: Path) -> Events:
    """Return the dividends in a CSV file ``Date,Dividend``: ex-dates, currency per share.

    Raises
    ------
    DataError
        If the file cannot be read or understood; carries every bad row.
    """
    return _read(path, DIVIDEND_COLUMNS, number_of)


def read_splits(path: Path) -> Events:
    """Return the splits in a CSV file ``Date,Split``: new shares per old one, ``2`` or ``2:1``.

    Raises
    ------
    DataError
        As :func:`read_dividends`.
    """
    return _read(path, SPLIT_COLUMNS, _ratio)


def events_of_factors(path: Path, quotes: Quotes) -> tuple[FloatArray, FloatArray]:
    """Return dividends as traded and split ratios by session, from one of LEAN's factor files.

    Parameters
    ----------
    path : Path
        Headerless CSV of ``yyyyMMdd,price factor,split factor,reference price``. The factors of a
        row hold up to its date, from the row before on (format: LEAN's
        ``Data/equity/usa/factor_files/readme.md``).
    quotes : Quotes
        Prices as traded.

    Raises
    ------
    DataError
        If the file cannot be read or understood.
    """
    dates, price, split = _factors(path)
    rows = np.minimum(np.searchsorted(dates, quotes.sessions), len(dates) - 1)
    ratios = np.ones(len(quotes))
    ratios[1:] = split[rows[1:]] / split[rows[:-1]]
    factors = split_factors(ratios)
    dividends = dividends_of(quotes.close / factors, price[rows] / price[rows[-1]])
    return dividends * factors, ratios


def _read(path: Path, columns: Sequence[str], number: Callable[[str], float]) -> Events:
    origin = str(path)
    (line, names), *records = read_records(decode_text(read_bytes(path), origin), ",", origin)
    lower = [name.lower() for name in names]
    column = next((name for name in columns if name in lower), None)
    if "date" not in lower or column is None:
        wanted = f"Date and {columns[0].capitalize()}"
        raise file_error(origin, f"no columns {wanted} (found {', '.join(names)[:60]})", line)
    date, value = lower.index("date"), lower.index(column)
    rows = []
    faults = []
    for place, cells in records:
        try:
            amount = number(cells[value])
            if not amount > 0:
                raise ValueError(f"{cells[value]} is not positive")
            rows.append((session_of(cells[date]), amount, place))
        except (ValueError, IndexError) as error:
            faults.append(Fault(origin, place, "", str(error)))
    if faults:
        raise data_error(faults)
    rows.sort()
    return Events(
        origin,
        np.array([row[0] for row in rows], dtype="datetime64[D]"),
        np.array([row[1] for row in rows], dtype=np.float64),
        [row[2] for row in rows],
    )


def _ratio(text: str) -> float:
    new, colon, old = text.partition(":")
    return number_of(new) / number_of(old) if colon else number_of(text)


def _factors(path: Path) -> tuple[SessionArray, FloatArray, FloatArray]:
    origin = str(path)
    rows = []
    faults = []
    for line, cells in read_records(decode_text(read_bytes(path), origin), ",", origin):
        try:
            date, price, split, *_ = cells
            rows.append((session_of(date), number_of(price), number_of(split)))
            if not (rows[-1][1] > 0 and rows[-1][2] > 0):
                raise ValueError("a factor is not positive")
        except ValueError as error:
            faults.append(Fault(origin, line, "", f"{error}; LEAN's rows are date, two factors"))
    if faults:
        raise data_error(faults)
    dates = np.array([row[0] for row in rows], dtype="datetime64[D]")
    if np.any(np.diff(dates) <= np.timedelta64(0, "D")):
        raise file_error(origin, "the dates do not ascend")
    factors = np.array([row[1:] for row in rows], dtype=np.float64)
    return dates, factors[:, 0], factors[:, 1]
