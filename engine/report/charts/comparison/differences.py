"""Differences between rules, with intervals: one line per pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from engine.evaluation.inference.bootstrap import Interval
from engine.evaluation.inference.rules import Difference
from engine.report.charts.base import axis, harmless, plotted, short
from engine.report.columns import Column, data_table, interval
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Figure
from engine.report.evidence import percent_whole
from engine.report.format import format_interval, format_value
from engine.report.theme import variable

Of = Literal["cagr", "sharpe"]
"""Figure whose differences are shown."""

LINE = 34
"""Height of a pair's line, in CSS pixels."""
NAMES: dict[Of, str] = {"cagr": "CAGR", "sharpe": "Sharpe ratio"}
NAME = 32
"""Characters of a label that a chart shows at most; its table shows them all."""


def differences_figure(
    report: ComparisonReport, key: str, other: str, of: Of, found: Sequence[Difference]
) -> Figure:
    """Return the differences of every rule to one row in one figure, with their intervals."""
    intervals: list[Interval] = [getattr(pair, of) for pair in found]
    telling = [d.one for d, i in zip(found, intervals, strict=True) if _leaves_out_zero(i)]
    said = f"leaves zero out for {', '.join(telling)}" if telling else "holds zero for all"
    title = f"{NAMES[of]} of rules less that of {other}"
    return Figure(
        key=f"differences-{key}",
        title=title,
        alternative=(
            f"Chart of the difference in {NAMES[of]} of {len(found)} rules to {other}, with "
            f"{percent_whole(report.tests.level)} intervals, which {said}."
        ),
        plot=plotted(
            [_dots(report, found, intervals, of)],
            {
                "xaxis": axis(
                    f"difference in {NAMES[of]}",
                    zeroline=True,
                    zerolinecolor=variable("muted"),
                    nticks=7,
                    tickformat=".2~%" if of == "cagr" else ".2~f",
                ),
                "yaxis": axis(
                    type="category", autorange="reversed", showgrid=False, ticksuffix=" "
                ),
            },
            hovermode="closest",
            showlegend=False,
        ),
        table=data_table(f"differences-table-{key}", title, difference_columns(), found, left=2),
        height=100 + LINE * len(found),
    )


def difference_columns() -> tuple[Column[Difference], ...]:
    """Return the columns of a table of pairs; the first two are words."""
    return (
        Column("Rule", lambda d: d.one, lambda _: None),
        Column("Less", lambda d: d.other, lambda _: None),
        Column(
            "CAGR", lambda d: format_value(d.cagr.estimate, "fraction"), lambda d: d.cagr.estimate
        ),
        interval("95 % interval", lambda d: (d.cagr.low, d.cagr.high)),
        Column(
            "Sharpe",
            lambda d: format_value(d.sharpe.estimate, "ratio"),
            lambda d: d.sharpe.estimate,
        ),
        interval("95 % interval", lambda d: (d.sharpe.low, d.sharpe.high), "ratio"),
    )


def _leaves_out_zero(found: Interval) -> bool:
    return found.low > 0.0 or found.high < 0.0


def _shortened(labels: Sequence[str]) -> list[str]:
    """Return labels short enough for an axis, each still its own."""
    cut = [harmless(label if len(label) <= NAME else f"{label[: NAME - 1]}…") for label in labels]
    return [
        f"{name} #{cut[: i + 1].count(name)}" if cut.count(name) > 1 else name
        for i, name in enumerate(cut)
    ]


def _dots(
    report: ComparisonReport, found: Sequence[Difference], intervals: Sequence[Interval], of: Of
) -> dict[str, Any]:
    """Return a dot per pair at its estimate, with a bar from end to end of its interval."""
    unit: Literal["fraction", "ratio"] = "fraction" if of == "cagr" else "ratio"
    return {
        "type": "scatter",
        "mode": "markers",
        "x": short((i.estimate for i in intervals), 5),
        "y": _shortened([pair.one for pair in found]),
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": short((i.high - i.estimate for i in intervals), 5),
            "arrayminus": short((i.estimate - i.low for i in intervals), 5),
            "color": variable("muted"),
            "thickness": 1.4,
            "width": 4,
        },
        "marker": {
            "size": 9,
            "color": [variable(report.styles[pair.one][0]) for pair in found],
        },
        "text": [
            f"{format_value(i.estimate, unit)} ({format_interval(i.low, i.high, unit)})"
            for i in intervals
        ],
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
