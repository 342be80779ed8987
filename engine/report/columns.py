"""Columns of tables: each knows its heading, how a record's cell reads, and what it sorts by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from engine.evaluation.definitions import Unit
from engine.report.document import DataTable, Heading, TableCell
from engine.report.format import (
    UNDEFINED,
    format_interval,
    format_number,
    format_value,
    is_defined,
)

R = TypeVar("R")


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column of a table of records.

    Attributes
    ----------
    heading : str
    text : callable
        Of a record: the cell as readers see it.
    value : callable
        Of a record: the number behind the cell; None where the text is all there is.
    meaning : str
        What the column holds, for a hover.
    """

    heading: str
    text: Callable[[R], str]
    value: Callable[[R], float | None]
    meaning: str = ""


def word(heading: str, of: Callable[[R], str | None], meaning: str = "") -> Column[R]:
    """Return a column of words; none is the sign for undefined."""
    return Column(heading, lambda record: of(record) or UNDEFINED, lambda _: None, meaning)


def share(heading: str, of: Callable[[R], float], meaning: str = "") -> Column[R]:
    """Return a column of fractions, shown in percent."""
    return Column(heading, lambda record: format_value(of(record), "fraction"), of, meaning)


def figure(
    heading: str, of: Callable[[R], float | None], decimals: int, meaning: str = ""
) -> Column[R]:
    """Return a column of numbers with so many decimals."""

    def text(record: R) -> str:
        value = of(record)
        defined = value is not None and is_defined(value)
        return format_number(value, decimals) if defined and value is not None else UNDEFINED

    return Column(heading, text, of, meaning)


def interval(
    heading: str, ends: Callable[[R], tuple[float, float]], unit: Unit = "fraction"
) -> Column[R]:
    """Return a column of intervals, which are sorted by their lower ends."""
    return Column(heading, lambda r: format_interval(*ends(r), unit), lambda r: ends(r)[0])


def texts_of(
    columns: Sequence[Column[R]], records: Sequence[R]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the headings and the rows of texts of a table."""
    rows = tuple(tuple(column.text(record) for column in columns) for record in records)
    return tuple(column.heading for column in columns), rows


def data_table(
    key: str,
    title: str,
    columns: Sequence[Column[R]],
    records: Sequence[R],
    **more: Any,
) -> DataTable:
    """Return a table of a report; `more` are further fields of :class:`DataTable`."""
    first, *others = columns
    rows = tuple(
        (
            Heading(first.text(record)),
            tuple(TableCell(column.text(record), _sorted_by(column, record)) for column in others),
        )
        for record in records
    )
    heads = tuple(Heading(column.heading, column.meaning) for column in columns)
    return DataTable(key, title, heads, rows, **more)


def _sorted_by(column: Column[R], record: R) -> float | None:
    value = column.value(record)
    return value if value is not None and is_defined(value) else None
