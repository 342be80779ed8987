"""Compiling kernels, with a cache that cannot go stale.

Compiled code is kept in the user's cache folder, in a folder named by the hash of all sources that
are compiled and of the versions that compile them: an edited kernel is another folder.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

from engine.startup import later
from engine.user_cache import user_cache

later("scipy.linalg.cython_blas")  # numba loads it before it compiles; nothing multiplies matrices

Function = Callable[..., Any]

KEPT = 3
"""Folders of compiled kernels that are kept, newest first."""


SOURCES = (Path(__file__).parent, *(Path(__file__).parents[2] / p for p in ("rotation", "signals")))
"""Folders of what is compiled: the kernels, the rules of a rotation they call, and loops."""


def sources_hash() -> str:
    """Return the hash of all compiled sources, the libraries that compile, and the machine."""
    digest = hashlib.sha256(
        f"{numba.__version__} {np.__version__} {platform.python_version()}".encode()
    )
    digest.update(platform.machine().encode())
    for folder in SOURCES:
        for path in sorted(folder.glob("*.py")):
            digest.update(f"{folder.name}/{path.name}".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def use_cache() -> Path | None:
    """Point numba at the folder of this version of the kernels; None where none can be written."""
    folder = user_cache() / "kernels" / sources_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass  # that the folder exists does not mean that it can be written to
        os.utime(folder)
        _prune(folder.parent)
    except OSError:
        return None
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return folder


def _prune(root: Path) -> None:
    folders = sorted(root.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in folders[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


CACHED = use_cache() is not None


def compiled(function: Function) -> Function:
    """Compile without the interpreter's lock, with strict IEEE arithmetic, 1/0 included."""
    return _njit(function, cache=CACHED)


def inner(function: Function) -> Function:
    """Compile, likewise, what compiled functions alone call: sooner, and kept with them."""
    return _njit(function, no_cpython_wrapper=True)


def _njit(function: Function, **options: bool) -> Function:
    njit: Any = numba.njit
    always = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    made: Function = njit(**always, **options)(function)
    return made
