"""The main charts of a run as PNG and SVG, for documents; see :mod:`engine.report.drawing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.report.charts.relative import DEPTHS, SHADES
from engine.report.drawing import literal, panes, thousands, written
from engine.report.run_report import RunReport
from engine.report.theme import LIGHT, colour_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MANY_YEARS = 12
"""Beyond this, years are written with two digits."""


def pictures(report: RunReport) -> dict[str, bytes]:
    """Return the pictures of a run by file name: each as PNG and as SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    drawn = {"equity": _equity, "relative": _relative, "years": _years}
    return written(drawn, report, report.manifest)


def _line(axes: Axes, report: RunReport, series: str, values: Any, **more: Any) -> None:
    style = {
        "color": LIGHT[colour_of(series)],
        "linewidth": 1.5 if series == "rule" else 0.9,
        "zorder": 3 if series == "rule" else 2,
        "linestyle": ":" if series == "50/50" else "-",
    }
    axes.plot(report.run.sessions, values, **{**style, **more})


def _equity(report: RunReport) -> Figure:
    heights = [5.0, 0.35, 1.6] + [2.0] * report.has_core
    figure, (top, ribbon, bottom, *rest) = panes(heights, (9.0, 6.2))
    for series, equity in report.equities.items():
        _line(top, report, series, equity, label=literal(report.label(series)))
    top.set_yscale("log")
    top.yaxis.set_major_formatter(thousands())
    top.yaxis.set_minor_formatter(thousands())
    top.set_title("Equity, log scale")
    top.legend(ncols=4, loc="upper left")
    sessions = report.run.sessions
    at, weight = report.allocation
    ribbon.fill_between(sessions[[0, -1]], 0.0, 1.0, color=LIGHT["core"], linewidth=0)
    ribbon.fill_between(
        sessions[at], 0.0, weight, step="post", color=LIGHT["satellite"], linewidth=0
    )
    ribbon.set_ylim(0.0, 1.0)
    ribbon.set_yticks([])
    ribbon.set_ylabel("held", rotation=0, ha="right", va="center")
    drawdowns = bottom
    if rest and report.sheet.relative is not None:
        _line(bottom, report, "rule", report.sheet.relative)
        bottom.set_ylabel("rule / core")
        drawdowns = rest[0]
    for series in ("core", "rule"):
        if series in report.sheet.underwater:
            _line(drawdowns, report, series, report.sheet.underwater[series] * 100.0)
    drawdowns.set_ylabel("drawdown, %")
    top.set_xlim(sessions[0], sessions[-1])
    return figure


def _relative(report: RunReport) -> Figure | None:
    if report.ratio is None:
        return None
    figure, (axes,) = panes([1.0], (9.0, 4.2))
    sessions = report.run.sessions
    for span in report.spans:
        depth = sum(abs(span.length) >= least for least, _ in DEPTHS) - 1
        axes.axvspan(
            sessions[max(span.first - 1, 0)],
            sessions[span.last],
            color=LIGHT["satellite" if span.length > 0 else "core"],
            alpha=SHADES[depth],
            linewidth=0,
        )
    axes.plot(sessions, report.ratio, color=LIGHT["text"], linewidth=0.9)
    at = {date: i for i, date in enumerate(report.dates)}
    for asset, symbol, marker in (
        ("satellite", report.satellite_symbol, "^"),
        ("core", report.core_symbol, "v"),
    ):
        fills = [at[r["fill_session"]] for r in report.run.rotations if r["to"] == symbol]
        axes.scatter(
            sessions[fills],
            report.ratio[fills],
            marker=marker,
            s=16,
            color=LIGHT[asset],
            zorder=4,
            label=literal(f"rotation into {symbol}"),
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(_plain_number())
    axes.yaxis.set_minor_formatter(_plain_number())
    axes.set_xlim(sessions[0], sessions[-1])
    axes.set_title(
        literal(f"{report.satellite_symbol} / {report.core_symbol}: streaks of 5 and more shaded")
    )
    axes.legend(ncols=2, loc="lower left")
    return figure


def _plain_number() -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{value:.3g}")


def _years(report: RunReport) -> Figure:
    figure, (axes,) = panes([1.0], (9.0, 3.2))
    shown = [series for series in ("rule", "core") if series in report.sheet.calendar]
    width = 0.8 / len(shown)
    years = report.sheet.calendar["rule"].years
    for i, series in enumerate(shown):
        axes.bar(
            years + (i - (len(shown) - 1) / 2.0) * width,
            np.nan_to_num(report.sheet.calendar[series].yearly) * 100.0,
            width,
            color=LIGHT[colour_of(series)],
            label=literal(report.label(series)),
        )
    axes.set_title("Calendar years, return in %")
    many = len(years) > MANY_YEARS
    axes.set_xticks(years, [f"{y % 100:02d}" if many else str(y) for y in years.tolist()])
    axes.grid(visible=False, axis="x")
    axes.legend(ncols=2, loc="best")
    return figure
