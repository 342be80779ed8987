"""How the metric is spread over all sets, with the best, the study's own and benchmarks marked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from engine.report.charts.base import axis, plotted, short
from engine.report.charts.sweep.base import beyond, metric_axis, series_style, value_format
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_value, is_defined
from engine.report.grids import spread_section
from engine.report.sweep_report import SweepReport
from engine.report.theme import variable

FEW = 7
"""Sets in the fullest bin up to which every whole number has its tick."""


def spread_figure(report: SweepReport) -> Figure | None:
    """Return the histogram of the metric; None where all sets have the same, or none."""
    spread, metric = report.grid["spread"], report.metric
    edges, counts = spread["edges"], spread["counts"]
    if len(counts) < 2:
        return None
    marked = {
        series: metrics[metric.key]
        for series, metrics in report.metrics.items()
        if is_defined(metrics.get(metric.key))
    }
    low, high = (format_value(edge, metric.unit) for edge in (edges[0], edges[-1]))
    values = ", ".join(
        f"{report.label(series)} {format_value(value, metric.unit)}"
        for series, value in marked.items()
    )
    top = max(counts) * 1.04
    return Figure(
        key="spread",
        title=f"{metric.label} over all sets",
        alternative=(
            f"Histogram of {metric.label} over {spread['sets'] - spread['undefined']:,} sets "
            f"between {low} and {high}. Marked: {values or 'nothing'}."
        ),
        plot=plotted(
            [_bars(report), *(_mark(report, s, value, top) for s, value in marked.items())],
            {
                "xaxis": metric_axis(
                    metric, showgrid=False, range=beyond([*edges, *marked.values()])
                ),
                "yaxis": axis(
                    "sets",
                    tickformat=",d",
                    range=[0, top],
                    **({"dtick": 1} if top < FEW else {"nticks": FEW}),
                ),
            },
            hovermode="closest",
            bargap=0.06,
        ),
        table=_percentiles(report),
        height=400,
        note=_outside(report),
    )


def _bars(report: SweepReport) -> dict[str, Any]:
    spread, shown = report.grid["spread"], value_format(report.metric)
    edges = short(spread["edges"])
    return {
        "type": "bar",
        "name": "sets",
        "x": short((a + b) / 2.0 for a, b in pairwise(spread["edges"])),
        "y": spread["counts"],
        "customdata": [list(pair) for pair in pairwise(edges)],
        "marker": {"color": variable("cash"), "opacity": 0.55, "line": {"width": 0}},
        "hovertemplate": f"%{{customdata[0]:{shown}}} to %{{customdata[1]:{shown}}}: "
        "%{y:,} sets<extra></extra>",
        "showlegend": False,
    }


def _mark(report: SweepReport, series: str, value: float, top: float) -> dict[str, Any]:
    """Return a line from bottom to top; its value stands in the legend, where none overlap."""
    name = f"{report.label(series)} {format_value(value, report.metric.unit)}"
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [value, value],
        "y": [0, top],
        "line": series_style(series),
        "hovertemplate": f"{name}<extra></extra>",
    }


def _percentiles(report: SweepReport) -> DataTable:
    section = spread_section(report.grid, report.core_label)
    rows = [list(pair) for pair in zip(section.headings, section.rows[0], strict=True)]
    heads = headings("Of all sets", report.metric.label)
    return DataTable("spread-table", "Percentiles", heads, plain_rows(rows), notes=section.notes)


def _outside(report: SweepReport) -> str:
    """Return what the histogram leaves out, where it leaves anything out."""
    spread = report.grid["spread"]
    strays = spread["below"] + spread["beyond"]
    if not strays:
        return ""
    low, high = f"{spread['below']:,} below", f"{spread['beyond']:,} beyond"
    return f"{strays:,} strays are left out: {low} and {high}."
