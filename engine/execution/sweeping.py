"""Running a rule for many parameter sets at once: distinct triggers once, then the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.costs import AssetCosts, Terms
from engine.execution.kernel.columns import COLUMNS
from engine.execution.kernel.compiled import compiled
from engine.execution.kernel.events import (
    Scratch,
    entries_of,
    session_returns,
    simulate_runs,
)
from engine.execution.kernel.memory import keep_freed_memory
from engine.execution.kernel.numbering import distinct
from engine.execution.kernel.tables import Market, build_market, next_true
from engine.execution.switching_sets import Numbers, Rows, SwitchingSets
from engine.market.panel import PricePanel
from engine.rotation.costs import quote
from engine.rules.rule import Rule
from engine.signals.loops import compile_loops

SPLIT = 8
"""Pieces of work per worker: runs differ in what they cost."""


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

        def part(first: int, last: int) -> None:
            room = Scratch.of(len(market.enter))
            simulate_runs(market, entries, leaves, runs, room, first, last, sums, paths, twins)

        in_parts(part, count, workers, runs.pairs)
        made, which = distinct(twins[which], count)
        return Trials(sums[made], paths[made], which)

    def returns(self, numbers: Numbers, workers: int = 1) -> NDArray[np.float64]:
        """Return what some parameter sets earned in each session after the first, (m, n − 1).

        Fractions, costs included; the same runs as :meth:`run` measures.
        """
        runs = self._sets.runs(numbers)
        out = np.empty((len(numbers), self.market.close.shape[1] - 1))
        market, entries, leaves = self.market, self._entries, self._next_leave

        def part(first: int, last: int) -> None:
            room = Scratch.of(len(market.enter))
            session_returns(market, entries, leaves, runs, room, first, last, out)

        in_parts(part, len(numbers), workers)
        return out


def in_parts(
    work: Callable[[int, int], None], count: int, workers: int, groups: Numbers | None = None
) -> None:
    """Do some work on the numbers 0 to count − 1, in threads if several workers are given.

    Numbers whose `groups`, given in order, are equal stay together.
    """
    if workers == 1:
        work(0, count)
        return
    bounds = np.linspace(0, count, SPLIT * workers + 1).astype(int)
    if groups is not None and count:
        bounds[1:-1] = np.searchsorted(groups, groups[bounds[1:-1]])
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, bounds[:-1].tolist(), bounds[1:].tolist()))


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
