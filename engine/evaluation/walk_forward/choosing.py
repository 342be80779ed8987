"""The choice of one fold: the best set of the training, and how it did in the test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from engine.evaluation.grid_study.halves import rank_correlation
from engine.evaluation.grid_study.places import is_better, sign_of
from engine.evaluation.walk_forward.windows import FoldWindows
from engine.market.quotes import FloatArray


class Standing(NamedTuple):
    """Where one set stands among all sets of a grid.

    Attributes
    ----------
    rank : int or None
        1 + how many sets are better; None where the set has no value.
    sets : int
        How many have a value.
    percentile : float
        Share of the other sets that are worse, ties counting half: 1 is the best, 0.5 the middle,
        which a choice by chance reaches on average (fraction).
    """

    rank: int | None
    sets: int
    percentile: float


def best_set(values: FloatArray, metric: str, fewest: int = 1) -> int | None:
    """Return the place of the best value, ties going to the first; NaN is none.

    None where fewer than `fewest` are defined.
    """
    if np.count_nonzero(~np.isnan(values)) < max(fewest, 1):
        return None
    return int(np.nanargmax(sign_of(metric) * values))


def standing(values: FloatArray, place: int, metric: str) -> Standing:
    """Return where the set at `place` stands among the values of all sets, NaN left out.

    Values that differ by rounding alone are ties.
    """
    scores = sign_of(metric) * values
    own, known = float(scores[place]), scores[~np.isnan(scores)]
    if math.isnan(own):
        return Standing(None, len(known), math.nan)
    better, worse = int(is_better(known, own).sum()), int(is_better(-known, -own).sum())
    others = len(known) - 1
    percentile = (worse + (others - better - worse) / 2.0) / others if others else math.nan
    return Standing(1 + better, len(known), percentile)


def order_kept(trained: FloatArray, tested: FloatArray) -> float:
    """Return Spearman's correlation of all sets in training and in test; NaN for few sets.

    1 where the test keeps the order of the training, 0 where it knows nothing of it.
    """
    both = ~np.isnan(trained) & ~np.isnan(tested)
    return rank_correlation(trained[both], tested[both])


@dataclass(frozen=True)
class Choice:
    """What one fold chose, and how that did.

    Attributes
    ----------
    windows : FoldWindows
    number : int or None
        Of the chosen set in the grid; None where too few sets had the metric in the training.
    values : mapping of str to value
        Its swept values; empty without a choice.
    in_sample, out_of_sample : mapping of str to float
        Metrics of the chosen set over the training window and over the test, each a backtest of
        its own that begins with cash; NaN where undefined, empty without a choice.
    trained_sets : int
        Sets that had the metric in the training.
    test_standing : Standing
        Of the chosen set among all sets in the test.
    test_median : float
        Metric of the middle one of all sets in the test.
    order_kept : float
        See :func:`order_kept`.
    """

    windows: FoldWindows
    number: int | None
    values: Mapping[str, Any]
    in_sample: Mapping[str, float]
    out_of_sample: Mapping[str, float]
    trained_sets: int
    test_standing: Standing
    test_median: float
    order_kept: float
