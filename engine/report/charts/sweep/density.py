"""A table of counts as a density: how many of something were where, across and upward."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from engine.report.charts.base import short
from engine.report.document import DataTable, headings, plain_rows
from engine.report.format import format_value
from engine.report.theme import variable

Told = Mapping[str, Any]
"""A :class:`engine.evaluation.grid_study.cloud.Cloud`, as JSON holds it."""

QUARTERS = ("best quarter", "second", "third", "worst quarter")


def spreads(cloud: Told) -> bool:
    """Return whether what is counted differs across and upward."""
    return min(map(len, (cloud["first_edges"], cloud["second_edges"]))) > 2


def density(cloud: Told, across: str, upward: str, counted: str, shown: str) -> dict[str, Any]:
    """Return how many were where; colours follow the logarithm of the counts.

    `across`, `upward` and `counted` name either side and what is counted, `shown` is how values
    are written, for plotly.
    """
    counts = np.array(cloud["counts"], dtype=np.float64).T
    return {
        "type": "heatmap",
        "x": short(_middles(cloud["first_edges"])),
        "y": short(_middles(cloud["second_edges"])),
        "z": [short(row, 4) for row in np.where(counts > 0, np.log10(counts + 1.0), math.nan)],
        "customdata": counts.astype(int).tolist(),
        "colorscale": [[0, variable("surface")], [1, variable("cash")]],
        "zmin": 0,
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": f"{across} about %{{x:{shown}}}<br>{upward} about %{{y:{shown}}}<br>"
        f"%{{customdata:,d}} {counted}<extra></extra>",
    }


def quarters_table(
    key: str, title: str, cloud: Told, across: str, upward: str, note: str, direction: int = 1
) -> DataTable:
    """Return where those of each quarter across were upward, best first.

    `across` and `upward` say what a quarter is one of, `direction` is −1 where less is better.
    """
    counts = np.array(cloud["quarters"])
    if direction >= 0:
        counts = counts[::-1, ::-1]
    rows = []
    for name, row in zip(QUARTERS, counts.tolist(), strict=True):
        total = sum(row)
        shares = [format_value(n / total if total else None, "fraction") for n in row]
        rows.append([f"{name} {across}", *shares])
    heads = headings("Quarter by rank", *(f"{name} {upward}" for name in QUARTERS))
    return DataTable(key, title, heads, plain_rows(rows), notes=(note,))


def _middles(edges: Sequence[float]) -> list[float]:
    return [(a + b) / 2.0 for a, b in pairwise(edges)]
