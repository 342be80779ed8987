"""The distinct strategies of a sweep, and what they earned: derived anew, a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from engine.errors import UsageError
from engine.evaluation.search_evidence import Returns
from engine.evaluation.trial_keys import KEYS, PATH
from engine.market.quotes import FloatArray, SessionArray
from engine.pipeline.sweeping.part import Part
from engine.pipeline.sweeping.plan import Numbers, Plan
from engine.store.ranking import sort_keys
from engine.store.sweeps import plain

TOGETHER = 512
"""Strategies whose returns are in memory at a time: some tens of megabytes."""


@dataclass(frozen=True, eq=False)
class Winner:
    """The best set of a sweep by a metric, the first of the grid among equals.

    ``number`` is that in the whole grid, ``row`` that of the table of the sweep, ``values`` are
    its swept values, ``metrics`` those the kernel measured.
    """

    number: int
    row: int
    values: dict[str, Any]
    metrics: dict[str, float]


@dataclass(frozen=True, eq=False)
class Searched:
    """A sweep, measured again.

    Attributes
    ----------
    allowed : int64 array, shape (sets,)
        Numbers of all sets that the rule allows.
    measured : float64 array, shape (sets,)
        The metric of each of them.
    distinct : int64 array, shape (strategies,)
        The first of those that held the same on the same terms; ascending.
    winner : Winner
    """

    allowed: Numbers
    measured: FloatArray
    distinct: Numbers
    winner: Winner


def searched(plan: Plan, metric: str) -> Searched:
    """Measure a sweep again: which sets there are, which differ, and which is the best.

    Raises
    ------
    UsageError
        If the metric is undefined for every set.
    """
    allowed, measured, kept, rows = [], [], [], 0
    best, winner = np.inf, None
    for chunk in range(plan.chunks):
        numbers, columns = plan.measured(plan.numbers(chunk))
        keys = sort_keys(columns, metric)
        if len(keys) and keys.min() < best:
            at = int(keys.argmin())
            best = float(keys[at])
            metrics = {key: plain(columns[key][at]) for key in KEYS}
            number = int(numbers[at])
            winner = Winner(number, rows + at, plan.grid[number], metrics)
        allowed.append(numbers)
        measured.append(columns[metric])
        kept.append(_first_of_each(plan.split(numbers)[0], columns[PATH], numbers))
        rows += len(numbers)
    if winner is None:
        raise UsageError(f"{metric} is undefined for every set of the sweep")
    _, _, distinct = _first_of_each(*(np.concatenate(parts) for parts in zip(*kept, strict=True)))
    return Searched(np.concatenate(allowed), np.concatenate(measured), np.sort(distinct), winner)


def _first_of_each(outer: Numbers, paths: Any, numbers: Numbers) -> tuple[Numbers, Any, Numbers]:
    """Return the first of the sets that are equal in terms and path, by these; numbers ascend."""
    order = np.lexsort((numbers, paths, outer))
    outer, paths, numbers = outer[order], paths[order], numbers[order]
    new = np.ones(len(numbers), dtype=bool)
    new[1:] = (outer[1:] != outer[:-1]) | (paths[1:] != paths[:-1])
    return outer[new], paths[new], numbers[new]


class SweptStrategies:
    """Some sets of a sweep as strategies whose returns can be asked for.

    Where prices are swept, only the sessions that all sets have are looked at.

    Parameters
    ----------
    plan : Plan
    numbers : int64 array, shape (strategies,)
        Numbers of sets in the whole grid, ascending.
    seed : int
        Draws samples.
    sessions : datetime64[D] array, shape (n,), optional
        Those looked at; by default the ones in which all the sets have a return.

    Raises
    ------
    UsageError
        If the sets have no two sessions with a return in common.
    """

    def __init__(
        self, plan: Plan, numbers: Numbers, seed: int, sessions: SessionArray | None = None
    ) -> None:
        self._plan, self._numbers, self._seed = plan, numbers, seed
        outer, self._inner = plan.split(numbers)
        self._rows = {int(one): np.flatnonzero(outer == one) for one in np.unique(outer)}
        if sessions is None:
            own = [self._part(one).panel.traded_sessions[1:] for one in self._rows]
            sessions = reduce(np.intersect1d, own)
        self.sessions = sessions
        if len(self.sessions) < 2:
            raise UsageError("the sets of this sweep have no two sessions in common")

    def __len__(self) -> int:
        return len(self._numbers)

    def _part(self, outer: int) -> Part:
        part = self._plan.part(outer)
        assert part is not None  # only allowed sets are strategies
        return part

    def parts(self) -> Iterator[Returns]:
        """Yield the returns of all strategies, terms by terms, each in the grid's order."""
        for outer, rows in self._rows.items():
            for first in range(0, len(rows), TOGETHER):
                yield self._returns(outer, self._inner[rows[first : first + TOGETHER]])

    def of(self, number: int) -> Returns:
        """Return the returns of any set of the sweep that the rule allows, each of shape (n, 1)."""
        outer, inner = self._plan.split(np.array([number]))
        return self._returns(int(outer[0]), inner)

    def core(self, number: int) -> FloatArray:
        """Return what the core held on the terms of a set earned over cash, shape (n, 1)."""
        outer, _ = self._plan.split(np.array([number]))
        held, cash, chosen = self._references(int(outer[0]))
        return np.asarray((held - cash)[chosen, None])

    def _returns(self, outer: int, inner: Numbers) -> Returns:
        held, cash, chosen = self._references(outer)
        earned = self._part(outer).returns(inner, self._plan.threads)[:, chosen]
        return Returns((earned - cash[chosen]).T, (earned - held[chosen]).T)

    def _references(self, outer: int) -> tuple[FloatArray, FloatArray, Any]:
        """Return returns of core and cash, and which of the sessions are common to all sets."""
        part = self._part(outer)
        core, own = part.core, part.panel.traded_sessions[1:]
        alike = len(own) == len(self.sessions)
        chosen = slice(None) if alike else np.searchsorted(own, self.sessions)
        return core.equity[1:] / core.equity[:-1] - 1.0, core.cash_returns, chosen

    def sample(self, most: int) -> SweptStrategies:
        """Return so many of the strategies, drawn without replacement, or these if no more."""
        if len(self) <= most:
            return self
        drawn = np.random.default_rng([self._seed, most]).choice(len(self), most, replace=False)
        numbers = self._numbers[np.sort(drawn)]
        return SweptStrategies(self._plan, numbers, self._seed, self.sessions)
