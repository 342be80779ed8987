"""Relative strength index.

Origin: J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
    gain = rises[:period].sum() / period
    loss = falls[:period].sum() / period
    rsi[period] = _index(gain, loss)
    for t in range(period, len(change)):
        gain = (gain * (period - 1) + rises[t]) / period
        loss = (loss * (period - 1) + falls[t]) / period
        rsi[t + 1] = _index(gain, loss)
    return rsi


def _index(gain: float, loss: float) -> float:
    movement = gain + loss
    return 50.0 if movement == 0.0 else 100.0 * (gain / movement)  # exactly 100 without falls
