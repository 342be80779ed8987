"""Running any rule for many parameter sets at once: the compiled bar-by-bar engine.

Slower than :mod:`engine.execution.sweeping`, whose kernel looks at trades alone, and free of its
conditions: rules may give weights instead of triggers, and shares may be whole, so that what is
traded depends on the equity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import ExecutionError
from engine.execution.bars import history_of, simulate
from engine.execution.costs import Terms
from engine.execution.distinct import Distinct, Numbers
from engine.execution.kernel.bars import BarMarket, simulate_schedules, simulate_switching
from engine.execution.kernel.columns import COLUMNS, WEALTH
from engine.execution.sweeping import Trials, _parts
from engine.market.panel import PricePanel
from engine.rules.decisions import Decision, planned
from engine.rules.features import FeatureValues
from engine.rules.rule import Rule, RuleParams
from engine.rules.trigger import Answers, Trigger

SCHEDULE_BYTES = 2**26
"""Most memory that schedules of weights take at a time."""


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
        self.market = bar_market(panel, terms)
        source = _Switches if rule.is_switching else _Schedules
        self._sets: _Switches | _Schedules = source(panel, rule, given, axes)

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
        m = len(numbers)
        sums, paths = np.empty((m, COLUMNS)), np.empty(m, dtype=np.uint64)
        which = np.empty(m, dtype=np.int64)
        made = 0
        with ThreadPoolExecutor(workers) as pool:
            for start in range(0, m, self._sets.most):
                chunk = slice(start, start + self._sets.most)
                batch, which_of_batch = self._sets.batch(numbers[chunk])
                rows = slice(made, made + len(batch.sets[0]))
                batch.run(self.market, sums[rows], paths[rows], pool, workers)
                which[chunk] = made + which_of_batch
                made = rows.stop
        if not np.isfinite(sums[:made, WEALTH]).all():
            raise ExecutionError("the equity of a run is not a finite number in every session")
        return Trials(sums[which], paths[which])


class _Batch(NamedTuple):
    """Sets that differ, ready for a kernel: a table and what each set takes from it."""

    kernel: Callable[..., None]
    table: NDArray[Any]
    sets: tuple[NDArray[Any], ...]

    def run(
        self,
        market: BarMarket,
        sums: NDArray[np.float64],
        paths: NDArray[np.uint64],
        pool: ThreadPoolExecutor,
        workers: int,
    ) -> None:
        """Fill sums and paths, a share of the sets in each thread."""

        def run(rows: slice) -> None:
            sets = [values[rows] for values in self.sets]
            self.kernel(market, self.table, *sets, sums[rows], paths[rows])

        bounds = np.linspace(0, len(paths), workers + 1).astype(int).tolist()
        list(pool.map(run, (slice(*ends) for ends in pairwise(bounds))))


class _Switches:
    """The parameter sets of a switching rule: rows of distinct triggers, and limits."""

    most = 2**20  # sets in a batch

    def __init__(
        self,
        panel: PricePanel,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
    ) -> None:
        self._first, self._sessions = panel.start_index, len(panel)
        self._values = FeatureValues(history_of(panel).closes)
        self._triggers: dict[Trigger, int] = {}
        self._answers: dict[bytes, int] = {}  # thresholds no value lies between answer the same

        def enter(params: RuleParams) -> list[int]:
            return [self._row(rule.trigger("enter", params))]

        def leave(params: RuleParams) -> list[int]:
            return [self._row(part) for part in _parts(rule.trigger("leave", params))]

        def limits(params: RuleParams) -> list[int]:
            return [min(limit, self._sessions) for limit in rule.limits(params)]

        self._built = [Distinct(rule, given, axes, build) for build in (enter, leave, limits)]

    def _row(self, trigger: Trigger) -> int:
        """Return the row of a trigger's answers, which are evaluated once."""
        if trigger not in self._triggers:
            answers: Answers = self._values.answers(trigger)[self._first :]
            row = self._answers.setdefault(answers.tobytes(), len(self._answers))
            self._triggers[trigger] = row
        return self._triggers[trigger]

    def batch(self, numbers: Numbers) -> tuple[_Batch, NDArray[np.int64]]:
        """Return the different sets among some, and which of them each is."""
        keys = np.zeros(len(numbers), dtype=np.int64)
        distinct = []
        for built in self._built:
            found, which = built.of(numbers)
            rows, same = np.unique(_table(found), axis=0, return_inverse=True)
            keys = keys * len(rows) + same.ravel()[which]
            distinct.append(rows)
        different, which = np.unique(keys, return_inverse=True)
        chosen = np.unravel_index(different, tuple(map(len, distinct)))
        enters, leaves, limits = (rows[i] for rows, i in zip(distinct, chosen, strict=True))
        answers = np.frombuffer(b"".join(self._answers), dtype=bool)
        table = answers.reshape(len(self._answers), -1)
        return _Batch(simulate_switching, table, (enters[:, 0], leaves, limits)), which.ravel()


def _table(rows: list[list[int]]) -> NDArray[np.int64]:
    """Return rows of numbers as one array, the shorter ones filled up with −1."""
    width = max(map(len, rows))
    return np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int64)


class _Schedules:
    """The parameter sets of a weighting rule: schedules of weights, some at a time."""

    def __init__(
        self,
        panel: PricePanel,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
    ) -> None:
        history = history_of(panel)
        first = panel.start_index

        def schedule(params: RuleParams) -> NDArray[np.float64]:
            return planned(rule, history, params)[first:]

        self._built = Distinct(rule, given, axes, schedule)
        self.most = max(SCHEDULE_BYTES // (8 * len(panel)), 1)

    def batch(self, numbers: Numbers) -> tuple[_Batch, NDArray[np.int64]]:
        """Return the different sets among some, and which of them each is."""
        schedules, which = self._built.of(numbers)
        rows = np.arange(len(schedules))
        return _Batch(simulate_schedules, np.stack(schedules), (rows,)), which


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
