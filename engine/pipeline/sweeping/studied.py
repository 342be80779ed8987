"""The study of a grid: hears of every chunk, then measures more sets and halves of history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.grid_study import GridFindings, GridStudy
from engine.evaluation.grid_study.places import CORE
from engine.evaluation.trial_keys import PATH
from engine.execution.bars import decisions_of, simulate
from engine.execution.terms import terms_of
from engine.pipeline.bench import BENCHMARKS
from engine.pipeline.sweeping.part import Columns
from engine.pipeline.sweeping.plan import Numbers, Plan
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule, resolve

OWN = "own"
"""Name of the reference that is the study's rule with its own parameters."""


class Studied:
    """Feeds the study of a plan's grid, and measures what it asks for through the kernel.

    Parameters
    ----------
    plan : Plan
    metric : str
        Key of the metric that is studied.
    """

    def __init__(self, plan: Plan, metric: str) -> None:
        self._plan, self._metric = plan, metric
        self._study = GridStudy(plan.grid.axes, metric, seed=plan.study.seed)

    def add(self, numbers: Numbers, columns: Mapping[str, NDArray[Any]]) -> None:
        """Look at the allowed sets of the next chunk."""
        self._study.add(numbers, columns)

    def finish(self) -> GridFindings:
        """Return what was found."""
        sessions = self._plan.panel.traded_sessions
        return self._study.finish(self.evaluate, sessions=sessions, references=self.references)

    def evaluate(self, numbers: Numbers, first: int, stop: int | None) -> Columns:
        """Measure any sets over some sessions, by the fastest engine that serves.

        Parameters
        ----------
        numbers : int64 array, shape (m,)
            Numbers of sets in the whole grid, in any order.
        first, stop : int, int or None
            The sessions [first, stop) of the traded span; None: to its end. What came before
            `first` is history that warms features up.

        Returns
        -------
        dict of str to array, shape (m,)
            The metric, NaN for sets that the rule does not allow or that have no such sessions,
            and the hashes of their paths.
        """
        distinct, inverse = np.unique(numbers, return_inverse=True)
        allowed, columns = self._plan.measured(distinct, (first, stop), "auto")
        at = np.searchsorted(distinct, allowed)
        values, paths = np.full(len(distinct), np.nan), np.zeros(len(distinct), dtype=np.uint64)
        values[at], paths[at] = columns[self._metric], columns[PATH]
        return {self._metric: values[inverse.ravel()], PATH: paths[inverse.ravel()]}

    def references(self, first: int, stop: int | None) -> Mapping[str, float]:
        """Return the metric of the core benchmark and of the study's own rule, as `evaluate`."""
        plan = self._plan
        panel = plan.panel.window(first, stop)
        terms = terms_of(plan.study.execution, panel)
        name, parameters = BENCHMARKS[CORE]
        hold = rule_named(name)
        rules = ResolvedRule(hold, hold.parameters(parameters)), resolve(plan.study.rule)
        ran = [simulate(panel, decisions_of(panel, r.rule, r.params), terms) for r in rules]
        core, own = ({**measure(one, one), **measure_against(one, ran[0])} for one in ran)
        found: list[Any] = [core[self._metric], own[self._metric]]
        return {CORE: float(found[0]), OWN: float(found[1])}
