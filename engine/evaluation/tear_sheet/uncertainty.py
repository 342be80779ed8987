"""How far the return over a benchmark may be luck: one interval, from one run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.evaluation.metrics import ROUNDING
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray

NORMAL_95 = 1.959963984540054
"""97.5 % quantile of the standard normal distribution."""

METHOD = "normal approximation with a Newey–West standard error"


@dataclass(frozen=True)
class ActiveInterval:
    """The active return with a 95 % interval, fractions a year; NaN where undefined.

    Attributes
    ----------
    estimate, low, high : float
    method : str
        How the interval was made, for readers.
    """

    estimate: float
    low: float
    high: float
    method: str = METHOD

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0.0 or self.high < 0.0


def active_interval(returns: FloatArray, benchmark: FloatArray) -> ActiveInterval:
    """Return the mean active return a year, and where its true value may lie.

    The standard error of the mean allows for autocorrelation: Newey and West (1987), A Simple,
    Positive Semi-definite, Heteroskedasticity and Autocorrelation Consistent Covariance Matrix,
    Econometrica 55(3), with floor(4 (n / 100)^(2/9)) lags.

    Parameters
    ----------
    returns, benchmark : float64 arrays, shape (n,)
        Simple returns per session (fractions).
    """
    active = returns - benchmark
    n = len(active)
    if n < 2 or not np.isfinite(active).all() or not active.std() > ROUNDING:
        mean = float(active.mean()) * SESSIONS_PER_YEAR if n else math.nan
        return ActiveInterval(mean, math.nan, math.nan)
    centred = active - active.mean()
    lags = min(int(4.0 * (n / 100.0) ** (2.0 / 9.0)), n - 1)
    long_run = float(centred @ centred)
    for lag in range(1, lags + 1):
        long_run += 2.0 * (1.0 - lag / (lags + 1.0)) * float(centred[lag:] @ centred[:-lag])
    half = NORMAL_95 * math.sqrt(long_run) / n * SESSIONS_PER_YEAR
    mean = float(active.mean()) * SESSIONS_PER_YEAR
    return ActiveInterval(mean, mean - half, mean + half)
