"""Loops over sessions that cannot be written as operations on whole arrays.

They are plain Python. Whoever needs them often may have them compiled, which changes no bit of
what they give: the same arithmetic, step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., None]


class Loop:
    """A function of arrays (some of which it fills in) and numbers, plain or compiled."""

    known: list[Loop] = []  # noqa: RUF012  # every loop there is

    def __init__(self, function: Function) -> None:
        self.function = function
        self.compiled: Function | None = None
        Loop.known.append(self)

    def __call__(self, *arguments: Any) -> None:
        if self.compiled is not None:
            self.compiled(*arguments)
            return
        # elements of a memoryview are Python's own numbers: several times faster than NumPy's
        self.function(*(a.data if isinstance(a, np.ndarray) else a for a in arguments))


def compile_loops(compiler: Callable[[Function], Function]) -> None:
    """Have every loop compiled from now on; for callers that compute features many times."""
    for loop in Loop.known:
        if loop.compiled is None:
            loop.compiled = compiler(loop.function)
