"""How many long runs there were, against what a coin makes of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.evaluation.streak_study.rarity import Rarity, RarityRow
from engine.report.charts.base import axis, plotted, short
from engine.report.columns import data_table
from engine.report.document import Figure
from engine.report.format import format_interval, format_number, format_value
from engine.report.streak_columns import rarity_columns
from engine.report.streaks import EXPECTED, resampling_note, runs_test_note
from engine.report.theme import variable

LOWEST = 0.04
"""Bottom of the axis of numbers, which is logarithmic: what is below is not seen to be rarer."""


def rarity_figure(side: str, found: Rarity, leader: str) -> Figure:
    """Return observed runs by length beside the coin's band, for one side.

    `side` is ``outperformance`` or ``underperformance``, `leader` the asset that won.
    """
    rows, asset = found.rows, "satellite" if side == "outperformance" else "core"
    lengths = [row.k for row in rows]
    return Figure(
        key=f"rarity-{side}",
        title=f"{leader} ahead: runs observed, and a coin's",
        alternative=_alternative(found),
        plot=plotted(
            [
                *_band(rows, lengths),
                _expected("coin, expected", lengths, [r.coin_expected for r in rows], "dash"),
                _expected("Markov chain, expected", lengths, [r.markov_expected for r in rows]),
                _observed(rows, lengths, asset),
            ],
            _axes(lengths, max(row.coin_high for row in rows)),
            hovermode="closest",
        ),
        table=data_table(
            f"rarity-table-{side}",
            "Runs by length",
            rarity_columns(),
            rows,
            notes=(EXPECTED, resampling_note(found)),
        ),
        height=400,
        note=f"{runs_test_note(found)} Where the band reaches the bottom it holds zero, which "
        "this scale cannot show.",
    )


def _alternative(found: Rarity) -> str:
    last = next(row for row in found.rows if row.k == max(found.longest, 1))
    return (
        f"Chart of the number of runs of at least so many sessions, on a logarithmic scale: "
        f"{format_number(found.rows[0].observed, 0)} in all, {last.observed} of {last.k} or more, "
        f"where a coin gives {format_number(last.coin_expected, 2)}. "
        f"{_where_outside(found.outside)}"
    )


def _axes(lengths: list[int], highest: int) -> dict[str, Any]:
    return {
        "xaxis": axis(
            "at least so many sessions",
            dtick=1,
            showgrid=False,
            range=[0.5, lengths[-1] + 0.5],
        ),
        "yaxis": axis(
            "number of runs, log scale",
            type="log",
            range=[math.log10(LOWEST), len(str(highest)) - 0.6],
            tickvals=[0.1, 1, 10, 100, 1000, 10000],
            ticktext=["0.1", "1", "10", "100", "1,000", "10,000"],
        ),
    }


def _observed(rows: Sequence[RarityRow], lengths: list[int], asset: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "observed",
        "x": lengths,
        "y": [row.observed or None for row in rows],
        "marker": {"size": 9, "color": variable(asset)},
        "text": [_told(row) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _where_outside(lengths: Sequence[int]) -> str:
    if not lengths:
        return "All observed numbers lie within the coin's 95 % band."
    named = ", ".join(map(str, lengths))
    return f"Outside the coin's 95 % band lie the numbers for {named} sessions and more."


def _band(rows: Sequence[RarityRow], lengths: list[int]) -> list[dict[str, Any]]:
    """Return the coin's band: its lower edge, unseen, and the area up to the higher one."""
    edge: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": lengths,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }
    low = [max(float(row.coin_low), LOWEST) for row in rows]
    high = [max(float(row.coin_high), LOWEST) for row in rows]
    return [
        {**edge, "y": low, "showlegend": False},
        {
            **edge,
            "y": high,
            "name": "coin, 95 % band",
            "fill": "tonexty",
            "fillcolor": variable("rule-soft"),
        },
    ]


def _expected(
    name: str, lengths: list[int], values: Sequence[float], dash: str = "dot"
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": lengths,
        "y": short(values, 4),
        "line": {"color": variable("muted"), "width": 1.4, "dash": dash},
        "hoverinfo": "skip",
    }


def _told(row: RarityRow) -> str:
    return "<br>".join(
        (
            f"{row.k} sessions or more: {format_number(row.observed, 0)} observed",
            f"coin: {format_number(row.coin_expected, 2)} expected, "
            f"{format_interval(row.coin_low, row.coin_high, 'count')}",
            f"P(any) under the coin {format_value(row.coin_probability, 'fraction')}",
        )
    )
