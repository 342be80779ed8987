"""Analogues: what both assets did before, during and after chosen streaks of the past.

All lines are rebased to 1 at the close before the streak's first session. That close is offset 0,
so offset k is the k-th session of the streak, and its last session is at the offset of its length.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError
from engine.evaluation.streak_study.table import Streak, select
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray, SessionArray

BEFORE = 21
AFTER = 252
COUNT = 3
MILESTONES = (0, 1, 5, 10, 21, 63, 126, 252)
"""Offsets of the summary, in sessions since the close before the streak."""


@dataclass(frozen=True, eq=False)
class Analogue:
    """The paths around one streak, m offsets.

    Attributes
    ----------
    streak : Streak
    offsets : int64 array, shape (m,)
        Sessions since the close before the streak; negative before it.
    sessions : datetime64[D] array, shape (m,)
        NaT where the data have not begun or have ended.
    relative : float64 array, shape (m,)
        Satellite over core, 1 at offset 0; NaN where there are no data.
    satellite, core : float64 arrays, shape (m,)
        Closes, 1 at offset 0; NaN where there are no data.
    """

    streak: Streak
    offsets: NDArray[np.int64]
    sessions: SessionArray
    relative: FloatArray
    satellite: FloatArray
    core: FloatArray


@dataclass(frozen=True)
class Milestone:
    """One point of an analogue's paths; `is_end` marks the last session of the streak."""

    offset: int
    is_end: bool
    session: np.datetime64
    relative: float
    satellite: float
    core: float


def analogues(
    panel: PricePanel,
    streaks: Sequence[Streak],
    dates: Sequence[dt.date] | None = None,
    *,
    before: int = BEFORE,
    after: int = AFTER,
    count: int = COUNT,
) -> tuple[Analogue, ...]:
    """Return the paths around chosen streaks.

    Parameters
    ----------
    panel : PricePanel
        The panel `streaks` was made from.
    streaks : sequence of Streak
        The whole table of one kind, in order of time.
    dates : sequence of dates, optional
        Each chooses the streak it falls into; one chosen twice is given once. By default the
        `count` longest streaks are taken, the one still open left out.
    before, after : int
        Sessions before and after offset 0; not negative.

    Raises
    ------
    UsageError
        If a date is outside of the data or on no streak, or a number is out of its range.
    """
    for name, number, least in (("before", before, 0), ("after", after, 0), ("count", count, 1)):
        if number < least:
            raise UsageError(f"{name} is {number}; it must be at least {least}")
    if dates is None:
        chosen = select([streak for streak in streaks if not streak.open], top=count)
    else:
        found = (streak_on(panel, streaks, date) for date in dates)
        chosen = tuple({streak.start_index: streak for streak in found}.values())
    return tuple(paths_around(panel, streak, before, after) for streak in chosen)


def milestones(analogue: Analogue) -> tuple[Milestone, ...]:
    """Return the analogue at the offsets of `MILESTONES` and at the end of its streak.

    They ascend; those outside of the analogue's offsets are left out, those outside of the data
    are NaN.
    """
    end = analogue.streak.length
    first, last = int(analogue.offsets[0]), int(analogue.offsets[-1])
    shown = [offset for offset in sorted({*MILESTONES, end}) if first <= offset <= last]
    return tuple(
        Milestone(
            offset,
            offset == end,
            analogue.sessions[offset - first],
            float(analogue.relative[offset - first]),
            float(analogue.satellite[offset - first]),
            float(analogue.core[offset - first]),
        )
        for offset in shown
    )


def long_columns(found: Sequence[Analogue]) -> dict[str, NDArray[Any]]:
    """Return all paths below one another, one row per streak and offset.

    Columns: ``streak_start`` and ``session`` (datetime64[D]), ``offset`` (int64), ``relative``,
    ``satellite`` and ``core`` (float64, 1 at offset 0). Rows without data are kept, as NaT and NaN.
    """
    starts = np.array([analogue.streak.start for analogue in found], dtype="datetime64[D]")
    lengths = [len(analogue.offsets) for analogue in found]
    stacked = {
        name: np.concatenate([np.empty(0, dtype), *(getattr(a, name) for a in found)])
        for name, dtype in (
            ("offsets", np.int64),
            ("sessions", "datetime64[D]"),
            ("relative", np.float64),
            ("satellite", np.float64),
            ("core", np.float64),
        )
    }
    return {
        "streak_start": np.repeat(starts, lengths),
        "offset": stacked.pop("offsets"),
        "session": stacked.pop("sessions"),
        **stacked,
    }


def streak_on(panel: PricePanel, streaks: Sequence[Streak], date: dt.date) -> Streak:
    """Return the streak whose span contains `date`.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest one, of equally near ones the longest.
    """
    day = np.datetime64(date, "D")
    for streak in streaks:
        if streak.start <= day <= streak.end:
            return streak
    first, last = panel.sessions[panel.start_index], panel.sessions[-1]
    if first <= day <= last:
        wrong = f"{day} is on no streak"
    else:
        wrong = f"{day} is outside of the data, {first} to {last}"
    if not streaks:
        raise UsageError(f"{wrong}; there is no streak in the data")

    def distance(streak: Streak) -> tuple[Any, int]:
        return max(streak.start - day, day - streak.end), -streak.length

    nearest = min(streaks, key=distance)
    raise UsageError(
        f"{wrong}; the nearest streak of {nearest.kind} is {nearest.start} to {nearest.end} "
        f"({nearest.length} session{'s' if nearest.length > 1 else ''})"
    )


def paths_around(
    panel: PricePanel, streak: Streak, before: int = BEFORE, after: int = AFTER
) -> Analogue:
    """Return the paths around one streak of the panel; see :func:`analogues`."""
    base = streak.start_index - 1
    offsets = np.arange(-before, after + 1, dtype=np.int64)
    rows = base + offsets
    known = (rows >= 0) & (rows < len(panel))
    sessions = np.full(len(rows), "NaT", dtype="datetime64[D]")
    sessions[known] = panel.sessions[rows[known]]
    paths = np.full((2, len(rows)), np.nan)
    for path, bars in zip(paths, (panel.satellite, panel.core), strict=True):
        path[known] = bars.close[rows[known]] / bars.close[base]
    satellite, core = paths
    return Analogue(streak, offsets, sessions, satellite / core, satellite, core)
