"""Compiling kernels, with a cache that cannot go stale: see :mod:`engine.execution.kernel.kept`.

What makes no arrays counts no references to those it is given: they belong to its caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.dispatcher import Dispatcher
from numba.core.options import DefaultOptions

from engine.execution.kernel.kept import use_cache
from engine.startup import later

later("scipy.linalg.cython_blas")  # numba loads it before it compiles; nothing multiplies matrices

Function = Callable[..., Any]

FOLDER = use_cache()
if FOLDER is not None:
    numba.config.CACHE_DIR = str(FOLDER)  # type: ignore[attr-defined]

INNARDS = ("_guard_against_spurious_io_errors", "_load_overload")
LIGHTER = all(hasattr(FunctionCache, name) for name in INNARDS) and hasattr(DefaultOptions, "_nrt")
"""Whether this numba can be spared what takes time and is not needed, by its inner parts."""


class _Kept(FunctionCache):
    """Numba's cache, read without what only compiling needs.

    Numba gets ready to compile before it looks: it loads all that could be called from compiled
    code, which takes longer than to load the kernels themselves.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        if not LIGHTER:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def compiled(function: Function) -> Function:
    """Compile without the interpreter's lock, with strict IEEE arithmetic, 1/0 included."""
    made = _njit(function)
    if FOLDER is not None and isinstance(made, Dispatcher):
        made._cache = _Kept(function)  # type: ignore[attr-defined,no-untyped-call]
    return made


def allocating(function: Function) -> Function:
    """Compile, likewise, what makes arrays of its own, or assigns a part of one to another."""
    return _njit(function, counted=True, cache=FOLDER is not None)


def inner(function: Function) -> Function:
    """Compile, likewise, what compiled functions alone call: sooner, and kept with them."""
    return _njit(function, no_cpython_wrapper=True)


def _njit(function: Function, *, counted: bool = False, **options: bool) -> Function:
    njit: Any = numba.njit
    always = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "no_rewrites": True}
    uncounted = {"_nrt": False} if LIGHTER and not counted else {}
    made: Function = njit(**always, **uncounted, **options)(function)
    return made
