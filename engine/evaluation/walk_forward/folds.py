"""All folds together: what was kept of the training, and how much the choices move."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.evaluation.grid_study.places import share, sign_of
from engine.evaluation.metrics import Metrics
from engine.evaluation.walk_forward.choosing import Choice
from engine.market.quotes import FloatArray


@dataclass(frozen=True)
class Fold:
    """One fold of a walk-forward, stitched run included.

    Attributes
    ----------
    number : int
        Counted from 1.
    choice : Choice
    in_force : int or None
        Number of the fold whose choice decides in this one: its own, or, where it has none, the
        last one before; None where the core is held for want of any.
    stitched_return, core_return : float
        What the stitched run, and the core held, earned by the decisions of the test window
        (fraction); NaN where no session was left to earn anything.
    rotations : int
        Changes of the held asset that were decided in the test window.
    """

    number: int
    choice: Choice
    in_force: int | None
    stitched_return: float
    core_return: float
    rotations: int


class Drift(NamedTuple):
    """How much the choices move along one axis.

    Attributes
    ----------
    axis : str
        Swept key.
    changes : int
        Folds whose value is another than that of the choice before.
    distinct : int
        Different values chosen.
    mean_step : float
        Mean distance from one choice to the next, as a share of the axis: 0 stays where it is, 1
        goes from end to end each time, and choices by chance come to about a third. NaN with one
        choice or one value.
    """

    axis: str
    changes: int
    distinct: int
    mean_step: float


def drifts(axes: Mapping[str, Sized], chosen: Sequence[Mapping[str, int]]) -> list[Drift]:
    """Return the drift along every axis.

    Parameters
    ----------
    axes : mapping of str to sequence
        Swept key → its values.
    chosen : sequence of mapping of str to int
        For each choice in order: swept key → which value of the axis it is.
    """
    found = []
    for axis, values in axes.items():
        places = np.array([choice[axis] for choice in chosen], dtype=np.int64)
        steps = np.abs(np.diff(places))
        widest = len(values) - 1
        mean = float(steps.mean()) / widest if len(steps) and widest else math.nan
        found.append(Drift(axis, int((steps > 0).sum()), len(np.unique(places)), mean))
    return found


@dataclass(frozen=True)
class Summary:
    """What the folds say together. NaN where undefined.

    Means over the choices weigh each by the sessions its test earned: the last test window is
    often a stub. Shares count folds.

    Attributes
    ----------
    folds : int
    choices : int
        Folds that chose parameters.
    distinct_sets : int
        Different sets among them.
    in_sample_cagr : float
        Mean annual growth of the choices in training (fraction).
    efficiency : float
        Walk-forward efficiency (Pardo 2008, chapter 11): annual growth of the stitched run over
        `in_sample_cagr`. 1 keeps all that training promised. NaN where it promised no gain.
    in_sample_active_return : float
        Their mean active return over the core held, likewise; to be held against that of the
        stitched run. What both assets earn alike flatters `efficiency`, but not this.
    in_sample_metric, out_of_sample_metric : float
        Means of the metric that chose, in training and in test, over choices that have both.
    metric_kept : float
        The second over the first; NaN where the first is not above 0, or less is better.
    profitable : float
        Share of the folds in which the stitched run gained (fraction).
    beating_core : float
        Share of the folds in which it gained more than the core held.
    percentile : float
        Mean of :attr:`Standing.percentile` in the test: 0.5 is what choices by chance reach.
    above_middle : float
        Share of the choices above the middle of the grid in the test.
    order_kept : float
        Mean of :attr:`Choice.order_kept`.
    """

    folds: int
    choices: int
    distinct_sets: int
    in_sample_cagr: float
    efficiency: float
    in_sample_active_return: float
    in_sample_metric: float
    out_of_sample_metric: float
    metric_kept: float
    profitable: float
    beating_core: float
    percentile: float
    above_middle: float
    order_kept: float


def summarised(folds: Sequence[Fold], metric: str, stitched: Metrics) -> Summary:
    """Return what the folds say together; `stitched` are the metrics of the stitched run."""
    choices = [fold.choice for fold in folds if fold.choice.number is not None]
    weights = np.array([max(c.windows.earned.sessions - 1, 0) for c in choices], dtype=np.float64)

    def mean(values: FloatArray) -> float:
        return _mean(values, weights)

    promised = mean(_of(choices, "in_sample", "cagr"))
    before, after = (_of(choices, side, metric) for side in ("in_sample", "out_of_sample"))
    known = np.where(np.isnan(before + after), np.nan, 0.0)
    in_training, in_test = mean(before + known), mean(after + known)
    percentiles = np.array([choice.test_standing.percentile for choice in choices])
    earned = np.array([fold.stitched_return for fold in folds])
    led = earned - np.array([fold.core_return for fold in folds])
    return Summary(
        folds=len(folds),
        choices=len(choices),
        distinct_sets=len({choice.number for choice in choices}),
        in_sample_cagr=promised,
        efficiency=_ratio(float(stitched["cagr"]), promised),  # type: ignore[arg-type]
        in_sample_active_return=mean(_of(choices, "in_sample", "active_return")),
        in_sample_metric=in_training,
        out_of_sample_metric=in_test,
        metric_kept=_ratio(in_test, in_training) if sign_of(metric) > 0 else math.nan,
        profitable=_share_above(earned, 0.0),
        beating_core=_share_above(led, 0.0),
        percentile=mean(percentiles),
        above_middle=_share_above(percentiles, 0.5),
        order_kept=mean(np.array([choice.order_kept for choice in choices])),
    )


def _of(choices: Sequence[Choice], side: str, key: str) -> FloatArray:
    return np.array([getattr(choice, side)[key] for choice in choices], dtype=np.float64)


def _mean(values: FloatArray, weights: FloatArray) -> float:
    """Return the weighted mean of the defined values; NaN where there is none."""
    weights = np.where(np.isnan(values), 0.0, weights)
    total = float(weights.sum())
    return float((np.nan_to_num(values) * weights).sum()) / total if total else math.nan


def _ratio(after: float, before: float) -> float:
    return after / before if before > 0 else math.nan


def _share_above(values: FloatArray, bound: float) -> float:
    """Return the share of the defined values above a bound."""
    return share(values[~np.isnan(values)] > bound)
