"""Heat maps: the mean of the metric over pairs of axes, beside what the core had."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.evaluation.grid_study import Map
from engine.market.quotes import FloatArray
from engine.report.charts.base import axis, harmless, plotted, short
from engine.report.charts.sweep.base import brief, tick_format, value_format
from engine.report.document import DataTable, Figure, Heading, TableCell, headings
from engine.report.format import UNDEFINED, format_value
from engine.report.grids import bin_text
from engine.report.labels import axis_label
from engine.report.sweep_report import CORE, SweepReport
from engine.report.theme import variable

FULL = 98
"""Percentile of the distances from the core from which on a cell has the full colour."""
ROW = 22
"""Height of a row, in CSS pixels."""
WRITTEN = 13
"""Columns up to which the mean is written into each cell."""


def pair_name(one: Map) -> str:
    """Return what a pair of axes is called."""
    return " × ".join(map(axis_label, one.axes))


def map_figure(
    report: SweepReport, one: Map, reach: tuple[float, float, float], key: str
) -> Figure:
    """Return the heat map of one pair of axes.

    Parameters
    ----------
    report : SweepReport
    one : Map
    reach : tuple of 3 floats
        Values at the lower end, in the middle and at the upper end of the colours.
    key : str
        Of the figure.
    """
    title = f"Mean {report.metric.label}, {pair_name(one)}"
    one = lying(one)
    metric, (x, y) = report.metric, one.axes
    names = brief(axis_label(x)), brief(axis_label(y))
    labels = [[bin_text(*ends) for ends in own] for own in one.values]
    against = f"; {_coloured(report)}" if has_middle(report) else ""
    return Figure(
        key=key,
        title=title,
        alternative=(
            f"Heat map of the mean of {metric.label} for each pair of {len(labels[0])} values of "
            f"{axis_label(x)} and {len(labels[1])} of {axis_label(y)}, from "
            f"{_text(report, one.mean, np.nanmin)} to {_text(report, one.mean, np.nanmax)}"
            f"{against}."
        ),
        plot=plotted(
            [_cells(report, one, labels, names, reach)],
            {
                "xaxis": axis(names[0], type="category", showgrid=False),
                "yaxis": axis(names[1], type="category", showgrid=False),
            },
            hovermode="closest",
        ),
        table=_table(report, one, labels, key),
        height=min(max(ROW * len(labels[1]) + 150, 300), 640),
    )


def colour_reach(report: SweepReport, maps: tuple[Map, ...]) -> tuple[float, float, float]:
    """Return where the colours of all maps begin, turn and end, so that maps can be compared.

    They turn at the core where there is a better side, else in the middle of the means.
    """
    means = np.concatenate([one.mean.ravel() for one in maps])
    means = means[np.isfinite(means)]
    if not len(means):
        return 0.0, 0.0, 0.0
    core = report.grid["references"].get(CORE)
    middle = core if has_middle(report) and core is not None else float(np.median(means))
    distance = float(np.percentile(np.abs(means - middle), FULL))
    return middle - distance, middle, middle + distance


def has_middle(report: SweepReport) -> bool:
    """Return whether colours turn at the core: it is known, and one side of it is better."""
    known = report.grid["references"].get(CORE) is not None
    return known and report.metric.direction != 0


def _coloured(report: SweepReport) -> str:
    value = format_value(report.grid["references"][CORE], report.metric.unit)
    return f"blue is better than {report.core_label} ({value}), red is worse"


def lying(one: Map) -> Map:
    """Return a map with its longer axis across, where there is more room."""
    if len(one.values[0]) >= len(one.values[1]):
        return one
    return Map(one.axes[::-1], one.values[::-1], one.sets.T, one.mean.T, one.best.T, one.worst.T)


def _cells(
    report: SweepReport,
    one: Map,
    labels: list[list[str]],
    names: tuple[str, str],
    reach: tuple[float, float, float],
) -> dict[str, Any]:
    shown = value_format(report.metric)
    custom = np.stack([one.best.T, one.worst.T, one.sets.T], axis=-1)
    low, middle, high = reach
    written = (
        {
            "texttemplate": f"%{{z:{_short_format(report)}}}",
        }
        if len(labels[0]) <= WRITTEN
        else {}
    )
    return {
        "type": "heatmap",
        "x": [harmless(text) for text in labels[0]],
        "y": [harmless(text) for text in labels[1]],
        "z": [short(row, 5) for row in one.mean.T],
        "customdata": [[short(cell, 5) for cell in row] for row in custom],
        "zmin": low,
        "zmax": high,
        "zmid": middle,
        "xgap": 1,
        "ygap": 1,
        "colorscale": _colour_scale(report),
        "colorbar": _bar(report),
        "hoverongaps": False,
        "hovertemplate": f"{names[0]} %{{x}}<br>{names[1]} %{{y}}<br>mean %{{z:{shown}}}<br>"
        f"best %{{customdata[0]:{shown}}}, worst %{{customdata[1]:{shown}}}<br>"
        "%{customdata[2]:,d} sets<extra></extra>",
        **written,
    }


def colours(report: SweepReport) -> list[str]:
    """Return the colours of maps, from the lowest value to the highest, as the theme names them.

    Red and blue beside the core, the better side in blue; else from pale to strong.
    """
    if not has_middle(report):
        return ["surface", "rule"]
    return ["loss", "surface", "rule"][:: report.metric.direction]


def _colour_scale(report: SweepReport) -> list[list[Any]]:
    named = colours(report)
    return [[i / (len(named) - 1), variable(colour)] for i, colour in enumerate(named)]


def _bar(report: SweepReport) -> dict[str, Any]:
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": 1.02,
        "yanchor": "bottom",
        "len": 0.5,
        "thickness": 10,
        "outlinewidth": 0,
        "nticks": 5,
        "tickformat": tick_format(report.metric),
        "tickfont": {"color": variable("muted")},
    }


def _short_format(report: SweepReport) -> str:
    return {"fraction": ".1%", "ratio": ".3f"}.get(report.metric.unit, ".3~s")


def _text(report: SweepReport, values: FloatArray, choose: Any) -> str:
    if not np.isfinite(values).any():
        return UNDEFINED
    return format_value(float(choose(values)), report.metric.unit)


def _table(report: SweepReport, one: Map, labels: list[list[str]], key: str) -> DataTable:
    """Return the means as a table: one line for each value of the axis that runs upward."""
    x, y = map(axis_label, one.axes)
    unit = report.metric.unit
    rows = tuple(
        (
            Heading(label),
            tuple(
                TableCell(format_value(value, unit), value if np.isfinite(value) else None)
                for value in row
            ),
        )
        for label, row in zip(labels[1], one.mean.T.tolist(), strict=True)
    )
    heads = headings(f"{y} \\ {x}", *labels[0])
    return DataTable(f"{key}-table", f"Mean {report.metric.label}", heads, rows)
