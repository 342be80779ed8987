"""How to get the same comparison again."""

from __future__ import annotations

from engine.report.chapters.reproduce import reproduction
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter


def repeat(report: ComparisonReport) -> Chapter:
    """Return the chapter on repeating the comparison."""
    return reproduction(report.stored, None, "streak compare study.yaml")
