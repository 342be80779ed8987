"""Daily quotes from Parquet, under the same column names as CSV; needs pyarrow."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import Fault
from engine.market.faults import data_error, file_error
from engine.market.quotes import FloatArray, Quotes, SessionArray
from engine.market.sources.columns import Columns, recognise
from engine.market.sources.dates import session_of, session_of_stamp
from engine.market.sources.files import read_bytes


def read_parquet(path: Path, symbol: str) -> Quotes:
    """Return the quotes in a Parquet file; rows have no lines, so `lines` is 0.

    Dates may be dates, time stamps or text. Missing prices are NaN and left to the quality gate.

    Raises
    ------
    DataError
        If the file cannot be read or understood; carries every bad date.
    """
    content = read_bytes(path)
    origin = str(path)
    table = _table(content, origin)
    columns = _columns(table.column_names, origin)
    if not table.num_rows:
        raise file_error(origin, "columns and no rows")
    values = {
        name: _floats(table.column(i), table.column_names[i], origin)
        for name, i in columns.position.items()
        if name != "date"
    }
    return Quotes(
        symbol=symbol,
        sessions=_sessions(table.column(columns.position["date"]), origin),
        open=values["open"],
        high=values["high"],
        low=values["low"],
        close=values["close"],
        adjusted_close=values.get("adjusted_close"),
        volume=values.get("volume"),
        origin=origin,
        lines=np.zeros(table.num_rows, dtype=np.int64),
        recognised_as=f"{columns.layout} Parquet",
        sha256=hashlib.sha256(content).hexdigest(),
        notes=columns.notes,
    )


def _table(content: bytes, origin: str) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_table(io.BytesIO(content), use_threads=False, pre_buffer=False)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise file_error(origin, f"not a readable Parquet file: {reason}") from None


def _columns(names: Sequence[str], origin: str) -> Columns:
    try:
        return recognise(names)
    except ValueError as error:
        raise file_error(origin, str(error)) from None


def _floats(column: Any, name: str, origin: str) -> FloatArray:
    import pyarrow

    kind = column.type
    if not (
        pyarrow.types.is_integer(kind)
        or pyarrow.types.is_floating(kind)
        or pyarrow.types.is_decimal(kind)
    ):
        raise file_error(origin, f"column {name} holds {kind}; numbers are needed")
    values = column.cast(pyarrow.float64(), safe=False).to_numpy()
    return np.array(values, dtype=np.float64)


def _sessions(column: Any, origin: str) -> SessionArray:
    import pyarrow

    kind = column.type
    if pyarrow.types.is_timestamp(kind):
        column = column.cast(pyarrow.timestamp("us", tz=kind.tz), safe=False)
    elif pyarrow.types.is_integer(kind) or pyarrow.types.is_floating(kind):
        raise file_error(origin, f"the dates are {kind}; dates, time stamps or text are needed")
    sessions = []
    faults = []
    for row, value in enumerate(column.to_pylist(), start=1):
        try:
            sessions.append(_session(value))
        except ValueError as error:
            faults.append(Fault(origin, 0, "", f"row {row}: {error}"))
    if faults:
        raise data_error(faults)
    return np.array(sessions, dtype="datetime64[D]")


def _session(value: object) -> dt.date:
    if isinstance(value, dt.datetime):
        return session_of_stamp(value)
    if isinstance(value, dt.date):
        return value
    return session_of("" if value is None else str(value).strip())
