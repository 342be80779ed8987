"""From the numbers of parameter sets to the runs they need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel.compiled import compiled

Numbers = NDArray[np.int64]
Rows = NDArray[np.int32]


@compiled
def keys_of(  # type: ignore[no-untyped-def]  # compiled
    numbers: Numbers,
    sizes: Numbers,
    strides: Numbers,
    enters: Rows,
    leaves: Rows,
    limits: Rows,
    counts: tuple[int, int],
    keys: Numbers,
):
    """Fill in a key for each parameter set, equal for sets that cannot differ; −1 for refused ones.

    Parameters
    ----------
    numbers : int64 array, shape (m,)
        Of the sets in the grid, the last axis running fastest.
    sizes : int64 array, shape (axes,)
    strides : int64 array, shape (3, axes)
        What one step along an axis adds to the number of the enter trigger built, the leave
        trigger built, and the limits.
    enters, leaves, limits : int32 arrays
        Which distinct one each of these is; −1: it could not be built.
    counts : tuple of int
        Of distinct leave triggers and of distinct limits.
    keys : int64 array, shape (m,)
    """
    for i in range(len(numbers)):
        rest = numbers[i]
        enter, leave, limit = 0, 0, 0
        for axis in range(len(sizes) - 1, -1, -1):
            size = sizes[axis]
            quotient = rest // size
            digit = rest - quotient * size
            rest = quotient
            enter += digit * strides[0, axis]
            leave += digit * strides[1, axis]
            limit += digit * strides[2, axis]
        keys[i] = -1
        if enters[enter] >= 0 and leaves[leave] >= 0:
            keys[i] = (enters[enter] * counts[0] + leaves[leave]) * counts[1] + limits[limit]


def distinct(keys: Numbers | Rows, count: int) -> tuple[Numbers, Rows]:
    """Return the distinct keys in order, and which of them each key is.

    `count` is the number of keys there could be: where it is not much larger than the number of
    keys given, they are found without sorting.
    """
    if count <= 4 * len(keys):
        there = np.zeros(count, dtype=bool)
        there[keys] = True
        return np.flatnonzero(there), (np.cumsum(there, dtype=np.int32) - 1)[keys]
    found, which = np.unique(keys, return_inverse=True)
    return found.astype(np.int64, copy=False), which.ravel().astype(np.int32)
