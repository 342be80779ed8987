"""The longest streaks, of every kind, and their character."""

from __future__ import annotations

from dataclasses import asdict

from engine.evaluation.streak_study.table import Kind
from engine.evaluation.streak_study.tallies import Tally
from engine.report.charts.scan.timeline import timeline_figure
from engine.report.columns import Column, data_table, figure, share, word
from engine.report.document import Block, Chapter, DataTable, Selection
from engine.report.scan_report import ScanReport
from engine.report.streak_columns import streak_columns
from engine.report.streaks import STILL_OPEN

MOST = 200
"""Streaks listed of one kind at most, the longest; ``streaks.csv`` holds them all."""

TALLY_COLUMNS: tuple[Column[Tally], ...] = (
    word("By", lambda t: t.group),
    word("Label", lambda t: t.label),
    figure("Streaks", lambda t: t.streaks, 0),
    figure("Longest", lambda t: t.longest, 0),
    figure("Mean length", lambda t: t.mean_length, 1),
    figure("bp a session", lambda t: t.mean_bps, 1),
    share("Satellite less core", lambda t: t.mean_outperformance),
)


def streaks(report: ScanReport) -> Chapter:
    """Return the chapter of the streaks themselves."""
    against = (*report.long["outperformance"], *report.long["underperformance"])
    tables = tuple((_named(report, kind), _table(report, kind)) for kind in report.long)
    blocks: list[Block] = [timeline_figure(report)] if against else []
    blocks.append(Selection("streak-tables", "Streaks in which", tables))
    if report.tallies:
        blocks.append(_tallies(report))
    return Chapter(
        key="streaks",
        title="The longest streaks",
        sentences=(_sentence(report),),
        blocks=tuple(blocks),
        data={
            "kind": report.kind,
            "min_length": report.min_length,
            "streaks": {
                kind: [s.as_row() for s in found[:MOST]] for kind, found in report.long.items()
            },
            "tallies": [asdict(tally) for tally in report.tallies],
            "rules": list(report.found.rules),
        },
    )


def _sentence(report: ScanReport) -> str:
    every = report.found.streaks
    up, down = len(every["outperformance"]), len(every["underperformance"])
    return (
        f"Streaks with {report.satellite} ahead: {up:,}, and "
        f"{len(report.long['outperformance']):,} of them lasted {report.min_length} sessions or "
        f"more. With {report.core} ahead: {down:,}, and {len(report.long['underperformance']):,} "
        "of them lasted as long."
    )


def _named(report: ScanReport, kind: Kind) -> str:
    core, satellite = report.core, report.satellite
    return {
        "outperformance": f"{satellite} beat {core}",
        "underperformance": f"{satellite} trailed {core}",
        "satellite_up": f"{satellite} rose",
        "satellite_down": f"{satellite} fell",
        "core_up": f"{core} rose",
        "core_down": f"{core} fell",
    }[kind]


def _table(report: ScanReport, kind: Kind) -> DataTable:
    found = report.long[kind]
    shown = found[:MOST]
    notes = [STILL_OPEN] * any(s.open for s in shown)
    if len(found) > MOST:
        notes.append(f"The {MOST} longest of {len(found):,}; streaks.csv holds them all.")
    if not found:
        notes.append(f"None lasted {report.min_length} sessions.")
    return data_table(
        f"streaks-{kind.replace('_', '-')}",
        f"{_named(report, kind)}: streaks of {report.min_length} sessions and more",
        streak_columns(report.core, report.satellite),
        shown,
        left=3,
        notes=tuple(notes),
        sortable=len(shown) > 1,
        long=len(shown) > 15,
    )


def _tallies(report: ScanReport) -> DataTable:
    return data_table(
        "tallies",
        f"Character of the streaks in which {_named(report, report.kind)}",
        TALLY_COLUMNS,
        report.tallies,
        left=2,
        notes=tuple(f"{rule}." for rule in report.found.rules),
    )
