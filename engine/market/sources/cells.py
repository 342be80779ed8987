"""From cells of text to :class:`Quotes`, with every bad cell reported at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np

from engine.errors import Fault
from engine.market.faults import data_error
from engine.market.quotes import FloatArray, Quotes, SessionArray
from engine.market.sources.dates import iso_sessions, session_of
from engine.market.sources.numbers import (
    MISSING,
    Commas,
    meaning_of_commas,
    number_of,
    plain_numbers,
)

Record = tuple[int, list[str]]
"""Line a record begins on, and its cells."""

Value = TypeVar("Value", dt.date, float)

TITLES = {
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "adjusted_close": "Adj Close",
    "volume": "Volume",
}


@dataclass(frozen=True)
class TextRows:
    """Rows of a text file, column by column, as written.

    Attributes
    ----------
    origin : str
    lines : sequence of int
        Line each row begins on, counted from 1.
    cells : mapping of str to sequence of str
        By meaning (date, open, …, and where present adjusted_close, volume); all of one length.
    faults : sequence of Fault
        What is already known to be wrong with the rows.
    """

    origin: str
    lines: Sequence[int]
    cells: Mapping[str, Sequence[str]]
    faults: Sequence[Fault] = ()


@dataclass(frozen=True)
class Source:
    """What is known of a file apart from its rows."""

    symbol: str
    recognised_as: str
    sha256: str
    notes: tuple[str, ...] = ()
    price_scale: int = 1  # prices are written as this many times the currency


def text_rows(
    records: Sequence[Record], position: Mapping[str, int], width: int, origin: str
) -> TextRows:
    """Return records as columns; those that have not `width` cells become faults.

    Parameters
    ----------
    records : sequence of (int, list of str)
    position : mapping of str to int
        Index of each column that is wanted, by meaning.
    width : int
        How many cells a row has.
    origin : str
    """
    whole = [(line, cells) for line, cells in records if len(cells) == width]
    columns = [*zip(*(cells for _, cells in whole), strict=True)] or [()] * width
    return TextRows(
        origin=origin,
        lines=[line for line, _ in whole],
        cells={meaning: columns[i] for meaning, i in position.items()},
        faults=[
            Fault(origin, line, "", f"{len(cells)} cells in this row where {width} are expected")
            for line, cells in records
            if len(cells) != width
        ],
    )


def quotes_of(rows: TextRows, source: Source) -> Quotes:
    """Return the quotes that the cells write.

    An empty volume is NaN (the quality gate warns of it); any other empty cell is a fault.

    Raises
    ------
    DataError
        With one fault per bad cell, in the order of the lines.
    """
    faults = list(rows.faults)
    sessions = _sessions(rows, faults)
    commas = meaning_of_commas(chain.from_iterable(rows.cells[name] for name in _numeric(rows)))
    columns = {name: _numbers(rows, name, commas, faults) for name in _numeric(rows)}
    if faults:
        raise data_error(sorted(faults, key=lambda fault: fault.line))
    return Quotes(
        symbol=source.symbol,
        sessions=sessions,
        open=columns["open"] / source.price_scale,
        high=columns["high"] / source.price_scale,
        low=columns["low"] / source.price_scale,
        close=columns["close"] / source.price_scale,
        adjusted_close=columns.get("adjusted_close"),
        volume=columns.get("volume"),
        origin=rows.origin,
        lines=np.array(rows.lines, dtype=np.int64),
        recognised_as=source.recognised_as,
        sha256=source.sha256,
        notes=source.notes,
    )


def _numeric(rows: TextRows) -> list[str]:
    return [name for name in rows.cells if name != "date"]


def _sessions(rows: TextRows, faults: list[Fault]) -> SessionArray:
    if (sessions := iso_sessions(rows.cells["date"])) is not None:
        return sessions

    def report(row: int, problem: str) -> dt.date:
        faults.append(Fault(rows.origin, rows.lines[row], "", problem))
        return dt.date.min

    dates = _each(rows.cells["date"], session_of, report)
    return np.array(dates, dtype="datetime64[D]")


def _numbers(rows: TextRows, name: str, commas: Commas, faults: list[Fault]) -> FloatArray:
    plain = None if commas is Commas.DECIMAL else plain_numbers(rows.cells[name])
    if plain is not None:
        return np.array(plain)

    def report(row: int, problem: str) -> float:
        date = rows.cells["date"][row]
        faults.append(Fault(rows.origin, rows.lines[row], date, f"{TITLES[name]} {problem}"))
        return np.nan

    def number(cell: str) -> float:
        if name == "volume" and cell.lower() in MISSING:
            return np.nan
        return number_of(cell, commas)

    return np.array(_each(rows.cells[name], number, report), dtype=np.float64)


def _each(
    cells: Sequence[str],
    parse: Callable[[str], Value],
    report: Callable[[int, str], Value],
) -> list[Value]:
    values = []
    for row, cell in enumerate(cells):
        try:
            values.append(parse(cell))
        except ValueError as error:
            values.append(report(row, str(error)))
    return values
