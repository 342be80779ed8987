"""How much is luck: winners of the same search without an edge, and choices out of sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from engine.evaluation.definitions import Metric, find_metric
from engine.report.charts.base import axis, plotted
from engine.report.charts.sweep.base import (
    beyond,
    histogram,
    mark,
    metric_axis,
    series_style,
    value_format,
    value_text,
)
from engine.report.document import DataTable, Figure, headings, plain_rows
from engine.report.format import format_number, format_value
from engine.report.sweep_report import WINNER
from engine.report.theme import variable

Told = Mapping[str, Any]

_PERCENT = "95"
"""Percentile of the winners without an edge that is marked."""


def winners_figure(told: Told, number: int) -> Figure | None:
    """Return the winners on histories without an edge beside ours; None where all are alike.

    `told` is the evidence, `number` says which of its searches.
    """
    search, metric = told["searches"][number], find_metric(told["metric"])
    edges, counts = search["histogram"]["edges"], search["histogram"]["counts"]
    if len(counts) < 2 or search["own"] is None:
        return None
    ours, ninety_five = search["own"], search["percentiles"][_PERCENT]
    p_value = format_value(search["p_value"], "ratio")
    said = f"our winner: {value_text(metric, ours)}"
    marks = [mark(said, ours, max(counts), series_style(WINNER))]
    if ninety_five is not None:
        said = f"{_PERCENT} % of them are below: {value_text(metric, ninety_five)}"
        style = {"color": variable("muted"), "width": 1.4, "dash": "dash"}
        marks.append(mark(said, ninety_five, max(counts), style))
    return Figure(
        key=f"winners-{search['null']}",
        title=f"Winners where there is nothing to be found: {search['null']}",
        alternative=(
            f"Histogram of {metric.label} of the winner of the same search on "
            f"{search['histories']:,} histories without an edge; ours, "
            f"{value_text(metric, ours)}, is reached or beaten with probability {p_value}."
        ),
        plot=plotted(
            [histogram(edges, counts, "cash", value_format(metric), "histories"), *marks],
            {
                "xaxis": metric_axis(metric, showgrid=False, range=beyond([*edges, ours])),
                "yaxis": axis("histories", tickformat=",d", rangemode="tozero"),
            },
            hovermode="closest",
            bargap=0.06,
        ),
        table=_percentiles(search, metric),
        height=340,
        note=f"The p-value of the search is {p_value}: the share of them at least as good as ours.",
    )


def choices_figure(told: Told, table: DataTable) -> Figure | None:
    """Return how the best of one half of the sessions ranked in the other; `table` tells it.

    None where it was not computed.
    """
    found = told["overfitting"]
    if found is None or len(found["logits"]["counts"]) < 2:
        return None
    edges, counts = found["logits"]["edges"], found["logits"]["counts"]
    worse = format_value(found["probability"], "fraction")
    middles = [(a + b) / 2.0 for a, b in pairwise(edges)]
    return Figure(
        key="choices",
        title="Chosen in one half, looked up in the other",
        alternative=(
            f"Histogram over {found['combinations']:,} ways to choose half of the sessions of how "
            "the strategy that was best there ranked in the other half, as the logit of its rank; "
            f"in {worse} of them it was in the worse half of all strategies."
        ),
        plot=plotted(
            [
                histogram(edges, _kept(counts, middles, -1), "loss", ".2f", "ways", "worse half"),
                histogram(edges, _kept(counts, middles, 1), "rule", ".2f", "ways", "better half"),
            ],
            {
                "xaxis": axis("logit of the rank in the other half", showgrid=False),
                "yaxis": axis("ways", tickformat=",d", rangemode="tozero"),
            },
            hovermode="closest",
            barmode="stack",
            bargap=0.06,
        ),
        table=table,
        height=340,
        note="Left of 0 the best of one half was in the worse half of all strategies in the other. "
        f"The share of such ways, {worse}, is the probability of overfitting.",
    )


def _kept(counts: Sequence[int], middles: Sequence[float], side: int) -> list[int]:
    """Return the counts on one side of 0, a bin in the middle of it to the left, others 0."""
    return [n if (m > 0.0) == (side > 0) else 0 for n, m in zip(counts, middles, strict=True)]


def _percentiles(search: Told, metric: Metric) -> DataTable:
    values = {
        "Lowest": search["lowest"],
        **{f"{percent} %": value for percent, value in search["percentiles"].items()},
        "Highest": search["highest"],
        "Ours": search["own"],
    }
    rows = [[name, format_value(value, metric.unit)] for name, value in values.items()]
    rows.append(["p-value of the search", format_value(search["p_value"], "ratio")])
    rows.append(["Histories", format_number(search["histories"], 0)])
    return DataTable(
        f"winners-{search['null']}-table",
        "Winners of histories without an edge",
        headings("Of the winners", metric.label),
        plain_rows(rows),
    )
