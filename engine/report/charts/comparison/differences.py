"""Differences between rules, with intervals: one line per pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from engine.evaluation.inference.bootstrap import Interval
from engine.evaluation.inference.rules import Difference
from engine.report.charts.base import axis, plotted, short
from engine.report.columns import Column, data_table
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Figure
from engine.report.format import UNDEFINED, format_value
from engine.report.theme import variable

LINE = 34
"""Height of a pair's line, in CSS pixels."""
NAME = 34
"""Characters of a label that a chart shows at most; its table shows them all."""


def differences_figure(
    report: ComparisonReport, number: int, other: str, found: Sequence[Difference]
) -> Figure:
    """Return the differences in CAGR and Sharpe ratio of every rule to one row, with intervals."""
    ones = [pair.one for pair in found]
    telling = [pair.one for pair in found if _leaves_out_zero(pair.cagr)]
    said = (
        f"The interval leaves zero out for {', '.join(telling)}."
        if telling
        else ("Every interval of CAGR holds zero.")
    )
    names = _shortened(ones)
    return Figure(
        key=f"differences-{number}",
        title=f"Rules less {other}",
        alternative=(
            f"Chart of the difference in CAGR and in Sharpe ratio of {len(found)} rules to "
            f"{other}, with {format_value(report.tests.level, 'fraction')} intervals. {said}"
        ),
        plot=plotted(
            [
                _dots(report, found, names, "cagr", "x", "%{x:.2%}"),
                _dots(report, found, names, "sharpe", "x2", "%{x:.3f}"),
            ],
            {
                "xaxis": _value_axis("CAGR, difference", [0.0, 0.485], tickformat=".2~%"),
                "xaxis2": _value_axis("Sharpe, difference", [0.515, 1.0], tickformat=".2~f"),
                "yaxis": axis(
                    type="category",
                    autorange="reversed",
                    showgrid=False,
                    ticksuffix=" ",
                    categoryorder="array",
                    categoryarray=names,
                ),
            },
            hovermode="closest",
            showlegend=False,
        ),
        table=data_table(
            f"differences-table-{number}", f"Rules less {other}", difference_columns(), found
        ),
        height=100 + LINE * len(found),
    )


def difference_columns() -> tuple[Column[Difference], ...]:
    """Return the columns of a table of pairs; the first two are words."""
    return (
        Column("Rule", lambda d: d.one, lambda _: None),
        Column("less", lambda d: d.other, lambda _: None),
        Column(
            "CAGR", lambda d: format_value(d.cagr.estimate, "fraction"), lambda d: d.cagr.estimate
        ),
        Column("95 % interval", lambda d: _interval(d.cagr, "fraction"), lambda d: d.cagr.low),
        Column(
            "Sharpe",
            lambda d: format_value(d.sharpe.estimate, "ratio"),
            lambda d: d.sharpe.estimate,
        ),
        Column("95 % interval", lambda d: _interval(d.sharpe, "ratio"), lambda d: d.sharpe.low),
    )


def _interval(found: Interval, unit: Literal["fraction", "ratio"]) -> str:
    if math.isnan(found.low):
        return UNDEFINED
    return f"{format_value(found.low, unit)} to {format_value(found.high, unit)}"


def _leaves_out_zero(found: Interval) -> bool:
    return found.low > 0.0 or found.high < 0.0


def _shortened(labels: Sequence[str]) -> list[str]:
    """Return labels short enough for an axis, each still its own."""
    cut = [label if len(label) <= NAME else f"{label[: NAME - 1]}…" for label in labels]
    return [
        f"{name} #{cut[: i + 1].count(name)}" if cut.count(name) > 1 else name
        for i, name in enumerate(cut)
    ]


def _value_axis(title: str, domain: list[float], **more: Any) -> dict[str, Any]:
    return axis(
        title, domain=domain, zeroline=True, zerolinecolor=variable("muted"), nticks=6, **more
    )


def _dots(
    report: ComparisonReport,
    found: Sequence[Difference],
    names: Sequence[str],
    figure: Literal["cagr", "sharpe"],
    pane: str,
    shown_as: str,
) -> dict[str, Any]:
    """Return a dot per pair at its estimate, with a bar from end to end of its interval."""
    intervals: list[Interval] = [getattr(pair, figure) for pair in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": short((i.estimate for i in intervals), 5),
        "y": list(names),
        "xaxis": pane,
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
        "text": [_interval(i, "fraction" if figure == "cagr" else "ratio") for i in intervals],
        "hovertemplate": f"%{{y}}: {shown_as} (%{{text}})<extra></extra>",
    }
