"""Charts of a walk-forward: wealth out of sample, and every choice before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.report.charts.base import (
    axis,
    harmless,
    line,
    log_ticks,
    plotted,
    short,
    time_axis,
)
from engine.report.charts.sweep.base import metric_axis, value_format
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_value
from engine.report.labels import set_label
from engine.report.theme import variable
from engine.report.walk_forward_report import WalkForwardReport
from engine.store.walk_forward_reading import RULE

_STYLES: dict[str, dict[str, Any]] = {
    "own": {"color": variable("text"), "width": 1.3, "dash": "dash"},
    "hindsight": {"color": variable("warning"), "width": 1.3, "dash": "dot"},
}


@dataclass(frozen=True, eq=False)
class Wealth:
    """Wealth out of sample, to be drawn.

    Attributes
    ----------
    dates : sequence of str
        ISO dates, ascending; not every session need be among them.
    equities : mapping of str to sequence of float
        Wealth at their closes by series, currency; ``rule`` is the stitched run.
    labels : mapping of str to str
        How readers know each series.
    beginnings : sequence of str
        Sessions from which on a new choice decides.
    """

    dates: Sequence[str]
    equities: Mapping[str, Sequence[float]]
    labels: Mapping[str, str]
    beginnings: Sequence[str]


def equity_figure(report: WalkForwardReport) -> Figure:
    """Return wealth of the stitched run and of all beside it; lines mark where folds begin."""
    equities = {series: equity.tolist() for series, equity in report.walk.equities.items()}
    labels = {series: report.label(series) for series in equities}
    wealth = Wealth(report.dates, equities, labels, report.beginnings)
    return wealth_figure("equity", wealth, _by_fold(report))


def wealth_figure(key: str, wealth: Wealth, table: DataTable) -> Figure:
    """Return wealth out of sample as lines; `table` says it in figures."""
    dates, every = wealth.dates, [v for values in wealth.equities.values() for v in values]
    ends = ", ".join(
        f"{wealth.labels[series]} {format_value(equity[-1], 'currency')}"
        for series, equity in wealth.equities.items()
    )
    axes = {
        "xaxis": time_axis(dates),
        "yaxis": axis(
            "equity, log scale",
            type="log",
            tickformat=",.0f",
            **log_ticks(min(every), max(every)),
        ),
    }
    return Figure(
        key=key,
        title="Equity out of sample",
        alternative=(
            f"Line chart of wealth on a logarithmic scale, {dates[0]} to {dates[-1]}. "
            f"At the end: {ends}."
        ),
        plot=plotted(_lines(wealth), axes, shapes=_upright(wealth.beginnings)),
        table=table,
        height=460,
        note="Upright lines: a new choice comes into force. Drag to zoom, double-click to see all "
        "again.",
    )


def _lines(wealth: Wealth) -> list[dict[str, Any]]:
    """Return the lines, that of the stitched run on top."""
    order = sorted(wealth.equities, key=lambda series: series == RULE)
    lines = []
    for series in order:
        own = line(
            series,
            harmless(wealth.labels[series]),
            wealth.dates,
            wealth.equities[series],
            hovertemplate="%{y:,.0f}",
            legendrank=1 if series == RULE else 1000,
        )
        lines.append(own | ({"line": _STYLES[series]} if series in _STYLES else {}))
    return lines


def _upright(beginnings: Sequence[str]) -> list[dict[str, Any]]:
    style = {"color": variable("line"), "width": 1}
    whole = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": style}
    return [{**whole, "x0": start, "x1": start} for start in beginnings]


def _by_fold(report: WalkForwardReport) -> DataTable:
    """Return wealth at the last close of each test window."""
    series = list(report.walk.equities)
    at = [report.dates.index(row["test_last"]) for row in report.folds]
    rows = [
        [
            report.dates[i],
            *(format_value(float(report.walk.equities[s][i]), "currency") for s in series),
        ]
        for i in at
    ]
    heads = headings("Session", *map(report.label, series))
    return DataTable("equity-table", "Equity at the end of each test", heads, plain_rows(rows))


def choices_figure(report: WalkForwardReport, table: DataTable) -> Figure | None:
    """Return the metric of every choice, training across and test upward; None without any."""
    metric = report.metric
    if not report.sides:
        return None
    known, x, y = zip(*report.sides, strict=True)
    ends = [min(*x, *y), max(*x, *y)]
    worse = sum((b - a) * metric.direction < 0 for a, b in zip(x, y, strict=True))
    shown = value_format(metric)
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": "choice of a fold",
        "x": short(x),
        "y": short(y),
        "text": [harmless(_named(report, row)).replace(", ", "<br>") for row in known],
        "marker": {"size": 10, "color": variable("rule")},
        "hovertemplate": f"%{{text}}<br>in sample %{{x:{shown}}}, out %{{y:{shown}}}"
        "<extra></extra>",
    }
    same = {
        "type": "scatter",
        "mode": "lines",
        "name": "as good out of sample",
        "x": short(ends),
        "y": short(ends),
        "line": {"color": variable("muted"), "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }
    return Figure(
        key="choices",
        title=f"{metric.label} of every choice, in sample and out",
        alternative=(
            f"Scatter chart of {len(known)} choices by {metric.label} in training, across, and in "
            f"the test after it, upward. {worse} of them did worse in the test."
        ),
        plot=plotted(
            [same, marks],
            {
                "xaxis": metric_axis(metric, title=f"{metric.label}, training", nticks=7),
                "yaxis": metric_axis(metric, title=f"{metric.label}, test"),
            },
            hovermode="closest",
        ),
        table=table,
        height=420,
        note=f"{'Below' if metric.direction > 0 else 'Above'} the dotted line the test kept less "
        f"than training promised.{_left_out(report.stubs)}",
    )


def _left_out(stubs: list[dict[str, Any]]) -> str:
    return "".join(
        f" Fold {row['fold']} is left out: its test has {row['test_sessions']:,} sessions."
        for row in stubs
    )


def _named(report: WalkForwardReport, row: dict[str, Any]) -> str:
    return f"fold {row['fold']}, {set_label(report.told['axes'], row)}"
