"""From the numbers of parameter sets to the runs they need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.execution.kernel.compiled import compiled

Numbers = NDArray[np.int64]
Rows = NDArray[np.int32]


def keys_of(
    numbers: Numbers,
    sizes: Numbers,
    strides: Numbers,
    which: tuple[Rows, Rows, Rows],
    counts: tuple[int, int],
) -> Numbers:
    """Return a key for each parameter set, int64 of shape (m,).

    Keys are equal for sets that cannot differ, −1 for those that are refused.

    Parameters
    ----------
    numbers : int64 array, shape (m,)
        Of the sets in the grid, the last axis running fastest.
    sizes : int64 array, shape (axes,)
    strides : int64 array, shape (3, axes)
        What one step along an axis adds to the number of the enter trigger built, the leave
        trigger built, and the limits.
    which : tuple of int32 arrays
        Which distinct one each of these is; −1: it could not be built.
    counts : tuple of int
        Of distinct leave triggers and of distinct limits.
    """
    keys = np.empty(len(numbers), dtype=np.int64)
    outside = np.append(1.0, np.cumprod(sizes, dtype=np.float64))
    split = int(np.argmin(outside + outside[-1] / outside))  # two tables, short together
    outer, inner = (_added_up(sizes[k], strides[:, k]) for k in (slice(split), slice(split, None)))
    _fill_keys(np.ascontiguousarray(numbers, dtype=np.int64), outer, inner, *which, counts, keys)
    return keys


def _added_up(sizes: Numbers, strides: Numbers) -> Numbers:
    """Return what all combinations of some axes add to three numbers, shape (3, combinations)."""
    added = np.zeros((3, 1), dtype=np.int64)
    for size, step in zip(sizes, strides.T, strict=True):
        added = (added[:, :, None] + step[:, None, None] * np.arange(size)).reshape(3, -1)
    return added


@compiled
def _fill_keys(  # type: ignore[no-untyped-def]  # compiled
    numbers, outer, inner, enters, leaves, limits, counts, keys
):
    """Fill in keys; what a set's outer and inner axes add is looked up, not worked out by axis."""
    many = inner.shape[1]
    for i in range(len(numbers)):
        high = numbers[i] // many
        low = numbers[i] - high * many
        enter = enters[outer[0, high] + inner[0, low]]
        leave = leaves[outer[1, high] + inner[1, low]]
        limit = limits[outer[2, high] + inner[2, low]]
        keys[i] = -1
        if enter >= 0 and leave >= 0:
            keys[i] = (enter * counts[0] + leave) * counts[1] + limit


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
