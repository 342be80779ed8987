"""The relative line satellite/core: long streaks shaded, rotations marked with their trigger."""

from __future__ import annotations

from typing import Any

from engine.evaluation.tear_sheet.calendar_returns import period_ends
from engine.report.charts.base import axis, harmless, log_ticks, plotted, short, time_axis
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_number, format_value
from engine.report.run_report import RunReport
from engine.report.theme import variable

DEPTHS = ((5, 6), (7, 9), (10, None))
"""Lengths in sessions that share a shade, from the palest to the strongest."""
SHADES = (0.16, 0.34, 0.6)


def relative_figure(report: RunReport) -> Figure | None:
    """Return the relative line; None where prices were not stored."""
    if report.ratio is None:
        return None
    core, satellite = report.core_symbol, report.satellite_symbol
    longest = max((abs(span.length) for span in report.spans), default=0)
    return Figure(
        key="relative",
        title=f"{satellite} relative to {core}",
        alternative=(
            f"Line chart of the price of {satellite} divided by that of {core}, 1 at the first "
            f"session and {format_number(float(report.ratio[-1]), 3)} at the last, on a "
            f"logarithmic scale. {len(report.spans):,} streaks of five sessions or more are "
            f"shaded, the longest of {longest} sessions; {len(report.run.rotations):,} rotations "
            "are marked."
        ),
        plot=plotted(
            [*_shades(report), _ratio_line(report), *_marks(report)],
            {
                "xaxis": time_axis(report.dates),
                "yaxis": axis(
                    f"{satellite} / {core}, log scale",
                    type="log",
                    tickformat=".5~g",
                    **log_ticks(float(report.ratio.min()), float(report.ratio.max())),
                ),
                "yaxis2": axis(
                    overlaying="y", range=[0, 1], visible=False, fixedrange=True, showgrid=False
                ),
            },
            hovermode="closest",
        ),
        table=_condensed(report),
        height=460,
        note=f"It rises while {satellite} beats {core}. Zoom in to tell streaks apart; a marker "
        "says which trigger fired.",
    )


def _ratio_line(report: RunReport) -> dict[str, Any]:
    assert report.ratio is not None
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{report.satellite_symbol} / {report.core_symbol}",
        "x": report.dates,
        "y": short(report.ratio),
        "line": {"color": variable("text"), "width": 1.3},
        "legendrank": 1,
        "hovertemplate": "%{x|%Y-%m-%d}: %{y:.4f}<extra></extra>",
    }


def _shades(report: RunReport) -> list[dict[str, Any]]:
    """Return one trace of bands for each side and depth: they share a place in the legend."""
    traces = []
    for side, asset in ((1, "satellite"), (-1, "core")):
        leader = report.satellite_symbol if side > 0 else report.core_symbol
        for (least, most), shade in zip(DEPTHS, SHADES, strict=True):
            x: list[str | None] = []
            for span in report.spans:
                if span.length * side >= least and (most is None or span.length * side <= most):
                    first = report.dates[max(span.first - 1, 0)]  # the close it began to run from
                    last = report.dates[span.last]
                    x += [first, first, last, last, None]
            if x:
                lengths = f"{least}–{most}" if most else f"{least} and more"
                y = [None if at is None else (0, 1, 1, 0)[i % 5] for i, at in enumerate(x)]
                traces.append(_band(f"{leader} ahead, {lengths} sessions", asset, shade, x, y))
    return traces


def _band(name: str, asset: str, shade: float, x: list[Any], y: list[Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "yaxis": "y2",
        "fill": "toself",
        "fillcolor": variable(asset),
        "opacity": shade,
        "line": {"width": 0, "simplify": False},  # simplified, a narrow band becomes a triangle
        "hoverinfo": "skip",
    }


def _marks(report: RunReport) -> list[dict[str, Any]]:
    """Return the rotations at their fills: upward into the satellite, downward out of it."""
    assert report.ratio is not None
    at = {date: i for i, date in enumerate(report.dates)}
    traces = []
    for asset, symbol, marker in (
        ("satellite", report.satellite_symbol, "triangle-up"),
        ("core", report.core_symbol, "triangle-down"),
    ):
        rows = [row for row in report.run.rotations if row["to"] == symbol]
        if not rows:
            continue
        fills = [row["fill_session"] for row in rows]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"rotation into {symbol}",
                "legendrank": 2,
                "x": fills,
                "y": short(report.ratio[[at[fill] for fill in fills]]),
                "marker": {
                    "symbol": marker,
                    "size": 8,
                    "color": variable(asset),
                    "line": {"color": variable("background"), "width": 1},
                },
                "text": [_told(row) for row in rows],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    return traces


def _told(row: dict[str, str]) -> str:
    """Return a rotation in words; plotly would take markup in them for its own."""
    parts = (
        f"{row['fill_session']}: {row['from']} → {row['to']}",
        f"decided {row['decision_session']}: {row['trigger']}",
        row["features"],
        *_came_of_it(row),
    )
    return "<br>".join(harmless(part) for part in parts)


def _came_of_it(row: dict[str, str]) -> tuple[str, ...]:
    """Return what a rotation brought until the next one; runs of earlier versions do not say."""
    if "stay_return" not in row:
        return ()
    earned, active = (
        format_value(float(row[name]), "fraction") for name in ("stay_return", "stay_active")
    )
    still = " so far" if row["stay_open"] == "True" else ""
    return (f"held {row['stay_sessions']} sessions{still}: {earned}, active {active}",)


def _condensed(report: RunReport) -> DataTable:
    assert report.ratio is not None
    market = report.run.market
    streak = market["streak"] if market else report.ratio
    rows = [
        [
            report.dates[i],
            format_number(float(report.ratio[i]), 4),
            format_number(float(streak[i]), 0) if streak[i] == streak[i] else "–",
        ]
        for i in period_ends(report.run.sessions).tolist()
    ]
    return DataTable(
        "relative-table",
        "Relative line at the end of periods",
        headings("Session", f"{report.satellite_symbol} / {report.core_symbol}", "Streak"),
        plain_rows(rows),
    )
