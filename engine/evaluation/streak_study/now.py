"""Where things stand at the last close: the streak under way, and the past streaks it is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.streak_study.continuation import Outlook, outlook
from engine.evaluation.streak_study.study import (
    Context,
    current_of,
    signed_length,
    streaks_of_all_kinds,
)
from engine.evaluation.streak_study.table import Streak
from engine.market.panel import PricePanel
from engine.signals.rsi import wilder_rsi
from engine.signals.streaks import outperformance_streak
from engine.study.scan import ScanSection

RSI_PERIOD = 14
NEAREST = 3
AFTERMATH = 21
"""Sessions after a past streak over which its sequel is shown."""


@dataclass(frozen=True)
class PastStreak:
    """A past streak like the present one, and what came after it.

    Attributes
    ----------
    streak : Streak
    aftermath : float
        Satellite's return less the core's over `AFTERMATH` sessions, close of its last session
        to close (fraction); NaN where the data end before.
    """

    streak: Streak
    aftermath: float


@dataclass(frozen=True)
class Now:
    """What can be said at the last close.

    Attributes
    ----------
    session : datetime64[D]
    streak : Streak or None
        Of outperformance or underperformance; None after a tie.
    streaks : int
        How many streaks of its kind there are, itself included.
    rsi, rsi_percentile : float
        Wilder's RSI(14) of the satellite, and the share of its past values that are not higher
        (fraction).
    outlook : Outlook
        How streaks as long as this one went on.
    nearest : tuple of PastStreak
        Closest in length, then in bp a session.
    """

    session: np.datetime64
    streak: Streak | None
    streaks: int
    rsi: float
    rsi_percentile: float
    outlook: Outlook
    nearest: tuple[PastStreak, ...]


def now(panel: PricePanel, scan: ScanSection, context: Context) -> Now:
    """Return what can be said at the last close of a panel; nothing later is looked at."""
    tables = streaks_of_all_kinds(panel, scan, context)
    current = current_of(tables)
    same_kind = () if current is None else tables[current.kind]
    signed = outperformance_streak(panel.core.close, panel.satellite.close)
    rsi = wilder_rsi(panel.satellite.close, RSI_PERIOD)[panel.start_index :]
    known = rsi[~np.isnan(rsi)]
    return Now(
        session=panel.sessions[-1],
        streak=current,
        streaks=len(same_kind),
        rsi=float(rsi[-1]),
        rsi_percentile=float(np.mean(known <= rsi[-1])) if len(known) else float("nan"),
        outlook=outlook(signed[max(panel.start_index, 1) :], signed_length(current)),
        nearest=() if current is None else _nearest(panel, current, same_kind),
    )


def _nearest(
    panel: PricePanel, current: Streak, same_kind: Sequence[Streak]
) -> tuple[PastStreak, ...]:
    past = [streak for streak in same_kind if not streak.open]

    def distance(streak: Streak) -> tuple[int, float]:
        return abs(streak.length - current.length), abs(streak.mean_bps - current.mean_bps)

    return tuple(
        PastStreak(streak, _aftermath(panel, streak))
        for streak in sorted(past, key=distance)[:NEAREST]
    )


def _aftermath(panel: PricePanel, streak: Streak) -> float:
    end = streak.end_index
    if end + AFTERMATH >= len(panel):
        return float("nan")
    satellite, core = (
        bars.close[end + AFTERMATH] / bars.close[end] for bars in (panel.satellite, panel.core)
    )
    return float(satellite - core)
