"""Every fold: what it chose, how that did afterwards, and how much the choices move."""

from __future__ import annotations

from engine.report.chapters.told import table_of
from engine.report.charts.walk_forward import choices_figure
from engine.report.document import Chapter
from engine.report.walk_forward_report import WalkForwardReport
from engine.report.walk_forwards import (
    choices_section,
    drift_section,
    outcomes_section,
    scenarios_section,
)


def folds(report: WalkForwardReport) -> Chapter:
    """Return the chapter on in-sample against out-of-sample, fold by fold."""
    outcomes = outcomes_section(report.told, report.core_label)
    choices = choices_section(report.told)
    table = table_of(outcomes, "outcomes")
    figure = choices_figure(report, table)
    return Chapter(
        key="folds",
        title="In sample against out of sample",
        sentences=(*outcomes.lines, *choices.lines),
        blocks=(table if figure is None else figure, table_of(choices, "folds-table")),
        data={"summary": report.told["summary"], "folds": report.folds},
    )


def drift(report: WalkForwardReport) -> Chapter | None:
    """Return the chapter on how much the choices move; None where nothing was swept."""
    section = drift_section(report.told)
    if not section.rows:
        return None
    return Chapter(
        key="drift",
        title=section.title,
        sentences=section.lines,
        blocks=(table_of(section, "drift-table"),),
        data={"drift": report.told["drift"]},
    )


def scenarios(report: WalkForwardReport) -> Chapter | None:
    """Return the chapter on other costs, fills and prices; None where none are swept."""
    if not report.told["scenarios"]:
        return None
    section = scenarios_section(report.told)
    return Chapter(
        key="scenarios",
        title=section.title,
        sentences=section.lines,
        blocks=(table_of(section, "scenarios-table"),),
        data={"scenarios": report.told["scenarios"]},
    )
