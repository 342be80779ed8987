"""Signed streaks: how many sessions in a row something went one way.

Origin: run lengths of signs, as in the runs test of Wald and Wolfowitz (1940).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TIE_TOLERANCE = 1e-12
"""Differences of returns up to this size (fraction) are ties; a tie breaks a streak."""


def simple_returns(close: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return simple close-to-close returns (fraction), shape (n,); NaN at index 0."""
    returns = np.full(len(close), np.nan)
    returns[1:] = close[1:] / close[:-1] - 1.0
    return returns


def signed_run_lengths(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count consecutive equal signs.

    Parameters
    ----------
    difference : float64 array, shape (n,)
        What is positive in a winning and negative in a losing session (fraction).
        NaN is "not known yet".

    Returns
    -------
    float64 array, shape (n,)
        +k on the k-th positive session in a row, −k on the k-th negative one, 0 on a tie
        (see `TIE_TOLERANCE`), NaN where the difference is NaN.
    """
    sign = np.where(np.abs(difference) <= TIE_TOLERANCE, 0.0, np.sign(difference))
    index = np.arange(len(sign))
    begins = np.ones(len(sign), dtype=bool)
    begins[1:] = sign[1:] != sign[:-1]  # NaN differs from everything, itself included
    begin = np.maximum.accumulate(np.where(begins, index, 0))
    return np.asarray(sign * (index - begin + 1))


def outperformance_streak(
    core_close: NDArray[np.float64], satellite_close: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sessions in a row in which the satellite's return beat (+) or trailed (−) the core's.

    Closes of shape (n,) in, signed count of shape (n,) out: known at close t; NaN at index 0;
    0 on a tie.
    """
    return signed_run_lengths(simple_returns(satellite_close) - simple_returns(core_close))


def absolute_streak(close: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sessions in a row in which one asset rose (+) or fell (−); NaN at index 0, 0 on a tie."""
    return signed_run_lengths(simple_returns(close))
