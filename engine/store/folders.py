"""Result folders: ``results/<study>/<UTC stamp>-<content hash>/``, each whole or absent."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.errors import StoreError, UsageError, did_you_mean

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
UNFINISHED = "unfinished.json"
"""Manifest of a sweep that was begun and has not been finished."""
LATEST = "latest"
REQUIRED = frozenset(
    ("kind", "created", "data", "execution", "warnings", "notes", "simulated", "files")
)
"""Keys without which a manifest is none of this version."""
_HIDDEN = ".unfinished-"


@dataclass(frozen=True)
class Stored:
    """A result folder that is known to be whole, with its manifest."""

    path: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """``<study>/<stamp>-<hash>``: how commands name the result."""
        return f"{self.path.parent.name}/{self.path.name}"

    def must_be(self, kind: str) -> None:
        """Raise UsageError if the result is of another kind."""
        if self.manifest["kind"] != kind:
            raise UsageError(f"{self.name} is no {kind}")

    def read(self, name: str) -> bytes:
        """Return a file of the folder; raises StoreError if it is not what was written."""
        try:
            content = (self.path / name).read_bytes()
        except OSError as error:
            raise StoreError(f"{self.path / name}: cannot be read: {error.strerror}") from None
        if sha256(content).hexdigest() != self.manifest["files"].get(name):
            raise StoreError(f"{self.path / name}: is not what was written; run the study again")
        return content


def put_beside(stored: Stored, files: Mapping[str, bytes]) -> None:
    """Write what was made from a result into its folder: each file is whole, or as it was.

    Such files are not in the manifest: they can be made again, and the result stays what it was.

    Raises
    ------
    StoreError
        If a file belongs to the result itself, or cannot be written.
    """
    own = {MANIFEST, *stored.manifest["files"]}.intersection(files)
    if own:
        raise StoreError(f"{stored.path / min(own)}: is part of the result and stays as it is")
    write_whole(stored.path, files)


def write_whole(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, made if need be; each appears whole or not at all.

    Raises
    ------
    StoreError
        If a file cannot be written.
    """
    for name, content in files.items():
        unfinished = folder / f"{_HIDDEN}{secrets.token_hex(8)}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(unfinished, content)
            unfinished.replace(folder / name)
        except OSError as error:
            raise StoreError(
                f"{folder / name}: cannot be written: {error.strerror or error}"
            ) from None
        finally:
            with contextlib.suppress(OSError):
                unfinished.unlink()


