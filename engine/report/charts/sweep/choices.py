"""What CSCV chose: its ratio in the half it was chosen in against that in the other half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.report.charts.base import axis, plotted, short
from engine.report.charts.sweep.base import beyond
from engine.report.charts.sweep.density import density, quarters_table, spreads
from engine.report.document import Figure
from engine.report.format import format_number, format_value
from engine.report.theme import variable

Told = Mapping[str, Any]

_NAMES = {"excess": "Sharpe", "active": "Information ratio"}


def degradation_figure(told: Told) -> Figure | None:
    """Return the ratio of the choices, inside across and outside upward.

    None where nothing was chosen, or all choices are alike.
    """
    found = told["overfitting"]
    cloud = None if found is None else found.get("cloud")
    if cloud is None or not spreads(cloud):
        return None
    name, slope = _NAMES[found["basis"]], format_value(found["slope"], "ratio")
    ways, strays = found["combinations"] - found["undefined"], cloud["outside"]
    inside, outside = cloud["first_edges"], cloud["second_edges"]
    reach = [min(inside[0], outside[0]), max(inside[-1], outside[-1])]
    left_out = f" Left out at the edges: {strays:,} of the ways." if strays else ""
    return Figure(
        key="degradation",
        title=f"{name} in the chosen half against the other half",
        alternative=(
            f"Density of {ways:,} ways to choose half of the sessions by the annual {name} of the "
            "strategy that was best there, across, and by its ratio in the other half, upward; "
            f"the fitted line has slope {slope}, and {format_value(found['loss'], 'fraction')} of "
            "them are below 0 outside."
        ),
        plot=plotted(
            [
                density(cloud, "chosen half", "other half", "ways", ".3f"),
                _line("as good in the other half", inside, inside, "muted", "dot"),
                *_fitted(found, inside),
            ],
            {
                "xaxis": axis(f"{name}, chosen half", tickformat=".3~g", showgrid=False, nticks=7),
                "yaxis": axis(
                    f"{name}, other half", tickformat=".3~g", showgrid=False, range=beyond(reach)
                ),
            },
            hovermode="closest",
        ),
        table=quarters_table(
            "degradation-table",
            "Where the choices of each quarter were in the other half",
            cloud,
            "of the chosen half",
            "of the other",
            "Quarters of the ways by ratio. 25 % throughout: a better choice is no better outside.",
        ),
        height=420,
        note="Below the dotted line the other half kept less than the choice promised. The halves "
        f"share one history, so that what is high in one tends to be low in the other.{left_out}",
    )


def _fitted(found: Told, inside: Sequence[float]) -> list[dict[str, Any]]:
    slope, intercept = found["slope"], found["intercept"]
    if slope is None or intercept is None:
        return []
    heights = [intercept + slope * x for x in (inside[0], inside[-1])]
    name = f"fitted, slope {format_number(slope, 2)}"
    return [_line(name, inside, heights, "rule", "solid")]


def _line(
    name: str, x: Sequence[float], y: Sequence[float], colour: str, dash: str
) -> dict[str, Any]:
    """Return a straight line from the first to the last of some points."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": short([x[0], x[-1]]),
        "y": short([y[0], y[-1]]),
        "line": {"color": variable(colour), "width": 1.6, "dash": dash},
        "hoverinfo": "skip",
    }
