"""The sections of the report of a streak study: one file each, in the order of the registry."""

from __future__ import annotations

from collections.abc import Callable

from engine.report.chapters import chapters_of, document_of
from engine.report.chapters.scan.anatomy import anatomy
from engine.report.chapters.scan.claims import claims
from engine.report.chapters.scan.followed import followed
from engine.report.chapters.scan.lasting import lasting
from engine.report.chapters.scan.past import past
from engine.report.chapters.scan.rarity import rarity
from engine.report.chapters.scan.repeat import repeat
from engine.report.chapters.scan.streaks import streaks
from engine.report.chapters.scan.verdict import verdict
from engine.report.document import Chapter, Document
from engine.report.scan_report import ScanReport

SCAN_CHAPTERS: tuple[Callable[[ScanReport], Chapter | None], ...] = (
    verdict,
    streaks,
    rarity,
    lasting,
    followed,
    past,
    anatomy,
    claims,
    repeat,
)
"""Of the report of a streak study."""


def scan_document(report: ScanReport) -> Document:
    """Return the report of a streak study."""
    name = report.stored.name
    return document_of(report.manifest, "scan", name, chapters_of(report, SCAN_CHAPTERS))
