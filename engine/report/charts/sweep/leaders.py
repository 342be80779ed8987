"""The best sets as parallel coordinates: a row for each axis and figure, a line for each set."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluation.definitions import find_metric
from engine.report.charts.base import LEGEND, axis, harmless, plotted, short
from engine.report.charts.sweep.base import brief
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_metric, format_value
from engine.report.labels import axis_label, value_text
from engine.report.sweep_report import SweepReport
from engine.report.theme import variable

FIGURES = ("rotations_per_year", "max_drawdown", "cagr")
"""What is shown of each set beside its values and the metric it is ranked by."""
TIERS = ((1, "the best", 2.6, 1.0), (10, "the 10 best", 1.3, 0.85), (50, "the 50 best", 1.0, 0.4))
"""Ranks up to which lines look alike, their name, width and opacity; later ones are the palest."""
REST = (0.8, 0.28)
ROW = 62
"""Height of a row, in CSS pixels."""
NAMED = 18
"""Characters of the name of an axis: beside longer ones a phone has no room for lines."""
WRITTEN = 34
"""Characters of all labels of a row together: what a phone has room for."""
BAND = 0.5
"""Share of the distance of two values over which sets with the same value are spread."""


@dataclass(frozen=True)
class _Row:
    """One coordinate: its name, each set's place on it in [0, 1], and its labels by place."""

    name: str
    places: Sequence[float]
    labels: Sequence[tuple[float, str]]


def leaders_figure(report: SweepReport) -> Figure | None:
    """Return the best sets as lines over their values; None where there are no two to compare."""
    best = report.sweep.best
    if len(best) < 2 or not report.axes:
        return None
    placed = (_axis_row(report, number) for number in range(len(report.axes)))
    rows = [row for row in placed if row is not None]
    shown = dict.fromkeys((*FIGURES, report.metric.key))
    rows += [_figure_row(report, key) for key in shown if _is_known(best, key)]
    heights = [len(rows) - 1 - i for i in range(len(rows))]
    names = ", ".join(row.name for row in rows)
    return Figure(
        key="leaders",
        title=f"The {len(best):,} best sets",
        alternative=(
            f"Parallel coordinates of the {len(best):,} best sets: one line for each set through "
            f"its {names}. The best of them stand in the table below."
        ),
        plot=plotted(
            _lines(report, rows, heights),
            {
                "xaxis": axis(visible=False, range=[-0.01, 1.01], fixedrange=True),
                "yaxis": axis(
                    tickvals=heights,
                    ticktext=[brief(row.name, NAMED) for row in rows],
                    range=[-0.5, len(rows) - 0.5],
                    fixedrange=True,
                    showline=False,
                    zeroline=False,
                ),
            },
            hovermode="closest",
            annotations=_labels(rows, heights),
            legend={**LEGEND, "traceorder": "reversed"},
        ),
        table=_shared(report),
        height=ROW * len(rows) + 60,
        note="A value that the best sets share gathers their lines. Sets with the same value are "
        "spread a little, so that they can be told apart. A click on the legend hides lines.",
    )


def _shared(report: SweepReport) -> DataTable:
    """Return, for each axis, the values that most of the sets drawn have."""
    best, rows = report.sweep.best, []
    for key in report.axes:
        commonest = Counter(value_text(row[key]) for row in best).most_common(3)
        texts = [
            f"{value} ({format_value(count / len(best), 'fraction')})" for value, count in commonest
        ]
        rows.append([axis_label(key), *texts, *[""] * (3 - len(texts))])
    heads = headings("Axis", "Most often", "Second", "Third")
    title = f"Values that the {len(best):,} best sets share"
    return DataTable("leaders-table", title, heads, plain_rows(rows))


def _is_known(best: Sequence[Mapping[str, Any]], key: str) -> bool:
    return all(row.get(key) is not None for row in best)


def _axis_row(report: SweepReport, number: int) -> _Row | None:
    """Return an axis: its values at equal distances, as the study lists them.

    None where a value of a long axis cannot be found again among those put together.
    """
    key = report.axes[number]
    along = report.grid["along"][number]
    ends = list(zip(along["from"], along["to"], strict=True))
    holding = [_bins_of(row[key], ends) for row in report.sweep.best]
    if any(len(bins) != 1 for bins in holding):
        return None
    middles = [(i + 0.5) / len(ends) for i in range(len(ends))]
    places = _spread_out([middles[bins[0]] for bins in holding], BAND / len(ends))
    labels = [(middle, value_text(first)) for middle, (first, _) in zip(middles, ends, strict=True)]
    return _Row(axis_label(key), places, _thinned(labels))


