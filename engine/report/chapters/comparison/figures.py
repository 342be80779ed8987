"""Key figures: a line per rule and benchmark, sortable; and all figures, a line each."""

from __future__ import annotations

from engine.report.chapters.definitions import anchor
from engine.report.chapters.key_figures import meaning_of
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter, DataTable, Heading, TableCell
from engine.report.format import is_defined
from engine.report.results import RUN_COLUMNS
from engine.report.summary import DEFAULT_COLUMNS, Cell, Row, Table, lay_out


def figures(report: ComparisonReport) -> Chapter:
    """Return the chapter of key figures."""
    return Chapter(
        key="key-figures",
        title="Key figures",
        sentences=(
            "All rows pay the same costs on the same prices. A click on a heading sorts by it; "
            "the best value of each figure is marked. Relative figures are against the core.",
        ),
        blocks=(_by_rule(report), _by_figure(report)),
        data={
            row.label: {"kind": row.kind, "source": row.source, **row.metrics}
            for row in report.rows
        },
    )


def _by_rule(report: ComparisonReport) -> DataTable:
    """Return the figures people compare rules by: a line per row, to be sorted."""
    table, cells = _cells(report, DEFAULT_COLUMNS)
    lines = tuple(
        (
            Heading(row.label, _parameters(row.rule), colour=report.styles[row.label][0]),
            tuple(own[i] for own in cells),
        )
        for i, row in enumerate(report.rows)
    )
    heads = (Heading("Rule"), *(Heading(m.label, meaning_of(m)) for m in table.metrics))
    return DataTable("figures", "Rules and benchmarks", heads, lines, sortable=True)


def _by_figure(report: ComparisonReport) -> DataTable:
    """Return all figures: a line per figure, which leads to its definition."""
    table, cells = _cells(report, RUN_COLUMNS)
    lines = tuple(
        (Heading(metric.label, meaning_of(metric), f"#{anchor(metric.key)}"), own)
        for metric, own in zip(table.metrics, cells, strict=True)
    )
    heads = (
        Heading("Figure"),
        *(Heading(row.label, colour=report.styles[row.label][0]) for row in report.rows),
    )
    return DataTable("all-figures", "All figures", heads, lines)


def _cells(
    report: ComparisonReport, keys: tuple[str, ...]
) -> tuple[Table, tuple[tuple[TableCell, ...], ...]]:
    """Return the table of some metrics, and for each metric the cells of all rows."""
    table = Table(tuple(Row(r.label, r.kind, r.metrics) for r in report.rows), keys)
    columns = lay_out(table, transposed=False).columns
    return table, tuple(
        tuple(
            _cell(row.metrics.get(metric.key), cell)
            for row, cell in zip(report.rows, column.cells, strict=True)
        )
        for metric, column in zip(table.metrics, columns, strict=True)
    )


def _cell(value: object, cell: Cell) -> TableCell:
    known = isinstance(value, int | float | str) and is_defined(value)
    return TableCell(cell.text, value if known else None, cell.best)  # type: ignore[arg-type]


def _parameters(rule: dict[str, object]) -> str:
    """Return a rule's name and parameters, for a hover."""
    given = rule.get("parameters")
    pairs = given.items() if isinstance(given, dict) else ()
    return f"{rule.get('name')}: {', '.join(f'{key} {value}' for key, value in pairs)}"
