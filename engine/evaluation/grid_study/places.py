"""Where parameter sets are in their grid, what they measure there, and which of two is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.definitions import find_metric
from engine.evaluation.trial_keys import PATH

FloatArray = NDArray[np.float64]
Numbers = NDArray[np.int64]
Paths = NDArray[np.uint64]

Evaluate = Callable[[Numbers, int, int | None], Mapping[str, NDArray[Any]]]
"""Measures any sets over the traded sessions [first, stop), None being the end of history.

Returns metric key → float64 (m,), in the order of the numbers, NaN for sets the rule does not
allow, and under `PATH` their position paths, uint64 (m,).
"""
References = Callable[[int, int | None], Mapping[str, float]]
"""Gives the metric of what sets are compared with, by name, over the same sessions."""

CORE = "core"
"""Name of the reference that holds the core asset."""
SAME = 1e-9
"""Difference, relative or to 1 if that is larger, that is rounding: engines agree to this."""


class Values(Protocol):
    """The values of an axis, by number; however many, they need not be in memory."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


@dataclass(frozen=True)
class Places:
    """The numbering of a grid: the last axis runs fastest.

    Attributes
    ----------
    axes : mapping of str to sequence or Axis
        Swept key → its values, in the order of the study.
    """

    axes: Mapping[str, Values]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values of each axis."""
        return tuple(len(values) for values in self.axes.values())

    def digits(self, numbers: Numbers) -> Numbers:
        """Return which value of each axis sets have, shape (m, axes)."""
        if not self.axes:
            return np.empty((len(numbers), 0), dtype=np.int64)
        return np.stack(np.unravel_index(numbers, self.shape), axis=1).astype(np.int64)

    def numbers(self, digits: Numbers) -> Numbers:
        """Return the numbers of sets from :meth:`digits`."""
        numbers = np.zeros(len(digits), dtype=np.int64)
        for axis, size in enumerate(self.shape):
            numbers = numbers * size + digits[:, axis]
        return numbers

    def values(self, number: int) -> dict[str, Any]:
        """Return the swept values of one set."""
        digits = self.digits(np.array([number]))[0].tolist()
        return {key: of[digit] for (key, of), digit in zip(self.axes.items(), digits, strict=True)}


def sign_of(metric: str) -> int:
    """Return −1 for metrics that are better when lower, else 1: sign × metric is a score."""
    return -1 if find_metric(metric).direction < 0 else 1


def is_better(scores: FloatArray, than: float) -> NDArray[np.bool_]:
    """Return which scores beat another by more than rounding; NaN beats nothing."""
    return np.asarray(scores > than + SAME * max(abs(than), 1.0))


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Return the different values, ascending.

    By sorting: ``np.unique`` of millions of whole numbers by hashing takes twenty times as long.
    """
    ordered = np.sort(values)
    is_new = np.ones(len(ordered), dtype=bool)
    is_new[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_new]


def share(chosen: NDArray[np.bool_]) -> float:
    """Return the fraction that is true; NaN of nothing."""
    return float(chosen.mean()) if len(chosen) else math.nan


def mean_ranks(values: FloatArray) -> FloatArray:
    """Return the rank of each value, from 1 for the lowest, equal ones at their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[inverse.ravel()])


@dataclass(frozen=True, eq=False)
class Measured:
    """Sets that were measured together, found again by number.

    Attributes
    ----------
    numbers : int64 array, shape (m,)
        Ascending, all different.
    metric : float64 array, shape (m,)
        NaN where the rule does not allow the set, or the metric is undefined.
    paths : uint64 array, shape (m,)
    """

    numbers: Numbers
    metric: FloatArray
    paths: Paths

    @classmethod
    def of(
        cls, evaluate: Evaluate, metric: str, numbers: Numbers, first: int, stop: int | None
    ) -> Measured:
        """Measure sets, each once however often it is named."""
        wanted = distinct(numbers)
        if not len(wanted):
            return cls(wanted, np.empty(0), np.empty(0, dtype=np.uint64))
        columns = evaluate(wanted, first, stop)
        return cls(wanted, np.asarray(columns[metric], dtype=np.float64), columns[PATH])

    def at(self, numbers: Numbers) -> FloatArray:
        """Return the metric of some of the sets."""
        return np.asarray(self.metric[np.searchsorted(self.numbers, numbers)])

    def paths_at(self, numbers: Numbers) -> Paths:
        """Return the position paths of some of the sets."""
        return np.asarray(self.paths[np.searchsorted(self.numbers, numbers)])
