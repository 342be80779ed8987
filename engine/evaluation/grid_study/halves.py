"""Whether what was good in the first half of history was good in the second."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study.cloud import Cloud, cloud_of
from engine.evaluation.grid_study.leaders import Leaders
from engine.evaluation.grid_study.places import (
    Evaluate,
    FloatArray,
    Measured,
    Numbers,
    Paths,
    Places,
    References,
    mean_ranks,
)
from engine.market.quotes import SessionArray

FEWEST = 3
"""Sets that a correlation needs."""


@dataclass(frozen=True, eq=False)
class HalfResult:
    """One set over all of history and in each half.

    Attributes
    ----------
    number : int
        In the whole grid.
    values : mapping of str to value
        Its swept values.
    whole, first, second : float
        Its metric; NaN where undefined.
    first_rank, second_rank : int or None
        1 + how many of the sets compared were better in that half; None where undefined.
    """

    number: int
    values: dict[str, Any]
    whole: float
    first: float
    second: float
    first_rank: int | None
    second_rank: int | None


@dataclass(frozen=True, eq=False)
class Halves:
    """The metric in the first half of the traded sessions against the second.

    Each half is a backtest of its own: it starts with the initial cash in the first session of the
    half, and what came before is warm-up.

    Attributes
    ----------
    split : int
        Traded sessions in the first half; the second half has the rest.
    second_start : datetime64[D]
        First session of the second half.
    sets : int
        Sets compared: those whose metric is defined in both halves.
    drawn : int
        Sets of the seeded sample they are from; of small grids all sets.
    is_sample : bool
    correlation : float
        Spearman's rank correlation of the two halves over these sets: 1 where the order of the
        first half is that of the second, 0 where it says nothing about it. Sets of a grid are not
        independent, so no significance can be read from their number.
    paths : int
    path_correlation : float
        The same with one set for each position path: sets that held the same count once.
    first_median, second_median : float
        Metric of the middle one of the sets compared.
    winner : HalfResult or None
        The best set of all of history.
    first_winner : HalfResult or None
        The best set of the first half, ties in grid order: what one would have chosen then.
    leaders : tuple of HalfResult
        The best sets of all of history, the winner among them.
    first_references, second_references : mapping of str to float
        The metric of what sets are compared with.
    numbers : int64 array, shape (sets,)
    first, second : float64 arrays, shape (sets,)
        The metric of the sets compared.
    """

    split: int
    second_start: np.datetime64
    sets: int
    drawn: int
    is_sample: bool
    correlation: float
    paths: int
    path_correlation: float
    first_median: float
    second_median: float
    winner: HalfResult | None
    first_winner: HalfResult | None
    leaders: tuple[HalfResult, ...]
    first_references: dict[str, float]
    second_references: dict[str, float]
    numbers: Numbers
    first: FloatArray
    second: FloatArray

    @property
    def cloud(self) -> Cloud | None:
        """How many of the sets compared were where in both halves; None without any."""
        return cloud_of(self.first, self.second)


def compare_halves(
    places: Places,
    metric: str,
    sign: int,
    drawn: tuple[Numbers, FloatArray, Paths],
    leaders: Leaders,
    *,
    is_sample: bool,
    sessions: SessionArray,
    evaluate: Evaluate,
    references: References,
) -> Halves | None:
    """Measure sets in both halves of the traded sessions.

    Parameters
    ----------
    places : Places
    metric : str
    sign : {1, -1}
        See :func:`~engine.evaluation.grid_study.places.sign_of`.
    drawn : tuple of arrays
        Numbers, whole-history metric and paths of the sets compared.
    leaders : Leaders
        The best sets of all of history.
    is_sample : bool
    sessions : datetime64[D] array
        Traded sessions; with fewer than four there are no halves, and None is returned.
    evaluate : Evaluate
    references : References
    """
    split = len(sessions) // 2
    if split < 2:
        return None
    numbers, whole, paths = drawn
    needed = np.concatenate([numbers, leaders.numbers])
    first = Measured.of(evaluate, metric, needed, 0, split)
    second = Measured.of(evaluate, metric, needed, split, None)
    table = _Table(places, sign, first, second, numbers)
    both = table.both
    _, one_each = np.unique(paths[both], return_index=True)
    best = table.best_of_first()
    judged = tuple(
        table.result(int(number), sign * float(score))
        for number, score in zip(leaders.numbers, leaders.scores, strict=True)
    )
    return Halves(
        split=split,
        second_start=sessions[split],
        sets=int(both.sum()),
        drawn=len(numbers),
        is_sample=is_sample,
        correlation=rank_correlation(table.first, table.second),
        paths=len(one_each),
        path_correlation=rank_correlation(table.first[one_each], table.second[one_each]),
        first_median=_median(table.first),
        second_median=_median(table.second),
        winner=judged[0] if judged else None,
        first_winner=None
        if best is None
        else table.result(int(numbers[both][best]), float(whole[both][best])),
        leaders=judged,
        first_references=dict(references(0, split)),
        second_references=dict(references(split, None)),
        numbers=numbers[both],
        first=table.first,
        second=table.second,
    )


class _Table:
    """The sets compared in both halves, and how any set ranks among them."""

    def __init__(
        self, places: Places, sign: int, first: Measured, second: Measured, numbers: Numbers
    ) -> None:
        self._places, self._sign = places, sign
        self._halves = (first, second)
        values = [half.at(numbers) for half in self._halves]
        self.both: NDArray[np.bool_] = np.isfinite(values[0]) & np.isfinite(values[1])
        self.first, self.second = (half[self.both] for half in values)

    def best_of_first(self) -> int | None:
        """Return which of the sets compared was best in the first half."""
        return int(np.argmax(self._sign * self.first)) if len(self.first) else None

    def result(self, number: int, whole: float) -> HalfResult:
        at = np.array([number])
        first, second = (float(half.at(at)[0]) for half in self._halves)
        return HalfResult(
            number,
            self._places.values(number),
            whole,
            first,
            second,
            self._rank(first, self.first),
            self._rank(second, self.second),
        )

    def _rank(self, value: float, among: FloatArray) -> int | None:
        if math.isnan(value):
            return None
        return 1 + int((self._sign * among > self._sign * value).sum())


def rank_correlation(one: FloatArray, other: FloatArray) -> float:
    """Return Spearman's rank correlation, ties at their mean rank.

    NaN for fewer than `FEWEST` pairs, or where one side has a single value. (As
    ``scipy.stats.spearmanr``, whose import alone takes longer than a small sweep.)
    """
    if len(one) < FEWEST:
        return math.nan
    ranks = [mean_ranks(values) for values in (one, other)]
    x, y = (own - own.mean() for own in ranks)
    size = float(x @ x) * float(y @ y)
    return float(x @ y) / math.sqrt(size) if size else math.nan


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else math.nan


def no_references(first: int, stop: int | None) -> Mapping[str, float]:
    """Return nothing to compare sets with."""
    return {}
