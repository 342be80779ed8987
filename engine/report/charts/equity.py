"""Equity, what was held when, and drawdowns: three panes over one axis of time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.evaluation.tear_sheet.calendar_returns import period_ends
from engine.report.charts.base import axis, line, log_ticks, plotted, time_axis
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_value
from engine.report.run_report import RunReport
from engine.report.theme import variable

_PANES = ([0.5, 1], [0.44, 0.47], [0.24, 0.41], [0, 0.2])
_PANES_WITHOUT_CORE = ([0.43, 1], [0.35, 0.39], [0, 0], [0, 0.31])
"""Shares of the height of equity, ribbon, rule over core, and drawdowns."""


def equity_figure(report: RunReport) -> Figure:
    """Return equity, the allocation ribbon, the rule over the core, and drawdowns."""
    names = [report.label(series) for series in report.equities]
    final = ", ".join(
        f"{report.label(series)} {format_value(float(equity[-1]), 'currency')}"
        for series, equity in report.equities.items()
    )
    worst = report.metrics["rule"]["max_drawdown"]
    lines = (*_equity_lines(report), *_ribbon(report), *_over_core(report))
    return Figure(
        key="equity",
        title="Equity, allocation and drawdowns",
        alternative=(
            f"Line chart of wealth on a logarithmic scale, {report.dates[0]} to "
            f"{report.dates[-1]}: {' · '.join(names)}. At the end: {final}. Beneath it a ribbon of "
            f"the asset held, and drawdowns; the rule's deepest is "
            f"{format_value(worst, 'fraction')}."
        ),
        plot=plotted([*lines, *_drawdown_lines(report)], _axes(report), hoversubplots="axis"),
        table=_condensed(report),
        height=720 if report.has_core else 620,
        note="Drag to zoom, double-click to see all again.",
    )


def _axes(report: RunReport) -> dict[str, Any]:
    """Return one axis of time, and one of values per pane, from the top down."""
    equities = np.concatenate(list(report.equities.values()))
    shown = [report.sheet.underwater[series] for series in _drawn_down(report)]
    deepest = min(float(np.min(shown)), -0.01)
    top, ribbon, middle, bottom = _PANES if report.has_core else _PANES_WITHOUT_CORE
    axes = {
        "xaxis": time_axis(report.dates, anchor="y3"),
        "yaxis": axis(
            "equity, log scale",
            type="log",
            domain=top,
            tickformat=",.0f",
            **log_ticks(float(equities.min()), float(equities.max())),
        ),
        "yaxis2": axis(
            domain=ribbon, range=[0, 1], showticklabels=False, fixedrange=True, showgrid=False
        ),
        "yaxis3": axis(
            "drawdown", domain=bottom, tickformat=".2~%", nticks=5, range=[deepest * 1.05, 0.0]
        ),
    }
    if report.has_core:
        axes["yaxis4"] = axis("rule / core", domain=middle, nticks=5, tickformat=".5~g")
    return axes


def _equity_lines(report: RunReport) -> list[dict[str, Any]]:
    """Return the lines, the rule's last: it lies on top of what it is measured by."""
    order = sorted(report.equities, key=lambda series: series == "rule")
    return [
        line(
            series,
            report.label(series),
            report.dates,
            report.equities[series],
            hovertemplate="%{y:,.0f}",
            legendrank=1 if series == "rule" else 1000,
        )
        for series in order
    ]


def _ribbon(report: RunReport) -> list[dict[str, Any]]:
    """Return the satellite's target weight as an area over one of the core."""
    sessions, weights = report.allocation
    at = [report.dates[i] for i in sessions.tolist()]
    shares = weights.tolist()
    held = [report.core_symbol, report.satellite_symbol]
    whole = {
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 0, "shape": "hv"},
        "fill": "tozeroy",
        "yaxis": "y2",
        "hoverinfo": "skip",
        "showlegend": True,
    }
    return [
        {
            **whole,
            "name": f"{symbol} was held",
            "x": at if asset else [at[0], at[-1]],
            "y": shares if asset else [1.0, 1.0],
            "fillcolor": variable(("core", "satellite")[asset]),
        }
        for asset, symbol in enumerate(held)
    ]


def _over_core(report: RunReport) -> list[dict[str, Any]]:
    if report.sheet.relative is None:
        return []
    name = f"{report.label('rule')} / {report.label('core')}"
    more = {"yaxis": "y4", "hovertemplate": "%{y:.3f}", "showlegend": False}
    return [line("rule", name, report.dates, report.sheet.relative, **more)]


def _drawn_down(report: RunReport) -> list[str]:
    """Return the series whose drawdowns are drawn: the core, where there is one, and the rule."""
    return ["core", "rule"] if report.has_core else ["rule"]


def _drawdown_lines(report: RunReport) -> list[dict[str, Any]]:
    lines = [
        line(
            series,
            f"{report.label(series)}, drawdown",
            report.dates,
            report.sheet.underwater[series],
            yaxis="y3",
            hovertemplate="%{y:.1%}",
            showlegend=False,
        )
        for series in _drawn_down(report)
    ]
    lines[-1] |= {"fill": "tozeroy", "fillcolor": variable("rule-soft")}
    return lines


def _condensed(report: RunReport) -> DataTable:
    weight, series = report.run.holdings["target_weight"], list(report.equities)
    rows = [
        [
            report.dates[i],
            *(format_value(float(report.equities[s][i]), "currency") for s in series),
            format_value(float(weight[i]), "fraction"),
            format_value(float(report.sheet.underwater["rule"][i]), "fraction"),
        ]
        for i in period_ends(report.run.sessions).tolist()
    ]
    heads = headings(
        "Session",
        *(report.label(s) for s in series),
        f"{report.satellite_symbol} held",
        "Drawdown of the rule",
    )
    return DataTable("equity-table", "Equity at the end of periods", heads, plain_rows(rows))
