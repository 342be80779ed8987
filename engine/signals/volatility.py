"""Realised volatility over a window of sessions."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.market.calendar import SESSIONS_PER_YEAR
from engine.signals.streaks import simple_returns


def realised_volatility(close: NDArray[np.float64], lookback: int) -> NDArray[np.float64]:
    """Annualised standard deviation of the last `lookback` simple returns (fraction a year).

    ``std(r_{t−lookback+1} … r_t, ddof = 1) · √252``, shape (n,), known at close t; NaN for
    t < lookback. `lookback` is at least 2.
    """
    result = np.full(len(close), np.nan)
    if len(close) > lookback:
        windows = sliding_window_view(simple_returns(close)[1:], lookback)
        result[lookback:] = windows.std(axis=1, ddof=1) * np.sqrt(SESSIONS_PER_YEAR)
    return result
