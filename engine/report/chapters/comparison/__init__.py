"""The sections of the report of a comparison: one file each, in the order of the registry."""

from __future__ import annotations

from collections.abc import Callable

from engine.report.chapters import chapters_of, document_of
from engine.report.chapters.comparison.correlation import correlation
from engine.report.chapters.comparison.differences import differences
from engine.report.chapters.comparison.figures import figures
from engine.report.chapters.comparison.overlaid import overlaid
from engine.report.chapters.comparison.repeat import repeat
from engine.report.chapters.comparison.verdict import verdict
from engine.report.chapters.comparison.years import years
from engine.report.chapters.definitions import definitions
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter, Document

COMPARISON_CHAPTERS: tuple[Callable[[ComparisonReport], Chapter | None], ...] = (
    verdict,
    figures,
    overlaid,
    differences,
    years,
    correlation,
    repeat,
    definitions,
)
"""Of the report of a comparison."""


def comparison_document(report: ComparisonReport) -> Document:
    """Return the report of a comparison."""
    name = report.stored.name
    return document_of(
        report.manifest, "comparison", name, chapters_of(report, COMPARISON_CHAPTERS)
    )
