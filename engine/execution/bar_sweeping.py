"""Running any rule for many parameter sets at once: the compiled bar-by-bar engine.

Slower than the event kernel of :mod:`engine.execution.sweeping`, which looks at trades alone, and
free of its conditions: rules may give weights instead of triggers, and shares may be whole, so
that what is traded depends on the equity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import ExecutionError
from engine.execution.bars import history_of, simulate
from engine.execution.costs import Terms
from engine.execution.kernel.bars import BarMarket, simulate_schedules, simulate_switching
from engine.execution.kernel.columns import COLUMNS, WEALTH
from engine.execution.kernel.compiled import compiled
from engine.execution.kernel.events import Runs
from engine.execution.sweeping import Trials, evenly
from engine.execution.switching_sets import Numbers, SwitchingSets
from engine.execution.threads import in_threads
from engine.market.panel import PricePanel
from engine.rules.decisions import Decision, planned
from engine.rules.rule import Rule
from engine.signals.loops import compile_loops

SCHEDULES = 64
"""Schedules of weights that are in memory at a time, for each worker."""


class BarSweepEngine:
    """The bar-by-bar kernel for one rule on one panel and one set of terms.

    Parameters
    ----------
    panel : PricePanel
    rule : Rule
        Of either kind.
    given : mapping
        Parameters the study sets; axes replace some of them.
    axes : mapping of str to sequence
        Parameter name → its values.
    terms : Terms
        With fractional or whole shares.
    """

    def __init__(
        self,
        panel: PricePanel,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
        terms: Terms,
    ) -> None:
        kind = _Switching if rule.is_switching else _Weighting
        self._engine: _Switching | _Weighting = kind(panel, rule, given, axes, terms)

    def run(self, numbers: Numbers, workers: int = 1) -> Trials:
        """Run some parameter sets; the number of workers changes no bit.

        Parameters
        ----------
        numbers : int64 array, shape (m,)
            Numbers of allowed sets in the grid of the axes, the last axis running fastest.
        workers : int
            Threads.

        Raises
        ------
        RuleError
            If the rule fails for one of the sets.
        ExecutionError
            If the wealth of one of them grows beyond all floats.
        """
        trials = self._engine.run(numbers, workers)
        if not np.isfinite(trials.sums[:, WEALTH]).all():
            raise ExecutionError("the equity of a run is not a finite number in every session")
        return trials

    def returns(self, numbers: Numbers, workers: int = 1) -> NDArray[np.float64]:
        """Return what some parameter sets earned in each session after the first, (m, n − 1).

        Fractions, costs included; the same runs as :meth:`run` measures.
        """
        return self._engine.returns(numbers, workers)


class _Switching:
    """The parameter sets of a switching rule: their triggers once, then bar by bar."""

    def __init__(
        self,
        panel: PricePanel,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
        terms: Terms,
    ) -> None:
        compile_loops(compiled)
        self._sets = SwitchingSets(panel, rule, given, axes)
        self._bars = bar_market(panel, terms)

    def run(self, numbers: Numbers, workers: int = 1) -> Trials:
        """Run some parameter sets; see :meth:`BarSweepEngine.run`."""
        runs, which = self._sets.distinct(numbers)
        found = _Found.room(len(runs.enter))
        self._walk(runs, found, workers)
        return Trials(found.sums, found.paths, which)

    def returns(self, numbers: Numbers, workers: int = 1) -> NDArray[np.float64]:
        """Return the returns of some parameter sets; see :meth:`BarSweepEngine.returns`."""
        runs = self._sets.runs(numbers)
        found = _Found.room(len(numbers), len(self._bars.overnight) - 1)
        self._walk(runs, found, workers)
        return found.returns

    def _walk(self, runs: Runs, found: _Found, workers: int) -> None:
        enters, leaves = self._sets.enters, self._sets.leaves

        def walk(piece: slice) -> None:
            ends = piece.start, piece.stop
            simulate_switching(self._bars, enters, leaves, runs, *ends, *found)

        in_threads(walk, evenly(len(runs.enter), workers), workers)


class _Weighting:
    """The parameter sets of a weighting rule: a schedule of weights each, a few at a time."""

    def __init__(
        self,
        panel: PricePanel,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
        terms: Terms,
    ) -> None:
        self._rule, self._given, self._axes = rule, dict(given), dict(axes)
        self._sizes = tuple(len(values) for values in axes.values())
        self._history, self._first = history_of(panel), panel.start_index
        self._bars = bar_market(panel, terms)

    def run(self, numbers: Numbers, workers: int = 1) -> Trials:
        """Run some parameter sets; see :meth:`BarSweepEngine.run`."""
        found = _Found.room(len(numbers))
        self._walk(numbers, found, workers)
        return Trials(found.sums, found.paths, np.arange(len(numbers), dtype=np.int32))

    def returns(self, numbers: Numbers, workers: int = 1) -> NDArray[np.float64]:
        """Return the returns of some parameter sets; see :meth:`BarSweepEngine.returns`."""
        found = _Found.room(len(numbers), len(self._bars.overnight) - 1)
        self._walk(numbers, found, workers)
        return found.returns

    def _walk(self, numbers: Numbers, found: _Found, workers: int) -> None:
        def walk(piece: slice) -> None:
            for start in range(piece.start, piece.stop, SCHEDULES):
                rows = slice(start, min(start + SCHEDULES, piece.stop))
                schedules = np.stack([self._schedule(int(number)) for number in numbers[rows]])
                sums, paths, returns = found.sums[rows], found.paths[rows], found.returns[rows]
                simulate_schedules(self._bars, schedules, sums, paths, returns)

        in_threads(walk, evenly(len(numbers), workers), workers)

    def _schedule(self, number: int) -> NDArray[np.float64]:
        """Return the weights that one set decides at each close, shape (n,)."""
        digits = np.unravel_index(number, self._sizes) if self._sizes else ()
        swept = {name: self._axes[name][int(d)] for name, d in zip(self._axes, digits, strict=True)}
        params = self._rule.parameters({**self._given, **swept})
        return planned(self._rule, self._history, params)[self._first :]


class _Found(NamedTuple):
    """What a kernel fills in for each run: sums, hash of the path and, if wanted, returns."""

    sums: NDArray[np.float64]
    paths: NDArray[np.uint64]
    returns: NDArray[np.float64]

    @classmethod
    def room(cls, runs: int, returns: int = 0) -> _Found:
        """Return room for some runs, and for so many returns of each."""
        return cls(np.empty((runs, COLUMNS)), np.empty(runs, np.uint64), np.empty((runs, returns)))


def bar_market(panel: PricePanel, terms: Terms) -> BarMarket:
    """Return what the kernel knows of a panel and terms."""
    first = panel.start_index
    pair, costs = (panel.core, panel.satellite), (terms.core, terms.satellite)
    fill = [bars.close if terms.fill == "next_close" else bars.open for bars in pair]
    overnight = terms.rates_for(len(panel))[first:]
    core = simulate(panel, (Decision(0, 0.0, "the core is held", ()),), terms).equity
    return BarMarket(
        fill=np.stack(fill)[:, first:].copy(),
        close=np.stack([bars.close for bars in pair])[:, first:].copy(),
        slippage=np.array([c.slippage for c in costs]),
        commission=np.array([c.commission for c in costs]),
        overnight=np.ascontiguousarray(overnight),
        earns=bool(overnight.any()),
        core_return=np.append(0.0, core[1:] / core[:-1] - 1.0),
        initial_cash=float(terms.initial_cash),
        fractional=terms.fractional_shares,
    )
