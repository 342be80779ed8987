"""Who won and who lost during a streak, as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.evaluation.streak_study.anatomy import Mover
from engine.report.charts.base import axis, harmless, plotted, short
from engine.report.columns import data_table
from engine.report.document import Figure
from engine.report.format import format_value
from engine.report.scan_report import ScanReport
from engine.report.streak_columns import mover_columns
from engine.report.theme import variable

BAR = 26
"""Height of a bar and the room round it, in CSS pixels."""


def anatomy_figure(report: ScanReport) -> Figure | None:
    """Return what each asset earned over the core in the dissected streak; None without any."""
    movers = [m for m in report.found.anatomy if not math.isnan(m.outperformance)]
    streak = report.found.dissected
    if not movers or streak is None:
        return None
    best, worst = movers[0], movers[-1]
    return Figure(
        key="anatomy",
        title=f"Return over {report.core}, {streak.start} to {streak.end}",
        alternative=(
            f"Bar chart of the return of {len(movers)} assets less that of {report.core} over the "
            f"streak. Best: {best.symbol}, {format_value(best.outperformance, 'fraction')}; worst: "
            f"{worst.symbol}, {format_value(worst.outperformance, 'fraction')}."
        ),
        plot=plotted(
            [_bars(movers[::-1])],  # bars are drawn from the bottom up
            {
                "xaxis": axis(
                    f"return less {harmless(report.core)}",
                    tickformat=".0%",
                    zeroline=True,
                    zerolinecolor=variable("muted"),
                    range=_room([m.outperformance for m in movers]),
                ),
                "yaxis": axis(type="category", showgrid=False, ticksuffix=" "),
            },
            hovermode="closest",
            showlegend=False,
            bargap=0.3,
        ),
        table=data_table(
            "anatomy-table",
            "Winners and losers",
            mover_columns(report.core),
            report.found.anatomy,
            sortable=True,
        ),
        height=90 + BAR * len(movers),
    )


def _bars(movers: Sequence[Mover]) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": [harmless(m.symbol) for m in movers],
        "x": short((m.outperformance for m in movers), 4),
        "marker": {"color": [variable(_colour(m.outperformance)) for m in movers]},
        "text": [format_value(m.outperformance, "fraction") for m in movers],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.2%}<extra></extra>",
    }


def _colour(outperformance: float) -> str:
    return "gain" if outperformance >= 0.0 else "loss"


def _room(values: list[float]) -> list[float]:
    """Return a range that leaves room for the figures at the ends of the bars."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.28 * ((high - low) or 0.01)
    return [low - room, high + room]
