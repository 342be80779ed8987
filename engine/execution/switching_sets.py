"""Which runs the parameter sets of a switching rule need: each distinct trigger is asked once.

Which parameters a trigger depends on is observed by building it with parameters that note what is
read; each trigger is built and evaluated once per combination of those alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import RuleError
from engine.execution.bars import history_of
from engine.execution.kernel.events import Runs
from engine.execution.kernel.numbering import distinct, keys_of
from engine.market.panel import PricePanel
from engine.rules.features import FeatureValues
from engine.rules.reading import Copies, names_read, noting
from engine.rules.rule import Rule
from engine.rules.trigger import NEVER, AnyOf, Trigger

Numbers = NDArray[np.int64]
"""Parameter sets by their number in the grid: nested loops, the last axis runs fastest."""
Rows = NDArray[np.int32]
Built = TypeVar("Built")


class SwitchingSets:
    """The parameter sets of a switching rule on one panel.

    Parameters
    ----------
    panel : PricePanel
    rule : Rule
        A switching rule.
    given : mapping
        Parameters the study sets; axes replace some of them.
    axes : mapping of str to sequence
        Parameter name → its values.

    Attributes
    ----------
    enters, leaves : bool arrays, shapes (triggers, n)
        What each distinct enter trigger, and each part of a leave trigger, answers at each close
        of a traded session.
    """

    def __init__(
        self,
        panel: PricePanel,
        rule: Rule,
        given: Mapping[str, Any],
        axes: Mapping[str, Sequence[Any]],
    ) -> None:
        self._names = tuple(axes)
        self._values = tuple(tuple(values) for values in axes.values())
        self._sizes = np.array([len(values) for values in self._values], dtype=np.int64)
        first = {name: values[0] for name, values in axes.items()}
        self._params = Copies(noting(rule.params), {**given, **first})
        self._first, self._sessions = panel.start_index, len(panel)
        self._known = FeatureValues(history_of(panel).closes)
        self._enters = self._tabulated(lambda p: (rule.trigger("enter", p),))
        self._leaves = self._tabulated(lambda p: _parts(rule.trigger("leave", p)))
        self._limits = self._limited(rule.limits)
        self.enters = self._enters.answers[self._enters.combinations[:, 0]]
        self.leaves = self._leaves.answers

    def distinct(self, numbers: Numbers) -> tuple[Runs, Rows]:
        """Return the runs that some sets need, in order, and which of them each set is.

        Raises
        ------
        RuleError
            If building a trigger of one of them failed.
        """
        pairs = len(self._enters.combinations) * len(self._leaves.combinations)
        keys, which = distinct(self._keys(numbers), pairs * len(self._limits.pairs))
        return self._runs(keys), which

    def runs(self, numbers: Numbers) -> Runs:
        """Return the run of each set; see :meth:`distinct`."""
        return self._runs(self._keys(numbers))

    def _built(self, build: Callable[[Any], Built]) -> _ByDigits[Built]:
        """Build something for every combination of the parameters that building it reads.

        Which ones it reads may depend on the values of others, so what is read is added until
        nothing new is: then no parameter left out can make a difference.
        """
        axes: tuple[int, ...] = ()
        read = names_read()
        while True:
            read.clear()
            named = [[(self._names[axis], value) for value in self._values[axis]] for axis in axes]
            changed = self._params.changed
            found = [build(changed(dict(one))) for one in product(*named)]
            needed = tuple(i for i, n in enumerate(self._names) if i in axes or n in read)
            if needed == axes:
                return _ByDigits(axes, tuple(map(len, named)), found)
            axes = needed

    def _tabulated(self, build: Callable[[Any], tuple[Trigger, ...]]) -> _Triggers:
        """Return the answers of every distinct trigger, and which ones a set has."""
        built = self._built(_or_error(build))
        rows: dict[Trigger, int] = {}
        combinations = []
        for found in built.found:
            triggers = (NEVER,) if isinstance(found, RuleError) else found
            combinations.append([rows.setdefault(trigger, len(rows)) for trigger in triggers])
        width = max(map(len, combinations))
        table = np.array([row + [-1] * (width - len(row)) for row in combinations], np.int32)
        answers = np.stack([self._known.answers(trigger)[self._first :] for trigger in rows])
        _, kept, same = np.unique(
            _as_rows(np.packbits(answers, axis=1)), return_index=True, return_inverse=True
        )  # thresholds that no value lies between give the same answers
        table = np.where(table < 0, -1, same.ravel()[table]).astype(np.int32)
        table.sort(axis=1)
        _, first, same = np.unique(_as_rows(table), return_index=True, return_inverse=True)
        refused = [isinstance(found, RuleError) for found in built.found]
        which = np.where(refused, -1, same.ravel()).astype(np.int32)
        return _Triggers(built, which, table[first], np.ascontiguousarray(answers[kept]))

    def _limited(self, limits: Callable[[Any], tuple[int, int]]) -> _Limits:
        """Return the distinct limits, and which ones a set has.

        None exceeds the sessions; sorted by cooldown, then the longest holding first.
        """
        n = self._sessions
        built = self._built(limits)
        pairs = [(min(holding or n, n), min(cooldown, n)) for holding, cooldown in built.found]
        different = sorted(set(pairs), key=lambda pair: (pair[1], -pair[0]))
        which = np.array([different.index(pair) for pair in pairs], np.int32)
        return _Limits(built, which, np.array(different, np.int32))

    def _keys(self, numbers: Numbers) -> Numbers:
        """Return a key for each set, equal for sets that cannot differ."""
        parts = self._enters, self._leaves, self._limits
        keys = keys_of(
            numbers,
            self._sizes,
            np.array([part.built.strides(len(self._sizes)) for part in parts]),
            (self._enters.which, self._leaves.which, self._limits.which),
            (len(self._leaves.combinations), len(self._limits.pairs)),
        )
        if len(keys) and keys.min() < 0:
            raise self._refusal(int(numbers[np.argmin(keys)]))
        return keys

    def _runs(self, keys: Numbers) -> Runs:
        """Return the runs that keys stand for."""
        rest, limit = np.divmod(keys, len(self._limits.pairs))
        enter, leave = np.divmod(rest, len(self._leaves.combinations))
        return Runs(
            enter.astype(np.int32),
            leave.astype(np.int32),
            limit.astype(np.int32),
            self._leaves.combinations,
            self._limits.pairs,
        )

    def _refusal(self, number: int) -> RuleError:
        """Return why a trigger of a set could not be built."""
        digits = np.unravel_index(number, tuple(self._sizes))
        for part in (self._enters, self._leaves):
            found = part.built.of(digits)
            if isinstance(found, RuleError):
                return found
        raise AssertionError("a set without an error was refused")


@dataclass(frozen=True)
class _ByDigits(Generic[Built]):
    """What was built for every combination of some axes, the last of them running fastest."""

    axes: tuple[int, ...]
    shape: tuple[int, ...]
    found: list[Built]

    def strides(self, axes: int) -> Numbers:
        """Return what one step along each of all axes adds to the number of a combination."""
        strides = np.zeros(axes, dtype=np.int64)
        for place, axis in enumerate(self.axes):
            strides[axis] = np.prod(self.shape[place + 1 :], dtype=np.int64)
        return strides

    def of(self, digits: Sequence[Any]) -> Built:
        """Return what was built for the digits of a set."""
        return self.found[int(sum(self.strides(len(digits)) * np.array(digits)))]


@dataclass(frozen=True, eq=False)
class _Triggers:
    """Answers of distinct triggers, shape (triggers, n), and which of them a set has.

    ``combinations`` are the distinct combinations of parts, rows of the answers, −1 for none;
    ``which`` says which of them each thing built is, −1 where building failed.
    """

    built: _ByDigits[Any]
    which: Rows
    combinations: Rows
    answers: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Limits:
    """Distinct max_holding and cooldown, shape (limits, 2), and which of them a set has."""

    built: _ByDigits[tuple[int, int]]
    which: Rows
    pairs: Rows


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
