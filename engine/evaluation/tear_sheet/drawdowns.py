"""Drawdowns one by one: from the peak, down to the trough, and back, if it came back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evaluation.metrics import ROUNDING, underwater
from engine.market.quotes import FloatArray, SessionArray


@dataclass(frozen=True)
class Drawdown:
    """One drawdown.

    Attributes
    ----------
    depth : float
        Equity at the trough / equity at the peak − 1 (fraction, below 0).
    peak, trough : datetime64[D]
        Last session at the peak, and the session of the lowest equity.
    recovery : datetime64[D] or None
        First later session at or above the peak; None while there is none.
    length : int
        Sessions from the peak to the recovery, or to the last session.
    fall : int
        Sessions from the peak to the trough.
    """

    depth: float
    peak: np.datetime64
    trough: np.datetime64
    recovery: np.datetime64 | None
    length: int
    fall: int


def worst_drawdowns(
    equity: FloatArray, sessions: SessionArray, count: int = 10
) -> tuple[Drawdown, ...]:
    """Return the deepest drawdowns, deepest first, equals in order of time.

    Drawdowns do not overlap: one begins at a peak and ends when that peak is reached again.
    The first is the maximum drawdown of :mod:`engine.evaluation.metrics`.

    Parameters
    ----------
    equity : float64 array, shape (n,)
        Wealth at each close.
    sessions : datetime64[D] array, shape (n,)
    count : int
        How many at most.
    """
    depths = underwater(equity)
    at_peak = np.flatnonzero(equity == np.maximum.accumulate(equity))
    ends = np.append(at_peak[1:], len(equity))  # past the last session: not recovered
    found = []
    for peak, end in zip(at_peak.tolist(), ends.tolist(), strict=True):
        if end - peak < 2:
            continue
        trough = peak + int(depths[peak:end].argmin())
        if depths[trough] < -ROUNDING:
            found.append(_drawdown(depths, sessions, peak, trough, end))
    return tuple(sorted(found, key=lambda drawdown: drawdown.depth)[:count])


def _drawdown(
    depths: FloatArray, sessions: SessionArray, peak: int, trough: int, end: int
) -> Drawdown:
    recovered = end < len(sessions)
    return Drawdown(
        depth=float(depths[trough]),
        peak=sessions[peak],
        trough=sessions[trough],
        recovery=sessions[end] if recovered else None,
        length=(end if recovered else len(sessions) - 1) - peak,
        fall=trough - peak,
    )
