"""What a summary table is, before it is written in any form: rows, columns, order, best values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.errors import UsageError
from engine.evaluation.definitions import Metric, find_metric
from engine.evaluation.metrics import MetricValue
from engine.report.format import format_basis_points, format_number, format_value, is_defined
from engine.report.text import one_line

DEFAULT_COLUMNS = (
    "final_equity",
    "cagr",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "calmar",
    "rotations",
    "turnover",
    "exposure",
    "hit_rate",
    "cost_drag",
    "active_return",
    "information_ratio",
)
BENCHMARK_MARK = "†"


@dataclass(frozen=True, eq=False)
class Row:
    """One line of a summary table: a rule or a benchmark, and its metrics.

    A metric that is missing from `metrics` is undefined.
    """

    label: str
    kind: Literal["rule", "benchmark"]
    metrics: Mapping[str, MetricValue]


@dataclass(frozen=True, eq=False)
class Table:
    """A summary table.

    Attributes
    ----------
    rows : tuple of Row
    columns : tuple of str
        Keys of the metrics shown, in this order.
    caption : str
        What holds for all rows: price basis, span, costs (:func:`describe_setting`).
    notes : tuple of str
        Warnings and remarks, one sentence each.
    simulated : bool
        Whether the prices are invented; every form of the table then says so.

    Raises
    ------
    UsageError
        If a column is no metric, or is listed twice.
    """

    rows: tuple[Row, ...]
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    caption: str = ""
    notes: tuple[str, ...] = ()
    simulated: bool = False

    def __post_init__(self) -> None:
        for position, key in enumerate(self.columns):
            find_metric(key)
            if key in self.columns[:position]:
                raise UsageError(f'the column "{key}" is listed twice')

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The definitions of the columns."""
        return tuple(find_metric(key) for key in self.columns)


@dataclass(frozen=True)
class Cell:
    """One formatted value, and whether it is the best of its metric."""

    text: str
    best: bool = False

    @property
    def starred(self) -> str:
        """The value, after a star if it is the best: digits stay aligned at their right."""
        return f"*{self.text}" if self.best else self.text


@dataclass(frozen=True)
class Column:
    """Formatted values under their heading; text stands at its left, numbers at their right."""

    heading: str
    cells: tuple[Cell, ...]
    is_text: bool = False


@dataclass(frozen=True)
class Layout:
    """A table as readers see it: what the lines are called, and columns of values.

    Attributes
    ----------
    corner : str
        Heading above `lines`.
    lines : tuple of str
        What each line is about: rules and benchmarks, or metrics.
    columns : tuple of Column
        Each with one cell per line.
    is_numbered : bool
        Whether lines are called by numbers, which are aligned right.
    """

    corner: str
    lines: tuple[str, ...]
    columns: tuple[Column, ...]
    is_numbered: bool = False


def sort_rows(rows: Iterable[Row], key: str) -> tuple[Row, ...]:
    """Return the rows ordered by one metric: best first, equals as they were, undefined last.

    Where neither direction is better the largest comes first, and the latest date.

    Raises
    ------
    UsageError
        If no metric is called `key`; the message names the nearest.
    """
    metric = find_metric(key)

    def value(row: Row) -> Any:
        return row.metrics.get(key)

    given = tuple(rows)
    defined = sorted(
        (row for row in given if is_defined(value(row))), key=value, reverse=metric.direction >= 0
    )
    return (*defined, *(row for row in given if not is_defined(value(row))))


def describe_setting(
    *,
    price_basis: str,
    sessions: int,
    first_session: str,
    last_session: str,
    commission_bps: float | Mapping[str, float],
    slippage_bps: float | Mapping[str, float],
    fill: str,
) -> str:
    """Return the caption of a table: one line on what all its rows share.

    Costs are in bp per side, one number or one per symbol.
    """
    parts = (
        f"price basis {price_basis}",
        f"{format_number(sessions, 0)} sessions, {first_session} to {last_session}",
        f"commission {format_basis_points(commission_bps)}, "
        f"slippage {format_basis_points(slippage_bps)} per side",
        f"fill {fill}",
    )
    return " · ".join(parts)


def lay_out(table: Table, *, transposed: bool) -> Layout:
    """Lay the table out: a line per rule and benchmark, or transposed, a line per metric."""
    rules = tuple(_heading(row) for row in table.rows)
    metrics = table.metrics
    columns = tuple(Column(metric.label, _cells(table.rows, metric)) for metric in metrics)
    if not transposed:
        return Layout("Rule", rules, columns)
    turned = (tuple(column.cells[i] for column in columns) for i in range(len(rules)))
    return Layout(
        corner="Metric",
        lines=tuple(metric.label for metric in metrics),
        columns=tuple(Column(rule, cells) for rule, cells in zip(rules, turned, strict=True)),
    )


def footer(table: Table, layout: Layout, best_mark: str) -> list[str]:
    """Return the lines below a table: what its marks mean, the caption, the notes."""
    marks = []
    if any(cell.best for column in layout.columns for cell in column.cells):
        marks.append(f"{best_mark} best value")
    if any(row.kind == "benchmark" for row in table.rows):
        marks.append(f"{BENCHMARK_MARK} benchmark")
    lines = [" · ".join(marks), one_line(table.caption)]
    return [line for line in lines if line] + [f"Note: {one_line(note)}" for note in table.notes]


def _heading(row: Row) -> str:
    label = one_line(row.label)
    return f"{label} {BENCHMARK_MARK}" if row.kind == "benchmark" else label


def _cells(rows: Sequence[Row], metric: Metric) -> tuple[Cell, ...]:
    """Return one metric of all rows.

    The best values are those that read like the best one: two that differ only by what is not
    shown both win. Where all read alike, or there is only one, none is best.
    """
    values: list[Any] = [row.metrics.get(metric.key) for row in rows]
    texts = [one_line(format_value(value, metric.unit)) for value in values]
    contest = [value for value in values if is_defined(value)]
    differ = len({text for text, value in zip(texts, values, strict=True) if is_defined(value)})
    if metric.direction == 0 or differ < 2:
        return tuple(Cell(text) for text in texts)
    best = max(contest) if metric.direction > 0 else min(contest)
    winner = one_line(format_value(best, metric.unit))
    return tuple(Cell(text, best=text == winner) for text in texts)
