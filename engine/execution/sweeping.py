"""Running a rule for many parameter sets at once: distinct triggers once, then the kernel.

Which parameters a trigger depends on is observed by building it with parameters that note what is
read; each trigger is then built and evaluated once per combination of those alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.execution.bars import history_of
from engine.execution.costs import AssetCosts, Terms
from engine.execution.kernel.events import COLUMNS, simulate_sets
from engine.execution.kernel.tables import Market, build_market, next_true
from engine.market.panel import PricePanel
from engine.rotation.costs import quote
from engine.rules.features import FeatureValues
from engine.rules.rule import Rule
from engine.rules.trigger import AnyOf, Trigger

Digits = NDArray[np.int64]
"""Which value of its axis each parameter of each set has, shape (sets, axes)."""


@dataclass(frozen=True, eq=False)
class Trials:
    """Raw results of parameter sets: sums and counts of the kernel, and hashes of their paths.

    ``sums`` is float64 of shape (m, COLUMNS) (see :mod:`engine.execution.kernel.events`),
    ``paths`` uint64 of shape (m,).
    """

    sums: NDArray[np.float64]
    paths: NDArray[np.uint64]


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
        self._rule = rule
        self._given = dict(given)
        self._names = tuple(axes)
        self._values = tuple(tuple(values) for values in axes.values())
        self._first = panel.start_index
        self._known = FeatureValues(history_of(panel).closes)
        self.market = market_of(panel, terms)
        self._enter_rows, self._enters = self._tabulate(lambda p: (rule.switching(p).enter,))
        self._leave_rows, self._leaves = self._tabulate(lambda p: _parts(rule.switching(p).leave))

    def _params(self, digits: Sequence[int]) -> Any:
        values = {n: v[d] for n, v, d in zip(self._names, self._values, digits, strict=True)}
        return self._rule.params.model_construct(**{**self._given, **values})

    def _tabulate(
        self, build: Callable[[Any], tuple[Trigger, ...]]
    ) -> tuple[NDArray[np.int32], Callable[[Digits], NDArray[np.int32]]]:
        """Return next-event rows of every distinct trigger, and how to find those of sets."""
        axes = self._read_by(build)
        shape = tuple(len(self._values[axis]) for axis in axes)
        rows: dict[Trigger, int] = {}
        combinations: list[list[int]] = []
        for combination in np.ndindex(*shape):
            digits = [0] * len(self._names)
            for axis, digit in zip(axes, combination, strict=True):
                digits[axis] = digit
            triggers = build(self._params(digits))
            combinations.append([rows.setdefault(trigger, len(rows)) for trigger in triggers])
        width = max(len(found) for found in combinations)
        table = np.array([found + [-1] * (width - len(found)) for found in combinations], np.int32)
        answers = np.stack([self._known.answers(trigger)[self._first :] for trigger in rows])
        _, kept, same = np.unique(
            _as_rows(np.packbits(answers, axis=1)), return_index=True, return_inverse=True
        )  # thresholds that no value lies between give the same answers
        table = np.where(table < 0, -1, same.ravel()[table]).astype(np.int32)

        def find(digits: Digits) -> NDArray[np.int32]:
            flat = np.zeros(len(digits), dtype=np.int64)
            for axis, size in zip(axes, shape, strict=True):
                flat = flat * size + digits[:, axis]
            return table[flat]

        return next_true(np.ascontiguousarray(answers[kept])), find

    def _read_by(self, build: Callable[[Any], Any]) -> tuple[int, ...]:
        """Return the axes whose parameters a trigger reads; one that is not a field reads all."""
        read: set[str] = set()
        build(_Noting(self._params([0] * len(self._names)), read))
        if not read <= set(self._rule.params.model_fields):
            return tuple(range(len(self._names)))
        # what is read may depend on values: a text or a switch that is swept decides which
        switches = [i for i, v in enumerate(self._values) if not _is_numeric(v)]
        for combination in np.ndindex(*(len(self._values[i]) for i in switches)):
            digits = [0] * len(self._names)
            for axis, digit in zip(switches, combination, strict=True):
                digits[axis] = digit
            build(_Noting(self._params(digits), read))
        return tuple(i for i, name in enumerate(self._names) if name in read)

    def _limits(self, digits: Digits) -> NDArray[np.int32]:
        """Return max_holding (0: none) and cooldown of each set."""
        distinct, inverse = np.unique(digits, axis=0, return_inverse=True)
        fields = self._rule.params.model_fields
        if all(name in fields for name in ("max_holding", "cooldown")):
            return np.stack(
                [self._limit(name, digits) for name in ("max_holding", "cooldown")], axis=1
            )
        found = np.empty((len(distinct), 2), dtype=np.int32)
        for i, row in enumerate(distinct.tolist()):
            params = self._params(row)
            found[i] = getattr(params, "max_holding", None) or 0, getattr(params, "cooldown", 0)
        return np.asarray(found[inverse.ravel()])

    def _limit(self, name: str, digits: Digits) -> NDArray[np.int32]:
        if name in self._names:
            axis = self._names.index(name)
            values = np.array([value or 0 for value in self._values[axis]], dtype=np.int32)
            return np.asarray(values[digits[:, axis]])
        value = getattr(self._params([0] * len(self._names)), name)
        return np.full(len(digits), value or 0, dtype=np.int32)

    def run(self, digits: Digits, workers: int = 1) -> Trials:
        """Run the parameter sets of some digits; the number of workers changes no bit."""
        enters = self._enters(digits)[:, 0]
        leaves = self._leaves(digits)
        limits = self._limits(digits)
        packed = np.column_stack([enters, leaves, limits])
        _, first, inverse = np.unique(
            _as_rows(packed), return_index=True, return_inverse=True
        )  # equal triggers and limits give equal runs
        sums = np.empty((len(first), COLUMNS))
        paths = np.empty(len(first), dtype=np.uint64)

        def part(rows: slice) -> None:
            chosen = first[rows]
            simulate_sets(
                self.market,
                self._enter_rows,
                enters[chosen],
                self._leave_rows,
                leaves[chosen],
                limits[chosen],
                sums[rows],
                paths[rows],
            )

        bounds = np.linspace(0, len(first), workers + 1).astype(int)
        slices = [slice(a, b) for a, b in pairwise(bounds)]
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(part, slices))
        rows = inverse.ravel()
        return Trials(sums[rows], paths[rows])


class _Noting:
    """Parameters that note the names read from them."""

    def __init__(self, params: Any, read: set[str]) -> None:
        self._params, self._read = params, read

    def __getattr__(self, name: str) -> Any:
        self._read.add(name)
        return getattr(self._params, name)


def _parts(trigger: Trigger) -> tuple[Trigger, ...]:
    return trigger.parts if isinstance(trigger, AnyOf) else (trigger,)


def _is_numeric(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _as_rows(table: NDArray[Any]) -> NDArray[Any]:
    """Return each row as one value that sorts and compares as a whole."""
    table = np.ascontiguousarray(table)
    return table.view(np.dtype((np.void, table.dtype.itemsize * table.shape[1]))).ravel()


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
