"""Summary tables as Markdown, CSV, JSON and plain text; on terminals by :mod:`.terminal`.

Every form says so where the prices are simulated: Markdown, text and terminals by a line, CSV by
its column ``data`` (``simulated`` or ``market``), JSON by ``simulated`` in every row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from engine.evaluation.definitions import METRICS
from engine.evaluation.metrics import MetricValue, to_json_value
from engine.market.panel import SIMULATED_NOTICE
from engine.report.format import is_defined
from engine.report.summary import (
    DEFAULT_COLUMNS,
    Cell,
    Row,
    Table,
    describe_setting,
    footer,
    lay_out,
    sort_rows,
)
from engine.report.terminal import to_rich
from engine.report.text import align, one_line, width_of
from engine.store.files import data_word, guarded

__all__ = [
    "DEFAULT_COLUMNS",
    "Row",
    "Table",
    "describe_setting",
    "metric_reference",
    "sort_rows",
    "to_csv",
    "to_json_rows",
    "to_markdown",
    "to_rich",
    "to_text",
]

_MARKDOWN_SPECIAL = re.compile(r"[\\`*\[\]|~$#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_HTML_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_DIRECTIONS = {1: "higher", -1: "lower", 0: "neither"}


def to_markdown(table: Table, *, transposed: bool = False) -> str:
    """Return the table in Markdown, ending in a line feed; numbers right-aligned, best ones bold.

    Text is escaped: no label can end a cell or bring in HTML, links or formulas.
    """
    layout = lay_out(table, transposed=transposed)
    lines = [
        pipe_row(
            map(escape_markdown, [layout.corner, *(column.heading for column in layout.columns)])
        ),
        pipe_row([":---", *("---:" for _ in layout.columns)]),
    ]
    for position, heading in enumerate(layout.lines):
        cells = (_markdown_cell(column.cells[position]) for column in layout.columns)
        lines.append(pipe_row([escape_markdown(heading), *cells]))
    notice = [f"**{SIMULATED_NOTICE}**"] if table.simulated else []
    below = map(escape_markdown, footer(table, layout, "bold:"))
    return "\n\n".join([*notice, "\n".join(lines), *below]) + "\n"


def to_csv(table: Table) -> str:
    """Return the table as CSV with raw values, one line per row, ending in a line feed.

    Columns are ``label``, ``kind`` (rule, benchmark), ``data`` (market, simulated), then the
    metric keys. Floats are written so that they read back exactly; undefined is empty. Labels
    are put on one line; text that a spreadsheet would take for a formula (it starts with
    ``= + - @``) gets a leading apostrophe. There are no comment lines.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["label", "kind", "data", *table.columns])
    data = data_word(table.simulated)
    for row in table.rows:
        values = (_csv_cell(row.metrics.get(key)) for key in table.columns)
        writer.writerow([guarded(one_line(row.label)), row.kind, data, *values])
    return buffer.getvalue()


def to_json_rows(table: Table) -> list[dict[str, Any]]:
    """Return one dict per row: rule, kind, simulated, metrics (raw values, None if undefined)."""
    return [
        {
            "rule": row.label,
            "kind": row.kind,
            "simulated": table.simulated,
            "metrics": {key: to_json_value(row.metrics.get(key)) for key in table.columns},
        }
        for row in table.rows
    ]


def to_text(table: Table, *, transposed: bool = False) -> str:
    """Return the table in plain text for pipes: one line per row, columns aligned.

    No escape codes and no wrapping, whatever the width; a star leads the best values. The text
    does not end in a line feed.
    """
    layout = lay_out(table, transposed=transposed)
    columns = [align([layout.corner, *layout.lines], right=False)]
    for column in layout.columns:
        texts = [column.heading, *(cell.starred for cell in column.cells)]
        columns.append(align(texts, right=True))
    head, *body = ("  ".join(texts).rstrip() for texts in zip(*columns, strict=True))
    rule = "  ".join("-" * width_of(column[0]) for column in columns)
    notice = [SIMULATED_NOTICE, ""] if table.simulated else []
    below = footer(table, layout, "*")
    return "\n".join([*notice, head, rule, *body, *([""] if below else []), *below])


def metric_reference() -> str:
    """Return the table of metrics in Markdown, for the documentation."""
    lines = [
        pipe_row(["Key", "Name", "Unit", "Better", "About", "Formula and source"]),
        pipe_row([":---"] * 6),
    ]
    for metric in METRICS:
        better = _DIRECTIONS[metric.direction]
        texts = (metric.label, metric.unit, better, metric.group, metric.source)
        lines.append(pipe_row([f"`{metric.key}`", *map(escape_markdown, texts)]))
    return "\n".join(lines) + "\n"


def escape_markdown(text: str) -> str:
    """Return one line of text as Markdown shows it literally; ``_`` inside a word needs no help."""
    html = "".join(_HTML_SPECIAL.get(character, character) for character in text)
    # "&lt;" and its like hold nothing that Markdown would need escaped
    return _MARKDOWN_SPECIAL.sub(lambda match: "\\" + match[0], html)


def pipe_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _markdown_cell(cell: Cell) -> str:
    return f"**{escape_markdown(cell.text)}**" if cell.best else escape_markdown(cell.text)


def _csv_cell(value: MetricValue) -> str:
    if value is None or not is_defined(value):
        return ""
    return guarded(one_line(value)) if isinstance(value, str) else repr(to_json_value(value))
