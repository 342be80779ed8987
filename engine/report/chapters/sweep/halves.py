"""Whether what was good in the first half of history was good in the second."""

from __future__ import annotations

from engine.report.chapters.told import table_of
from engine.report.charts.sweep.cloud import cloud_figure
from engine.report.document import Chapter
from engine.report.grids import halves_section
from engine.report.sweep_report import SweepReport


def halves(report: SweepReport) -> Chapter | None:
    """Return the chapter on both halves of history; None where it is too short to be halved."""
    found = report.grid["halves"]
    if found is None or not found["sets"]:
        return None
    section = halves_section(report.grid, report.core_label)
    table = table_of(section, "halves-table")
    figure = cloud_figure(report)
    return Chapter(
        key="halves",
        title="First half against second half",
        sentences=section.lines,
        blocks=(table,) if figure is None else (figure, table),
        data={name: value for name, value in found.items() if name != "cloud"},
    )
