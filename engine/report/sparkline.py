"""Equity in a line of text: one block per stretch of time, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.market.quotes import FloatArray
from engine.report.format import format_value
from engine.report.text import align, one_line, width_of

BLOCKS = "▁▂▃▄▅▆▇█"
LEAST = 8
"""Cells below which a sparkline says nothing."""
MOST = 60


def sparkline(values: FloatArray, width: int, lowest: float, highest: float) -> str:
    """Return values as blocks, at most `width` of them, between two positive bounds.

    Each block shows the last value of its stretch; what is not positive is a space.
    """
    last = np.unique(np.linspace(0, len(values) - 1, min(width, len(values))).round().astype(int))
    shown = values[last]
    span = np.log(highest) - np.log(lowest)
    if span == 0.0:
        return "".join(BLOCKS[0] if value > 0.0 else " " for value in shown)
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = (np.log(shown) - np.log(lowest)) / span * len(BLOCKS)
    return "".join(
        BLOCKS[min(int(height), len(BLOCKS) - 1)] if value > 0.0 else " "
        for height, value in zip(heights, shown, strict=True)
    )


def equity_lines(equities: Mapping[str, FloatArray], width: int) -> list[str]:
    """Return a line per equity curve: name, sparkline, first and last wealth; all on one scale.

    Nothing where a terminal `width` cells wide has no room for it.
    """
    every = np.concatenate(list(equities.values()))
    positive = every[every > 0.0]
    names = align([one_line(name) for name in equities], right=False)
    first, last = (
        align([format_value(float(e[at]), "currency") for e in equities.values()], right=True)
        for at in (0, -1)
    )
    ends = [f"{one} → {other}" for one, other in zip(first, last, strict=True)]
    room = min(width - width_of(names[0]) - width_of(ends[0]) - 4, MOST)
    if room < LEAST or not len(positive):
        return []
    bounds = float(positive.min()), float(positive.max())
    drawn = align([sparkline(e, room, *bounds) for e in equities.values()], right=False)
    return [
        f"{name}  {blocks}  {end}" for name, blocks, end in zip(names, drawn, ends, strict=True)
    ]
