"""When the long streaks were: a stem for each, as high as it is long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from engine.evaluation.streak_study.table import Streak
from engine.report.charts.base import axis, harmless, plotted, time_axis
from engine.report.columns import data_table
from engine.report.document import Figure
from engine.report.format import format_value
from engine.report.scan_report import ScanReport
from engine.report.streak_columns import streak_columns
from engine.report.streaks import number
from engine.report.theme import variable

ROOM = 60
"""The axis of time goes on after the last session for one part in so many."""
SYMBOLS = {"risk-on": "circle", "mixed": "diamond", "defensive": "square"}
"""Marker of each character."""


def timeline_figure(report: ScanReport) -> Figure:
    """Return the streaks against the core that are long enough to be listed, over time."""
    core, satellite = report.core, report.satellite
    up, down = report.long["outperformance"], report.long["underperformance"]
    data = report.manifest["data"]
    longest = max((s.length for s in (*up, *down)), default=1)
    traces = [
        *_side(report, up, 1, "satellite", f"{satellite} ahead"),
        *_side(report, down, -1, "core", f"{core} ahead"),
    ]
    return Figure(
        key="timeline",
        title=f"Streaks of {report.min_length} sessions and more",
        alternative=(
            f"Chart of streaks over time. Upward: {len(up):,} streaks in which {satellite} beat "
            f"{core}, the longest of {_longest(up)} sessions. Downward: {len(down):,} in which "
            f"{core} beat {satellite}, the longest of {_longest(down)}."
        ),
        plot=plotted(
            traces,
            {
                "xaxis": time_axis([data["first_session"], _beyond(data["last_session"], data)]),
                "yaxis": axis(
                    "sessions in a row", range=[-longest - 1.5, longest + 1.5], **_ticks(longest)
                ),
            },
            hovermode="closest",
        ),
        table=data_table(
            "timeline-table",
            "Long streaks in order of time",
            streak_columns(core, satellite),
            sorted((*up, *down), key=lambda s: s.start),
            left=3,
            long=True,
        ),
        height=380,
        note="A marker's shape is the character of the streak: circle risk-on, diamond mixed, "
        "square defensive. A ring marks the one still open.",
    )


def _beyond(last: str, data: Mapping[str, Any]) -> str:
    """Return a date a little after the last session: a marker on it keeps its right half."""
    day, first = (dt.date.fromisoformat(date) for date in (last, data["first_session"]))
    return str(day + (day - first) // ROOM + dt.timedelta(days=1))


def _longest(streaks: Sequence[Streak]) -> int:
    return max((s.length for s in streaks), default=0)


def _ticks(longest: int) -> dict[str, Any]:
    """Return ticks of lengths, the same upward and downward, never negative."""
    step = 5 if longest >= 10 else 2
    at = range(-(longest // step) * step, longest + 1, step)
    return {"tickvals": list(at), "ticktext": [str(abs(value)) for value in at]}


def _side(
    report: ScanReport, streaks: Sequence[Streak], side: int, asset: str, name: str
) -> list[dict[str, Any]]:
    """Return the stems of one side, and the markers on them."""
    if not streaks:
        return []
    x: list[str | None] = []
    y: list[float | None] = []
    for streak in streaks:
        x += [str(streak.end), str(streak.end), None]
        y += [0.0, side * streak.length, None]
    stems = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": variable(asset), "width": 1},
        "opacity": 0.55,
        "hoverinfo": "skip",
        "showlegend": False,
    }
    markers = {
        "type": "scatter",
        "mode": "markers",
        "name": harmless(name),
        "x": [str(s.end) for s in streaks],
        "y": [side * s.length for s in streaks],
        "marker": {
            "symbol": [SYMBOLS[s.character.tag] for s in streaks],
            "size": 8,
            "color": variable(asset),
            "line": {"color": variable("background"), "width": 1},
        },
        "text": [_told(s, report) for s in streaks],
        "hovertemplate": "%{text}<extra></extra>",
    }
    return [stems, markers, *_ring(streaks, side)]


def _ring(streaks: Sequence[Streak], side: int) -> list[dict[str, Any]]:
    """Return a ring round the streak that is still open, if it is among them."""
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "still open",
            "x": [str(s.end)],
            "y": [side * s.length],
            "marker": {
                "symbol": "circle-open",
                "size": 17,
                "color": variable("text"),
                "line": {"width": 1.5},
            },
            "hoverinfo": "skip",
        }
        for s in streaks
        if s.open
    ]


def _told(streak: Streak, report: ScanReport) -> str:
    moves = (
        f"{report.satellite} {format_value(streak.satellite_return, 'fraction')}",
        f"{report.core} {format_value(streak.core_return, 'fraction')}",
    )
    return "<br>".join(
        harmless(part)
        for part in (
            f"{streak.start} to {streak.end}: {streak.length} sessions",
            " · ".join(moves),
            f"{streak.character.tag}, {number(streak.mean_bps)} bp a session",
        )
    )
