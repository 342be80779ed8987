"""The main charts of a walk-forward as PNG and SVG; see :mod:`engine.report.drawing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.report.drawing import literal, panes, thousands, written
from engine.report.theme import LIGHT, colour_of
from engine.report.walk_forward_report import WalkForwardReport
from engine.store.walk_forward_reading import RULE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLES = {"own": ("text", "--"), "hindsight": ("warning", ":")}


def walk_forward_pictures(report: WalkForwardReport) -> dict[str, bytes]:
    """Return the pictures of a walk-forward by file name: each as PNG and as SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    return written({"equity": _equity, "choices": _choices}, report, report.manifest)


def _equity(report: WalkForwardReport) -> Figure:
    figure, (axes,) = panes([1.0], (9.0, 4.6))
    for series, equity in report.walk.equities.items():
        colour, dash = _STYLES.get(series, (colour_of(series), "-"))
        axes.plot(
            report.walk.sessions,
            equity,
            color=LIGHT[colour],
            linestyle=dash,
            linewidth=1.8 if series == RULE else 1.0,
            zorder=3 if series == RULE else 2,
            label=literal(report.label(series)),
        )
    for start in report.beginnings:
        at: Any = np.datetime64(start)  # matplotlib counts in days
        axes.axvline(at, color=LIGHT["line"], linewidth=0.8, zorder=1)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(thousands())
    axes.yaxis.set_minor_formatter(thousands())
    axes.grid(visible=False, axis="x")
    axes.set_xlim(report.walk.sessions[0], report.walk.sessions[-1])
    axes.set_title("Equity out of sample, log scale; lines: a new choice")
    axes.legend(ncols=3, loc="upper left", fontsize=7)
    return figure


def _choices(report: WalkForwardReport) -> Figure | None:
    if not report.sides:
        return None
    figure, (axes,) = panes([1.0], (9.0, 4.6))  # as wide as what is said beneath
    _, x, y = zip(*report.sides, strict=True)
    ends = [min(*x, *y), max(*x, *y)]
    axes.plot(ends, ends, color=LIGHT["muted"], linestyle=":", linewidth=1.0)
    axes.plot(x, y, "o", color=LIGHT["rule"])
    axes.set_xlabel(literal(f"{report.metric.label}, training"))
    axes.set_ylabel(literal(f"{report.metric.label}, test"))
    axes.set_title("Every choice, in sample and out; dotted: as good")
    return figure
