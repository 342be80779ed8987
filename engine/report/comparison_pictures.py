"""The main charts of a comparison as PNG and SVG; see :mod:`engine.report.drawing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.report.comparison_report import ComparisonReport
from engine.report.drawing import literal, panes, thousands, written
from engine.report.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLES = {"solid": "-", "dash": "--", "dot": ":"}
_LINE = 0.36
"""Height of a rule's line in the chart of differences, in inches."""


def comparison_pictures(report: ComparisonReport) -> dict[str, bytes]:
    """Return the pictures of a comparison by file name: each as PNG and as SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    return written({"equity": _equity, "differences": _differences}, report, report.manifest)


def _equity(report: ComparisonReport) -> Figure:
    figure, (top, *rest) = panes([3.0, 2.0] if report.core else [1.0], (9.0, 6.2))
    sessions, rules = report.comparison.sessions, {row.label for row in report.rules}
    shown = [(top, {row.label: row.equity for row in report.rows})]
    shown += [(axes, report.sheet.relative) for axes in rest]
    for axes, lines in shown:
        for label, values in lines.items():
            colour, dash = report.styles[label]
            axes.plot(
                sessions,
                values,
                color=LIGHT[colour],
                linestyle=_STYLES[dash],
                linewidth=1.1,
                zorder=3 if label in rules else 2,
                label=literal(label),
            )
    top.set_yscale("log")
    top.yaxis.set_major_formatter(thousands())
    top.yaxis.set_minor_formatter(thousands())
    for axes in rest:
        axes.set_ylabel(literal(f"over {report.core}"))
    top.set_xlim(sessions[0], sessions[-1])
    top.set_title("Equity, log scale")
    top.legend(ncols=3, loc="upper left", fontsize=7)
    return figure


def _differences(report: ComparisonReport) -> Figure | None:
    found = [
        pair
        for pair in report.tests.differences
        if pair.other == report.core and not np.isnan(pair.cagr.low)
    ]
    if not found:
        return None
    figure, (axes,) = panes([1.0], (9.0, 1.4 + _LINE * len(found)))
    for place, pair in enumerate(found):
        low, middle, high = (v * 100.0 for v in (pair.cagr.low, pair.cagr.estimate, pair.cagr.high))
        colour = LIGHT[report.styles[pair.one][0]]
        axes.plot([low, high], [place, place], color=LIGHT["muted"], linewidth=1.2)
        axes.plot([middle], [place], "o", color=colour)
    axes.axvline(0.0, color=LIGHT["muted"], linewidth=0.8)
    axes.set_yticks(range(len(found)), [literal(pair.one) for pair in found])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_title(literal(f"CAGR less that of {report.core}, percentage points, 95 % intervals"))
    return figure
