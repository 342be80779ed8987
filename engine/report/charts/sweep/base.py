"""What the charts of a sweep share: how its metric is written, and what its series look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from engine.evaluation.definitions import Metric
from engine.report.charts.base import DASHES, axis, harmless, short
from engine.report.format import format_value
from engine.report.sweep_report import OWN, WINNER
from engine.report.theme import colour_of, variable

MARGIN = 0.015
"""Of the width of a chart, on either side."""

_TICKS = {"fraction": ".2~%", "ratio": ".3~g", "currency": ",.0f"}
_VALUES = {"fraction": ".2%", "ratio": ".3f", "currency": ",.0f", "count": ",.0f"}


def metric_axis(metric: Metric, **more: Any) -> dict[str, Any]:
    """Return an axis of values of a metric."""
    given = {"title": metric.label, "tickformat": tick_format(metric), **more}
    return axis(given.pop("title"), **given)


def tick_format(metric: Metric) -> str:
    """Return how ticks of a metric are written, for plotly."""
    return _TICKS.get(metric.unit, ".3~g")


def value_format(metric: Metric) -> str:
    """Return how a value of a metric is written on hover, for plotly."""
    return _VALUES.get(metric.unit, ".1f")


def series_style(series: str) -> dict[str, Any]:
    """Return the line of a series: the best set in the rule's colour, the strongest."""
    if series == WINNER:
        return {"color": variable("rule"), "width": 2.4, "dash": "solid"}
    if series == OWN:
        return {"color": variable("text"), "width": 1.6, "dash": "dash"}
    dash = DASHES.get(series, "solid")
    return {"color": variable(colour_of(series)), "width": 1.6, "dash": dash}


def histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    colour: str,
    shown: str,
    unit: str,
    name: str = "",
) -> dict[str, Any]:
    """Return the bars of a histogram.

    `shown` is how edges are written on hover, for plotly; `unit` names what is counted; `name` is
    for the legend, without one they are not in it.
    """
    return {
        "type": "bar",
        "name": name,
        "x": short((a + b) / 2.0 for a, b in pairwise(edges)),
        "y": list(counts),
        "customdata": [short(pair) for pair in pairwise(edges)],
        "marker": {"color": variable(colour), "opacity": 0.6, "line": {"width": 0}},
        "hovertemplate": f"%{{customdata[0]:{shown}}} to %{{customdata[1]:{shown}}}: "
        f"%{{y:,}} {unit}<extra></extra>",
        "showlegend": bool(name),
    }


def mark(said: str, value: float, top: float, style: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line from bottom to top; what it is stands in the legend, where none overlap."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": said,
        "x": [value, value],
        "y": [0, top],
        "line": dict(style),
        "hovertemplate": f"{said}<extra></extra>",
    }


def brief(name: str, most: int = 28) -> str:
    """Return a name for a chart: harmless, and no longer than there is room for."""
    return harmless(name if len(name) <= most else f"{name[: most - 1]}…")


def beyond(values: Sequence[float]) -> list[float]:
    """Return where an axis begins and ends so that no bar and no mark at its ends is cut."""
    margin = (max(values) - min(values)) * MARGIN
    return [min(values) - margin, max(values) + margin]


def value_text(metric: Metric, value: float) -> str:
    """Return a value of a metric for readers."""
    return format_value(value, metric.unit)
