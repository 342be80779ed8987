"""Anatomy of a streak: which other assets rose and fell with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.streak_study.table import Streak
from engine.market.others import OtherCloses
from engine.market.panel import PricePanel

NAN = math.nan


@dataclass(frozen=True)
class Mover:
    """One other asset over a streak.

    Attributes
    ----------
    symbol : str
    streak_return : float
        Fraction, from the close before the streak to the close of its last session; NaN where
        one of the two is missing.
    outperformance : float
        `streak_return` less the core's.
    rank : int or None
        1 is the highest return; equals share the smallest rank. None without a return.
    problem : str
        Why there is no return, or what is missing on the way; empty if nothing is.
    """

    symbol: str
    streak_return: float
    outperformance: float
    rank: int | None
    problem: str


def anatomy(panel: PricePanel, streak: Streak, others: Sequence[OtherCloses]) -> tuple[Mover, ...]:
    """Return every one of `others` over a streak: winners first, those without a return last.

    Parameters
    ----------
    panel : PricePanel
        The panel `streak` was found in.
    streak : Streak
    others : sequence of OtherCloses
        Closes on the panel's price basis; no session after the streak is looked at. Equal
        returns, and assets without one, stay in this order.
    """
    measured = [(other, *_return_over(panel, streak, other)) for other in others]
    returns = [value for _, value, _ in measured]
    movers = (
        Mover(
            other.symbol,
            value,
            value - streak.core_return,
            None if math.isnan(value) else 1 + sum(higher > value for higher in returns),
            problem,
        )
        for other, value, problem in measured
    )
    return tuple(sorted(movers, key=lambda m: len(measured) + 1 if m.rank is None else m.rank))


def _return_over(panel: PricePanel, streak: Streak, other: OtherCloses) -> tuple[float, str]:
    """Return the return of one asset over the streak, and what is missing."""
    if other.problem:
        return NAN, other.problem
    sessions = panel.sessions[streak.start_index - 1 : streak.end_index + 1]
    if other.sessions[0] > sessions[0]:
        return NAN, f"starts on {other.sessions[0]}, after {sessions[0]}, the close before"
    if other.sessions[-1] < sessions[-1]:
        return NAN, f"ends on {other.sessions[-1]}, before {sessions[-1]}, the end of the streak"
    missing = sessions[~np.isin(sessions, other.sessions)]
    problem = f"no close on {', '.join(map(str, missing))}" if len(missing) else ""
    if len(missing) and (missing[0] == sessions[0] or missing[-1] == sessions[-1]):
        return NAN, problem
    first, last = other.close[np.searchsorted(other.sessions, sessions[[0, -1]])]
    return float(last / first - 1.0), problem
