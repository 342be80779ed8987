"""The sections of the report of a walk-forward: one file each, in the order of the registry."""

from __future__ import annotations

from collections.abc import Callable

from engine.report.chapters import chapters_of, document_of
from engine.report.chapters.definitions import definitions
from engine.report.chapters.reproduce import reproduction
from engine.report.chapters.walk_forward.folds import drift, folds, scenarios
from engine.report.chapters.walk_forward.key_figures import equity, key_figures
from engine.report.chapters.walk_forward.verdict import verdict
from engine.report.document import Chapter, Document
from engine.report.walk_forward_report import WalkForwardReport


def reproduce(report: WalkForwardReport) -> Chapter:
    """Return the chapter on repeating the walk-forward."""
    walk = report.walk
    return reproduction(walk.stored, walk.study_text, "streak walk-forward study.yaml")


WALK_FORWARD_CHAPTERS: tuple[Callable[[WalkForwardReport], Chapter | None], ...] = (
    verdict,
    key_figures,
    equity,
    folds,
    drift,
    scenarios,
    reproduce,
    definitions,
)
"""Of the report of one walk-forward."""


def walk_forward_document(report: WalkForwardReport) -> Document:
    """Return the report of one walk-forward."""
    name = report.walk.stored.name
    return document_of(
        report.manifest, "walk-forward", name, chapters_of(report, WALK_FORWARD_CHAPTERS)
    )
