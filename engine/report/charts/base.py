"""What all charts share: short numbers, one layout, lines in the colours of their series."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.report.theme import colour_of, variable

if TYPE_CHECKING:
    import plotly.graph_objects as go

SIGNIFICANT = 6
"""Digits of a drawn number: finer than any screen, short in the file."""

WIDE = 4.0
"""Span of a logarithmic axis (highest / lowest) from which on 1-2-5 ticks suffice."""

FEW = 10
"""Days below which an axis of time names its ends only."""
DAY = 86_400_000
"""Milliseconds of a day, in which plotly counts."""

DASHES = {"rule": "solid", "core": "solid", "satellite": "solid", "50/50": "dot"}


LEGEND: Mapping[str, Any] = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "y": 1.02,
    "yanchor": "bottom",
    "font": {"color": variable("text")},
}
"""Above the chart, where it hides nothing."""


def short(values: Iterable[float], digits: int = SIGNIFICANT) -> list[float | None]:
    """Return values with so many significant digits; what is undefined is None: a gap."""
    return [float(f"{v:.{digits}g}") if math.isfinite(v) else None for v in values]


def line(
    series: str, name: str, x: Sequence[Any], y: Iterable[float], **more: Any
) -> dict[str, Any]:
    """Return a trace: the line of a series in its colour; the rule's is the strongest."""
    style = {
        "color": variable(colour_of(series)),
        "width": 2.2 if series == "rule" else 1.3,
        "dash": DASHES.get(series, "solid"),
    }
    whole: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": short(y),
        "line": style,
    }
    return {**whole, **more}


def harmless(text: str) -> str:
    """Return text in which plotly finds no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def log_ticks(lowest: float, highest: float) -> dict[str, Any]:
    """Return ticks at 1, 2 and 5 times powers of ten; the library's own where these are few."""
    if not 0.0 < lowest < highest or highest / lowest < WIDE:
        return {"nticks": 8}
    powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(highest)) + 1)
    ticks = (step * 10.0**power for power in powers for step in (1, 2, 5))
    return {"tickvals": [tick for tick in ticks if lowest * 0.9 <= tick <= highest * 1.1]}


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """Return an axis as all charts have it: quiet lines, no box."""
    plain: dict[str, Any] = {
        "title": {"text": title, "standoff": 8},
        "gridcolor": variable("line"),
        "linecolor": variable("line"),
        "zerolinecolor": variable("line"),
        "tickcolor": variable("line"),
        "automargin": True,
    }
    return {**plain, **more}


def time_axis(dates: Sequence[str], **more: Any) -> dict[str, Any]:
    """Return an axis of time over ISO dates: all of them, and never parts of a session."""
    days = dt.date.fromisoformat(dates[-1]) - dt.date.fromisoformat(dates[0])
    few: dict[str, Any] = (
        {"tickformat": "%Y-%m-%d", "dtick": DAY * max(days.days, 1)} if days.days < FEW else {}
    )
    return axis(
        type="date",
        hoverformat="%Y-%m-%d",
        showgrid=False,
        range=[dates[0], dates[-1]],
        **few,
        **more,
    )


def plotted(
    traces: Sequence[Mapping[str, Any]], axes: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """Return traces and axes as a figure for plotly.js; plotly checks every name and value."""
    import plotly.graph_objects as go

    layout: dict[str, Any] = {
        "template": {},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": variable("muted")},
        "margin": {"l": 56, "r": 16, "t": 8, "b": 36},
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": variable("surface"),
            "bordercolor": variable("line"),
            "font": {"color": variable("text")},
        },
        "legend": LEGEND,
        "dragmode": "zoom",
        **axes,
        **more,
    }
    figure: go.Figure = go.Figure(data=list(traces), layout=layout)
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain
