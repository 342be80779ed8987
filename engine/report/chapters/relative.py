"""Satellite against core: the line the rule trades on, with its streaks and rotations."""

from __future__ import annotations

from engine.report.charts.relative import relative_figure
from engine.report.document import Chapter
from engine.report.run_report import RunReport


def relative(report: RunReport) -> Chapter | None:
    """Return the chapter of the relative line; None where prices were not stored."""
    figure = relative_figure(report)
    if figure is None:
        return None
    core, satellite = report.core_symbol, report.satellite_symbol
    ahead = [span for span in report.spans if span.length > 0]
    behind = len(report.spans) - len(ahead)
    return Chapter(
        key="relative",
        title=f"{satellite} against {core}",
        sentences=(
            f"{satellite} beat {core} in five or more sessions in a row {len(ahead):,} times, and "
            f"trailed it so long {behind:,} times.",
        ),
        blocks=(figure,),
        data={
            "long_streaks": [
                {
                    "first": report.dates[span.first],
                    "last": report.dates[span.last],
                    "length": span.length,
                }
                for span in report.spans
            ]
        },
    )
