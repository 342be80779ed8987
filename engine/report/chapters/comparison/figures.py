"""Key figures: a line per rule and benchmark, sortable by each figure."""

from __future__ import annotations

from engine.report.chapters.key_figures import meaning_of
from engine.report.comparison_report import ComparisonReport
from engine.report.document import Chapter, DataTable, Heading, TableCell
from engine.report.format import is_defined
from engine.report.results import RUN_COLUMNS
from engine.report.summary import Cell, Row, Table, lay_out


def figures(report: ComparisonReport) -> Chapter:
    """Return the chapter of key figures."""
    table = Table(tuple(Row(r.label, r.kind, r.metrics) for r in report.rows), RUN_COLUMNS)
    columns = lay_out(table, transposed=False).columns
    lines = tuple(
        (
            Heading(row.label, _parameters(row.rule), colour=report.styles[row.label][0]),
            tuple(
                _cell(row.metrics.get(metric.key), column.cells[i])
                for metric, column in zip(table.metrics, columns, strict=True)
            ),
        )
        for i, row in enumerate(report.rows)
    )
    heads = (Heading("Rule"), *(Heading(m.label, meaning_of(m)) for m in table.metrics))
    return Chapter(
        key="key-figures",
        title="Key figures",
        sentences=(
            "All rows pay the same costs on the same prices. A click on a heading sorts by it; "
            "the best value of each column is marked. Relative figures are against the core.",
        ),
        blocks=(DataTable("figures", "Key figures", heads, lines, sortable=True),),
        data={
            row.label: {"kind": row.kind, "source": row.source, **row.metrics}
            for row in report.rows
        },
    )


def _cell(value: object, cell: Cell) -> TableCell:
    known = isinstance(value, int | float | str) and is_defined(value)
    return TableCell(cell.text, value if known else None, cell.best)  # type: ignore[arg-type]


def _parameters(rule: dict[str, object]) -> str:
    """Return a rule's name and parameters, for a hover."""
    given = rule.get("parameters")
    pairs = given.items() if isinstance(given, dict) else ()
    return f"{rule.get('name')}: {', '.join(f'{key} {value}' for key, value in pairs)}"
