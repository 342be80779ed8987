"""Anatomy of one streak: which other assets won and which lost."""

from __future__ import annotations

from dataclasses import asdict

from engine.report.charts.scan.anatomy import anatomy_figure
from engine.report.columns import data_table
from engine.report.document import Chapter
from engine.report.format import format_value
from engine.report.scan_report import ScanReport
from engine.report.streak_columns import mover_columns
from engine.report.streaks import span


def anatomy(report: ScanReport) -> Chapter | None:
    """Return the chapter of winners and losers; None where no other asset was named."""
    streak, movers = report.found.dissected, report.found.anatomy
    if streak is None or not movers:
        return None
    drawn = anatomy_figure(report)
    columns = mover_columns(report.core)
    return Chapter(
        key="anatomy",
        title="Anatomy: winners and losers",
        sentences=(
            f"The streak of {span(streak)}, {streak.length} sessions: {report.satellite} "
            f"{format_value(streak.satellite_return, 'fraction')}, {report.core} "
            f"{format_value(streak.core_return, 'fraction')}, {streak.character.tag}.",
            *(f"{mover.symbol}: {mover.problem}." for mover in movers if mover.problem),
        ),
        blocks=(drawn or data_table("movers", "Winners and losers", columns, movers),),
        data={"streak": streak.as_row(), "movers": [asdict(mover) for mover in movers]},
    )
