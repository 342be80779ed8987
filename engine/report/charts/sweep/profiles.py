"""The metric along one axis: through the best set, and over all values of the other axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.report.charts.base import axis, harmless, plotted, short
from engine.report.charts.sweep.base import brief, metric_axis, series_style, value_format
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_metric
from engine.report.grids import bin_text
from engine.report.labels import axis_label, value_text
from engine.report.sweep_report import CORE, WINNER, SweepReport
from engine.report.theme import variable

Told = Mapping[str, Any]


def profile_figure(report: SweepReport, number: int) -> Figure:
    """Return the metric along the axis of this number, 0 being the first.

    The mean and the range over the other axes are drawn where each value of the axis has its own.
    """
    profile, along = report.grid["profiles"][number], report.grid["along"][number]
    metric, name = report.metric, axis_label(profile["axis"])
    labels = [value_text(value) for value in profile["values"]]
    whole = len(along["from"]) == len(labels)
    traces = [*(_others(report, along) if whole else ()), _own(report, profile)]
    best = profile["best"]
    value = format_metric(metric.key, profile["metric"][best])
    known = [v for v in profile["metric"] if v is not None]
    return Figure(
        key=f"profile-{number + 1}",
        title=f"{metric.label} along {name}",
        alternative=(
            f"Line chart of {metric.label} along {name} with all other values as in the best set, "
            f"{format_metric(metric.key, min(known))} to {format_metric(metric.key, max(known))}; "
            f"the best set, at {labels[best]}, has {value}."
            + (" The mean and the range over all other sets lie behind it." if whole else "")
        ),
        plot=plotted(
            [*traces, _best(labels[best], profile["metric"][best]), *_core(report, labels)],
            {
                "xaxis": axis(brief(name), type="category", showgrid=False, nticks=16),
                "yaxis": metric_axis(metric, nticks=6),
            },
        ),
        table=_table(report, profile, along if whole else None, f"profile-{number + 1}-table"),
        height=340,
    )


def _own(report: SweepReport, profile: Told) -> dict[str, Any]:
    return _line(
        "through the best set",
        [value_text(value) for value in profile["values"]],
        profile["metric"],
        line={**series_style(WINNER), "shape": "linear"},
        mode="lines+markers",
        marker={"size": 5, "color": variable("rule")},
        hovertemplate=f"%{{y:{value_format(report.metric)}}}",
    )


def _others(report: SweepReport, along: Told) -> list[dict[str, Any]]:
    """Return the best and the worst of all sets with each value as a band, and their mean."""
    labels = [bin_text(*ends) for ends in zip(along["from"], along["to"], strict=True)]
    shown = {"hovertemplate": f"%{{y:{value_format(report.metric)}}}"}
    edge = {"width": 0.6, "color": variable("cash")}
    mean = {"width": 1.6, "color": variable("cash")}
    soft = variable("rule-soft")
    return [
        _line("best of all sets", labels, along["best"], line=edge, showlegend=False, **shown),
        _line(
            "worst of all sets",
            labels,
            along["worst"],
            line=edge,
            fill="tonexty",
            fillcolor=soft,
            showlegend=False,
            **shown,
        ),
        _line("mean of all sets", labels, along["mean"], line=mean, **shown),
    ]


def _best(label: str, value: float) -> dict[str, Any]:
    return _line(
        "the best set",
        [label],
        [value],
        mode="markers",
        marker={"size": 11, "symbol": "diamond", "color": variable("rule")},
        hoverinfo="skip",
    )


def _core(report: SweepReport, labels: list[str]) -> list[dict[str, Any]]:
    core = report.grid["references"].get(CORE)
    if core is None:
        return []
    name = f"{report.core_label} {format_metric(report.metric.key, core)}"
    return [_line(name, labels, [core] * len(labels), line=series_style(CORE), hoverinfo="skip")]


def _line(name: str, x: list[str], y: Iterable[float | None], **more: Any) -> dict[str, Any]:
    values = short(float("nan") if value is None else value for value in y)
    whole = {"type": "scatter", "mode": "lines", "name": name, "x": [harmless(v) for v in x]}
    return {**whole, "y": values, **more}


def _table(report: SweepReport, profile: Told, along: Told | None, key: str) -> DataTable:
    metric = report.metric.key
    columns = [profile["metric"]] + (
        [] if along is None else [along[name] for name in ("mean", "best", "worst")]
    )
    marks = ["★ " if i == profile["best"] else "" for i in range(len(profile["values"]))]
    rows = [
        [f"{mark}{value_text(value)}", *(format_metric(metric, one) for one in own)]
        for mark, value, *own in zip(marks, profile["values"], *columns, strict=True)
    ]
    names = ("Through the best set", "Mean of all sets", "Best", "Worst")[: len(columns)]
    name = axis_label(profile["axis"])
    return DataTable(
        key,
        f"{report.metric.label} along {name}",
        headings(name, *names),
        plain_rows(rows),
        notes=("The star marks the best set.",),
    )
