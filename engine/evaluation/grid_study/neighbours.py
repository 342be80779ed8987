"""Whether a set stands on a plateau or on a spike: how the sets beside it did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from engine.evaluation.grid_study.leaders import Leaders
from engine.evaluation.grid_study.places import (
    CORE,
    FloatArray,
    Measured,
    Numbers,
    Places,
    distinct,
    is_better,
    share,
)

NEAR = 0.1
"""A neighbour is near where it is worse by at most this fraction of the set's own metric."""
LARGEST_BOX = 1_000
"""Sets around one that are all measured: those of up to six axes."""
PROFILE = 200
"""Values of an axis that a profile goes through; of longer axes, so many at equal distances."""


@dataclass(frozen=True, eq=False)
class Ring:
    """How the neighbours of a set did.

    Attributes
    ----------
    sets : int
        Neighbours whose metric is defined: the rule allows them and they are on the grid.
    same_path : int
        Those of them that held the same as the set all along: their agreement is no evidence.
    median, worst : float
        Of their metric, in its unit.
    near : float
        Fraction of them that are better, or worse by at most a tenth of the set's own metric.
    better_than_core : float
        Fraction of them that beat the core benchmark; NaN where it is not known.
    """

    sets: int
    same_path: int
    median: float
    worst: float
    near: float
    better_than_core: float


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """One of the best sets and the sets around it, in steps from value to value of the axes.

    Attributes
    ----------
    number : int
        Of the set, in the whole grid.
    row : int
        Of the set, in the table of all sets the rule allows.
    values : mapping of str to value
        Its swept values.
    metric : float
    at_edge : tuple of str
        Axes of three values or more whose first or last value the set has: what lies beyond was
        not tried.
    beside : mapping of str to pair of floats
        Axis → the metric one step back and one step on; NaN where there is no such set.
    steps : Ring
        The sets one step away along one axis.
    box : Ring or None
        The sets at most one step away along every axis; None where there are more than
        `LARGEST_BOX`.
    plateau : float
        (median of the sets one step away − median of the grid) / (the set − median of the grid).
        1: its neighbours are as good as the set; 0: no better than any set of the grid, so the set
        is a spike; below 0: worse. NaN where the set is no better than the grid's median.
    """

    number: int
    row: int
    values: dict[str, Any]
    metric: float
    at_edge: tuple[str, ...]
    beside: dict[str, tuple[float, float]]
    steps: Ring
    box: Ring | None
    plateau: float


@dataclass(frozen=True, eq=False)
class Profile:
    """The metric along one axis through the best set, the other axes as they are there.

    Attributes
    ----------
    axis : str
    values : tuple of values
    metric : float64 array, shape (m,)
        NaN where the rule does not allow the set, or the metric is undefined.
    best : int
        Index of the best set itself.
    """

    axis: str
    values: tuple[Any, ...]
    metric: FloatArray
    best: int


def around(places: Places, numbers: Numbers) -> Numbers:
    """Return the numbers of all sets that are needed to judge the neighbourhoods of some."""
    needed = [numbers]
    for digits in places.digits(numbers):
        needed += [_numbers_at(places, digits, offsets) for offsets in _offsets(places)]
    for axis in range(len(places.shape) if len(numbers) else 0):
        needed.append(_along(places, numbers[0], axis)[1])
    return distinct(np.concatenate(needed))


def neighbourhoods(
    places: Places,
    leaders: Leaders,
    measured: Measured,
    sign: int,
    median: float,
    references: Mapping[str, float],
) -> tuple[Neighbourhood, ...]:
    """Return the neighbourhoods of the best sets; `measured` holds those of :func:`around`.

    `median` is the metric of the grid's middle set.
    """
    core = references.get(CORE, math.nan)
    return tuple(
        neighbourhood(places, int(number), int(row), measured, sign, median, core)
        for number, row in zip(leaders.numbers, leaders.rows, strict=True)
    )


def profiles(places: Places, best: int, measured: Measured) -> tuple[Profile, ...]:
    """Return the metric along every axis through one set."""
    found = []
    for axis, (key, values) in enumerate(places.axes.items()):
        digits, numbers = _along(places, best, axis)
        metric = measured.at(numbers)
        own = int(np.flatnonzero(numbers == best)[0])
        found.append(Profile(key, tuple(values[digit] for digit in digits.tolist()), metric, own))
    return tuple(found)