def _bins_of(value: Any, ends: Sequence[tuple[Any, Any]]) -> list[int]:
    """Return which bins of an axis may hold a value: the one it is an end of, or that span it."""
    exact = [i for i, pair in enumerate(ends) if value in pair]
    return exact or [i for i, pair in enumerate(ends) if _is_between(value, *pair)]


def _is_between(value: Any, first: Any, last: Any) -> bool:
    numbers = all(isinstance(one, (int, float)) for one in (value, first, last))
    texts = all(isinstance(one, str) for one in (value, first, last))
    return bool((numbers or texts) and min(first, last) < value < max(first, last))


def _figure_row(report: SweepReport, key: str) -> _Row:
    """Return a metric: from the lowest value to the highest."""
    values = [float(row[key]) for row in report.sweep.best]
    low, high = min(values), max(values)
    span = high - low
    places = [(value - low) / span if span else 0.5 for value in values]
    ends = [(0.0, low), (1.0, high)] if span else [(0.5, low)]
    labels = [(place, format_metric(key, value)) for place, value in ends]
    return _Row(find_metric(key).label, places, labels)


def _spread_out(places: Sequence[float], band: float) -> list[float]:
    """Return places with equal ones spread over a band, the better sets to the left."""
    count: dict[float, int] = {}
    seen: dict[float, int] = {}
    for place in places:
        count[place] = count.get(place, 0) + 1
    spread = []
    for place in places:
        own = seen.get(place, 0)
        seen[place] = own + 1
        spread.append(place + band * (own / max(count[place] - 1, 1) - 0.5 * (count[place] > 1)))
    return spread


def _thinned(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """Return as many labels, at equal distances, as can be written side by side."""
    widest = max(len(text) for _, text in labels) + 2
    most = max(WRITTEN // widest, 2)
    if len(labels) <= most:
        return list(labels)
    every = math.ceil((len(labels) - 1) / (most - 1))
    return list(labels[::every])


def _lines(
    report: SweepReport, rows: Sequence[_Row], heights: Sequence[int]
) -> list[dict[str, Any]]:
    """Return a trace for each tier, the palest first: the best lie above the others."""
    count, first, traces = len(report.sweep.best), 0, []
    for last, name, width, opacity in (*TIERS, (count, f"the {count:,} best", *REST)):
        ranks = range(first, min(last, count))
        if ranks:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": name,
                    **_points(report, rows, heights, ranks),
                    "hovertemplate": "%{text}<extra></extra>",
                    "line": {"color": variable("rule" if first < 10 else "cash"), "width": width},
                    "opacity": opacity,
                }
            )
        first = last
    return traces[::-1]


def _points(
    report: SweepReport, rows: Sequence[_Row], heights: Sequence[int], ranks: range
) -> dict[str, Any]:
    """Return the lines of some sets, a gap between one and the next."""
    x: list[float | None] = []
    y: list[float | None] = []
    text: list[str] = []
    for rank in ranks:
        x += [*short((row.places[rank] for row in rows), 4), None]
        y += [*heights, None]
        text += [_told(report, rank)] * (len(rows) + 1)
    return {"x": x, "y": y, "text": text}


def _told(report: SweepReport, rank: int) -> str:
    row = report.sweep.best[rank]
    value = format_metric(report.metric.key, row[report.metric.key])
    swept = "<br>".join(harmless(f"{axis_label(a)} {value_text(row[a])}") for a in report.axes)
    return f"{rank + 1}. {report.metric.label} {value}<br>{swept}"


def _labels(rows: Sequence[_Row], heights: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "x": place,
            "y": height,
            "yshift": -7,
            "yanchor": "top",
            "xanchor": {0.0: "left", 1.0: "right"}.get(place, "center"),
            "showarrow": False,
            "text": harmless(text),
            "bgcolor": variable("background"),
            "borderpad": 1,
            "font": {"size": 11, "color": variable("muted")},
        }
        for row, height in zip(rows, heights, strict=True)
        for place, text in row.labels
    ]
