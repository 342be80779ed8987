"""How the metric is spread over all sets, with the best, the study's own and benchmarks marked."""

from __future__ import annotations

from engine.report.charts.base import axis, plotted
from engine.report.charts.sweep.base import (
    beyond,
    histogram,
    mark,
    metric_axis,
    series_style,
    value_format,
    value_text,
)
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_value, is_defined
from engine.report.grids import spread_section
from engine.report.sweep_report import SweepReport

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
    said = {s: f"{report.label(s)} {value_text(metric, value)}" for s, value in marked.items()}
    values = ", ".join(said.values())
    top = max(counts) * 1.04
    marks = [mark(said[s], value, top, series_style(s)) for s, value in marked.items()]
    return Figure(
        key="spread",
        title=f"{metric.label} over all sets",
        alternative=(
            f"Histogram of {metric.label} over {spread['sets'] - spread['undefined']:,} sets "
            f"between {low} and {high}. Marked: {values or 'nothing'}."
        ),
        plot=plotted(
            [histogram(edges, counts, "cash", value_format(metric), "sets"), *marks],
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
