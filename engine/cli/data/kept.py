"""What became of symbols, for readers and for machines; and how it is told while it happens."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from engine.cli.options import notice, print_json

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from engine.market.keeping import Kept
    from engine.market.providers.retry import Say

SHOWN_CHANGES = 5


@contextmanager
def telling(quiet: bool) -> Iterator[Say]:
    """Give what tells of progress: a bar per symbol in a terminal, else lines on stderr."""
    if quiet or not sys.stderr.isatty():
        yield lambda symbol, sentence: notice(quiet, f"{symbol}: {sentence}")
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description:10}"),
        BarColumn(20),
        TimeElapsedColumn(table_column=Column(min_width=7)),
        TextColumn("{task.fields[sentence]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bars = _Bars(progress)
        yield bars
        bars.finish()


class _Bars:
    """One bar per symbol; a symbol is done when the next one begins."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, symbol: str, sentence: str) -> None:
        if symbol not in self.tasks:
            self.finish()
            self.tasks[symbol] = self.progress.add_task(symbol, total=None, sentence="")
        self.progress.update(self.tasks[symbol], sentence=sentence)

    def finish(self) -> None:
        for task in self.tasks.values():
            self.progress.update(task, total=1, completed=1)


def print_kept(kept: Sequence[Kept], folder: Path, *, as_json: bool) -> None:
    """Print what became of each symbol."""
    if as_json:
        print_json({"library": str(folder), "symbols": [_as_json(one) for one in kept]})
        return
    lines = [("SYMBOL", "SOURCE", "FIRST", "LAST", "ROWS", "ADDED", "WARNINGS", "STATUS")]
    for one in kept:
        entry = one.entry
        counts = (f"{entry.rows:,}", f"{one.added:,}", f"{len(one.warnings):,}")
        source = entry.request.get("recognised_as", entry.source)
        lines.append((entry.symbol, source, entry.first, entry.last, *counts, one.status))
    print_columns(lines, right=(4, 5, 6))
    for one in kept:
        for change in one.changes[:SHOWN_CHANGES]:
            click.echo(f"{one.entry.symbol}: restated: {change}")
        if (more := len(one.changes) - SHOWN_CHANGES) > 0:
            click.echo(f"{one.entry.symbol}: restated: … and {more:,} more")
        for warning in one.warnings:
            click.echo(warning)
    click.echo(f"\n{folder}")


def print_columns(lines: Sequence[tuple[str, ...]], right: Sequence[int] = ()) -> None:
    """Print rows of text in aligned columns; those numbered in `right` are numbers."""
    from engine.report.text import align, one_line

    texts = zip(*([one_line(cell) for cell in line] for line in lines), strict=True)
    columns = [align(column, right=i in right) for i, column in enumerate(texts)]
    for cells in zip(*columns, strict=True):
        click.echo("  ".join(cells).rstrip())


def _as_json(kept: Kept) -> dict[str, Any]:
    from engine.evaluation.metrics import to_json_value

    whole = {
        **asdict(kept.entry),
        "notes": list(kept.entry.notes),
        "status": kept.status,
        "added": kept.added,
        "changes": [asdict(change) for change in kept.changes],
        "warnings": list(kept.warnings),
    }
    converted: dict[str, Any] = to_json_value(whole)
    return converted
