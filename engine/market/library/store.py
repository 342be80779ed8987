"""The data library: a folder with one Parquet file and one sidecar per symbol.

Every read compares hashes: rows that are not exactly what was stored are never used.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import DataError, did_you_mean
from engine.market.faults import file_error
from engine.market.library.entry import FILE, Entry, entry_of, sidecar_bytes
from engine.market.library.lock import locked
from engine.market.library.table import Table, table_bytes, table_of
from engine.market.library.transaction import is_unfinished, recover, write_together

PARQUET = ".parquet"
SIDECAR = ".json"


class DamagedError(DataError):
    """The files of a symbol are not what was stored."""


@dataclass(frozen=True)
class Held:
    """A symbol of the library: what is known of it, and its rows."""

    entry: Entry
    table: Table


class Library:
    """The symbols in one folder; nothing is kept in memory between calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def symbols(self) -> tuple[str, ...]:
        """Return all symbols in the library, sorted; damaged ones too."""
        with self._reading():
            return self._symbols()

    def read(self, *symbols: str) -> tuple[Held, ...]:
        """Return the symbols asked for, all as of one instant.

        Raises
        ------
        DataError
            If one is not there.
        DamagedError
            If the files of one are not what was stored.
        """
        with self._reading():
            return tuple(self._read(symbol.upper()) for symbol in symbols)

    def entry(self, symbol: str) -> Entry:
        """Return what is known of a symbol, whether or not its rows are whole.

        Raises
        ------
        DataError
            As :meth:`read`, but for its rows.
        """
        with self._reading():
            return self._entry(symbol.upper())

    def path(self, symbol: str) -> Path:
        """Return the Parquet file of a symbol, there or not."""
        return self.folder / f"{symbol.upper()}{PARQUET}"

    def store(self, held: Sequence[Held], replaced: Mapping[str, str | None]) -> tuple[Entry, ...]:
        """Write symbols, all of them or none; return their entries as stored.

        Parameters
        ----------
        held : sequence of Held
            The hash, span and number of rows of their entries are filled in here.
        replaced : mapping of str to str or None
            The hash of what each symbol held when the new rows were made, None where it was
            absent or damaged: another process may have stored rows since.

        Raises
        ------
        DataError
            If a symbol has changed meanwhile, or the folder cannot be written.
        """
        files: dict[str, bytes] = {}
        entries = []
        for one in held:
            content = table_bytes(one.table, _stamp(one.entry))
            entry = _completed(one, content)
            files[f"{entry.symbol}{PARQUET}"] = content
            files[f"{entry.symbol}{SIDECAR}"] = sidecar_bytes(entry)
            entries.append(entry)
        with self._writing():
            for entry in entries:
                if self._hash(entry.symbol) != replaced.get(entry.symbol):
                    raise DataError(
                        f"{entry.symbol}: changed by another process meanwhile; try again"
                    )
            write_together(self.folder, files)
        return tuple(entries)

    def remove(self, symbols: Sequence[str]) -> None:
        """Remove symbols, damaged ones too.

        Raises
        ------
        DataError
            If one is not there; then none is removed.
        """
        if not self.folder.is_dir():
            raise self._absent(symbols[0].upper(), ())
        with self._writing():
            known = self._symbols()
            for symbol in symbols:
                if symbol.upper() not in known:
                    raise self._absent(symbol.upper(), known)
            names = [f"{symbol.upper()}{end}" for symbol in symbols for end in (PARQUET, SIDECAR)]
            write_together(self.folder, dict.fromkeys(names, b""))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Hold the lock, unless nobody can write here: then nothing changes while one reads."""
        if os.access(self.folder, os.W_OK):
            with self._recovered():
                yield
        elif is_unfinished(self.folder):
            raise DataError(f"{self.folder}: a write was interrupted; it must be writable to go on")
        else:
            yield

    @contextlib.contextmanager
    def _recovered(self) -> Iterator[None]:
        """Hold the lock, after finishing what an interrupted process had begun."""
        try:
            with locked(self.folder):
                recover(self.folder)
                yield
        except OSError as error:
            raise self._unwritable(error) from None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None
        with self._recovered():
            yield

    def _unwritable(self, error: OSError) -> DataError:
        reason = error.strerror or error
        return DataError(f"{self.folder}: the library cannot be written: {reason}")

    def _symbols(self) -> tuple[str, ...]:
        """Return the symbols of which there is a file: one without the other is damage."""
        found = (self.folder.glob(f"*{end}") for end in (PARQUET, SIDECAR))
        stems = {path.stem for path in itertools.chain(*found)}
        return tuple(sorted(stem for stem in stems if stem == stem.upper()))

    def _entry(self, symbol: str) -> Entry:
        if symbol not in self._symbols():
            raise self._absent(symbol, self._symbols())
        sidecar = self.folder / f"{symbol}{SIDECAR}"
        try:
            entry = entry_of(sidecar.read_bytes())
            if entry.symbol != symbol:
                raise ValueError(f"is of {entry.symbol}, under another name")
            return entry
        except (OSError, ValueError) as error:
            cure = f"streak data fetch {symbol}, or import, takes it again"
            raise _damaged(sidecar, symbol, error, cure) from None

    def _read(self, symbol: str) -> Held:
        entry = self._entry(symbol)
        path = self.path(symbol)
        try:
            content = path.read_bytes()
            if hashlib.sha256(content).hexdigest() != entry.sha256:
                raise ValueError("is not what was stored: its hash differs")
            return Held(entry, table_of(content))
        except (OSError, ValueError) as error:
            cure = f"streak data update {symbol} fetches it again"
            if entry.source == FILE:
                cure = "streak data import takes its file again"
            raise _damaged(path, symbol, error, cure) from None

    def _hash(self, symbol: str) -> str | None:
        try:
            return self._read(symbol).entry.sha256
        except DataError:
            return None

    def _absent(self, symbol: str, known: Sequence[str]) -> DataError:
        hint = did_you_mean(symbol, known)
        message = f"{symbol} is not in this library{hint or '; '}"
        if not hint:
            message += f"streak data fetch {symbol}"
        return file_error(str(self.folder), message)


def _completed(held: Held, content: bytes) -> Entry:
    dates = held.table.dates
    return replace(
        held.entry,
        first=str(dates[0]),
        last=str(dates[-1]),
        rows=len(dates),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _stamp(entry: Entry) -> dict[str, str]:
    return {"symbol": entry.symbol, "prices": entry.prices, "adjustment": entry.adjustment}


def _damaged(path: Path, symbol: str, error: Exception, cure: str) -> DamagedError:
    problem = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
    return DamagedError(f"{path}: {problem}; {cure}, streak data rm {symbol} removes it")
