"""The first half of history against the second: where all sets stood, and where the best did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from engine.report.charts.base import harmless, plotted, short
from engine.report.charts.sweep.base import metric_axis, series_style, value_format
from engine.report.charts.sweep.density import density, quarters_table, spreads
from engine.report.document import Figure
from engine.report.format import format_number
from engine.report.sweep_report import CORE, SweepReport
from engine.report.theme import variable

Told = Mapping[str, Any]


def cloud_figure(report: SweepReport) -> Figure | None:
    """Return the metric of sets in both halves; None where it was not stored or never differs."""
    if not has_cloud(report):
        return None
    halves, metric = report.grid["halves"], report.metric
    cloud = halves["cloud"]
    correlation = halves["correlation"]
    said = "undefined" if correlation is None else format_number(correlation, 2)
    strays = cloud["outside"]
    left_out = f" Left out at the edges: {strays:,} of the sets." if strays else ""
    return Figure(
        key="halves",
        title=f"{metric.label} before and after {halves['second_start']}",
        alternative=(
            f"Density of {halves['sets']:,} sets by {metric.label} in the first half of history, "
            f"across, and in the second, upward; their rank correlation is {said}. Marked are the "
            "best sets of all of history, the best of the first half, and the core."
        ),
        plot=plotted(
            [
                density(cloud, "first half", "second half", "sets", value_format(metric)),
                *_core(report, cloud),
                *_marks(report),
            ],
            {
                "xaxis": metric_axis(
                    metric, title=f"{metric.label}, first half", showgrid=False, nticks=7
                ),
                "yaxis": metric_axis(metric, title=f"{metric.label}, second half", showgrid=False),
            },
            hovermode="closest",
        ),
        table=quarters_table(
            "quarters-table",
            "Where the sets of each quarter were in the second half",
            cloud,
            "of the first half",
            "of the second",
            "25 % throughout: the first half says nothing about the second.",
            metric.direction,
        ),
        height=460,
        note="A cloud that rises to the right says that what was good stayed good; a round one "
        f"that it did not matter.{left_out}",
    )


def has_cloud(report: SweepReport) -> bool:
    """Return whether it was stored where sets stood in both halves, and they differ in both."""
    cloud = (report.grid["halves"] or {}).get("cloud")
    return cloud is not None and spreads(cloud)


def _core(report: SweepReport, cloud: Told) -> list[dict[str, Any]]:
    """Return the core as a cross of lines over the whole chart."""
    halves = report.grid["halves"]
    x, y = (halves[f"{half}_references"].get(CORE) for half in ("first", "second"))
    if x is None or y is None:
        return []
    across, upward = cloud["first_edges"], cloud["second_edges"]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": harmless(report.core_label),
            "x": short([across[0], across[-1], math.nan, x, x]),
            "y": short([y, y, math.nan, upward[0], upward[-1]]),
            "line": series_style(CORE),
            "hoverinfo": "skip",
        }
    ]


def _marks(report: SweepReport) -> list[dict[str, Any]]:
    halves = report.grid["halves"]
    first = [halves["first_winner"]] if halves["first_winner"] else []
    marks = (
        ("best of all of history", halves["leaders"], "circle", "rule", 9),
        ("best of the first half", first, "diamond", "warning", 12),
    )
    return [_mark(report, *mark) for mark in marks if mark[1]]


def _mark(
    report: SweepReport, name: str, sets: Sequence[Told], symbol: str, colour: str, size: int
) -> dict[str, Any]:
    known = [one for one in sets if one["first"] is not None and one["second"] is not None]
    shown = value_format(report.metric)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": short(one["first"] for one in known),
        "y": short(one["second"] for one in known),
        "text": [harmless(report.set_label(one["values"])).replace(", ", "<br>") for one in known],
        "marker": {
            "symbol": symbol,
            "size": size,
            "color": variable(colour),
            "line": {"width": 1, "color": variable("background")},
        },
        "hovertemplate": f"%{{text}}<br>first half %{{x:{shown}}}, second %{{y:{shown}}}"
        "<extra></extra>",
    }
