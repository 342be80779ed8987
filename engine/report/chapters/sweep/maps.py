"""Heat maps over pairs of axes, of which the reader chooses one."""

from __future__ import annotations

import numpy as np

from engine.evaluation.grid_study import Map
from engine.report.chapters.told import table_of
from engine.report.charts.sweep.maps import colour_reach, has_middle, map_figure, pair_name
from engine.report.document import Block, Chapter, selection
from engine.report.format import format_value
from engine.report.grids import axes_section
from engine.report.sweep_report import CORE, SweepReport

MOST_CELLS = 40_000
"""Cells of all maps that are drawn: a page stays small however many axes there are."""


def maps(report: SweepReport) -> Chapter | None:
    """Return the chapter of heat maps; None without axes."""
    if not report.axes:
        return None
    section = axes_section(report.grid)
    drawn = _affordable(report.maps)
    return Chapter(
        key="maps",
        title="What matters in the grid",
        sentences=(*section.lines, *_sentences(report, drawn)),
        blocks=(table_of(section, "axes"), *_pairs(report, drawn)),
        data={
            "along": report.grid["along"],
            "pairs": [_told(one) for one in report.maps],
        },
    )


def _pairs(report: SweepReport, drawn: tuple[Map, ...]) -> tuple[Block, ...]:
    if not drawn:
        return ()
    reach = colour_reach(report, drawn)
    figures = [
        (pair_name(one), map_figure(report, one, reach, f"map-{number}"))
        for number, one in enumerate(drawn, start=1)
    ]
    return selection("maps-choice", "Pair of axes", figures)


def _affordable(ordered: tuple[Map, ...]) -> tuple[Map, ...]:
    """Return the first maps whose cells are not too many together, one at least."""
    known = tuple(one for one in ordered if np.isfinite(one.mean).any())
    cells = np.cumsum([one.mean.size for one in known])
    return known[: max(int((cells <= MOST_CELLS).sum()), 1)]


def _sentences(report: SweepReport, drawn: tuple[Map, ...]) -> tuple[str, ...]:
    if not drawn:
        return ()
    metric = report.metric
    core = format_value(report.grid["references"].get(CORE), metric.unit)
    colours = (
        f"Blue cells are better than {report.core_label} ({core}), red ones worse; a good region "
        "is wide and smooth, a lucky cell stands alone."
        if has_middle(report)
        else "A region is wide and smooth where it means something; a lucky cell stands alone."
    )
    every = len(report.maps)
    left_out = (
        (
            f"Drawn are {len(drawn):,} of {every:,} pairs, those that matter most; heatmap.csv in "
            "the result's folder holds them all.",
        )
        if len(drawn) < every
        else ()
    )
    return (
        f"Over each pair of axes below: the mean of {metric.label} over all values of the other "
        f"axes, pairs that matter most first. {colours}",
        *left_out,
    )


def _told(one: Map) -> dict[str, object]:
    """Return a pair for machines: its highest and its lowest mean, at which bins of its axes."""
    known = np.flatnonzero(np.isfinite(one.mean))
    ends: dict[str, object] = {}
    for name, choose in (("highest", np.argmax), ("lowest", np.argmin)):
        if len(known):
            at = np.unravel_index(known[choose(one.mean.ravel()[known])], one.mean.shape)
            ends[name] = {
                "mean": float(one.mean[at]),
                "at": [list(one.values[k][i]) for k, i in enumerate(at)],
            }
    return {"axes": list(one.axes), "range_of_means": one.range_of_means, **ends}
