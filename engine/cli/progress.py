"""How a sweep's progress is shown: a bar in a terminal, a line for every tenth elsewhere."""

from __future__ import annotations

import math
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from rich.progress import TaskID

LINES = 10
"""Lines a whole sweep gets where there is no terminal."""


class SweepProgress:
    """Shows on stderr how many sets are done, how fast, how long it takes, and the best so far.

    Parameters
    ----------
    metric : str
        What sets are ranked by.
    quiet : bool
        Whether to say nothing at all.
    """

    def __init__(self, metric: str, quiet: bool) -> None:
        self._metric, self._quiet = metric, quiet
        self._started = time.monotonic()
        self._fresh = 0
        self._lines = 0
        self._bar = _Bar(metric) if sys.stderr.isatty() and not quiet else None

    def __enter__(self) -> SweepProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, text: str) -> None:
        """Show a few words on what is being done."""
        if self._bar is not None:
            self._bar.say(text)
        elif not self._quiet:
            click.echo(text, err=True)

    def measured(self, done: int, total: int, best: float, fresh: int) -> None:
        """Show how far it is."""
        if self._quiet:
            return
        self._fresh += fresh
        if self._bar is not None:
            self._bar.measured(done, total, best)
            return
        lines = done * LINES // total
        if lines > self._lines:
            self._lines = lines
            click.echo(self._line(done, total, best), err=True)

    def _line(self, done: int, total: int, best: float) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        rate = self._fresh / seconds
        parts = [f"{done:,} of {total:,} sets"]
        if self._fresh and done < total:
            parts.append(f"{rate:,.0f} a second, {duration((total - done) / rate)} left")
        if not math.isnan(best):
            parts.append(f"best {self._metric} {best:.6g}")
        return ", ".join(parts)


class EvidenceProgress:
    """Says on stderr what is being done, and how far searches on other histories are."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._told: dict[str, int] = {}

    def say(self, text: str) -> None:
        """Show a few words on what is being done."""
        if not self._quiet:
            click.echo(text, err=True)

    def searched(self, null: str, done: int, total: int, rate: float) -> None:
        """Show a line for every tenth of the histories."""
        lines = done * LINES // total
        if lines <= self._told.get(null, 0):
            return
        self._told[null] = lines
        left = f", {duration((total - done) / rate)} left" if rate and done < total else ""
        self.say(f"searched {done:,} of {total:,} histories ({null}){left}")


class _Bar:
    """The bar of a terminal."""

    def __init__(self, metric: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        self._metric = metric
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(show_speed=True),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID = self._progress.add_task("reading", total=None, rate="", best="")
        self._progress.start()

    def say(self, text: str) -> None:
        self._progress.update(self._task, description=text, rate="")

    def measured(self, done: int, total: int, best: float) -> None:
        speed = self._progress.tasks[0].speed
        self._progress.update(
            self._task,
            description=f"{done:,} of {total:,} sets",
            completed=done,
            total=total,
            rate=f"{speed:,.0f}/s" if speed else "",
            best="" if math.isnan(best) else f"best {self._metric} {best:.4g}",
        )

    def stop(self) -> None:
        self._progress.stop()


def duration(seconds: float) -> str:
    """Return a time as one would say it: ``0.4 s``, ``12 s``, ``3 min``, ``1.5 h``."""
    if seconds < 9.5:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
