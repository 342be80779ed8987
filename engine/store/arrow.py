"""NumPy arrays to Arrow and back, by their buffers.

`pyarrow.array` and `to_numpy` load pandas to look whether they were given some of it, which takes
longer than a sweep of a hundred thousand parameter sets. Arrays hold plain values, so what they
are in Arrow is known: only values with gaps (None, NaT) are left to pyarrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def to_arrow(values: NDArray[Any]) -> pa.Array:
    """Return an array as Arrow's of the same type: numbers, yes or no, text, days."""
    import pyarrow as pa

    n, kind = len(values), values.dtype.kind
    if kind == "U":
        words = [word.encode() for word in values.tolist()]
        ends = np.cumsum([0, *map(len, words)], dtype=np.int32)
        return pa.StringArray.from_buffers(n, pa.py_buffer(ends), pa.py_buffer(b"".join(words)))
    if kind == "b":
        bits = np.packbits(values, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), n, [None, pa.py_buffer(bits)])
    if values.dtype == "datetime64[D]" and not np.isnat(values).any():
        days = values.astype(np.int32)
        return pa.Array.from_buffers(pa.date32(), n, [None, pa.py_buffer(days)])
    if kind in "iuf":
        buffer = pa.py_buffer(np.ascontiguousarray(values))
        return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), n, [None, buffer])
    return pa.array(values)


def to_numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column of a table as NumPy's."""
    import pyarrow as pa

    kind = column.type
    if column.null_count or not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return np.asarray(column.to_numpy())
    return np.concatenate(
        [np.empty(0, kind.to_pandas_dtype()), *map(np.from_dlpack, column.chunks)]
    )
