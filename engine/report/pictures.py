"""The main charts of a run as PNG and SVG, by matplotlib, for documents; the theme is the page's.

The same run gives the same bytes: no date is written, and the marks of an SVG are salted.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import UsageError
from engine.market.panel import SIMULATED_NOTICE
from engine.report.charts.relative import DEPTHS, SHADES
from engine.report.run_report import RunReport
from engine.report.theme import LIGHT, colour_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")
MANY_YEARS = 12
"""Beyond this, years are written with two digits."""
DOTS_PER_INCH = 144
_STYLE: Any = {
    "axes.edgecolor": LIGHT["line"],
    "axes.labelcolor": LIGHT["muted"],
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": LIGHT["line"],
    "legend.frameon": False,
    "svg.hashsalt": "streaklab",
    "text.color": LIGHT["text"],
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
}


def pictures(report: RunReport) -> dict[str, bytes]:
    """Return the pictures of a run by file name: each as PNG and as SVG.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise UsageError(
            'pictures need matplotlib; install it with: pip install "streaklab[pictures]"'
        ) from None
    drawn: dict[str, Callable[[RunReport], Figure | None]] = {
        "equity": _equity,
        "relative": _relative,
        "years": _years,
    }
    files: dict[str, bytes] = {}
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever a user has set: the same picture on every machine
        mpl.rcParams.update(_STYLE)
        for name, draw in drawn.items():
            figure = draw(report)
            if figure is not None:
                _sign(figure, report)
                files |= {f"{name}.{form}": _bytes(figure, form) for form in FORMATS}
    return files


def _bytes(figure: Figure, form: str) -> bytes:
    buffer = io.BytesIO()
    nothing = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
    figure.savefig(buffer, format=form, dpi=DOTS_PER_INCH, metadata=nothing)
    return buffer.getvalue()


def _panes(heights: list[float], size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """Return an empty figure and its panes, one above the other over one axis of x."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    return figure, list(axes[:, 0])


def _sign(figure: Figure, report: RunReport) -> None:
    """Say under the picture what it is drawn from."""
    data = report.manifest["data"]
    said = [
        f"{report.manifest['study']} · {report.core_symbol}, {report.satellite_symbol} · "
        f"{data['price_basis']} · {data['first_session']} to {data['last_session']} · after costs"
    ]
    said += [SIMULATED_NOTICE] * data["simulated"]
    figure.supxlabel(_literal("   ".join(said)), x=0.01, ha="left", size=7.5, color=LIGHT["muted"])


def _literal(text: str) -> str:
    """Return text in which matplotlib finds no formula."""
    return text.replace("$", r"\$")


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
    figure, (top, ribbon, bottom, *rest) = _panes(heights, (9.0, 6.2))
    for series, equity in report.equities.items():
        _line(top, report, series, equity, label=_literal(report.label(series)))
    top.set_yscale("log")
    top.yaxis.set_major_formatter(_thousands())
    top.yaxis.set_minor_formatter(_thousands())
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


def _thousands() -> Any:
    from matplotlib.ticker import FuncFormatter

    def text(value: float, _: Any) -> str:
        leading = f"{value:e}"[0]
        return f"{value:,.0f}" if leading in "125" else ""

    return FuncFormatter(text)


def _relative(report: RunReport) -> Figure | None:
    if report.ratio is None:
        return None
    figure, (axes,) = _panes([1.0], (9.0, 4.2))
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
            label=_literal(f"rotation into {symbol}"),
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(_plain_number())
    axes.yaxis.set_minor_formatter(_plain_number())
    axes.set_xlim(sessions[0], sessions[-1])
    axes.set_title(
        _literal(f"{report.satellite_symbol} / {report.core_symbol}: streaks of 5 and more shaded")
    )
    axes.legend(ncols=2, loc="lower left")
    return figure


def _plain_number() -> Any:
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{value:.3g}")


def _years(report: RunReport) -> Figure:
    figure, (axes,) = _panes([1.0], (9.0, 3.2))
    shown = [series for series in ("rule", "core") if series in report.sheet.calendar]
    width = 0.8 / len(shown)
    years = report.sheet.calendar["rule"].years
    for i, series in enumerate(shown):
        axes.bar(
            years + (i - (len(shown) - 1) / 2.0) * width,
            np.nan_to_num(report.sheet.calendar[series].yearly) * 100.0,
            width,
            color=LIGHT[colour_of(series)],
            label=_literal(report.label(series)),
        )
    axes.set_title("Calendar years, return in %")
    many = len(years) > MANY_YEARS
    axes.set_xticks(years, [f"{y % 100:02d}" if many else str(y) for y in years.tolist()])
    axes.grid(visible=False, axis="x")
    axes.legend(ncols=2, loc="best")
    return figure
