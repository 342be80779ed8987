"""Analogues: past streaks overlaid on one another and on the one under way."""

from __future__ import annotations

from engine.report.charts.scan.analogues import LINES, analogues_figure, line_name
from engine.report.document import Chapter, Selection
from engine.report.scan_report import ScanReport
from engine.report.streaks import REBASED


def past(report: ScanReport) -> Chapter | None:
    """Return the chapter of analogues; None where there is no streak."""
    found = report.found.analogues
    if not found:
        return None
    options = tuple((line_name(report, line), analogues_figure(report, line)) for line in LINES)
    return Chapter(
        key="analogues",
        title="Analogues",
        sentences=(f"{REBASED} A handful of streaks is an illustration, not evidence.",),
        blocks=(Selection("analogue-lines", "Show", options),),
        data={
            "analogues": [
                {
                    "start": analogue.streak.start,
                    "end": analogue.streak.end,
                    "length": analogue.streak.length,
                    "open": analogue.streak.open,
                    "offsets": analogue.offsets,
                    "relative": analogue.relative,
                    "satellite": analogue.satellite,
                    "core": analogue.core,
                }
                for analogue in found
            ]
        },
    )
