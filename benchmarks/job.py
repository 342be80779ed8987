"""The one job every engine is timed on: prices, rule, terms and grids of parameter sets."""

from __future__ import annotations

import datetime as dt
import os
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise, product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.bars import history_of
from engine.execution.costs import AssetCosts, Terms
from engine.market.load import load_panel
from engine.market.panel import Bars, PricePanel
from engine.rotation.switching import State, step
from engine.rules.features import FeatureValues
from engine.rules.registry import rule_named
from engine.rules.rule import Rule
from engine.study.models import FileData, SimulatedData

Axes = dict[str, list[Any]]

SESSIONS = 6598
"""Sessions of IWM from its first, 2000-05-26, to 2026-08-21."""
LAST_SESSION = dt.date(2026, 8, 21)
RULE = "streak"
COMMISSION_BPS = 1.0
SLIPPAGE_BPS = (1.0, 2.0)
"""Of the core and of the satellite."""
TERMS = Terms(
    AssetCosts(COMMISSION_BPS / 1e4, SLIPPAGE_BPS[0] / 1e4),
    AssetCosts(COMMISSION_BPS / 1e4, SLIPPAGE_BPS[1] / 1e4),
)

AXES: Axes = {
    "entry_streak": list(range(2, 12)),
    "exit_streak": list(range(1, 6)),
    "rsi_period": list(range(7, 27)),
    "overbought": [65.0 + 0.6 * i for i in range(50)],
    "max_holding": list(range(5, 65, 3)),
}
"""The grid of a million sets, as far as that of configs/sweep_streak.yaml goes, and denser.

Smaller grids take values spread over the same axes.
"""

LENGTHS = {
    12: (2, 2, 1, 3, 1),
    100: (5, 2, 2, 5, 1),
    1_000: (5, 4, 5, 5, 2),
    10_000: (10, 5, 5, 10, 4),
    100_000: (10, 5, 10, 20, 10),
    1_000_000: (10, 5, 20, 50, 20),
}
"""Values per axis, for each number of parameter sets."""


def axes_of(sets: int) -> Axes:
    """Return the axes of the grid of so many parameter sets (a key of `LENGTHS`)."""
    return {
        name: [values[i] for i in np.linspace(0, len(values) - 1, length).round().astype(int)]
        for (name, values), length in zip(AXES.items(), LENGTHS[sets], strict=True)
    }


def count_of(axes: Mapping[str, list[Any]]) -> int:
    """Return how many parameter sets a grid has."""
    return prod(map(len, axes.values()))


def rule() -> Rule:
    """Return the rule that is timed."""
    return rule_named(RULE)


def real_data() -> Path | None:
    """Return the folder of real prices, IWM.csv and SPY.csv, if one is given."""
    folder = os.environ.get("STREAKLAB_REAL_DATA")
    return Path(folder) if folder else None


@cache
def panel() -> PricePanel:
    """Return the prices of the job, 6,598 sessions: real ones where given, else simulated."""
    folder = real_data()
    if folder is None:
        return simulated_panel(SESSIONS)
    section = {"source": "csv", "directory": folder, "core": "SPY", "satellite": "IWM"}
    return load_panel(FileData.model_validate({**section, "end": LAST_SESSION}))


def prices_label() -> str:
    """Return what the prices of the job are, for the report."""
    kind = "simulated market, not history" if panel().simulated else "real prices, total return"
    core, satellite = panel().symbols
    first, last = panel().sessions[[0, -1]]
    return f"{satellite} and {core}, {kind}, {len(panel()):,} sessions, {first} to {last}"


def simulated_panel(sessions: int) -> PricePanel:
    """Return simulated markets of several seeds, one after the other, cut to so many sessions.

    Each market goes on from where the one before ended. Dates are weekdays from 2000 on.
    """
    markets: list[PricePanel] = []
    while sum(map(len, markets)) < sessions:
        data = SimulatedData.model_validate({"source": "simulated", "seed": len(markets) + 1})
        markets.append(load_panel(data))
    dates = np.busday_offset(np.datetime64("2000-01-03"), np.arange(sessions))
    return replace(
        markets[0],
        sessions=dates,
        core=_chained([market.core for market in markets], sessions),
        satellite=_chained([market.satellite for market in markets], sessions),
        provenance=(),
        warnings=(),
    )


def _chained(parts: list[Bars], sessions: int) -> Bars:
    """Return bars one after the other, each part scaled to begin where the last one ended."""
    scales = [1.0]
    for before, after in pairwise(parts):
        scales.append(scales[-1] * before.close[-1] / after.open[0])
    scaled = list(zip(scales, parts, strict=True))
    columns = [
        np.concatenate([scale * getattr(bars, name) for scale, bars in scaled])
        for name in ("open", "high", "low", "close")
    ]
    volume = np.concatenate([bars.volume for bars in parts])
    return Bars(parts[0].symbol, *(column[:sessions] for column in (*columns, volume)))


def positions(prices: PricePanel, axes: Axes) -> NDArray[np.bool_]:
    """Return what every parameter set decides: whether the satellite is the target at each close.

    Shape (sets, sessions). Peers that cannot express the rule are handed these. The state machine
    is the engine's own, asked only at closes at which it can decide something.
    """
    known = FeatureValues(history_of(prices).closes)
    answers = cache(known.answers)
    made = np.zeros((count_of(axes), len(prices)), dtype=np.bool_)
    for row, values in enumerate(product(*axes.values())):
        wanted = rule().switching(rule().parameters(dict(zip(axes, values, strict=True))))
        enter, leave = answers(wanted.enter), answers(wanted.leave)
        for first, last in _stays(enter, leave, wanted.max_holding):
            made[row, first:last] = True
    return made


def _stays(
    enter: NDArray[np.bool_], leave: NDArray[np.bool_], max_holding: int
) -> Iterator[tuple[int, int]]:
    """Yield the closes at which the satellite becomes the target, and ceases to be."""
    sessions = len(enter)
    entries, leaves = (np.flatnonzero(t).tolist() for t in (enter & ~leave, leave))
    state, t = State(), 0
    while (at := bisect_left(entries, t)) < len(entries):
        first = entries[at]
        state = step(state, first, True, False, max_holding, 0)
        after = bisect_left(leaves, first + 1)
        left = leaves[after] if after < len(leaves) else sessions
        t = min(left, first + max_holding) if max_holding else left
        yield first, t
        if t < sessions:
            state = step(state, t, bool(enter[t]), bool(leave[t]), max_holding, 0)
        t += 1
        assert state.inside == (t > sessions)
