"""Sweeps that are being written: a folder of whole part files, to be finished or resumed.

``results/<study>/<UTC stamp>-<content hash>.partial/`` holds ``unfinished.json``, which says what
is being swept, and ``parts/``: one file per chunk of the grid, named by the chunk's number and a
digest of its bytes. A part is written aside and renamed, so that whatever ends a sweep leaves
whole parts only; one that is damaged later does not match its name, and is as good as missing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import StoreError, UsageError
from engine.store.folders import UNFINISHED, json_bytes, write_whole

SCHEMA_VERSION = 1
SUFFIX = ".partial"
PARTS = "parts"
Columns = dict[str, NDArray[Any]]
_PRICES = "prices"


@dataclass(frozen=True, eq=False)
class Unfinished:
    """A sweep that was begun.

    Attributes
    ----------
    path : Path
    about : dict
        What is being swept, and what it must still be when it is resumed.
    """

    path: Path
    about: dict[str, Any]
    _known: dict[int, Path] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, root: Path, study: str, content_hash: str, about: Mapping[str, Any]
    ) -> Unfinished:
        """Make the folder of a new sweep; no other sweep ever gets the same one."""
        stamp = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{content_hash[:10]}"
        whole = {"schema_version": SCHEMA_VERSION, "study": study, **about}
        for number in range(1, 1000):
            name = stamp if number == 1 else f"{stamp}-{number}"
            path = root / study / f"{name}{SUFFIX}"
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise StoreError(f"{path}: cannot write results: {error.strerror}") from None
            write_whole(path, {UNFINISHED: json_bytes(whole)})
            return cls(path, whole)
        raise StoreError(f"{root / study}: there are too many unfinished sweeps named {stamp}")

    @classmethod
    def resume(cls, path: Path, about: Mapping[str, Any]) -> Unfinished:
        """Return what is unfinished in a folder; it is made anew where it is about other things."""
        whole = {"schema_version": SCHEMA_VERSION, **about}
        found = cls.at(path)
        if found is not None and found.about == whole:
            return found
        shutil.rmtree(path, ignore_errors=True)
        write_whole(path, {UNFINISHED: json_bytes(whole)})
        return cls(path, whole)

    @classmethod
    def at(cls, path: Path) -> Unfinished | None:
        """Return the unfinished sweep in a folder; None where there is none of this version."""
        try:
            about = json.loads((path / UNFINISHED).read_bytes())
        except (OSError, ValueError):
            return None
        known = isinstance(about, dict) and about.get("schema_version") == SCHEMA_VERSION
        if not known:
            return None
        parts = {int(p.name[:8]): p for p in sorted((path / PARTS).glob("????????-*.arrow"))}
        return cls(path, about, parts)

    @property
    def name(self) -> str:
        """``<study>/<stamp>-<hash>.partial``: how commands name it."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def simulated(self) -> bool:
        """Whether its prices are invented by a generator."""
        return bool(self.about.get("simulated"))

    @property
    def parts(self) -> int:
        """How many parts there are, whole or not."""
        return len(self._known)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from writing here; the system lets go whatever ends this one.

        Raises
        ------
        UsageError
            If another process is at work here.
        """
        try:
            import fcntl
        except ImportError:  # no such locks on Windows
            yield
            return
        with (self.path / UNFINISHED).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(f"{self.name} is being written by another process") from None
            yield

    def write_part(self, number: int, columns: Mapping[str, NDArray[Any]], prices: str) -> None:
        """Write the columns of a chunk, with a hash of the prices they were measured on.

        They are on the disk when this returns.
        """
        import pyarrow as pa

        table = pa.table({name: pa.array(values) for name, values in columns.items()})
        table = table.replace_schema_metadata({_PRICES: prices})
        buffer = io.BytesIO()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(buffer, table.schema, options=options) as writer:
            writer.write_table(table)
        content = buffer.getvalue()
        name = f"{number:08d}-{_digest(content)}.arrow"
        write_whole(self.path / PARTS, {name: content})
        self._known[number] = self.path / PARTS / name

    def read_part(self, number: int, prices: str) -> Columns | None:
        """Return the columns of a chunk; None, and its file is removed, if it is not whole.

        Raises
        ------
        UsageError
            If the chunk was measured on other prices.
        """
        import pyarrow as pa

        path = self._known.get(number)
        if path is None:
            return None
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if path.stem != f"{number:08d}-{_digest(content)}":
            path.unlink(missing_ok=True)
            return None
        table = pa.ipc.open_file(pa.BufferReader(content)).read_all().combine_chunks()
        if table.schema.metadata[_PRICES.encode()] != prices.encode():
            raise UsageError(changed(self.name, "the prices or cash rates"))
        return {name: np.asarray(table[name].to_numpy()) for name in table.column_names}

    def discard(self) -> None:
        """Remove the folder with all parts."""
        shutil.rmtree(self.path, ignore_errors=True)


def changed(name: str, what: str) -> str:
    """Return the sentence that refuses to resume a sweep."""
    return (
        f"{name} cannot be resumed: {what} changed since it was begun; sweep anew, or delete its "
        "folder"
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]


def unfinished_sweeps(root: Path) -> list[Unfinished]:
    """Return every unfinished sweep under `root`, by name."""
    found = (Unfinished.at(path.parent) for path in sorted(root.glob(f"*/*{SUFFIX}/{UNFINISHED}")))
    return [one for one in found if one is not None]


def find_unfinished(root: Path, wanted: str) -> Unfinished:
    """Return the unfinished sweep a user names: by path, by name or its beginning, or by study.

    Raises
    ------
    UsageError
        If there is none, or several.
    """
    at_path = Unfinished.at(Path(wanted))
    if at_path is not None:
        return at_path
    all_of_them = unfinished_sweeps(root)
    if wanted == "latest":
        matching = sorted(all_of_them, key=lambda one: one.path.name)[-1:]
    else:
        matching = [
            u for u in all_of_them if u.name.startswith(wanted) or u.path.name.startswith(wanted)
        ]
    if len(matching) == 1:
        return matching[0]
    if matching:
        names = ", ".join(one.name for one in matching)
        raise UsageError(f'"{wanted}" names {len(matching)} unfinished sweeps: {names}')
    known = ", ".join(one.name for one in all_of_them)
    there = f"there: {known}" if known else "there are none"
    raise UsageError(f'there is no unfinished sweep "{wanted}" in {root} ({there})')
