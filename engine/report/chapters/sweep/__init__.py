"""The sections of the report of a sweep: one file each, in the order of the registry."""

from __future__ import annotations

from collections.abc import Callable

from engine.report.chapters import chapters_of, document_of
from engine.report.chapters.definitions import definitions
from engine.report.chapters.reproduce import reproduction
from engine.report.chapters.sweep.confirmations import confirmations
from engine.report.chapters.sweep.halves import halves
from engine.report.chapters.sweep.key_figures import key_figures
from engine.report.chapters.sweep.leaders import leaders
from engine.report.chapters.sweep.luck import luck, stability
from engine.report.chapters.sweep.maps import maps
from engine.report.chapters.sweep.neighbours import neighbours
from engine.report.chapters.sweep.spread import spread
from engine.report.chapters.sweep.verdict import verdict
from engine.report.document import Chapter, Document
from engine.report.sweep_report import SweepReport


def reproduce(report: SweepReport) -> Chapter:
    """Return the chapter on repeating the sweep."""
    by = "" if report.metric.key == "sharpe" else f" --by {report.metric.key}"
    command = f"streak sweep study.yaml{by}"
    return reproduction(report.sweep.stored, report.sweep.study_text, command)


SWEEP_CHAPTERS: tuple[Callable[[SweepReport], Chapter | None], ...] = (
    verdict,
    key_figures,
    luck,
    spread,
    maps,
    leaders,
    neighbours,
    stability,
    halves,
    confirmations,
    reproduce,
    definitions,
)
"""Of the report of one sweep."""


def sweep_document(report: SweepReport) -> Document:
    """Return the report of one sweep."""
    name = report.sweep.stored.name
    return document_of(report.manifest, "sweep", name, chapters_of(report, SWEEP_CHAPTERS))
