"""Equity of all rules overlaid, and each over the core: two panes over one axis of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.evaluation.tear_sheet.calendar_returns import period_ends
from engine.market.quotes import FloatArray
from engine.report.charts.base import axis, harmless, log_ticks, plotted, short, time_axis
from engine.report.comparison_report import ComparisonReport
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_value
from engine.report.theme import variable

_PANES = ([0.44, 1.0], [0.0, 0.39])
"""Shares of the height of equity, and of the rows over the core."""


def overlaid_figure(report: ComparisonReport) -> Figure:
    """Return the equity of all rows, and their wealth over the core's."""
    equities = {row.label: row.equity for row in report.rows}
    final = ", ".join(
        f"{label} {format_value(float(equity[-1]), 'currency')}"
        for label, equity in equities.items()
    )
    return Figure(
        key="overlaid",
        title=f"Equity, and equity over that of {report.core}" if report.core else "Equity",
        alternative=(
            f"Line chart of the wealth of {len(equities)} rules and benchmarks on a logarithmic "
            f"scale, {report.dates[0]} to {report.dates[-1]}. At the end: {final}."
        ),
        plot=plotted(
            [
                *_lines(report, equities, "y", "%{y:,.0f}", legend=True),
                *_lines(report, report.sheet.relative, "y2", "%{y:.3f}"),
            ],
            _axes(report, equities),
            hovermode="closest",
        ),
        table=_condensed(report, equities),
        height=680 if report.core else 480,
        note="A click on a name hides its lines, a double click all others. Drag to zoom.",
    )


def _lines(
    report: ComparisonReport,
    values: Mapping[str, FloatArray],
    pane: str,
    shown_as: str,
    *,
    legend: bool = False,
) -> list[dict[str, Any]]:
    """Return one line per row; benchmarks first, so that rules lie on top of them."""
    benchmarks = {row.label for row in report.rows if row.kind == "benchmark"}
    order = sorted(values, key=lambda label: label not in benchmarks)
    ranks = {row.label: rank for rank, row in enumerate(report.rows)}
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": harmless(label),
            "x": report.dates,
            "y": short(values[label], 5),
            "yaxis": pane,
            "line": {
                "color": variable(report.styles[label][0]),
                "dash": report.styles[label][1],
                "width": 1.2 if label in benchmarks else 1.6,
            },
            "legendgroup": str(ranks[label]),
            "legendrank": ranks[label] + 1,
            "showlegend": legend,
            "hovertemplate": f"%{{x|%Y-%m-%d}}: {shown_as}<extra>%{{fullData.name}}</extra>",
        }
        for label in order
    ]


def _axes(report: ComparisonReport, equities: Mapping[str, FloatArray]) -> dict[str, Any]:
    every = np.concatenate(list(equities.values()))
    top, bottom = _PANES
    axes = {
        "xaxis": time_axis(report.dates, anchor="y2" if report.core else "y"),
        "yaxis": axis(
            "equity, log scale",
            type="log",
            domain=top if report.core else [0.0, 1.0],
            tickformat=",.0f",
            **log_ticks(float(every.min()), float(every.max())),
        ),
    }
    if report.core:
        axes["yaxis2"] = axis(
            f"over {harmless(report.core)}", domain=bottom, nticks=6, tickformat=".5~g", type="log"
        )
    return axes


def _condensed(report: ComparisonReport, equities: Mapping[str, FloatArray]) -> DataTable:
    rows = [
        [
            report.dates[i],
            *(format_value(float(equity[i]), "currency") for equity in equities.values()),
        ]
        for i in period_ends(report.comparison.sessions).tolist()
    ]
    return DataTable(
        "overlaid-table",
        "Equity at the end of periods",
        headings("Session", *equities),
        plain_rows(rows),
    )
