"""Key figures of the rule beside its benchmarks and cash, the best of each marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.evaluation.definitions import Metric
from engine.evaluation.metrics import MetricValue
from engine.report.chapters.definitions import anchor
from engine.report.document import Chapter, DataTable, Heading, TableCell
from engine.report.format import format_interval, format_value, is_defined
from engine.report.results import RUN_COLUMNS
from engine.report.run_report import RunReport
from engine.report.summary import Cell, Row, Table, lay_out
from engine.report.theme import colour_of


def key_figures(report: RunReport) -> Chapter:
    """Return the table of metrics: a line per metric, a column per series.

    Cash is shown, but takes no part in the contest: what never moves is best in every risk.
    """
    rows = tuple(
        Row(report.label(s), "rule" if s == "rule" else "benchmark", metrics)
        for s, metrics in report.metrics.items()
        if s != "cash"
    )
    cash, table = report.metrics["cash"], Table(rows, RUN_COLUMNS)
    lines = []
    for metric, head, cells in metric_lines(table):
        cells.append(_cell(Cell(format_value(cash.get(metric.key), metric.unit)), cash, metric))
        if report.intervals:
            cells.insert(1, TableCell(_interval(report, metric)))
        lines.append((head, tuple(cells)))
    shown = [Heading(report.label(s), colour=colour_of(s)) for s in report.metrics]
    if report.intervals:
        shown.insert(1, Heading("95 % interval", "where the true value may lie, from resampling"))
    others = [report.label(s) for s in report.metrics if s not in ("rule", "cash")]
    beside = f" beside {', '.join(others)} and cash" if others else " beside cash"
    return Chapter(
        key="key-figures",
        title="Key figures",
        sentences=(
            f"{report.label('rule')}{beside}; all pay the same costs. The best value of a line is "
            "marked, cash aside. Relative figures are against the core.",
        ),
        blocks=(DataTable("figures", "Key figures", (Heading("Figure"), *shown), tuple(lines)),),
        data={report.label(s): dict(metrics) for s, metrics in report.metrics.items()},
    )


def metric_lines(table: Table) -> Iterator[tuple[Metric, Heading, list[TableCell]]]:
    """Yield a line for each metric of a table: metric, heading, a cell for each of its rows."""
    columns = lay_out(table, transposed=False).columns
    for metric, column in zip(table.metrics, columns, strict=True):
        head = Heading(metric.label, meaning_of(metric), f"#{anchor(metric.key)}")
        pairs = zip(column.cells, table.rows, strict=True)
        yield metric, head, [_cell(cell, row.metrics, metric) for cell, row in pairs]


def _cell(cell: Cell, metrics: Mapping[str, MetricValue], metric: Metric) -> TableCell:
    value = metrics.get(metric.key)
    return TableCell(cell.text, value if is_defined(value) else None, cell.best)


def _interval(report: RunReport, metric: Metric) -> str:
    interval = report.intervals.get(metric.key)
    if interval is None:
        return ""
    return format_interval(interval.low, interval.high, metric.unit)


def meaning_of(metric: Metric) -> str:
    """Return what a metric is, and which direction is better, for a hover."""
    better = {1: " Higher is better.", -1: " Lower is better.", 0: ""}[metric.direction]
    return f"{metric.source}.{better}"
