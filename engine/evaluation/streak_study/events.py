"""Event study: what followed streaks, against what followed any session.

An event is known at the close of its session e. Its position is entered at the next open, never
at the close that made the event, and is valued at the close h sessions after the event::

    forward return over h = close[e + h] / open[e + 1] − 1

How p-values and intervals allow for overlapping windows and clustered events is explained in
:mod:`engine.evaluation.streak_study.event_inference`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.evaluation.streak_study.event_inference import (
    IntArray,
    bootstrap_intervals,
    holm,
    shift_p_values,
)
from engine.market.panel import Bars, PricePanel
from engine.market.quotes import FloatArray

Side = Literal["winning", "losing"]
Kind = Literal["reached", "ended"]
Series = Literal["satellite", "core", "difference"]
Verdict = Literal["continuation", "reversal", "indistinguishable", "too few events"]

SIGNS: dict[Side, int] = {"winning": 1, "losing": -1}
KINDS: tuple[Kind, ...] = ("reached", "ended")
SERIES: tuple[Series, ...] = ("satellite", "core", "difference")
HORIZONS = (1, 5, 10, 21, 63, 126, 252)
"""Sessions from the close of the event to the close of valuation."""
SIGNIFICANCE = 0.05
MINIMUM_EVENTS = 5
"""Events whose windows do not overlap, below which nothing is tested."""


@dataclass(frozen=True)
class EventRow:
    """What followed one kind of event over one horizon in one series. Returns are fractions.

    Attributes
    ----------
    side : {"winning", "losing"}
        Streaks in which the satellite beat the core, or trailed it.
    kind : {"reached", "ended"}
        The streak first reached `k` sessions, or one of at least `k` sessions was broken.
    k : int
        Length of the streak in sessions.
    horizon : int
        Sessions from the close of the event to the close of valuation.
    series : {"satellite", "core", "difference"}
        The difference is the satellite's forward return less the core's.
    n_events : int
        Events with a whole horizon of data after them; the figures below are of these.
    n_unfinished : int
        Events left out because their horizon runs past the last session.
    n_non_overlapping : int
        Events left when, from the first on, the next is at least `horizon` sessions later.
    mean, median, hit_rate : float
        Of the forward return after events; the hit rate is the share above 0.
    any_mean, any_median, any_hit_rate : float
        The same after any session of the studied span.
    difference : float
        ``mean − any_mean``.
    low, high : float
        Ends of the bootstrap 95 % interval of `difference`.
    p_value : float
        Two-sided, for no difference.
    p_holm : float
        `p_value` adjusted for all cells of the study that were tested.
    verdict : {"continuation", "reversal", "indistinguishable", "too few events"}
        Continuation: the series went on significantly better than after any session following
        a winning streak, or worse following a losing one. Of the difference: the streak's winner
        went on winning. Reversal is the contrary.

    Notes
    -----
    What has no value is NaN. A cell with too few events is not tested: interval and p-values are
    NaN, and it does not count in the adjustment. Which cells these are depends on the number of
    events, never on what followed them.
    """

    side: Side
    kind: Kind
    k: int
    horizon: int
    series: Series
    n_events: int
    n_unfinished: int
    n_non_overlapping: int
    mean: float
    median: float
    hit_rate: float
    any_mean: float
    any_median: float
    any_hit_rate: float
    difference: float
    low: float
    high: float
    p_value: float
    p_holm: float = math.nan
    verdict: Verdict = "too few events"


@dataclass(frozen=True, eq=False)
class _Trigger:
    """One kind of event, and the sessions it happened in, counted from the studied span's first."""

    side: Side
    kind: Kind
    k: int
    events: IntArray

    @property
    def memory(self) -> int:
        """Sessions an event is made of: the streak, and the session that broke it."""
        return self.k + (self.kind == "ended")


