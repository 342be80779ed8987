"""Bootstrap intervals and p-values of any figure of a history.

A statistic takes which sessions stand where, shape (histories, length), and returns its figures of
each history, shape (histories, figures). So all figures, and both sides of a difference, are taken
from the same resampled histories: that is what makes a comparison paired.

Two kinds of interval are used. ``BCa`` corrects percentiles for the bias of the resampled figures
and for a spread that depends on the figure; it applies to smooth figures of the returns: growth,
Sharpe ratio, active return, their differences. A maximum drawdown is an extreme of the whole path,
no smooth figure, and has plain ``percentile`` intervals: they say how deep it could as well have
been, not where a true value is.

References
----------
- B. Efron, *Better Bootstrap Confidence Intervals*, J. of the American Statistical Association 82
  (1987): BCa.
- F. Götze, H. Künsch, *Second-order correctness of the blockwise bootstrap for stationary
  observations*, Annals of Statistics 24 (1996): under dependence the acceleration comes from
  leaving out blocks, not single sessions.
- A. Davison, D. Hinkley, *Bootstrap Methods and their Application* (1997), 4.4: p-values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from engine.evaluation.inference.resampling import IntArray, resampled_sessions
from engine.market.quotes import FloatArray

Statistic = Callable[[IntArray], FloatArray]

LEVEL = 0.95
RESAMPLES = 2000

_MOST_LEFT_OUT = 200  # blocks of the jackknife at most: the acceleration needs no more
_FEWEST_LEFT_OUT = 10  # and no fewer
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Interval:
    """A figure with its confidence interval.

    Attributes
    ----------
    estimate : float
        Of the history itself.
    low, high : float
        NaN where undefined.
    method : str
        ``"BCa"`` or ``"percentile"``.
    """

    estimate: float
    low: float
    high: float
    method: str


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Figures of a history, and of what it was resampled to.

    Attributes
    ----------
    estimate : float64 array, shape (figures,)
    replicates : float64 array, shape (resamples, figures)
    jackknife : float64 array, shape (blocks, figures)
        With one block of sessions left out.
    """

    estimate: FloatArray
    replicates: FloatArray
    jackknife: FloatArray


def bootstrapped(
    statistic: Statistic, n: int, *, length: float, resamples: int = RESAMPLES, seed: int
) -> Bootstrap:
    """Return a statistic of the history, of resampled ones, and with each block left out.

    Parameters
    ----------
    statistic : callable
    n : int
        Sessions of the history.
    length : float
        Mean length of a block in sessions, at least 1; NaN where none can be chosen: then nothing
        is resampled, and replicates and jackknife are NaN.
    resamples, seed : int
    """
    estimate = statistic(np.arange(n)[None])[0]
    if math.isnan(length):
        nothing = np.full((1, len(estimate)), np.nan)
        return Bootstrap(estimate, nothing, nothing)
    batches = [statistic(drawn) for drawn in resampled_sessions(n, length, resamples, seed)]
    return Bootstrap(
        estimate=estimate,
        replicates=np.concatenate(batches),
        jackknife=statistic(_blocks_left_out(n, length)),
    )


def _blocks_left_out(n: int, length: float) -> IntArray:
    """Return the sessions that remain without each of the blocks that cover them."""
    width = max(math.ceil(n / _MOST_LEFT_OUT), min(round(length), n // _FEWEST_LEFT_OUT), 1)
    first = np.arange(n // width)[:, None] * width
    kept = np.arange(n - width)
    return np.asarray(kept + width * (kept >= first), dtype=np.int64)


def intervals(found: Bootstrap, methods: tuple[str, ...], level: float = LEVEL) -> list[Interval]:
    """Return the interval of every figure, by the method named for it."""
    given = zip(found.estimate, found.replicates.T, found.jackknife.T, methods, strict=True)
    return [
        Interval(
            float(estimate),
            *(
                bca_interval(estimate, replicates, jackknife, level)
                if method == "BCa"
                else percentile_interval(replicates, level)
            ),
            method,
        )
        for estimate, replicates, jackknife, method in given
    ]


def percentile_interval(replicates: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """Return the percentiles between which `level` (fraction) of the replicates lie.

    NaN if a replicate is undefined.
    """
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(replicates, [tail, 1.0 - tail])
    return float(low), float(high)


def bca_interval(
    estimate: float, replicates: FloatArray, jackknife: FloatArray, level: float = LEVEL
) -> tuple[float, float]:
    """Return the bias-corrected and accelerated interval.

    The percentiles taken are Φ(z₀ + (z₀ ± z) / (1 − a (z₀ ± z))), z₀ being the normal quantile of
    the share of replicates below the estimate (equal ones count half) and the acceleration
    a = Σ d³ / (6 (Σ d²)^1.5) with d = mean of the jackknife − jackknife.

    Parameters
    ----------
    estimate : float
    replicates : float64 array, shape (resamples,)
    jackknife : float64 array, shape (blocks,)
    level : float
        Fraction.

    Returns
    -------
    low, high : float
        NaN if anything is undefined, or all replicates lie on one side of the estimate.
    """
    values = np.concatenate([[estimate], replicates, jackknife])
    if not np.isfinite(values).all():
        return math.nan, math.nan
    below = float(np.mean(replicates < estimate) + 0.5 * np.mean(replicates == estimate))
    if not 0.0 < below < 1.0:
        return math.nan, math.nan
    bias = _NORMAL.inv_cdf(below)
    acceleration = _acceleration(jackknife)
    z = _NORMAL.inv_cdf((1.0 + level) / 2.0)
    shares = [
        _NORMAL.cdf(bias + (bias + end) / (1.0 - acceleration * (bias + end))) for end in (-z, z)
    ]
    low, high = np.quantile(replicates, shares)
    return float(low), float(high)


def _acceleration(jackknife: FloatArray) -> float:
    distance = jackknife.mean() - jackknife
    spread = float((distance**2).sum())
    return float((distance**3).sum()) / (6.0 * spread**1.5) if spread > 0.0 else 0.0


def p_value(estimate: float, replicates: FloatArray) -> float:
    """Return the one-sided p-value of "the true figure is at most 0".

    It is (1 + number of replicates that exceed the estimate by the estimate or more) / (1 +
    number of replicates): under the null hypothesis the figure is spread round 0 as replicates
    are spread round the estimate. NaN if anything is undefined.
    """
    if not (math.isfinite(estimate) and np.isfinite(replicates).all()):
        return math.nan
    exceeding = int(np.count_nonzero(replicates - estimate >= estimate))
    return (1 + exceeding) / (1 + len(replicates))
