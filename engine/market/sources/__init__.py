"""Where prices come from: one file per kind of source, one way in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.errors import DataError, did_you_mean
from engine.market.faults import file_error
from engine.market.quotes import Quotes
from engine.market.sources.csv import read_csv
from engine.market.sources.files import find_file, shortest_name
from engine.market.sources.lean import read_lean
from engine.market.sources.library import read_library
from engine.market.sources.parquet import read_parquet
from engine.market.sources.simulated import simulated_quotes
from engine.study.models import DataSection, FileData, LibraryData, SimulatedData

Reader = Callable[[Path, str], Quotes]
READERS: dict[str, Reader] = {
    ".csv": read_csv,
    ".txt": read_csv,  # Stooq's bulk files
    ".zip": read_lean,
    ".parquet": read_parquet,
}
EXTENSIONS = {"csv": (".csv", ".zip"), "parquet": (".parquet",)}

__all__ = ["read_file", "read_pair", "read_quotes"]


def read_quotes(data: DataSection, symbol: str) -> Quotes:
    """Return the quotes of `symbol` from the source that a study's data section names.

    Raises
    ------
    DataError
        If there is no file for the symbol, or it cannot be read or understood.
    """
    if isinstance(data, SimulatedData):
        if symbol not in (data.core, data.satellite):
            raise DataError(
                f"{symbol}: the simulated market has only {data.core}, {data.satellite}"
            )
        return simulated_quotes(symbol, data.seed, is_satellite=symbol == data.satellite)
    if isinstance(data, FileData):
        directory = shortest_name(data.directory)
        return read_file(find_file(directory, symbol, EXTENSIONS[data.source]), symbol)
    if isinstance(data, LibraryData):
        return read_library(data, symbol)[0]
    raise TypeError(f"no reader for {type(data).__name__}")


def read_pair(data: DataSection) -> tuple[Quotes, Quotes]:
    """Return the quotes of core and satellite; from the library, both as of one instant.

    Raises
    ------
    DataError
        As :func:`read_quotes`.
    """
    if isinstance(data, LibraryData):
        core, satellite = read_library(data, data.core, data.satellite)
        return core, satellite
    return read_quotes(data, data.core), read_quotes(data, data.satellite)


def read_file(path: Path, symbol: str | None = None) -> Quotes:
    """Return the quotes in one file, by its extension: `READERS` lists them.

    Parameters
    ----------
    path : Path
    symbol : str, optional
        By default the file's name without its extension.

    Raises
    ------
    DataError
        If the extension is unknown, or the file cannot be read or understood.
    """
    extension = path.suffix.lower()
    if extension not in READERS:
        hint = did_you_mean(extension, list(READERS))
        message = f'no reader for "{extension}" files (allowed {", ".join(READERS)}{hint})'
        raise file_error(str(path), message)
    return READERS[extension](path, symbol or path.stem)
