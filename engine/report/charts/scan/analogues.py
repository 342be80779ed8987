"""Past streaks laid over one another, and over the one under way."""

from __future__ import annotations

from typing import Any, Literal

from engine.evaluation.streak_study.analogues import Analogue
from engine.report.charts.base import axis, harmless, plotted, short
from engine.report.columns import data_table
from engine.report.document import Figure
from engine.report.format import format_number
from engine.report.scan_report import ScanReport
from engine.report.streak_columns import milestone_columns
from engine.report.streaks import milestone_rows
from engine.report.theme import SEVERAL, variable

Line = Literal["relative", "satellite", "core"]
LINES: tuple[Line, ...] = ("relative", "satellite", "core")
PAST = SEVERAL[1:]
"""Colours of past streaks; the first of all is that of the one under way."""
_START = {
    "type": "line",
    "x0": 0,
    "x1": 0,
    "yref": "paper",
    "y0": 0,
    "y1": 1,
    "line": {"color": variable("muted"), "width": 1, "dash": "dot"},
}


def analogues_figure(report: ScanReport, line: Line) -> Figure:
    """Return one line of every analogue, rebased, by sessions since its streak began."""
    name = line_name(report, line)
    found = report.found.analogues
    traces = [trace for i, a in enumerate(found) for trace in _traces(a, line, i)]
    longest = max(a.streak.length for a in found)
    told = "; ".join(_ends(a, line) for a in found)
    return Figure(
        key=f"analogues-{line}",
        title=f"{name} before, during and after the streaks",
        alternative=(
            f"Line chart of {name} from 21 sessions before to 252 after the close before each "
            f"streak, 1 at that close. {told}."
        ),
        plot=plotted(
            traces,
            {
                "xaxis": axis(
                    "sessions since the close before the streak",
                    showgrid=False,
                    tickvals=[-21, 0, 21, 63, 126, 189, 252],
                    range=[-23, 256],
                ),
                "yaxis": axis(f"{harmless(name)}, rebased", tickformat=".2f", nticks=8),
            },
            hovermode="x",
            shapes=[_START],
        ),
        table=data_table(
            f"analogues-table-{line}",
            "Milestones",
            milestone_columns(report.core, report.satellite),
            milestone_rows(report.found),
            left=3,
        ),
        height=440,
        note=f"Dots mark the last session of each streak, at most {longest} sessions after the "
        "dotted line.",
    )


def line_name(report: ScanReport, line: Line) -> str:
    """Return what a line is of."""
    return {
        "relative": f"{report.satellite} relative to {report.core}",
        "satellite": report.satellite,
        "core": report.core,
    }[line]


def _traces(analogue: Analogue, line: Line, place: int) -> list[dict[str, Any]]:
    """Return the line of one analogue, and the mark where its streak ended."""
    streak, values = analogue.streak, getattr(analogue, line)
    colour = variable(SEVERAL[0] if streak.open else PAST[place % len(PAST)])
    name = f"{streak.start} ({streak.length}{', under way' if streak.open else ''})"
    at = int(streak.length - analogue.offsets[0])
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": analogue.offsets.tolist(),
            "y": short(values, 5),
            "line": {"color": colour, "width": 2.4 if streak.open else 1.4},
            "legendrank": 1 if streak.open else 1000,
            "hovertemplate": "%{y:.3f}",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [streak.length],
            "y": short([float(values[at])], 5),
            "marker": {"color": colour, "size": 8},
            "hoverinfo": "skip",
            "showlegend": False,
        },
    ]


def _ends(analogue: Analogue, line: Line) -> str:
    value = float(getattr(analogue, line)[analogue.streak.length - analogue.offsets[0]])
    streak = analogue.streak
    return f"{streak.start}: {format_number(value, 3)} after its {streak.length} sessions"
