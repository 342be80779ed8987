"""Calendar years: each rule's return less the core's, coloured."""

from __future__ import annotations

import math

from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter, DataTable, Heading, TableCell
from engine.report.format import UNDEFINED, format_number

FULL_HEAT = 0.15
"""Yearly difference (fraction) from which on a cell has the full colour."""


def years(report: ComparisonReport) -> Chapter | None:
    """Return the chapter of calendar years; None without the core to compare them with."""
    if report.core is None:
        return None
    active = report.sheet.active_yearly
    core = report.sheet.yearly[report.core]
    rows = tuple(
        (
            Heading(str(year)),
            (_plain(float(core[i])), *(_active(float(values[i])) for values in active.values())),
        )
        for i, year in enumerate(report.sheet.years.tolist())
    )
    heads = (
        Heading("Year"),
        Heading(report.core, "its own return", colour=report.styles[report.core][0]),
        *(Heading(label, colour=report.styles[label][0]) for label in active),
    )
    return Chapter(
        key="years",
        title="Calendar years",
        sentences=(
            f"Return of {report.core}, and how far each row was above or below it, in percent. "
            "The first and the last year may be incomplete.",
        ),
        blocks=(DataTable("active-years", "Active return by year", heads, rows, sortable=True),),
        data={
            "years": report.sheet.years,
            "core": core,
            "active": dict(active),
        },
    )


def _plain(value: float) -> TableCell:
    if not math.isfinite(value):
        return TableCell(UNDEFINED)
    return TableCell(format_number(value * 100.0, 1), value)


def _active(value: float) -> TableCell:
    if not math.isfinite(value):
        return TableCell(UNDEFINED)
    heat = round(max(-1.0, min(1.0, value / FULL_HEAT)), 2)
    return TableCell(format_number(value * 100.0, 1), value, heat=heat)
