"""The sections of a report: one file each, in the order of the registry.

A section is a function from the record of what is reported to a :class:`Chapter`, or to None
where it has nothing to say. To add one: write its file, and list it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from engine.report.chapters.definitions import definitions
from engine.report.chapters.equity import equity
from engine.report.chapters.key_figures import key_figures
from engine.report.chapters.luck import luck
from engine.report.chapters.relative import relative
from engine.report.chapters.reproduce import reproduce
from engine.report.chapters.risk import risk
from engine.report.chapters.rotations import rotations
from engine.report.chapters.verdict import verdict
from engine.report.document import Chapter, Document, Kind
from engine.report.run_report import RunReport

R = TypeVar("R")

RUN_CHAPTERS: tuple[Callable[[RunReport], Chapter | None], ...] = (
    verdict,
    key_figures,
    luck,
    equity,
    relative,
    risk,
    rotations,
    reproduce,
    definitions,
)
"""Of the report of one run."""


def chapters_of(
    report: R, registry: Sequence[Callable[[R], Chapter | None]]
) -> tuple[Chapter, ...]:
    """Return the chapters of a registry that have something to say of a report."""
    made = (chapter(report) for chapter in registry)
    return tuple(chapter for chapter in made if chapter is not None)


def document_of(
    manifest: Mapping[str, Any], kind: Kind, name: str, chapters: tuple[Chapter, ...]
) -> Document:
    """Return the report of a result, titled by its study."""
    return Document(
        title=str(manifest["study"]),
        subtitle=str((manifest.get("config") or {}).get("description") or ""),
        kind=kind,
        name=name,
        simulated=bool(manifest["simulated"]),
        chapters=chapters,
    )


def run_document(report: RunReport) -> Document:
    """Return the report of one run."""
    name = report.run.stored.name
    return document_of(report.manifest, "run", name, chapters_of(report, RUN_CHAPTERS))
