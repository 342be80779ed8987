"""Relative strength index.

Origin: J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.signals.loops import Loop


def wilder_rsi(close: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Wilder's relative strength index.

    ``RSI = 100 · gain / (gain + loss)``, where *gain* and *loss* are Wilder averages of the
    rises and falls between closes: seeded by the simple mean of the first `period` changes,
    then ``average_t = (average_{t−1} · (period − 1) + change_t) / period``. The same as TA-Lib,
    StockCharts and Backtrader's ``RSI_Safe``; not an exponential mean with another seed.

    Parameters
    ----------
    close : float64 array, shape (n,)
    period : int
        Number of changes averaged; at least 1.

    Returns
    -------
    float64 array, shape (n,)
        Between 0 and 100, known at close t; NaN for t < period. No movement at all gives 50,
        no fall gives 100.
    """
    rsi = np.full(len(close), np.nan)
    change = np.diff(close)
    if len(change) < period:
        return rsi
    rises = np.maximum(change, 0.0)
    falls = np.maximum(-change, 0.0)
    gain = float(rises[:period].sum() / period)
    loss = float(falls[:period].sum() / period)
    gains, losses = np.zeros(len(close)), np.zeros(len(close))
    _averages(rises, falls, period, gain, loss, gains, losses)
    movement = gains[period:] + losses[period:]
    still = movement == 0.0
    rsi[period:] = np.where(still, 50.0, 100.0 * (gains[period:] / np.where(still, 1.0, movement)))
    return rsi


@Loop
def _averages(
    rises: Any, falls: Any, period: int, gain: float, loss: float, gains: Any, losses: Any
) -> None:
    """Fill in Wilder's averages at every close from `period` on, given the first ones."""
    gains[period], losses[period] = gain, loss
    for t in range(period, len(rises)):
        gain = (gain * (period - 1) + rises[t]) / period
        loss = (loss * (period - 1) + falls[t]) / period
        gains[t + 1], losses[t + 1] = gain, loss
