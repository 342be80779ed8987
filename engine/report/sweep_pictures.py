"""The main charts of a sweep as PNG and SVG, for documents; see :mod:`engine.report.drawing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.evaluation.definitions import Metric, find_metric
from engine.evaluation.grid_study import Map
from engine.report.charts.sweep.base import value_text
from engine.report.charts.sweep.cloud import has_cloud
from engine.report.charts.sweep.maps import colour_reach, colours, has_middle, lying, pair_name
from engine.report.drawing import literal, panes, written
from engine.report.format import format_value, is_defined
from engine.report.grids import bin_text
from engine.report.labels import axis_label
from engine.report.sweep_report import CORE, OWN, WINNER, SweepReport
from engine.report.theme import LIGHT, colour_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (9.0, 4.2)
"""Inches."""
MANY = 25
"""Labels of an axis beyond which only some are written."""


def sweep_pictures(report: SweepReport) -> dict[str, bytes]:
    """Return the pictures of a sweep by file name: each as PNG and as SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    drawn = {"spread": _spread, "map": _map, "halves": _halves, "luck": _luck}
    return written(drawn, report, report.manifest)


def _spread(report: SweepReport) -> Figure | None:
    spread, metric = report.grid["spread"], report.metric
    edges, counts = np.array(spread["edges"]), np.array(spread["counts"])
    if len(counts) < 2:
        return None
    figure, (axes,) = panes([1.0], SIZE)
    axes.bar(
        edges[:-1], counts, np.diff(edges) * 0.94, align="edge", color=LIGHT["cash"], alpha=0.5
    )
    for series, metrics in report.metrics.items():
        value = metrics.get(metric.key)
        if value is not None and is_defined(value):
            axes.axvline(
                value,
                color=_colour(series),
                linestyle="--" if series == OWN else "-",
                linewidth=1.8 if series == WINNER else 1.2,
                label=literal(f"{report.label(series)} {value_text(metric, value)}"),
            )
    axes.set_title(f"{metric.label} over {spread['sets'] - spread['undefined']:,} sets")
    axes.xaxis.set_major_formatter(_formatter(report.metric))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper left")
    return figure


def _colour(series: str) -> str:
    return LIGHT[{WINNER: "rule", OWN: "text"}.get(series, colour_of(series))]


def _map(report: SweepReport) -> Figure | None:
    """Return the heat map of the pair of axes that matters most."""
    if not report.maps:
        return None
    one = lying(report.maps[0])
    figure, (axes,) = panes([1.0], SIZE)
    low, _, high = colour_reach(report, report.maps)
    image = axes.imshow(
        one.mean.T,
        cmap=_colour_map(report),
        vmin=low,
        vmax=high,
        origin="lower",
        aspect="auto",
    )
    figure.colorbar(image, ax=axes, format=_formatter(report.metric))
    for number, axis in enumerate((axes.xaxis, axes.yaxis)):
        _label(axis, one, number)
    axes.grid(visible=False)
    better = f"; blue: better than {report.core_label}" if has_middle(report) else ""
    axes.set_title(literal(f"Mean {report.metric.label}, {pair_name(report.maps[0])}{better}"))
    return figure


def _label(axis: Any, one: Map, number: int) -> None:
    texts = [literal(bin_text(*ends)) for ends in one.values[number]]
    every = -(-len(texts) // MANY)
    axis.set_ticks(range(0, len(texts), every), texts[::every])
    axis.set_label_text(literal(axis_label(one.axes[number])))


def _colour_map(report: SweepReport) -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("theme", [LIGHT[name] for name in colours(report)])


def _halves(report: SweepReport) -> Figure | None:
    if not has_cloud(report):
        return None
    halves = report.grid["halves"]
    cloud = halves["cloud"]
    figure, (axes,) = panes([1.0], SIZE)
    counts = np.array(cloud["counts"], dtype=np.float64).T
    axes.pcolormesh(
        cloud["first_edges"],
        cloud["second_edges"],
        np.log10(np.where(counts > 0, counts + 1.0, np.nan)),
        cmap="Greys",
        vmin=0.0,
        vmax=1.6 * float(np.log10(counts.max() + 1.0)),
    )
    _mark(axes, halves["leaders"], "o", "rule", "best of all of history")
    if halves["first_winner"]:
        _mark(axes, [halves["first_winner"]], "D", "warning", "best of the first half")
    x, y = (halves[f"{half}_references"].get(CORE) for half in ("first", "second"))
    if x is not None and y is not None:
        axes.axvline(x, color=LIGHT["core"], linewidth=1.0)
        axes.axhline(y, color=LIGHT["core"], linewidth=1.0, label=literal(report.core_label))
    axes.set_xlabel(f"{report.metric.label} before {halves['second_start']}")
    axes.set_ylabel("after it")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_formatter(report.metric))
    axes.use_sticky_edges = False
    axes.margins(0.03)
    axes.set_title(f"{report.metric.label} in both halves of history")
    axes.legend(loc="best")
    return figure


def _luck(report: SweepReport) -> Figure | None:
    """Return the winners of the first search without an edge, beside ours."""
    told = {} if report.evidence is None else report.evidence.told
    search = next(iter(told.get("searches", ())), None)
    if search is None or len(search["histogram"]["counts"]) < 2 or search["own"] is None:
        return None
    metric = find_metric(told["metric"])
    edges, counts = search["histogram"]["edges"], search["histogram"]["counts"]
    figure, (axes,) = panes([1.0], SIZE)
    axes.bar(
        edges[:-1], counts, np.diff(edges) * 0.94, align="edge", color=LIGHT["cash"], alpha=0.5
    )
    p_value = format_value(search["p_value"], "ratio")
    ours = f"our winner {value_text(metric, search['own'])}, p {p_value}"
    axes.axvline(search["own"], color=LIGHT["rule"], linewidth=1.8, label=ours)
    axes.set_title(f"Winners on {search['histories']:,} histories without an edge")
    axes.set_xlabel(metric.label)
    axes.xaxis.set_major_formatter(_formatter(metric))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper right")
    return figure


def _mark(axes: Axes, sets: Any, marker: str, colour: str, label: str) -> None:
    known = [one for one in sets if one["first"] is not None and one["second"] is not None]
    axes.scatter(
        [one["first"] for one in known],
        [one["second"] for one in known],
        marker=marker,
        s=28,
        color=LIGHT[colour],
        edgecolors=LIGHT["background"],
        zorder=4,
        label=label,
    )


def _formatter(metric: Metric) -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: value_text(metric, value))
