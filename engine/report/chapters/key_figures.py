"""Key figures of the rule beside its benchmarks and cash, the best of each marked."""

from __future__ import annotations

from engine.evaluation.definitions import Metric
from engine.report.chapters.definitions import anchor
from engine.report.document import Chapter, DataTable, Heading, TableCell
from engine.report.format import is_defined
from engine.report.results import RUN_COLUMNS
from engine.report.run_report import RunReport
from engine.report.summary import Row, Table, lay_out
from engine.report.theme import colour_of


def key_figures(report: RunReport) -> Chapter:
    """Return the table of metrics: a line per metric, a column per series."""
    series = list(report.metrics)
    rows = tuple(
        Row(report.label(s), "rule" if s == "rule" else "benchmark", report.metrics[s])
        for s in series
    )
    table = Table(rows, RUN_COLUMNS)
    layout = lay_out(table, transposed=False)
    lines = tuple(
        (
            Heading(metric.label, meaning_of(metric), f"#{anchor(metric.key)}"),
            tuple(
                TableCell(cell.text, _sortable(row.metrics.get(metric.key)), cell.best)
                for row, cell in zip(rows, column.cells, strict=True)
            ),
        )
        for metric, column in zip(table.metrics, layout.columns, strict=True)
    )
    heads = (Heading("Figure"), *(Heading(report.label(s), colour=colour_of(s)) for s in series))
    others = ", ".join(report.label(s) for s in series if s != "rule")
    return Chapter(
        key="key-figures",
        title="Key figures",
        sentences=(
            f"{report.label('rule')} beside {others}; all of them pay the same costs. The best "
            "value of each line is marked. Relative figures are against the core.",
        ),
        blocks=(DataTable("figures", "Key figures", heads, lines),),
        data={report.label(s): dict(report.metrics[s]) for s in series},
    )


def meaning_of(metric: Metric) -> str:
    """Return what a metric is, and which direction is better, for a hover."""
    better = {1: " Higher is better.", -1: " Lower is better.", 0: ""}[metric.direction]
    return f"{metric.source}.{better}"


def _sortable(value: object) -> float | str | None:
    return value if isinstance(value, (int, float, str)) and is_defined(value) else None
