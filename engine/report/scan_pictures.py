"""The main charts of a streak study as PNG and SVG; see :mod:`engine.report.drawing`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.report.drawing import literal, panes, written
from engine.report.scan_report import ScanReport
from engine.report.streaks import lasting_rows
from engine.report.theme import LIGHT, SEVERAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (9.0, 4.2)
"""Inches."""
BOTTOM = 0.04
"""Lowest number of runs of a logarithmic axis."""
SHIFT = 0.12
"""How far the lengths of one horizon are drawn apart."""


def scan_pictures(report: ScanReport) -> dict[str, bytes]:
    """Return the pictures of a streak study by file name: each as PNG and as SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    drawn = {
        "rarity": _rarity,
        "continuation": _continuation,
        "followed": _followed,
        "analogues": _analogues,
    }
    return written(drawn, report, report.manifest)


def _rarity(report: ScanReport) -> Figure:
    rows = report.found.rarity["outperformance"].rows
    figure, (axes,) = panes([1.0], SIZE)
    lengths = [row.k for row in rows]
    low, high = (
        [max(float(getattr(r, f"coin_{e}")), BOTTOM) for r in rows] for e in ("low", "high")
    )
    axes.fill_between(
        lengths, low, high, color=LIGHT["rule"], alpha=0.13, linewidth=0, label="coin, 95 % band"
    )
    expected = [row.coin_expected for row in rows]
    axes.plot(lengths, expected, "--", color=LIGHT["muted"], linewidth=1.0, label="coin, expected")
    seen = [(row.k, row.observed) for row in rows if row.observed]
    axes.plot(*np.array(seen).reshape(-1, 2).T, "o", color=LIGHT["satellite"], label="observed")
    axes.set_yscale("log")
    axes.set_ylim(bottom=BOTTOM)
    axes.yaxis.set_major_formatter("{x:,.4g}")
    axes.set_xticks(lengths)
    axes.set_xlabel("at least so many sessions")
    axes.set_title(literal(f"Runs in which {report.satellite} beat {report.core}"))
    axes.legend(loc="upper right")
    return figure


def _continuation(report: ScanReport) -> Figure | None:
    rows = [row for row, _ in lasting_rows(report.found, 1) if row.n]
    if not rows:
        return None
    figure, (axes,) = panes([1.0], SIZE)
    lengths, shares = ([getattr(row, name) for row in rows] for name in ("streak", "probability"))
    coin = f"coin, {rows[0].coin * 100.0:.1f} %"
    axes.axhline(rows[0].coin * 100.0, color=LIGHT["muted"], linestyle="--", label=coin)
    _with_intervals(
        axes, lengths, shares, [(r.low, r.high) for r in rows], "satellite", "95 % interval"
    )
    axes.set_ylim(-3.0, 103.0)
    axes.set_xticks(lengths)
    axes.set_xlabel("length of the streak in sessions")
    axes.set_title(literal(f"{report.satellite} ahead so long: share that went on, %"))
    axes.legend(loc="upper left", ncols=2)
    return figure


def _followed(report: ScanReport) -> Figure | None:
    rows = [
        event
        for event in report.found.events
        if (event.side, event.kind, event.series) == ("winning", "reached", "difference")
        and not math.isnan(event.low)
    ]
    if not rows:
        return None
    figure, (axes,) = panes([1.0], SIZE)
    horizons, lengths = sorted({r.horizon for r in rows}), sorted({r.k for r in rows})
    for place, k in enumerate(lengths):
        own = [row for row in rows if row.k == k]
        shift = (place - (len(lengths) - 1) / 2.0) * SHIFT
        _with_intervals(
            axes,
            [horizons.index(row.horizon) + shift for row in own],
            [row.difference for row in own],
            [(row.low, row.high) for row in own],
            SEVERAL[place % len(SEVERAL)],
            f"{k} sessions",
        )
    axes.axhline(0.0, color=LIGHT["muted"], linewidth=0.8)
    axes.set_xticks(range(len(horizons)), [str(horizon) for horizon in horizons])
    axes.set_xlabel("sessions ahead")
    name = f"{report.satellite} − {report.core} after {report.satellite}'s streak reached a length"
    axes.set_title(literal(f"{name}, less any session's, %"))
    axes.legend(loc="best", ncols=len(lengths))
    return figure


def _analogues(report: ScanReport) -> Figure | None:
    found = report.found.analogues
    if not found:
        return None
    figure, (axes,) = panes([1.0], SIZE)
    past = 0
    for analogue in found:
        streak = analogue.streak
        past += not streak.open
        colour = LIGHT[SEVERAL[0] if streak.open else SEVERAL[1 + (past - 1) % (len(SEVERAL) - 1)]]
        name = f"{streak.start} ({streak.length}{', under way' if streak.open else ''})"
        width = 2.0 if streak.open else 1.1
        axes.plot(analogue.offsets, analogue.relative, color=colour, linewidth=width, label=name)
        end = analogue.offsets == streak.length
        axes.plot(analogue.offsets[end], analogue.relative[end], "o", color=colour, markersize=5)
    axes.axvline(0.0, color=LIGHT["muted"], linestyle=":", linewidth=0.9)
    axes.set_xlabel("sessions since the close before the streak")
    axes.set_title(literal(f"{report.satellite} relative to {report.core}, rebased"))
    axes.legend(loc="upper left")
    return figure


def _with_intervals(
    axes: Axes, x: Any, values: Any, intervals: list[tuple[float, float]], colour: str, name: str
) -> None:
    """Draw shares or returns in percent as dots, with bars from end to end of their intervals."""
    middle, ends = np.array(values) * 100.0, np.array(intervals) * 100.0
    axes.errorbar(
        x,
        middle,
        yerr=np.abs(ends.T - middle),
        fmt="o",
        markersize=5,
        color=LIGHT[colour],
        elinewidth=1.1,
        capsize=2.5,
        label=name,
    )
