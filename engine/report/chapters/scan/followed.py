"""What followed streaks, against what followed any session."""

from __future__ import annotations

import math
from dataclasses import asdict

from engine.evaluation.streak_study.events import KINDS, SIGNS, EventRow, Series
from engine.report.charts.scan.events import event_name, events_figure, series_name
from engine.report.columns import Column, data_table, word
from engine.report.document import Chapter, DataTable, Selection
from engine.report.scan_report import ScanReport
from engine.report.streak_columns import event_columns

SERIES: tuple[Series, ...] = ("difference", "satellite", "core")
STRONGEST = 12
"""Rows of the table of the smallest p-values."""
SHOWN = ("Event", "Sessions ahead", "Events", "Difference", "95 % interval", "p", "Holm p")
"""Its columns, by their headings."""


def followed(report: ScanReport) -> Chapter | None:
    """Return the chapter on what followed; None where no streak was followed by anything."""
    if not any(event.n_events for event in report.found.events):
        return None
    options = tuple(
        (
            f"{series_name(report, series)} after {event_name(report, side, kind)}",
            events_figure(report, side, kind, series),
        )
        for series in SERIES
        for side in SIGNS
        for kind in KINDS
    )
    tested = [event for event in report.found.events if not math.isnan(event.p_value)]
    strongest = (_strongest(report, tested),) if tested else ()
    return Chapter(
        key="followed",
        title="What followed",
        sentences=(
            "Entered at the open after a streak first is so long, or after the close that breaks "
            "one at least so long; valued at the close so many sessions later, and compared with "
            "entering after any session.",
            f"{len(tested):,} cells were tested, and Holm's p is adjusted for all of them. "
            "Intervals are of one cell each: among so many, some leave zero out by chance.",
        ),
        blocks=(Selection("event-charts", "Show", options), *strongest),
        data={"events": [asdict(event) for event in report.found.events]},
    )


def _strongest(report: ScanReport, tested: list[EventRow]) -> DataTable:
    """Return the cells with the smallest p-values, whatever they are of."""
    by_heading = {column.heading: column for column in event_columns()}
    columns: tuple[Column[EventRow], ...] = (
        word("Returns of", lambda e: series_name(report, e.series)),
        word("After", lambda e: event_name(report, e.side, e.kind)),
        *(by_heading[heading] for heading in SHOWN),
    )
    shown = sorted(tested, key=lambda event: event.p_value)[:STRONGEST]
    return data_table(
        "strongest",
        f"The {len(shown)} smallest of {len(tested):,} p-values",
        columns,
        shown,
        left=3,
        sortable=len(shown) > 1,
        notes=("All cells are in events.csv.",),
    )
