"""The metric along axes and over pairs of axes, whatever the others are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study.places import FloatArray, Numbers, Places, Values

BINS = 50
"""Values of an axis that are told apart in maps; those of longer axes are put together."""


@dataclass(frozen=True, eq=False)
class Map:
    """The metric for each value of one axis, or each pair of values of two, over all other axes.

    Axes of more than `BINS` values are cut into `BINS` runs of neighbouring values, as equally
    long as can be.

    Attributes
    ----------
    axes : tuple of str
        One swept key or two.
    values : tuple of tuples
        For each axis its bins, each the first and the last value in it (the same where a bin is
        one value).
    sets : int64 array, shape (bins of the first axis[, bins of the second])
        Sets the rule allows.
    mean, best, worst : float64 arrays of the same shape
        Of the metric, in its unit, over the sets where it is defined; NaN where there is none.
    """

    axes: tuple[str, ...]
    values: tuple[tuple[tuple[Any, Any], ...], ...]
    sets: NDArray[np.int64]
    mean: FloatArray
    best: FloatArray
    worst: FloatArray

    @property
    def range_of_means(self) -> float:
        """Highest mean less lowest: how much the axes matter on average; NaN without any."""
        known = self.mean[~np.isnan(self.mean)]
        return float(known.max() - known.min()) if len(known) else float("nan")


class MapCounts:
    """Takes in sets block by block and maps them along every axis and over every pair."""

    def __init__(self, places: Places, sign: int) -> None:
        self._places, self._sign = places, sign
        self._bins = [_Bins(key, values) for key, values in places.axes.items()]
        axes = range(len(self._bins))
        self._along = [_Cells((self._bins[axis],), (axis,)) for axis in axes]
        self._over = [
            _Cells((self._bins[one], self._bins[other]), (one, other))
            for one, other in combinations(axes, 2)
        ]

    def add(self, numbers: Numbers, metric: FloatArray) -> None:
        """Take in a block of sets."""
        digits = self._places.digits(numbers)
        bins = [own.of(digits[:, axis]) for axis, own in enumerate(self._bins)]
        for cells in (*self._along, *self._over):
            cells.add([bins[axis] for axis in cells.at], self._sign * metric)

    def found(self) -> tuple[tuple[Map, ...], tuple[Map, ...]]:
        """Return the maps along single axes, and those over pairs."""
        along, over = (
            tuple(cells.found(self._sign) for cells in every) for every in (self._along, self._over)
        )
        return along, over


class _Bins:
    """The values of an axis, put together where there are many."""

    def __init__(self, key: str, values: Values) -> None:
        self.key, self._size = key, len(values)
        self.count = min(self._size, BINS)
        starts = [-(-number * self._size // self.count) for number in range(self.count + 1)]
        self.ends = tuple((values[start], values[stop - 1]) for start, stop in pairwise(starts))

    def of(self, digits: Numbers) -> Numbers:
        return digits if self._size == self.count else digits * self.count // self._size


class _Cells:
    """Counts, sums and extremes of scores in the cells of one map."""

    def __init__(self, bins: tuple[_Bins, ...], at: tuple[int, ...]) -> None:
        self._bins, self.at = bins, at
        self._shape = tuple(own.count for own in bins)
        size = int(np.prod(self._shape))
        self._sets = np.zeros(size, dtype=np.int64)
        self._defined = np.zeros(size, dtype=np.int64)
        self._total = np.zeros(size)
        self._best = np.full(size, -np.inf)
        self._worst = np.full(size, np.inf)

    def add(self, bins: Sequence[Numbers], scores: FloatArray) -> None:
        size = len(self._sets)
        cells = bins[0] if len(bins) == 1 else bins[0] * self._shape[1] + bins[1]
        sets = np.bincount(cells, minlength=size)
        self._sets += sets
        known = np.isfinite(scores)
        if not known.all():
            cells, scores = cells[known], scores[known]
            sets = np.bincount(cells, minlength=size)
        self._defined += sets
        self._total += np.bincount(cells, scores, minlength=size)
        np.maximum.at(self._best, cells, scores)
        np.minimum.at(self._worst, cells, scores)

    def found(self, sign: int) -> Map:
        empty = self._defined == 0
        mean = self._total / np.where(empty, 1, self._defined)
        of_scores = (np.where(empty, np.nan, sign * own) for own in (mean, self._best, self._worst))
        mean, best, worst = (own.reshape(self._shape) for own in of_scores)
        return Map(
            axes=tuple(own.key for own in self._bins),
            values=tuple(own.ends for own in self._bins),
            sets=self._sets.reshape(self._shape),
            mean=mean,
            best=best,
            worst=worst,
        )
