"""The study of a grid: fed block by block while it is swept, finished with a few more sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study.halves import Halves, compare_halves, no_references
from engine.evaluation.grid_study.hashing import DistinctCount, Sample
from engine.evaluation.grid_study.leaders import Leaders
from engine.evaluation.grid_study.maps import Map, MapCounts
from engine.evaluation.grid_study.neighbours import (
    Neighbourhood,
    Profile,
    around,
    neighbourhoods,
    profiles,
)
from engine.evaluation.grid_study.places import (
    Evaluate,
    FloatArray,
    Measured,
    Numbers,
    Paths,
    Places,
    References,
    Values,
    sign_of,
)
from engine.evaluation.grid_study.spread import Spread, SpreadCount
from engine.evaluation.trial_keys import PATH
from engine.market.quotes import SessionArray

BLOCK = 2**18
"""Sets that are taken in at once: sums are made of these blocks however the grid is fed."""


@dataclass(frozen=True, eq=False)
class GridFindings:
    """What a grid says of one metric.

    Attributes
    ----------
    metric : str
        Key of the metric; values below are in its unit.
    axes : tuple of str
    references : mapping of str to float
        The metric of what sets are compared with, over all of history.
    spread : Spread
    paths : int
        Different position paths among the sets.
    paths_error : float
        Standard error of `paths` as a fraction of it; 0: exact.
    along : tuple of Map
        The metric along each axis, over all others.
    maps : tuple of Map
        The metric over each pair of axes, over all others.
    neighbourhoods : tuple of Neighbourhood
        Of the best sets, best first.
    profiles : tuple of Profile
        The metric along each axis through the best set; empty where no set has a metric.
    halves : Halves or None
        None where history is too short to be halved.
    """

    metric: str
    axes: tuple[str, ...]
    references: dict[str, float]
    spread: Spread
    paths: int
    paths_error: float
    along: tuple[Map, ...]
    maps: tuple[Map, ...]
    neighbourhoods: tuple[Neighbourhood, ...]
    profiles: tuple[Profile, ...]
    halves: Halves | None


class GridStudy:
    """Takes in a grid as it is swept, keeps counts and sums, and says what the grid says.

    Memory does not grow with the grid, and neither the size of the chunks nor where one ends
    changes a bit of the findings.

    Parameters
    ----------
    axes : mapping of str to sequence or Axis
        Swept key → its values, in the order of the study; the last one runs fastest.
    metric : str
        Key of the metric that is studied; its definition says whether higher is better.
    top : int
        How many of the best sets are looked at one by one.
    seed : int
        Of the sample of large grids.

    Raises
    ------
    UsageError
        If no metric is called so.
    """

    def __init__(
        self, axes: Mapping[str, Values], metric: str, *, top: int = 10, seed: int
    ) -> None:
        self._metric, self._sign = metric, sign_of(metric)
        self._places = Places(dict(axes))
        self._spread = SpreadCount(self._sign)
        self._maps = MapCounts(self._places, self._sign)
        self._leaders = Leaders(top)
        self._sample = Sample(seed)
        self._paths = DistinctCount()
        self._waiting: list[tuple[Numbers, FloatArray, Paths]] = []

    def add(self, numbers: Numbers, columns: Mapping[str, NDArray[Any]]) -> None:
        """Take in a chunk of the grid; chunks come in grid order.

        Parameters
        ----------
        numbers : int64 array, shape (m,)
            Numbers in the whole grid of the sets the rule allows, ascending.
        columns : mapping of str to array
            At least the metric, float64 of shape (m,), NaN where undefined, and under ``path``
            the hashes of position paths, uint64 of shape (m,).
        """
        metric = np.array(columns[self._metric], dtype=np.float64)
        self._waiting.append((np.array(numbers), metric, np.array(columns[PATH])))
        if sum(len(waiting[0]) for waiting in self._waiting) >= BLOCK:
            self._digest(BLOCK)

    def _digest(self, least: int) -> None:
        """Take in what waits in whole blocks, and a last one of at least so many sets."""
        numbers, metric, paths = (
            np.concatenate(parts) for parts in zip(*self._waiting, strict=True)
        )
        start = 0
        while start < len(numbers) and len(numbers) - start >= least:
            block = slice(start, start + BLOCK)
            self._take(numbers[block], metric[block], paths[block])
            start = min(start + BLOCK, len(numbers))
        self._waiting = [(numbers[start:], metric[start:], paths[start:])]

    def _take(self, numbers: Numbers, metric: FloatArray, paths: Paths) -> None:
        self._spread.add(metric)
        self._maps.add(numbers, metric)
        self._leaders.add(numbers, self._sign * metric, paths)
        self._sample.add(numbers, metric, paths)
        self._paths.add(paths)

    def finish(
        self, evaluate: Evaluate, *, sessions: SessionArray, references: References = no_references
    ) -> GridFindings:
        """Measure what else is needed and return the findings.

        Parameters
        ----------
        evaluate : callable
            ``evaluate(numbers, first, stop)`` measures any sets, the rule's allowance unknown,
            over the traded sessions [first, stop), with all of history as ``(0, None)``; see
            :data:`~engine.evaluation.grid_study.places.Evaluate`.
        sessions : datetime64[D] array
            Traded sessions.
        references : callable
            ``references(first, stop)`` gives the metric of benchmarks and of the study's own
            rule, by name, over the same sessions; ``core`` is what neighbours are held against.
        """
        if self._waiting:
            self._digest(1)
        whole = dict(references(0, None))
        spread = self._spread.found(whole)
        best = self._leaders.numbers
        measured = Measured.of(evaluate, self._metric, around(self._places, best), 0, None)
        along, over = self._maps.found()
        return GridFindings(
            metric=self._metric,
            axes=tuple(self._places.axes),
            references=whole,
            spread=spread,
            paths=self._paths.count,
            paths_error=self._paths.error,
            along=along,
            maps=over,
            neighbourhoods=neighbourhoods(
                self._places, self._leaders, measured, self._sign, spread.median, whole
            ),
            profiles=profiles(self._places, int(best[0]), measured) if len(best) else (),
            halves=self._halves(evaluate, sessions, references),
        )

    def _halves(
        self, evaluate: Evaluate, sessions: SessionArray, references: References
    ) -> Halves | None:
        return compare_halves(
            self._places,
            self._metric,
            self._sign,
            self._sample.sets,
            self._leaders,
            is_sample=not self._sample.is_all,
            sessions=sessions,
            evaluate=evaluate,
            references=references,
        )
