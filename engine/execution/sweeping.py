"""Running a rule for many parameter sets at once: distinct triggers once, then the kernel.

Which parameters a trigger depends on is observed by building it with parameters that note what is
read; each trigger is built and evaluated once per combination of those alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import RuleError
from engine.execution.bars import history_of
from engine.execution.costs import AssetCosts, Terms
from engine.execution.kernel.columns import COLUMNS
from engine.execution.kernel.events import simulate_sets
from engine.execution.kernel.tables import Market, build_market, next_true
from engine.market.panel import PricePanel
from engine.rotation.costs import quote
from engine.rules.features import FeatureValues
from engine.rules.reading import noting
from engine.rules.rule import Rule
from engine.rules.trigger import NEVER, AnyOf, Trigger

Digits = NDArray[np.int64]
"""Which value of its axis each parameter of each set has, shape (sets, axes)."""
Rows = NDArray[np.int32]
Built = TypeVar("Built")


@dataclass(frozen=True, eq=False)
class Trials:
    """Raw results of parameter sets: sums and counts of the kernel, and hashes of their paths.

    ``sums`` is float64 of shape (m, COLUMNS) (see :mod:`engine.execution.kernel.columns`),
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
        self._names = tuple(axes)
        self._values = tuple(tuple(values) for values in axes.values())
        self._given = dict(given)
        self._read: set[str] = set()
        self._params = noting(rule.params, self._read)
        self._first, self._sessions = panel.start_index, len(panel)
        self._known = FeatureValues(history_of(panel).closes)
        self.market = market_of(panel, terms)
        self._enters = self._tabulated(lambda p: (rule.trigger("enter", p),))
        self._leaves = self._tabulated(lambda p: _parts(rule.trigger("leave", p)))
        self._limits = self._limited(rule.limits)

    def _built(self, build: Callable[[Any], Built]) -> _ByDigits[Built]:
        """Build something for every combination of the parameters that building it reads.

        Which ones it reads may depend on the values of others, so what is read is added until
        nothing new is: then no parameter left out can make a difference.
        """
        axes: tuple[int, ...] = ()
        while True:
            self._read.clear()
            shape = tuple(len(self._values[axis]) for axis in axes)
            found = [build(self._with(axes, digits)) for digits in np.ndindex(*shape)]
            read = tuple(i for i, n in enumerate(self._names) if i in axes or n in self._read)
            if read == axes:
                return _ByDigits(axes, shape, found)
            axes = read

    def _with(self, axes: tuple[int, ...], digits: tuple[int, ...]) -> Any:
        """Return parameters with the given values on some axes, and the first ones on others."""
        values = {name: of[0] for name, of in zip(self._names, self._values, strict=True)}
        chosen = {self._names[i]: self._values[i][d] for i, d in zip(axes, digits, strict=True)}
        return self._params.model_construct(**{**self._given, **values, **chosen})

    def _tabulated(self, build: Callable[[Any], tuple[Trigger, ...]]) -> _Triggers:
        """Return when every distinct trigger fires next, and which ones a set has."""
        refused: dict[int, RuleError] = {}
        built = self._built(_or_error(build))
        rows: dict[Trigger, int] = {}
        combinations = []
        for number, found in enumerate(built.found):
            if isinstance(found, RuleError):
                refused[number] = found
            triggers = (NEVER,) if isinstance(found, RuleError) else found
            combinations.append([rows.setdefault(trigger, len(rows)) for trigger in triggers])
        width = max(map(len, combinations))
        table = np.array([row + [-1] * (width - len(row)) for row in combinations], np.int32)
        answers = np.stack([self._known.answers(trigger)[self._first :] for trigger in rows])
        _, kept, same = np.unique(
            _as_rows(np.packbits(answers, axis=1)), return_index=True, return_inverse=True
        )  # thresholds that no value lies between give the same answers
        table = np.where(table < 0, -1, same.ravel()[table]).astype(np.int32)
        return _Triggers(built, refused, table, next_true(np.ascontiguousarray(answers[kept])))

    def _limited(self, limits: Callable[[Any], tuple[int, int]]) -> Callable[[Digits], Rows]:
        """Return how to find max_holding (0: none) and cooldown; none exceeds the sessions."""
        built = self._built(limits)
        table = np.array(
            [[min(limit, self._sessions) for limit in pair] for pair in built.found], np.int32
        )
        return lambda digits: table[built.numbers(digits)]

    def run(self, digits: Digits, workers: int = 1) -> Trials:
        """Run the parameter sets of some digits; the number of workers changes no bit."""
        enters = self._enters.of(digits)[:, 0]
        leaves = self._leaves.of(digits)
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
                self._enters.following,
                enters[chosen],
                self._leaves.following,
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


@dataclass(frozen=True)
class _ByDigits(Generic[Built]):
    """What was built for every combination of some axes, the last of them running fastest."""

    axes: tuple[int, ...]
    shape: tuple[int, ...]
    found: list[Built]

    def numbers(self, digits: Digits) -> NDArray[np.int64]:
        """Return the number of each set's combination."""
        numbers = np.zeros(len(digits), dtype=np.int64)
        for axis, size in zip(self.axes, self.shape, strict=True):
            numbers = numbers * size + digits[:, axis]
        return numbers


@dataclass(frozen=True, eq=False)
class _Triggers:
    """Next events of distinct triggers, shape (triggers, n + 1), and which of them a set has."""

    built: _ByDigits[Any]
    refused: Mapping[int, RuleError]
    table: Rows
    following: Rows

    def of(self, digits: Digits) -> Rows:
        """Return the rows of `following` of each set; raises RuleError where building failed."""
        numbers = self.built.numbers(digits)
        for number, error in self.refused.items():
            if (numbers == number).any():
                raise error
        return np.asarray(self.table[numbers])


def _or_error(build: Callable[[Any], Built]) -> Callable[[Any], Built | RuleError]:
    """Return an error instead of raising it: it matters only if an allowed set is built so."""

    def built(params: Any) -> Built | RuleError:
        try:
            return build(params)
        except RuleError as error:
            return error

    return built


def _parts(trigger: Trigger) -> tuple[Trigger, ...]:
    return trigger.parts if isinstance(trigger, AnyOf) else (trigger,)


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
