"""Figures of many histories at once, each defined as in :mod:`engine.evaluation.metrics`.

Arrays have histories in rows and sessions along the last axis. A figure that is undefined, or not
finite, is NaN.
"""

from __future__ import annotations

import math

import numpy as np

from engine.evaluation.metrics import ROUNDING
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray


def returns_of(equity: FloatArray) -> FloatArray:
    """Return simple returns, shape (n − 1,), fraction; NaN after ruin."""
    before = np.where(equity[:-1] > 0.0, equity[:-1], np.nan)
    return np.asarray(equity[1:] / before - 1.0)


def wealth_of(returns: FloatArray) -> FloatArray:
    """Return wealth at each close, in multiples of that before the first return."""
    return np.asarray(np.cumprod(1.0 + returns, axis=-1))


def growth(wealth: FloatArray) -> FloatArray:
    """Return the compound annual growth rate (fraction)."""
    with np.errstate(over="ignore"):
        rate = wealth[..., -1] ** (SESSIONS_PER_YEAR / wealth.shape[-1]) - 1.0
    return np.where(np.isfinite(rate), rate, np.nan)


def deepest_drawdown(wealth: FloatArray) -> FloatArray:
    """Return the maximum drawdown (fraction, at most 0), the wealth at the beginning included."""
    peaks = np.maximum.accumulate(wealth, axis=-1)
    np.maximum(peaks, 1.0, out=peaks)
    return np.asarray(np.minimum((wealth / peaks).min(axis=-1) - 1.0, 0.0))


def annual_sharpe(excess: FloatArray) -> FloatArray:
    """Return mean / standard deviation (ddof 1) × √252 of returns over cash or a benchmark."""
    if excess.shape[-1] < 2:
        return np.full(excess.shape[:-1], np.nan)
    deviation = excess.std(axis=-1, ddof=1)
    varies = deviation > ROUNDING
    ratio = excess.mean(axis=-1) / np.where(varies, deviation, np.nan)
    return np.asarray(ratio * math.sqrt(SESSIONS_PER_YEAR))


def annual_mean(returns: FloatArray) -> FloatArray:
    """Return 252 × the mean (fraction a year)."""
    return np.asarray(returns.mean(axis=-1) * SESSIONS_PER_YEAR)
