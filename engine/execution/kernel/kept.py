"""Where compiled kernels are kept, known without loading what compiles them.

In the user's cache folder, in a folder named by the hash of all sources that are compiled and of
the versions that compile them: an edited kernel is another folder.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import platform
import shutil
import tempfile
from pathlib import Path

from engine.user_cache import user_cache

KEPT = 3
"""Folders of compiled kernels that are kept, newest first."""

SOURCES = (Path(__file__).parent, *(Path(__file__).parents[2] / p for p in ("rotation", "signals")))
"""Folders of what is compiled: the kernels, the rules of a rotation they call, and loops."""


def sources_hash() -> str:
    """Return the hash of all compiled sources, the libraries that compile, and the machine."""
    numba, numpy = map(importlib.metadata.version, ("numba", "numpy"))
    digest = hashlib.sha256(f"{numba} {numpy} {platform.python_version()}".encode())
    digest.update(platform.machine().encode())
    for folder in SOURCES:
        for path in sorted(folder.glob("*.py")):
            digest.update(f"{folder.name}/{path.name}".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def use_cache() -> Path | None:
    """Return the folder of this version of the kernels; None where none can be written."""
    folder = user_cache() / "kernels" / sources_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass  # that the folder exists does not mean that it can be written to
        os.utime(folder)
        _prune(folder.parent)
    except OSError:
        return None
    return folder


def _prune(root: Path) -> None:
    folders = sorted(root.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in folders[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def missing(function: str) -> bool:
    """Return whether a compiled function is not there, but can be put there."""
    folder = use_cache()
    return folder is not None and not any(folder.rglob(f"*.{function}-*.nbc"))
