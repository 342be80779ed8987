"""What followed streaks, by horizon: forward returns against those after any session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.evaluation.streak_study.events import EventRow, Kind, Series, Side
from engine.report.charts.base import axis, plotted, short
from engine.report.charts.scan.continuation import error_bars
from engine.report.columns import data_table
from engine.report.document import Figure
from engine.report.format import format_number, format_value
from engine.report.scan_report import ScanReport
from engine.report.streak_columns import event_columns
from engine.report.theme import SEVERAL, variable

SPREAD = 0.5
"""Share of the room between two horizons that the lengths of one horizon are spread over."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")


def events_figure(report: ScanReport, side: Side, kind: Kind, series: Series) -> Figure:
    """Return the mean forward return after events less that after any session, by horizon."""
    rows = [
        row
        for row in report.found.events
        if (row.side, row.kind, row.series) == (side, kind, series)
    ]
    horizons, lengths = sorted({r.horizon for r in rows}), sorted({r.k for r in rows})
    what = series_name(report, series)
    drawn = [r for r in rows if r.verdict != "too few events"] or rows
    traces = [
        _trace([r for r in drawn if r.k == k], horizons, place, len(lengths))
        for place, k in enumerate(lengths)
        if any(r.k == k for r in drawn)
    ]
    return Figure(
        key=f"events-{side}-{kind}-{series}",
        title=f"{what} after {event_name(report, side, kind)}, compared with any session",
        alternative=(
            f"Chart of the mean forward return of {what} after events less that after any "
            f"session, with 95 % intervals, by horizon ({_listed(horizons)} sessions) and by "
            f"length of the streak ({_listed(lengths)} sessions). {_findings(rows)}"
        ),
        plot=plotted(traces, _axes(horizons), hovermode="closest"),
        table=data_table(
            f"events-table-{side}-{kind}-{series}",
            "By length and horizon",
            event_columns(),
            rows,
            left=2,
        ),
        height=400,
        note="Lengths and horizons with too few events to be tested are in the table only."
        if len(drawn) < len(rows)
        else "",
    )


def _axes(horizons: Sequence[int]) -> dict[str, Any]:
    """Return axes on which horizons stand equally far apart."""
    return {
        "xaxis": axis(
            "sessions ahead",
            tickvals=list(range(len(horizons))),
            ticktext=[str(h) for h in horizons],
            range=[-0.6, len(horizons) - 0.4],
            showgrid=False,
            zeroline=False,
        ),
        "yaxis": axis(
            "difference of mean returns",
            tickformat=".2~%",
            zeroline=True,
            zerolinecolor=variable("muted"),
        ),
    }


def series_name(report: ScanReport, series: Series) -> str:
    """Return what is measured, as readers know it."""
    return {
        "difference": f"{report.satellite} − {report.core}",
        "satellite": report.satellite,
        "core": report.core,
    }[series]


def event_name(report: ScanReport, side: Side, kind: Kind) -> str:
    """Return a kind of event in words."""
    leader = report.satellite if side == "winning" else report.core
    return f"{leader}'s streak {'reached a length' if kind == 'reached' else 'ended'}"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _findings(rows: Sequence[EventRow]) -> str:
    told = [r for r in rows if r.verdict in ("continuation", "reversal")]
    if not told:
        return "None differs from any session once all cells are adjusted for."
    cells = "; ".join(f"{r.k} sessions, {r.horizon} ahead: {r.verdict}" for r in told)
    return f"Different from any session, all cells adjusted for: {cells}."


def _trace(
    rows: Sequence[EventRow], horizons: Sequence[int], place: int, places: int
) -> dict[str, Any]:
    """Return one length: its differences, a little aside of those of the other lengths."""
    shift = (place - (places - 1) / 2.0) * SPREAD / max(places - 1, 1)
    colour = SEVERAL[place % len(SEVERAL)]
    differences = [r.difference for r in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{rows[0].k} sessions",
        "x": short((horizons.index(r.horizon) + shift for r in rows), 4),
        "y": short(differences, 4),
        "error_y": error_bars(differences, [(r.low, r.high) for r in rows], colour),
        "marker": {
            "symbol": SYMBOLS[place % len(SYMBOLS)],
            "size": 8,
            "color": variable(colour),
        },
        "text": [_told(row) for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _told(row: EventRow) -> str:
    return "<br>".join(
        (
            f"{row.kind} {row.k}, {row.horizon} sessions ahead: "
            f"{format_value(row.difference, 'fraction')}",
            f"mean {format_value(row.mean, 'fraction')}, any session "
            f"{format_value(row.any_mean, 'fraction')}",
            f"{format_number(row.n_events, 0)} events, Holm p "
            f"{format_value(row.p_holm, 'ratio')}: {row.verdict}",
        )
    )