def events_of(streak: FloatArray, k: int, kind: Kind) -> IntArray:
    """Return the sessions at whose close an event of a streak is known.

    Parameters
    ----------
    streak : float64 array, shape (n,)
        Signed count: +n after n winning sessions in a row, −n after n losing ones, 0 on a tie,
        NaN where not known yet.
    k : int
        Length with the sign of the streak: 5 for winning streaks, −5 for losing ones.
    kind : {"reached", "ended"}
        ``"reached"``: a streak is `k` sessions long for the first time, which every streak of at
        least `k` is exactly once. ``"ended"``: the first session after a streak of at least `k`.

    Returns
    -------
    int64 array, shape (events,)
        Indices into `streak`, ascending. A streak still open at the last session has not ended.

    Raises
    ------
    ValueError
        If `k` is 0 or `kind` unknown.
    """
    if k == 0 or kind not in KINDS:
        raise ValueError(f"no event is of length {k} and kind {kind!r}; kinds are {KINDS}")
    count, length = streak * np.sign(k), abs(k)
    if kind == "reached":
        return np.flatnonzero(count == length)
    return np.flatnonzero((count[:-1] >= length) & (count[1:] <= 0)) + 1


def forward_returns(panel: PricePanel, horizon: int) -> FloatArray:
    """Return what satellite, core and their difference earned after each session.

    Parameters
    ----------
    panel : PricePanel
    horizon : int
        Sessions from the close of a session to the close of valuation; at least 1.

    Returns
    -------
    float64 array, shape (3, m)
        ``close[e + horizon] / open[e + 1] − 1`` (fraction) in the order of `SERIES`, for the
        sessions e from the panel's start on that have a whole horizon after them; m may be 0.
    """
    satellite, core = (
        _forward(bars, panel.start_index, horizon) for bars in (panel.satellite, panel.core)
    )
    return np.stack([satellite, core, satellite - core])


def event_study(
    panel: PricePanel,
    streak: FloatArray,
    ks: Sequence[int],
    horizons: Sequence[int] = HORIZONS,
    *,
    resamples: int = 2000,
    seed: int = 1,
    significance: float = SIGNIFICANCE,
    minimum_events: int = MINIMUM_EVENTS,
) -> tuple[EventRow, ...]:
    """Return what followed streaks of each length, reached and ended, winning and losing.

    Parameters
    ----------
    panel : PricePanel
        Prices up to the as-of date. Events are looked for from its start index on; a streak may
        have begun before.
    streak : float64 array, shape (n,)
        Signed count for every session of the panel; see :func:`events_of`.
    ks : sequence of int
        Lengths of streaks, in sessions.
    horizons : sequence of int
        In sessions.
    resamples : int
        Of the bootstrap.
    seed : int
        Of the bootstrap; the same seed gives the same rows, to the last bit.
    significance : float
        A cell whose Holm-adjusted p-value is below is not indistinguishable.
    minimum_events : int
        Events whose windows do not overlap, below which a cell is not tested; at least 2.

    Returns
    -------
    tuple of EventRow
        One per side, kind, length, horizon and series, varying in this order, the last fastest.

    Raises
    ------
    ValueError
        If the streak does not fit the panel, or a number is out of its bounds.
    """
    _check(panel, streak, ks, horizons, resamples, minimum_events)
    triggers = tuple(_triggers(panel.start_index, streak, ks))
    tables = [
        _rows_of_horizon(panel, triggers, horizon, resamples, seed, minimum_events)
        for horizon in horizons
    ]
    rows = [row for cells in zip(*tables, strict=True) for cell in cells for row in cell]
    adjusted = holm(np.array([row.p_value for row in rows]))
    return tuple(
        replace(row, p_holm=p, verdict=_verdict(row, p, significance, minimum_events))
        for row, p in zip(rows, adjusted.tolist(), strict=True)
    )


def _check(
    panel: PricePanel,
    streak: FloatArray,
    ks: Sequence[int],
    horizons: Sequence[int],
    resamples: int,
    minimum_events: int,
) -> None:
    if streak.shape != (len(panel),):
        raise ValueError(f"streak has shape {streak.shape}; ({len(panel)},) fits the panel")
    for name, values in (("ks", ks), ("horizons", horizons)):
        if not values or min(values) < 1 or len(set(values)) < len(values):
            raise ValueError(
                f"{name} are {tuple(values)}; distinct lengths of 1 or more are allowed"
            )
    if resamples < 1:
        raise ValueError(f"resamples is {resamples}; at least 1 is needed")
    if minimum_events < 2:
        raise ValueError(f"minimum_events is {minimum_events}; at least 2 are needed")


