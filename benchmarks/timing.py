"""Timing things side by side: in turn, several times, medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

Name = TypeVar("Name")
Job = Callable[[], float]
"""Does something and returns the seconds it took."""


class Seconds(NamedTuple):
    """How long a job took over the rounds."""

    median: float
    fastest: float
    slowest: float

    def each(self, count: int) -> Seconds:
        """Return the seconds of one of `count` equal parts."""
        return Seconds(*(seconds / count for seconds in self))


def clocked(work: Callable[[], object]) -> Job:
    """Return a job that takes the time of some work."""

    def job() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return job


def side_by_side(jobs: Mapping[Name, Job], rounds: int, warm: bool = True) -> dict[Name, Seconds]:
    """Return the seconds of each job, run in turn; `warm`: after a round that does not count."""
    taken: dict[Name, list[float]] = {name: [] for name in jobs}
    for number in range(-1 if warm else 0, rounds):
        for name, job in jobs.items():
            seconds = job()
            if number >= 0:
                taken[name].append(seconds)
    return {
        name: Seconds(statistics.median(times), min(times), max(times))
        for name, times in taken.items()
    }