def save(
    root: Path,
    study: str,
    content_hash: str,
    files: Mapping[str, bytes | Path],
    manifest: dict[str, Any],
) -> Stored:
    """Write a result folder under `root`: to a hidden folder first, renamed when it is whole.

    A file is given as its bytes, or as the path of one on the same disk, which is moved in. The
    manifest is completed with schema version, status, time and the hashes of all files. Nothing
    is left behind when writing fails.

    Raises
    ------
    StoreError
        If the folder cannot be written.
    """
    created = dt.datetime.now(dt.UTC)
    whole = {
        "schema_version": SCHEMA_VERSION,
        "status": "complete",
        "created": created.isoformat(timespec="microseconds"),
        "study": study,
        "content_hash": content_hash,
        **manifest,
        "files": {name: _hash(content) for name, content in sorted(files.items())},
    }
    parent = root / study
    unfinished = parent / f"{_HIDDEN}{secrets.token_hex(8)}"
    try:
        unfinished.mkdir(parents=True)
        for name, content in files.items():
            if isinstance(content, Path):
                with content.open("rb") as file:
                    os.fsync(file.fileno())
                content.replace(unfinished / name)
            else:
                _write(unfinished / name, content)
        _write(unfinished / MANIFEST, json_bytes(whole))
        path = _rename(unfinished, f"{created:%Y%m%dT%H%M%SZ}-{content_hash[:10]}")
    except OSError as error:
        raise StoreError(f"{parent}: cannot write results: {error.strerror or error}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Stored(path, whole)


def _hash(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    """Write a file, on the disk when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # the rename must not become visible before the bytes


def _rename(unfinished: Path, name: str) -> Path:
    """Give a finished folder its name; the same result twice in one second gets a number."""
    for number in range(1, 1000):
        path = unfinished.parent / (name if number == 1 else f"{name}-{number}")
        if not path.exists():
            try:
                return unfinished.rename(path)
            except OSError:
                if not path.exists():  # another process may have taken the name meanwhile
                    raise
    raise StoreError(f"{unfinished.parent}: there are too many results named {name}")


def json_bytes(value: Any) -> bytes:
    """Return JSON as it is written everywhere: indented, UTF-8, no NaN."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def stored_results(root: Path) -> list[Stored]:
    """Return every whole result under `root`, oldest first; anything else there is ignored."""
    found = []
    for path in root.glob(f"*/*/{MANIFEST}"):
        if not path.parent.name.startswith(_HIDDEN):
            stored = _open(path.parent)
            if stored is not None:
                found.append(stored)
    return sorted(found, key=lambda stored: (stored.manifest["created"], stored.name))


def _open(path: Path) -> Stored | None:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    known = isinstance(manifest, dict) and manifest.get("schema_version") == SCHEMA_VERSION
    return Stored(path, manifest) if known and manifest.keys() >= REQUIRED else None


def find(root: Path, wanted: str, *kinds: str) -> Stored:
    """Return the result a user names.

    `wanted` is ``latest``, a study's name or ``<study>/latest`` (its newest result), the name of
    a result or the beginning of one, or the path of a result folder. Newest is the newest of some
    `kinds` (``run``, ``comparison``), if they are given.

    Raises
    ------
    UsageError
        If there is no such result, or several.
    """
    folder = _placed(Path(wanted))
    if (folder / UNFINISHED).is_file():
        raise _is_unfinished(folder)
    if (folder / MANIFEST).is_file():
        stored = _open(folder)
        if stored is None:
            raise UsageError(f"{folder}: not a result of this version of Streaklab")
        return stored
    results = stored_results(root)
    study = wanted.removesuffix(f"/{LATEST}")
    every = [r for r in results if wanted == LATEST or r.path.parent.name == study]
    newest = [r for r in every if not kinds or r.manifest["kind"] in kinds]
    if newest:
        return newest[-1]
    if every:
        there = ", ".join(sorted({r.manifest["kind"] for r in every}))
        of = f"in {root}" if wanted == LATEST else f'of "{study}" in {root}'
        raise UsageError(f"there is no {' or '.join(kinds)} {of} (there: {there})")
    matching = [r for r in results if r.name.startswith(wanted) or r.path.name.startswith(wanted)]
    exact = [r for r in matching if wanted in (r.name, r.path.name)]
    if len(exact or matching) == 1:
        return (exact or matching)[0]
    if matching:
        raise UsageError(f'"{wanted}" names {len(matching)} results; give more of the name')
    raise _not_found(root, wanted, results)


def _placed(folder: Path) -> Path:
    """Return a path that names the study and the results folder of a result, as `.` does not."""
    named = len(folder.parts) > 2 and ".." not in folder.parts
    return folder if named else folder.resolve()


def _not_found(root: Path, wanted: str, results: list[Stored]) -> UsageError:
    for path in sorted(path.parent for path in root.glob(f"*/*/{UNFINISHED}")):
        own = (path.name, f"{path.parent.name}/{path.name}", LATEST)
        if any(name.startswith(wanted) for name in own):
            return _is_unfinished(path)
    if not results:
        return UsageError(f"there are no results in {root}; start with: streak run STUDY.yaml")
    names = {LATEST}
    for result in results:
        study = result.path.parent.name
        names |= {study, f"{study}/{LATEST}", result.name}
    hint = did_you_mean(wanted, sorted(names))
    return UsageError(f'there is no result "{wanted}" in {root}{hint}')


def _is_unfinished(path: Path) -> UsageError:
    return UsageError(
        f"{path} is an unfinished sweep; finish it with: streak sweep --resume {path}"
    )
