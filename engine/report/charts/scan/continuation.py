"""Whether streaks go on, and how many outlast a length, beside the coin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.report.charts.base import axis, plotted, short
from engine.report.columns import data_table
from engine.report.document import Figure
from engine.report.format import format_value
from engine.report.streak_columns import Lasting, continuation_columns, survival_columns
from engine.report.theme import variable


def continuation_figure(side: str, rows: Sequence[Lasting], leader: str) -> Figure:
    """Return the share of streaks of each length that went on, with intervals, for one side."""
    asset = "satellite" if side == "outperformance" else "core"
    lengths = [abs(row.streak) for row, _ in rows]
    shares = [row.probability for row, _ in rows]
    coin = rows[0][0].coin
    first = rows[0][0]
    return Figure(
        key=f"continuation-{side}",
        title=f"{leader} ahead: share that went on",
        alternative=(
            f"Chart of the share of streaks that went on, by their length, with 95 % intervals. "
            f"After one session {format_value(first.probability, 'fraction')} of "
            f"{first.n:,} went on; a coin gives {format_value(coin, 'fraction')} at any length."
        ),
        plot=plotted(
            [
                _coin([0.5, lengths[-1] + 0.5], [coin, coin]),
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": "went on, 95 % interval",
                    "x": lengths,
                    "y": short(shares, 4),
                    "error_y": error_bars(shares, [(r.low, r.high) for r, _ in rows], asset),
                    "marker": {"size": 8, "color": variable(asset)},
                    "text": [f"{row.continued:,} of {row.n:,}" for row, _ in rows],
                    "hovertemplate": "after %{x} sessions: %{y:.1%} (%{text})<extra></extra>",
                },
            ],
            {
                "xaxis": _lengths_axis(lengths),
                "yaxis": axis("went on", tickformat=".0%", range=[-0.03, 1.03]),
            },
            hovermode="closest",
        ),
        table=data_table(
            f"continuation-table-{side}", "Continuation by length", continuation_columns(), rows
        ),
        height=360,
    )


def survival_figure(side: str, rows: Sequence[Lasting], leader: str) -> Figure:
    """Return the share of streaks that outlast each length, on a logarithmic scale."""
    asset = "satellite" if side == "outperformance" else "core"
    lengths = [abs(row.streak) for _, row in rows]
    survival = [row.survival if row.survival > 0.0 else float("nan") for _, row in rows]
    return Figure(
        key=f"survival-{side}",
        title=f"{leader} ahead: share that lasts longer",
        alternative=(
            "Chart of the share of streaks that last longer than so many sessions (Kaplan–Meier, "
            f"with its 95 % band) on a logarithmic scale, beside the coin's; "
            f"{format_value(rows[0][1].survival, 'fraction')} outlast one session."
        ),
        plot=plotted(
            [
                *_band(rows, lengths),
                _coin(lengths, [row.coin_survival for _, row in rows]),
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": "last longer",
                    "x": lengths,
                    "y": short(survival, 4),
                    "line": {"color": variable(asset), "width": 1.6},
                    "marker": {"size": 7, "color": variable(asset)},
                    "hovertemplate": "longer than %{x} sessions: %{y:.2%}<extra></extra>",
                },
            ],
            {
                "xaxis": _lengths_axis(lengths),
                "yaxis": axis(
                    "last longer, log scale",
                    type="log",
                    tickvals=[1.0, 0.1, 0.01, 0.001, 0.0001],
                    ticktext=["100 %", "10 %", "1 %", "0.1 %", "0.01 %"],
                ),
            },
            hovermode="closest",
        ),
        table=data_table(f"survival-table-{side}", "Survival by length", survival_columns(), rows),
        height=360,
    )


def _band(rows: Sequence[Lasting], lengths: Sequence[int]) -> list[dict[str, Any]]:
    """Return the band of survival: its lower edge, unseen, and the area up to the higher one."""
    edge: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": list(lengths),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }
    return [
        {**edge, "y": short((r.low for _, r in rows), 4), "showlegend": False},
        {
            **edge,
            "y": short((r.high for _, r in rows), 4),
            "name": "95 % band",
            "fill": "tonexty",
            "fillcolor": variable("rule-soft"),
        },
    ]


def _lengths_axis(lengths: Sequence[int]) -> dict[str, Any]:
    return axis(
        "length of the streak in sessions",
        dtick=1,
        showgrid=False,
        range=[0.5, max(lengths[-1], 5) + 0.5],
    )


def _coin(x: Sequence[float], y: Sequence[float]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "coin",
        "x": list(x),
        "y": short(y, 4),
        "line": {"color": variable("muted"), "width": 1.4, "dash": "dash"},
        "hoverinfo": "skip",
    }


def error_bars(
    middle: Sequence[float], intervals: Sequence[tuple[float, float]], colour: str
) -> dict[str, Any]:
    """Return bars from the lower to the higher end of each interval."""
    lengths = [
        (value - low, high - value) for value, (low, high) in zip(middle, intervals, strict=True)
    ]
    return {
        "type": "data",
        "symmetric": False,
        "array": short((up for _, up in lengths), 4),
        "arrayminus": short((down for down, _ in lengths), 4),
        "color": variable(colour),
        "thickness": 1.4,
        "width": 3,
    }
