"""Daily quotes from CSV: the columns of Yahoo, Stooq, TradingView, or plain OHLCV with a date.

Tables that yfinance downloaded and pandas wrote are understood as well.

Columns may stand in any order and case, separated by ``,``, ``;`` or tabs. Columns with another
meaning (dividends, splits) are ignored and named in :attr:`Quotes.notes`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import Fault
from engine.market.faults import data_error, file_error
from engine.market.quotes import Quotes
from engine.market.sources.cells import Record, Source, quotes_of, text_rows
from engine.market.sources.columns import Columns, named, recognise
from engine.market.sources.dates import session_of
from engine.market.sources.files import decode_text, read_bytes

SEPARATORS = (",", ";", "\t")

# what Stooq's bulk files say in rows of daily bars
_DAILY = {"<PER>": {"D"}, "<TIME>": {"000000"}}


def read_csv(path: Path, symbol: str, given: Mapping[str, str] | None = None) -> Quotes:
    """Return the quotes in a CSV file.

    Parameters
    ----------
    path : Path
    symbol : str
        What the file holds; the file itself is not asked.
    given : mapping of str to str, optional
        Which column is which, by meaning; by default they are recognised by name.

    Raises
    ------
    DataError
        If the file cannot be read or understood; carries every bad cell with its line and date.
    """
    content = read_bytes(path)
    origin = str(path)
    text = decode_text(content, origin)
    records = read_records(text, _separator(text, origin), origin)
    line, names, body = _heading(records)
    columns = _columns(names, given, origin, line)
    if not body:
        raise file_error(origin, "a header and no rows")
    source = Source(
        symbol=symbol,
        recognised_as=f"{columns.layout} CSV",
        sha256=hashlib.sha256(content).hexdigest(),
        notes=columns.notes,
    )
    if faults := _not_daily(names, body, origin):
        raise data_error(faults)
    return quotes_of(text_rows(body, columns.position, len(names), origin), source)


def read_records(text: str, separator: str, origin: str) -> list[Record]:
    """Return the records of a CSV text, each with the line it begins on; blank lines are skipped.

    Raises
    ------
    DataError
        If a quoted cell is never closed, or there is no record.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records = []
    begins = 1
    try:
        for cells in reader:
            stripped = [*map(str.strip, cells)]
            if any(stripped):
                records.append((begins, stripped))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise file_error(origin, f"not well-formed CSV: {error}", begins) from None
    if not records:
        raise file_error(origin, "the file is empty")
    return records


def _heading(records: Sequence[Record]) -> tuple[int, list[str], Sequence[Record]]:
    """Return line and names of the columns, and the rows below them.

    ``yfinance.download`` heads its table with three lines: ``Price,Close,…``, ``Ticker,SPY,…`` and
    ``Date,,…``.
    """
    line, names = records[0]
    first = tuple(cells[0] for _, cells in records[:3])
    if first == ("Price", "Ticker", "Date"):
        return line, ["Date", *names[1:]], records[3:]
    return line, names, records[1:]


def _separator(text: str, origin: str) -> str:
    header = text.lstrip().partition("\n")[0]
    used = [separator for separator in SEPARATORS if separator in header]
    if len(used) > 1:
        message = f"ambiguous: the header has both {' and '.join(map(repr, used))} as separators"
        raise file_error(origin, message, 1)
    return used[0] if used else ","


def _columns(
    names: Sequence[str], given: Mapping[str, str] | None, origin: str, line: int
) -> Columns:
    try:
        return recognise(names) if given is None else named(names, given)
    except ValueError as error:
        message = str(error)
    if _is_session(names[0]):
        message = "no header; a first line Date,Open,High,Low,Close,Adj Close,Volume is needed"
    raise file_error(origin, message, line)


def _is_session(cell: str) -> bool:
    try:
        session_of(cell)
    except ValueError:
        return False
    return True


def _not_daily(names: Sequence[str], body: Sequence[Record], origin: str) -> list[Fault]:
    """Return the faults of rows that Stooq marks as other than daily bars."""
    faults = []
    for i, name in enumerate(names):
        allowed = _DAILY.get(name.upper())
        if allowed:
            faults += [
                Fault(origin, line, "", f"{name} is {cells[i]}: daily bars are needed")
                for line, cells in body
                if len(cells) == len(names) and cells[i] not in allowed
            ]
    return faults
