"""``trials.parquet``: one row per parameter set, written and read a part at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import StoreError
from engine.store.arrow import to_arrow, to_numpy
from engine.store.files import parquet_stamp
from engine.store.folders import Stored

TRIALS = "trials.parquet"
FAST = -5
"""Level of zstd: a quarter of the time of its default for a tenth more bytes."""


class TrialsWriter:
    """Writes the table of a sweep, one row group per chunk; the same chunks give the same bytes.

    Parameters
    ----------
    target : path or binary file
    axes : mapping of str to array
        Swept key → its values; a chunk names them by index.
    simulated : bool
    """

    def __init__(
        self, target: Path | IO[bytes], axes: Mapping[str, NDArray[Any]], *, simulated: bool
    ) -> None:
        self._target, self._stamp = target, parquet_stamp(simulated)
        # numbers are taken by NumPy: Arrow would load all that it can compute with first
        self._axes = {
            key: values if values.dtype.kind in "biuf" else to_arrow(values)
            for key, values in axes.items()
        }
        self._writer: Any = None

    def write(
        self, digits: Mapping[str, NDArray[Any]], columns: Mapping[str, NDArray[Any]]
    ) -> None:
        """Write a chunk: the index of each row's value on every axis, and the other columns."""
        import pyarrow as pa

        swept = {key: _taken(values, digits[key]) for key, values in self._axes.items()}
        columns = {**swept, **{name: to_arrow(values) for name, values in columns.items()}}
        table = pa.Table.from_arrays(list(columns.values()), names=list(columns))
        table = table.replace_schema_metadata(self._stamp)
        if self._writer is None:
            self._writer = self._opened(table.schema)
        if len(table):
            self._writer.write_table(table, row_group_size=len(table))

    def _opened(self, schema: Any) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetWriter(
            self._target,
            schema,
            compression="zstd",
            compression_level=FAST,
            use_dictionary=list(self._axes),
            write_statistics=False,
            write_page_checksum=True,
        )

    def __enter__(self) -> TrialsWriter:
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


def _taken(values: Any, digits: NDArray[Any]) -> Any:
    """Return the value of each digit, as an array of Arrow."""
    if isinstance(values, np.ndarray):
        return to_arrow(values[digits])
    return values.take(to_arrow(digits))


class TrialColumns(Mapping[str, NDArray[Any]]):
    """The columns of a stored sweep, each read when it is first asked for.

    What is read is checked by the checksums of its pages: a few columns of millions of rows are
    not worth hashing the whole file for. Raises StoreError where they are damaged.
    """

    def __init__(self, stored: Stored) -> None:
        import pyarrow.parquet as pq

        self._path = stored.path / TRIALS
        self._names = _readable(self._path, lambda path: pq.read_schema(path).names)
        self._known: dict[str, NDArray[Any]] = {}

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._known:
            self._known[name] = _readable(self._path, lambda path: _column(path, name))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _column(path: Path, name: str) -> NDArray[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        return to_numpy(file.read(columns=[name])[name])


def read_trials(stored: Stored) -> dict[str, NDArray[Any]]:
    """Return all columns of a stored sweep; raises StoreError if they are damaged."""
    return dict(TrialColumns(stored))


def read_rows(stored: Stored, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Return some rows of a stored sweep, as dicts, in the order asked for."""
    import pyarrow.parquet as pq

    def read(path: Path) -> list[dict[str, Any]]:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            found: dict[int, dict[str, Any]] = {}
            first = 0
            for group in range(file.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                own = [row for row in rows if first <= row < first + size]
                if own:
                    at = to_arrow(np.array(own) - first)
                    taken = file.read_row_group(group).take(at).to_pylist()
                    found |= dict(zip(own, taken, strict=True))
                first += size
        return [found[row] for row in rows]

    return list(_readable(stored.path / TRIALS, read))


def _readable(path: Path, read: Callable[[Path], Any]) -> Any:
    try:
        return read(path)
    except (OSError, ValueError) as error:  # pyarrow raises these of what is damaged
        raise StoreError(f"{path}: is not what was written; run the study again") from error
