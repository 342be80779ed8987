"""Sharpe ratio, volatility and beta over a moving window of sessions.

The formulas are those of :data:`engine.evaluation.definitions.METRICS`, over the window alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.evaluation.metrics import ROUNDING
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray

WINDOW = SESSIONS_PER_YEAR
"""Sessions of a window: one year."""


@dataclass(frozen=True, eq=False)
class Rolling:
    """Figures over the window that ends with each return.

    Arrays are float64 of shape (n,) for n returns; NaN until the window is full, and where the
    figure is undefined.

    Attributes
    ----------
    sharpe : of returns over the cash rate, a year
    volatility : fraction a year
    beta : against the benchmark's returns over the cash rate; None without a benchmark
    """

    sharpe: FloatArray
    volatility: FloatArray
    beta: FloatArray | None


def rolling(
    returns: FloatArray,
    cash_returns: FloatArray,
    benchmark: FloatArray | None = None,
    window: int = WINDOW,
) -> Rolling:
    """Return rolling figures of returns, shape (n,), all fractions per session."""
    excess = returns - cash_returns
    mean, deviation = _moments(excess, window)
    year = math.sqrt(SESSIONS_PER_YEAR)
    volatility = _moments(returns, window)[1] * year
    against = None if benchmark is None else _beta(excess, benchmark - cash_returns, window)
    return Rolling(_quotient(mean, deviation) * year, volatility, against)


def _beta(excess: FloatArray, benchmark: FloatArray, window: int) -> FloatArray:
    """Return covariance / variance in each window."""
    beta = np.full(len(excess), np.nan)
    if len(excess) >= window:
        own, other = (sliding_window_view(r, window) for r in (excess, benchmark))
        centred = other - other.mean(axis=1, keepdims=True)
        products = np.einsum("ij,ij->i", centred, own)
        squares = np.einsum("ij,ij->i", centred, centred)
        moves = np.sqrt(squares / (window - 1)) > ROUNDING
        beta[window - 1 :] = np.where(moves, products / np.where(moves, squares, 1.0), np.nan)
    return beta


def _moments(values: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation (ddof 1) of the window that ends at each value."""
    mean, deviation = np.full((2, len(values)), np.nan)
    if len(values) >= window:
        windows = sliding_window_view(values, window)
        mean[window - 1 :] = windows.mean(axis=1)
        deviation[window - 1 :] = windows.std(axis=1, ddof=1)
    return mean, deviation


def _quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    defined = denominator > ROUNDING  # a NaN is not above it either
    return np.where(defined, numerator / np.where(defined, denominator, 1.0), np.nan)