def neighbourhood(
    places: Places, number: int, row: int, measured: Measured, sign: int, median: float, core: float
) -> Neighbourhood:
    """Return the neighbourhood of one set; `measured` holds those of :func:`around`.

    `median` is the metric of the grid's middle set, `core` that of the core held, NaN where it is
    not known; higher is better where `sign` is 1, lower where it is −1.
    """
    digits = places.digits(np.array([number]))[0]
    own = float(measured.at(np.array([number]))[0])
    rings = []
    for offsets in _offsets(places):
        rings.append(_ring(_numbers_at(places, digits, offsets), number, measured, sign, core))
    steps, box = rings[0], rings[1] if len(rings) > 1 else None
    above = is_better(np.array([sign * own]), sign * median)[0]
    return Neighbourhood(
        number=number,
        row=row,
        values=places.values(number),
        metric=own,
        at_edge=tuple(
            key
            for key, size, digit in zip(places.axes, places.shape, digits.tolist(), strict=True)
            if size >= 3 and digit in (0, size - 1)
        ),
        beside=_beside(places, digits, measured),
        steps=steps,
        box=box,
        plateau=(steps.median - median) / (own - median) if above else math.nan,
    )


def _ring(numbers: Numbers, centre: int, measured: Measured, sign: int, core: float) -> Ring:
    metric = measured.at(numbers)
    known = ~np.isnan(metric)
    metric, numbers = metric[known], numbers[known]
    middle = np.array([centre])
    own, path = float(measured.at(middle)[0]), measured.paths_at(middle)[0]
    scores = sign * metric
    beaten = math.nan if math.isnan(core) else share(is_better(scores, sign * core))
    return Ring(
        sets=len(metric),
        same_path=int((measured.paths_at(numbers) == path).sum()),
        median=float(np.median(metric)) if len(metric) else math.nan,
        worst=sign * float(scores.min()) if len(metric) else math.nan,
        near=share(scores >= sign * own - NEAR * abs(own)),
        better_than_core=beaten,
    )


def _beside(places: Places, digits: Numbers, measured: Measured) -> dict[str, tuple[float, float]]:
    found = {}
    for axis, key in enumerate(places.axes):
        steps = []
        for step in (-1, 1):
            offset = np.zeros((1, len(digits)), dtype=np.int64)
            offset[0, axis] = step
            numbers = _numbers_at(places, digits, offset)
            steps.append(float(measured.at(numbers)[0]) if len(numbers) else math.nan)
        found[key] = (steps[0], steps[1])
    return found


def _offsets(places: Places) -> Sequence[Numbers]:
    """Return the steps to the neighbours along single axes, and to all those of the box."""
    one = np.eye(len(places.shape), dtype=np.int64)
    single = np.concatenate([-one, one])
    steps = [(-1, 0, 1) if size > 1 else (0,) for size in places.shape]
    if math.prod(map(len, steps)) - 1 > LARGEST_BOX:
        return (single,)
    every = np.array(list(product(*steps)), dtype=np.int64)
    return single, every[(every != 0).any(axis=1)]


def _numbers_at(places: Places, digits: Numbers, offsets: Numbers) -> Numbers:
    """Return the numbers of the sets at some offsets from one, those off the grid left out."""
    there = digits + offsets
    inside = ((there >= 0) & (there < np.array(places.shape, dtype=np.int64))).all(axis=1)
    return places.numbers(there[inside])


def _along(places: Places, number: int, axis: int) -> tuple[Numbers, Numbers]:
    """Return digits along one axis, and the numbers of the sets there, through a set."""
    digits = places.digits(np.array([number]))
    size, own = places.shape[axis], int(digits[0, axis])
    spread = np.linspace(0, size - 1, min(size, PROFILE)).round().astype(np.int64)
    beside = np.arange(max(own - 1, 0), min(own + 2, size))
    chosen = np.union1d(spread, beside)
    there = np.repeat(digits, len(chosen), axis=0)
    there[:, axis] = chosen
    return chosen, places.numbers(there)
