"""Plateau or spike: how the sets beside the best ones did."""

from __future__ import annotations

from engine.report.chapters.told import table_of
from engine.report.charts.sweep.profiles import profile_figure
from engine.report.document import Chapter, selection
from engine.report.grids import neighbours_section
from engine.report.labels import axis_label
from engine.report.sweep_report import SweepReport


def neighbours(report: SweepReport) -> Chapter | None:
    """Return the chapter on neighbourhoods; None where no set has any."""
    found = report.grid["neighbourhoods"]
    if not found or not report.axes or not any(one["steps"]["sets"] for one in found):
        return None
    section = neighbours_section(report.grid, report.core_label)
    profiles = [
        (axis_label(one["axis"]), profile_figure(report, number))
        for number, one in enumerate(report.grid["profiles"])
        if len(one["values"]) > 1
    ]
    chosen = selection("profiles-choice", "Axis", profiles)
    return Chapter(
        key="neighbours",
        title="Plateau or spike",
        sentences=section.lines,
        blocks=(*chosen, table_of(section, "neighbours-table")),
        data={"neighbourhoods": found, "profiles": report.grid["profiles"]},
    )
