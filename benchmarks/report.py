"""What was measured as tables: printed, and written to ``benchmarks/RESULTS.md``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.timing import Seconds
from engine.report.tables import escape_markdown, pipe_row
from engine.report.text import align

ABSENT = "–"

INTRODUCTION = """# Benchmarks

Written by `make bench`; do not edit. Times are medians over rounds in which everything that a
table compares was run in turn, in one go; brackets hold the fastest and the slowest round.
Compare rows of one table with each other, not with figures from elsewhere.
"""


@dataclass(frozen=True)
class Table:
    """A table with what must be known to read it.

    Attributes
    ----------
    title : str
    columns : sequence of str
        The first one is text, the others are figures.
    rows : sequence of sequences of str
    notes : sequence of str
        Paragraphs below the table.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Part:
    """What one benchmark gives: tables, and figures that aims are held against, by name."""

    tables: Sequence[Table]
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Aim:
    """A limit for a figure: at most so much, or at least."""

    text: str
    figure: str
    limit: float
    at_least: bool = False
    unit: str = "s"

    def row(self, figures: Mapping[str, float]) -> tuple[str, str, str, str]:
        """Return the aim, its limit, the figure and whether it is met."""
        bound = f"{'≥' if self.at_least else '≤'} {_with_unit(self.limit, self.unit)}"
        value = figures.get(self.figure, math.nan)
        if math.isnan(value):
            return self.text, bound, ABSENT, "not measured"
        met = value >= self.limit if self.at_least else value <= self.limit
        return self.text, bound, _with_unit(value, self.unit), "yes" if met else "no"


PLAIN_RUN = "a run in Backtrader as it comes"
AIMS = (
    Aim("1,000 sets, warm", "events 1000", 0.010),
    Aim("1,000,000 sets, warm", "events 1000000", 1.0),
    Aim("against vectorbt, 10,000 sets", "× vectorbt 10000", 1000.0, at_least=True, unit="×"),
    Aim("against raptorbt, 10,000 sets", "× raptorbt 10000", 100.0, at_least=True, unit="×"),
    Aim(f"{PLAIN_RUN}, in sets of 10,000", "× plain 10000", 100_000.0, at_least=True, unit="×"),
    Aim(f"{PLAIN_RUN}, of 1,000,000", "× plain 1000000", 100_000.0, at_least=True, unit="×"),
    Aim("memory of 1,000,000 sets", "memory 1000000", 400.0, unit="MB"),
    Aim("`streak sweep`, 1,000 sets, confirmed, nothing compiled", "process cold 1000", 3.0),
    Aim("`streak sweep`, 1,000 sets, confirmed, compiled before", "process warm 1000", 2.0),
    Aim(
        "`streak sweep`, 100,000 sets, not confirmed, compiled before", "process large 100000", 3.0
    ),
    Aim("walk-forward, 30 folds of 10,000 sets, warm", "walk-forward 30", 10.0),
)


def aims_table(figures: Mapping[str, float]) -> Table:
    """Return what was aimed at, and what was measured."""
    rows = [aim.row(figures) for aim in AIMS]
    notes = []
    if "× run 10000" in figures:
        notes.append(
            "Backtrader as it comes is a plain Cerebro with pandas feeds. A run as the engine "
            "makes it in Backtrader, without what no rotation needs, costs "
            f"{count_text(figures['× run 10000'])} sets of 10,000."
        )
    return Table("Aims", ("Aim", "Limit", "Measured", "Met"), rows, notes)


def document(tables: Iterable[Table]) -> str:
    """Return the whole of ``RESULTS.md``."""
    return "\n".join([INTRODUCTION, *map(to_markdown, tables)])


def to_markdown(table: Table) -> str:
    """Return a table in Markdown that can be read as it is, too: columns are aligned."""
    cells = [[_escaped(text) for text in row] for row in (table.columns, *table.rows)]
    columns = [
        align(texts, right=number > 0) for number, texts in enumerate(zip(*cells, strict=True))
    ]
    widths = [len(column[0]) for column in columns]
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    head, *body = zip(*columns, strict=True)
    lines = [pipe_row(head), pipe_row(rule), *map(pipe_row, body)]
    notes = [f"{note}\n" for note in table.notes]
    return "\n".join([f"## {table.title}\n", *lines, "", *notes])


def _escaped(text: str) -> str:
    """Escape text; of code between ticks only what would end a cell."""
    parts = text.split("`")
    return "`".join(
        part.replace("|", r"\|") if number % 2 else escape_markdown(part)
        for number, part in enumerate(parts)
    )


def seconds_text(seconds: float) -> str:
    """Return a duration in the unit that suits it, three significant digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.9995 * size or unit == "µs":  # 999.6 ms would be written 1,000 ms
            return f"{count_text(seconds / size)} {unit}"
    raise AssertionError("unreachable")


def spread_text(seconds: Seconds) -> str:
    """Return the median, and the fastest and the slowest in brackets."""
    ends = f"{seconds_text(seconds.fastest)} … {seconds_text(seconds.slowest)}"
    return f"{seconds_text(seconds.median)} ({ends})"


def count_text(value: float) -> str:
    """Return a figure with three significant digits, or whole; no exponent."""
    if value == 0.0:
        return "0"
    rounded = float(f"{value:.3g}")  # 0.9996 is written as 1.00
    places = max(0, 2 - math.floor(math.log10(abs(rounded))))
    return f"{value:,.{places}f}"


def _with_unit(value: float, unit: str) -> str:
    return seconds_text(value) if unit == "s" else f"{count_text(value)} {unit}"
