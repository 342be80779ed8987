"""Running a rule for many parameter sets at once: distinct triggers once, then the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.costs import AssetCosts, Terms
from engine.execution.kernel.columns import COLUMNS
from engine.execution.kernel.compiled import compiled
from engine.execution.kernel.events import (
    Runs,
    Scratch,
    entries_of,
    session_returns,
    simulate_runs,
)
from engine.execution.kernel.memory import keep_freed_memory
from engine.execution.kernel.numbering import distinct
from engine.execution.kernel.tables import Market, build_market, next_true
from engine.execution.switching_sets import Numbers, Rows, SwitchingSets
from engine.execution.threads import in_threads
from engine.market.panel import PricePanel
from engine.rotation.costs import quote
from engine.rules.rule import Rule
from engine.signals.loops import compile_loops

SPLIT = 16
"""Pieces of work per worker: what they cost is not known beforehand."""
AT_LEAST = 50
"""What a run without entries costs, in entries."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Raw results of parameter sets: sums and counts of the kernel, and hashes of their paths.

    Sets that cannot differ are run once. ``sums`` is float64 of shape (runs, COLUMNS) (see
    :mod:`engine.execution.kernel.columns`), ``paths`` uint64 of shape (runs,), ``which`` int32 of
    shape (m,): the run of each set.
    """

    sums: NDArray[np.float64]
    paths: NDArray[np.uint64]
    which: Rows

    @property
    def set_paths(self) -> NDArray[np.uint64]:
        """The hash of each set's path, shape (m,)."""
        return np.asarray(self.paths[self.which])


class SweepEngine:
    """The event kernel for one switching rule on one panel and one set of terms.

    Parameters
    ----------
    panel : PricePanel
    rule : Rule
        A switching rule.
    given : mapping
        Parameters the study sets; axes replace some of them.
    axes : mapping of str to sequence
        Parameter name → its values.
    terms : Terms
        With fractional shares.
    """

    def __init__(
        self,
        panel: PricePanel,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
        terms: Terms,
    ) -> None:
        compile_loops(compiled)
        keep_freed_memory()
        self._sets = SwitchingSets(panel, rule, given, axes)
        self.market = market_of(panel, terms)
        self._entries = entries_of(self._sets.enters)
        self._next_leave = next_true(self._sets.leaves)

    def run(self, numbers: Numbers, workers: int = 1) -> Trials:
        """Run some parameter sets; the number of workers changes no bit.

        Raises
        ------
        RuleError
            If building a trigger of one of them failed.
        """
        runs, which = self._sets.distinct(numbers)
        count = len(runs.enter)
        sums, paths = np.empty((count, COLUMNS)), np.empty(count, dtype=np.uint64)
        twins = np.empty(count, dtype=np.int32)
        market, entries, leaves = self.market, self._entries, self._next_leave

        def simulate(piece: slice) -> None:
            room, ends = Scratch.of(len(market.enter)), (piece.start, piece.stop)
            simulate_runs(market, entries, leaves, runs, room, *ends, sums, paths, twins)

        in_threads(simulate, self._alike(runs, workers), workers)
        made, which = distinct(twins[which], count)
        return Trials(sums[made], paths[made], which)

    def returns(self, numbers: Numbers, workers: int = 1) -> NDArray[np.float64]:
        """Return what some parameter sets earned in each session after the first, (m, n − 1).

        Fractions, costs included; the same runs as :meth:`run` measures.
        """
        runs = self._sets.runs(numbers)
        out = np.empty((len(numbers), self.market.close.shape[1] - 1))
        market, entries, leaves = self.market, self._entries, self._next_leave

        def simulate(piece: slice) -> None:
            room, ends = Scratch.of(len(market.enter)), (piece.start, piece.stop)
            session_returns(market, entries, leaves, runs, room, *ends, out)

        in_threads(simulate, evenly(len(numbers), workers), workers)
        return out

    def _alike(self, runs: Runs, workers: int) -> list[slice]:
        """Cut the runs into slices that cost about the same: as many entries are looked at.

        Runs of the same two triggers stay together: they share what is made ready for them.
        """
        if workers == 1 or not len(runs.enter):
            return evenly(len(runs.enter), 1)
        costs = np.cumsum(np.diff(self._entries.offsets)[runs.enter] + AT_LEAST)
        bounds = np.searchsorted(costs, np.linspace(0, costs[-1], _pieces(workers) + 1))
        pairs = runs.pairs
        bounds[:-1] = np.searchsorted(pairs, pairs[bounds[:-1]])
        bounds[-1] = len(pairs)
        return _between(bounds)


def evenly(count: int, workers: int) -> list[slice]:
    """Cut the numbers 0 to count − 1 into slices of like length, some for each worker."""
    return _between(np.linspace(0, count, _pieces(workers) + 1).astype(int))


def _pieces(workers: int) -> int:
    return SPLIT * workers if workers > 1 else 1


def _between(bounds: NDArray[Any]) -> list[slice]:
    return [slice(*ends) for ends in pairwise(bounds.tolist()) if ends[0] < ends[1]]


def market_of(panel: PricePanel, terms: Terms) -> Market:
    """Return the kernel's tables for a panel and terms."""
    first = panel.start_index
    pair = (panel.core, panel.satellite)
    fill = np.stack([(b.close if terms.fill == "next_close" else b.open)[first:] for b in pair])
    close = np.stack([bars.close[first:] for bars in pair])
    costs = (terms.core, terms.satellite)
    cash = np.zeros(len(panel) - first)
    cash[1:] = terms.rates_for(len(panel))[first:-1]
    return build_market(
        fill,
        close,
        np.array([_unit(c).sale for c in costs]),
        np.array([_unit(c).purchase for c in costs]),
        cash,
    )


def _unit(costs: AssetCosts) -> Any:
    return quote(1.0, costs.slippage, costs.commission)
