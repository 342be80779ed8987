"""All sets: how the metric is spread over the grid."""

from __future__ import annotations

from engine.report.chapters.told import table_of
from engine.report.charts.sweep.spread import spread_figure
from engine.report.document import Block, Chapter
from engine.report.grids import spread_section
from engine.report.sweep_report import SweepReport


def spread(report: SweepReport) -> Chapter:
    """Return the chapter on how the metric is spread over all sets."""
    section = spread_section(report.grid, report.core_label)
    figure = spread_figure(report)
    found = report.grid["spread"]
    if found["sets"] == found["undefined"]:
        lines: tuple[str, ...] = (f"{report.metric.label} is undefined for every set.",)
        blocks: tuple[Block, ...] = ()
    else:
        lines = section.lines
        blocks = (table_of(section, "spread-table") if figure is None else figure,)
    return Chapter(
        key="all-sets",
        title="All sets",
        sentences=lines,
        blocks=blocks,
        data={
            "metric": report.metric.key,
            "paths": report.grid["paths"],
            "paths_error": report.grid["paths_error"],
            "references": report.grid["references"],
            **found,
        },
    )
