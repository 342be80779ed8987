"""What the library holds of one symbol: dated rows of numbers, as Parquet and back."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.market.quotes import FloatArray, SessionArray

TITLES = {
    "open": "Open",
    "high": "High",
    "low": "Low",
    "close": "Close",
    "adjusted_close": "Adj Close",
    "volume": "Volume",
    "dividend": "Dividend",
    "split": "Split",
    "value": "Value",
}
PRICES = ("open", "high", "low", "close", "dividend", "split")
"""Columns that every table of prices has; volume and adjusted_close only where known."""
VALUES = ("value",)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of one symbol by date.

    Attributes
    ----------
    dates : datetime64[D] array, shape (n,)
    columns : mapping of str to float64 array, shape (n,)
        Prices as traded (open, high, low, close), volume in shares as traded, dividend per share
        as traded, split as the ratio of new to old shares (1 without one), all in the session of
        the ex-date, and where the source gives no dividends its adjusted_close; or one column,
        value.
    """

    dates: SessionArray
    columns: Mapping[str, FloatArray]

    def __len__(self) -> int:
        return len(self.dates)

    def __getitem__(self, name: str) -> FloatArray:
        return self.columns[name]

    def rows(self, kept: NDArray[np.bool_]) -> Table:
        """Return the rows where `kept` is True."""
        return Table(self.dates[kept], {name: c[kept] for name, c in self.columns.items()})

    def until(self, last: np.datetime64 | None) -> Table:
        """Return the rows dated up to `last`; all of them if it is None."""
        return self if last is None else self.rows(self.dates <= last)

    def equals(self, other: Table) -> bool:
        """Return whether both hold the same rows, to the last bit."""
        return (
            self.columns.keys() == other.columns.keys()
            and np.array_equal(self.dates, other.dates)
            and all(np.array_equal(self[n], other[n], equal_nan=True) for n in self.columns)
        )


def table_bytes(table: Table, metadata: Mapping[str, str]) -> bytes:
    """Return a table as Parquet; the same rows and metadata give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [name for name in TITLES if name in table.columns]
    arrays = {"Date": pa.array(table.dates.astype("datetime64[D]"), pa.date32())}
    arrays |= {TITLES[name]: pa.array(table[name], pa.float64()) for name in names}
    buffer = io.BytesIO()
    stamped = pa.table(arrays).replace_schema_metadata(dict(metadata))
    pq.write_table(stamped, buffer, compression="zstd")
    return buffer.getvalue()


def table_of(content: bytes) -> Table:
    """Return the table in bytes of :func:`table_bytes`.

    Raises
    ------
    ValueError
        If they hold something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(io.BytesIO(content), use_threads=False, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(str(error).splitlines()[0]) from None
    meanings = {title: name for name, title in TITLES.items()}
    if "Date" not in found.column_names or not set(found.column_names) <= {"Date", *meanings}:
        raise ValueError(f"has the columns {', '.join(found.column_names)}")
    dates = found["Date"].to_numpy().astype("datetime64[D]")
    columns = {
        meanings[title]: np.array(found[title].to_numpy(), dtype=np.float64)
        for title in found.column_names
        if title != "Date"
    }
    if not (columns.keys() >= set(PRICES) or columns.keys() == set(VALUES)):
        raise ValueError(f"has the columns {', '.join(found.column_names)}")
    return Table(dates, columns)
