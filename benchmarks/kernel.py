"""The sweep kernels alone: how their time grows with parameter sets and with sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.job import TERMS, Axes, axes_of, count_of, panel, rule, simulated_panel
from benchmarks.report import ABSENT, Part, Table, count_text, seconds_text, spread_text
from benchmarks.timing import clocked, side_by_side
from engine.evaluation.trial_metrics import trial_metrics
from engine.execution.bar_sweeping import BarSweepEngine
from engine.execution.sweeping import SweepEngine
from engine.market.panel import PricePanel

Metrics = dict[str, NDArray[np.float64]]
Sweep = Callable[[PricePanel, Axes, int], Metrics]
MOST_BARS = 100_000
"""Sets up to which the bar-by-bar kernel is timed: it takes about a hundred times as long."""


def sweep_events(prices: PricePanel, axes: Axes, workers: int) -> Metrics:
    """Sweep a grid by the event kernel: features, triggers, tables, runs and all metrics."""
    return _sweep(SweepEngine, prices, axes, workers)


def sweep_bars(prices: PricePanel, axes: Axes, workers: int) -> Metrics:
    """Sweep a grid by the compiled bar-by-bar kernel, likewise."""
    return _sweep(BarSweepEngine, prices, axes, workers)


EVENTS, BARS = "event kernel", "bar-by-bar kernel"
CHECKED_ON = 100


@cache
def sweeps() -> dict[str, Sweep]:
    """Return the sweeps that are timed, by name.

    Two kernels sum in different orders, so that some last digits of theirs differ. If none does,
    one of them was run under both names, and the bar-by-bar kernel is not timed.
    """
    axes = axes_of(CHECKED_ON)
    events, bars = (sweep(panel(), axes, 1) for sweep in (sweep_events, sweep_bars))
    same = all(np.array_equal(bars[key], events[key], equal_nan=True) for key in events)
    return {EVENTS: sweep_events} if same else {EVENTS: sweep_events, BARS: sweep_bars}


def _sweep(
    engine: type[SweepEngine | BarSweepEngine], prices: PricePanel, axes: Axes, workers: int
) -> Metrics:
    made = engine(prices, rule(), {}, axes, TERMS)
    trials = made.run(np.arange(count_of(axes)), workers)
    return trial_metrics(trials, len(prices) - 1, TERMS.initial_cash, workers)


def distinct_of(axes: Axes) -> int:
    """Return how many runs a grid needs: sets that cannot differ are run once."""
    found = SweepEngine(panel(), rule(), {}, axes, TERMS).run(np.arange(count_of(axes)))
    return len(found.sums)


def growth_with_sets(sizes: Sequence[int], rounds: int, workers: int) -> Part:
    """Time grids of growing size on the prices of the job."""
    jobs = {
        (name, sets): clocked(partial(sweep, panel(), axes_of(sets), workers))
        for sets in sizes
        for name, sweep in sweeps().items()
        if sets <= MOST_BARS or name == EVENTS
    }
    taken = side_by_side(jobs, rounds)
    rows = []
    for sets in sizes:
        events = taken[EVENTS, sets]
        bars = taken.get((BARS, sets))
        rows.append(
            (
                f"{sets:,}",
                f"{distinct_of(axes_of(sets)):,}",
                spread_text(events),
                seconds_text(events.median / sets),
                count_text(sets / events.median),
                ABSENT if bars is None else spread_text(bars),
                ABSENT if bars is None else count_text(sets / bars.median),
            )
        )
    columns = ("Sets", "Distinct runs", "Event kernel", "A set", "Sets/s", "Bar kernel", "Sets/s")
    note = (
        "From prices in memory to all metrics of every set: features, triggers, tables, runs and "
        "metrics are all in the time, compiling is not. Sets that cannot differ (their triggers "
        "answer alike in every session, or no stay reaches the limit that tells them apart) are "
        "run once."
    )
    figures = {f"events {sets}": taken[EVENTS, sets].median for sets in sizes}
    return Part((Table("Growth with parameter sets", columns, rows, (note,)),), figures)


def growth_with_sessions(lengths: Sequence[int], sets: int, rounds: int, workers: int) -> Part:
    """Time one grid on simulated markets of growing length."""
    axes = axes_of(sets)
    markets = {n: simulated_panel(n) for n in lengths}
    jobs = {
        (name, n): clocked(partial(sweep, market, axes, workers))
        for n, market in markets.items()
        for name, sweep in sweeps().items()
    }
    taken = side_by_side(jobs, rounds)
    rows = [
        (
            f"{n:,}",
            *(
                spread_text(taken[name, n]) if (name, n) in taken else ABSENT
                for name in (EVENTS, BARS)
            ),
        )
        for n in lengths
    ]
    columns = ("Simulated sessions", "Event kernel", "Bar kernel")
    return Part((Table(f"Growth with sessions, {sets:,} sets", columns, rows),), {})
