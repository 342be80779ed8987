"""Momentum and trend, absolute and relative, over a window of sessions.

Origin: Jegadeesh and Titman, *Journal of Finance* 48 (1993), for momentum; Brock, Lakonishok
and LeBaron, *Journal of Finance* 47 (1992), for the distance to a moving average.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


def momentum(close: NDArray[np.float64], lookback: int) -> NDArray[np.float64]:
    """Return of one asset over the last `lookback` sessions (fraction), shape (n,).

    ``close_t / close_{t−lookback} − 1``, known at close t; NaN for t < lookback.
    `lookback` is at least 1.
    """
    result = np.full(len(close), np.nan)
    result[lookback:] = close[lookback:] / close[:-lookback] - 1.0
    return result


def relative_momentum(
    core_close: NDArray[np.float64], satellite_close: NDArray[np.float64], lookback: int
) -> NDArray[np.float64]:
    """Satellite's momentum minus the core's (fraction), shape (n,); NaN for t < lookback."""
    return momentum(satellite_close, lookback) - momentum(core_close, lookback)


def distance_to_average(close: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Distance of a series from its simple moving average (fraction), shape (n,).

    ``close_t / mean(close_{t−period+1} … close_t) − 1``, known at close t; NaN for
    t < period − 1.
    """
    result = np.full(len(close), np.nan)
    if len(close) >= period:
        average = sliding_window_view(close, period).mean(axis=1)
        result[period - 1 :] = close[period - 1 :] / average - 1.0
    return result
