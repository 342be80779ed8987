"""Whether streaks go on, and how long they last."""

from __future__ import annotations

from dataclasses import asdict

from engine.report.charts.scan.continuation import continuation_figure, survival_figure
from engine.report.document import Chapter
from engine.report.scan_report import ScanReport
from engine.report.streaks import lasting_rows


def lasting(report: ScanReport) -> Chapter | None:
    """Return the chapter on continuation and survival; None where no streak was seen to go on."""
    sides = (
        ("outperformance", 1, report.satellite),
        ("underperformance", -1, report.core),
    )
    every = ((side, lasting_rows(report.found, sign), leader) for side, sign, leader in sides)
    known = [found for found in every if any(row.n for row, _ in found[1])]
    if not known:
        return None
    figures = tuple(
        draw(side, rows, leader)
        for draw in (continuation_figure, survival_figure)
        for side, rows, leader in known
    )
    return Chapter(
        key="lasting",
        title="Does it go on?",
        sentences=(
            "How often a streak of so many sessions went on in the next (Wilson interval), and "
            "how many lasted longer (Kaplan–Meier, the open streak censored). A coin has no "
            "memory: its share is the same at any length.",
        ),
        blocks=figures,
        template="pairs.html",
        data={
            "continuation": [asdict(row) for row in report.found.continuation],
            "survival": [asdict(row) for row in report.found.survival],
            "outlook": asdict(report.found.outlook),
        },
    )
