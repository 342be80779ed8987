"""How much of this is luck, and what depends on choices: from stored evidence on the sweep."""

from __future__ import annotations

from dataclasses import replace

from engine.report.chapters.told import table_of
from engine.report.charts.sweep.choices import degradation_figure
from engine.report.charts.sweep.luck import choices_figure, winners_figure
from engine.report.charts.walk_forward import Wealth, wealth_figure
from engine.report.document import Block, Chapter, DataTable, Figure, selection
from engine.report.search_evidence import (
    Told,
    alone_section,
    deflated_section,
    overfitting_section,
    searches_section,
    superiority_section,
    verdict_section,
)
from engine.report.stability import stability_sections
from engine.report.sweep_report import Luck, SweepReport
from engine.report.walk_forward_brief import runs_of, walk_forward_section
from engine.report.walk_forward_report import beginnings_of
from engine.report.walk_forwards import outcomes_section


def luck(report: SweepReport) -> Chapter | None:
    """Return the chapter on how much of the winner is luck; None without evidence."""
    if report.evidence is None:
        return None
    told, core = report.evidence.told, report.core_label
    judged = replace(verdict_section(told, core), title="What the verdict is made of")
    return Chapter(
        key="luck",
        title="How much of this is luck?",
        sentences=(
            *(f"{line[:1].upper()}{line[1:]}" for line in judged.lines),
            f"From the stored result {report.evidence.name}.",
        ),
        blocks=(
            table_of(judged, "judged"),
            *_searches(report.evidence),
            table_of(deflated_section(told, core), "deflated", told=True),
            *_choices(report.evidence, core),
            *_walk_forward(told, core),
            table_of(superiority_section(told, core), "superiority", told=True),
            table_of(alone_section(told, core), "alone", told=True),
        ),
        data={
            "result": report.evidence.name,
            **{name: value for name, value in told.items() if name not in ("notice", "stability")},
        },
    )


def _searches(evidence: Luck) -> tuple[Block, ...]:
    """Return the winners of searches without an edge, drawn, and as a table."""
    searches = evidence.told["searches"]
    if not searches:
        return ()
    figures: list[tuple[str, DataTable | Figure]] = []
    for number, search in enumerate(searches):
        figure = winners_figure(evidence.told, number)
        if figure is not None:
            figures.append((search["null"], figure))
    table = table_of(searches_section(evidence.told), "searches", told=True)
    return (*selection("searches-choice", "Histories without an edge", figures), table)


def _choices(evidence: Luck, core: str) -> tuple[Block, ...]:
    if evidence.told["overfitting"] is None:
        return ()
    table = table_of(overfitting_section(evidence.told, core), "choices-table", told=True)
    figure = choices_figure(evidence.told, table)
    scatter = degradation_figure(evidence.told)
    return (table if figure is None else figure, *(() if scatter is None else (scatter,)))


def _walk_forward(told: Told, core: str) -> tuple[Block, ...]:
    """Return wealth of the walk-forward over the same grid, and its figures; nothing without."""
    walk = told.get("walk_forward")
    if walk is None:
        return ()
    equity = dict(walk["equity"])
    dates = equity.pop("sessions")
    labels = {series: one["label"] for series, one in runs_of(walk).items()}
    wealth = Wealth(dates, equity, labels, beginnings_of(walk["folds"]))
    outcomes = table_of(outcomes_section(walk, core), "walked-folds", told=True)
    figures = table_of(walk_forward_section(told, core), "walked-runs", told=True)
    return (wealth_figure("walked", wealth, outcomes), figures)


def stability(report: SweepReport) -> Chapter | None:
    """Return the chapter on what the winner depends on; None where that was not looked into."""
    if report.evidence is None or report.evidence.told["stability"] is None:
        return None
    told = report.evidence.told["stability"]
    section = stability_sections(told, report.core_label)[0]
    return Chapter(
        key="stability",
        title="If one choice were another",
        sentences=section.lines,
        blocks=(table_of(section, "stability-table"),),
        data=told,
    )