def _triggers(start: int, streak: FloatArray, ks: Sequence[int]) -> Iterator[_Trigger]:
    for side, sign in SIGNS.items():
        for kind in KINDS:
            for k in ks:
                events = events_of(streak, sign * k, kind) - start
                yield _Trigger(side, kind, k, events[events >= 0])


def _rows_of_horizon(
    panel: PricePanel,
    triggers: Sequence[_Trigger],
    horizon: int,
    resamples: int,
    seed: int,
    minimum_events: int,
) -> list[list[EventRow]]:
    """Return, for each trigger, its rows at one horizon: one per series, not yet adjusted."""
    forward = forward_returns(panel, horizon)
    finished = [t.events[t.events < forward.shape[1]] for t in triggers]
    apart = [_count_apart(events, horizon) for events in finished]
    tested = [t for t, count in enumerate(apart) if count >= minimum_events]
    found = np.full((len(triggers), len(SERIES), 3), math.nan)
    if tested:
        found[tested] = _low_high_p(
            [finished[t] for t in tested],
            forward,
            horizon,
            backward=np.array([triggers[t].memory + horizon - 1 for t in tested]),
            independent=np.array([apart[t] for t in tested]),
            resamples=resamples,
            seed=seed,
        )
    return [
        [
            _row(trigger, horizon, series, finished[t], forward[s], apart[t], found[t, s])
            for s, series in enumerate(SERIES)
        ]
        for t, trigger in enumerate(triggers)
    ]


def _low_high_p(
    events: Sequence[IntArray],
    forward: FloatArray,
    horizon: int,
    *,
    backward: IntArray,
    independent: IntArray,
    resamples: int,
    seed: int,
) -> FloatArray:
    """Return interval and p-value of each mean difference, shape (triggers, series, 3)."""
    occurred = np.zeros((len(events), forward.shape[1]), dtype=bool)
    for row, sessions in zip(occurred, events, strict=True):
        row[sessions] = True
    low, high = bootstrap_intervals(
        occurred,
        forward,
        horizon=horizon,
        independent=independent,
        resamples=resamples,
        seed=seed,
    )
    return np.stack([low, high, shift_p_values(occurred, forward, backward)], axis=2)


def _row(
    trigger: _Trigger,
    horizon: int,
    series: Series,
    events: IntArray,
    forward: FloatArray,
    apart: int,
    low_high_p: FloatArray,
) -> EventRow:
    mean, median, hit_rate = _summary(forward[events])
    any_mean, any_median, any_hit_rate = _summary(forward)
    low, high, p_value = low_high_p.tolist()
    return EventRow(
        side=trigger.side,
        kind=trigger.kind,
        k=trigger.k,
        horizon=horizon,
        series=series,
        n_events=len(events),
        n_unfinished=len(trigger.events) - len(events),
        n_non_overlapping=apart,
        mean=mean,
        median=median,
        hit_rate=hit_rate,
        any_mean=any_mean,
        any_median=any_median,
        any_hit_rate=any_hit_rate,
        difference=mean - any_mean,
        low=low,
        high=high,
        p_value=p_value,
    )


def _verdict(row: EventRow, p_holm: float, significance: float, minimum_events: int) -> Verdict:
    if row.n_non_overlapping < minimum_events:
        return "too few events"
    if not p_holm < significance:  # NaN: nothing varies
        return "indistinguishable"
    return "continuation" if SIGNS[row.side] * row.difference > 0.0 else "reversal"


def _summary(values: FloatArray) -> tuple[float, float, float]:
    """Return mean, median and the share above 0; NaN for no values."""
    if len(values) == 0:
        return math.nan, math.nan, math.nan
    return float(values.mean()), float(np.median(values)), float((values > 0.0).mean())


def _count_apart(events: IntArray, horizon: int) -> int:
    """Return how many events are left when, from the first on, each is `horizon` after the last."""
    count, free_from = 0, 0
    for event in events.tolist():
        if event >= free_from:
            count += 1
            free_from = event + horizon
    return count


def _forward(bars: Bars, start: int, horizon: int) -> FloatArray:
    stop = max(len(bars.open) + 1 - horizon, 0)  # a negative one would count from the end
    return bars.close[start + horizon :] / bars.open[start + 1 : stop] - 1.0
