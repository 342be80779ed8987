"""Hansen's test for superior predictive ability, for two rules or for ten thousand.

Null hypothesis: no rule is better than the benchmark. The best rule's advantage is compared with
the best of all in resampled histories, so that trying many rules is accounted for.

**It speaks of losses.** As in forecasting, smaller is better: give −returns. With returns, the test
asks whether the benchmark is beaten in being bad.

Each advantage is divided by its standard error, as Hansen has it. The library arch (``SPA``) uses
standard errors for recentring only, not in the maximum, and resamples the whole matrix once per
resample; here the means of all resamples are one matrix product. On differences divided by their
standard errors beforehand arch gives the same figures; the tests do that.

References
----------
- P. Hansen, *A Test for Superior Predictive Ability*, J. of Business and Economic Statistics 23(4)
  (2005).
- H. White, *A Reality Check for Data Snooping*, Econometrica 68(5) (2000).
- D. Politis, J. Romano, *The Stationary Bootstrap*, J. of the American Statistical Association 89
  (1994): the variance of a resampled mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.evaluation.inference.resampling import resample_weights
from engine.evaluation.metrics import ROUNDING
from engine.market.quotes import FloatArray

RESAMPLES = 1000


@dataclass(frozen=True)
class Superiority:
    """Result of the test.

    Attributes
    ----------
    rules : int
        Rules that differ from the benchmark.
    best : int or None
        Which rule had the largest standardised advantage, counted from 0; None if none differs.
    statistic : float
        Its advantage over its standard error, 0 if no rule is better than the benchmark.
    lower, p_value, upper : float
        p-values: that of Hansen's consistent test between its lower and upper bound. They are
        (1 + resamples at least as extreme) / (1 + resamples); NaN if no rule differs.
    """

    rules: int
    best: int | None
    statistic: float
    lower: float
    p_value: float
    upper: float


def superior_predictive_ability(
    benchmark: FloatArray,
    rules: Iterable[FloatArray],
    *,
    length: float,
    resamples: int = RESAMPLES,
    seed: int,
) -> Superiority:
    """Test whether any rule is better than the benchmark.

    Parameters
    ----------
    benchmark : float64 array, shape (n,)
        **Losses**: −returns, fraction.
    rules : iterable of float64 arrays, each shape (n, some)
        Losses of the rules, some at a time; never all in memory if they are generated. Only
        distinct ones are needed. A rule that never differs from the benchmark is left out.
    length : float
        Mean length of a resampled block in sessions.
    resamples, seed : int

    Returns
    -------
    Superiority
    """
    weights = resample_weights(len(benchmark), length, resamples, seed)
    highest = np.zeros((3, resamples))
    statistic, best, seen, tested = 0.0, None, 0, 0
    largest = -math.inf
    for losses in rules:
        advantage = benchmark[:, None] - losses
        errors = standard_errors(advantage, length)
        differs = np.flatnonzero(errors > ROUNDING)
        if len(differs):
            means = advantage.mean(axis=0)[differs] / errors[differs]
            drawn = weights @ (advantage[:, differs] / errors[differs])
            for bound, centre in enumerate(_centres(means, len(benchmark))):
                np.maximum(highest[bound], (drawn - centre).max(axis=1), out=highest[bound])
            if means.max() > largest:
                largest, best = float(means.max()), seen + int(differs[means.argmax()])
        seen, tested = seen + losses.shape[1], tested + len(differs)
    if not tested:
        return Superiority(0, None, math.nan, math.nan, math.nan, math.nan)
    statistic = max(largest, 0.0)
    exceeding = np.count_nonzero(highest >= statistic, axis=1)
    lower, p_value, upper = (float(p) for p in (1 + exceeding) / (1 + resamples))
    return Superiority(tested, best, statistic, lower, p_value, upper)


def _centres(means: FloatArray, n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what resampled means are centred on: for the lower, consistent and upper p-value.

    `means` are in standard errors. A rule that is worse than the benchmark by more than
    √(2 ln ln n) of them has no part in the distribution of the best: it keeps its disadvantage.
    """
    clearly_worse = means < -math.sqrt(2.0 * math.log(math.log(n)))
    return np.maximum(means, 0.0), np.where(clearly_worse, 0.0, means), means


def standard_errors(differences: FloatArray, length: float) -> FloatArray:
    """Return the standard errors of means under the stationary bootstrap, exactly.

    The variance of a resampled mean is (1/n) Σ w_k C_k over lags −n < k < n, with circular
    autocovariances C and w_k = (1 − |k|/n) (1 − 1/length)^|k| (Politis and Romano), computed as a
    sum over frequencies.

    Parameters
    ----------
    differences : float64 array, shape (n, series)
    length : float

    Returns
    -------
    float64 array, shape (series,)
    """
    n = len(differences)
    lags = np.arange(n)
    decay = (1.0 - lags / n) * (1.0 - 1.0 / length) ** lags
    gain = 2.0 * np.fft.rfft(decay).real - 1.0
    gain[1 : (n + 1) // 2] *= 2.0  # frequencies that a real series has twice
    power = np.abs(np.fft.rfft(differences - differences.mean(axis=0), axis=0)) ** 2
    variances = (power * gain[:, None]).sum(axis=0) / n**3
    return np.asarray(np.sqrt(np.maximum(variances, 0.0)))
