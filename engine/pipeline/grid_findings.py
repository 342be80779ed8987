"""The study of a swept grid: more sets, and both halves of history, through the same kernel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, StudyError
from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.grid_study import PATH, GridFindings, GridStudy
from engine.evaluation.grid_study.places import CORE, Evaluate, Numbers, Places, References
from engine.execution.bars import decisions_of, simulate
from engine.execution.terms import terms_of
from engine.market.panel import PricePanel
from engine.market.quotes import SessionArray
from engine.pipeline.bench import BENCHMARKS
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule, resolve
from engine.study.grid import Grid
from engine.study.models import Study

OWN = "own"
"""Name of the reference that is the study's rule with its own parameters."""


class Part(Protocol):
    """Sets that differ only in parameters of the rule, on one panel."""

    def allowed(self, digits: Numbers) -> NDArray[np.bool_]:
        """Return which sets the rule allows; digits have shape (m, axes)."""

    def run(
        self, digits: Numbers, engine: Literal["auto"], workers: int
    ) -> Mapping[str, NDArray[Any]]:
        """Return metrics and paths of allowed sets, each of shape (m,)."""


PartOver = Callable[[Mapping[str, Any], int, int | None], Part]
"""Gives the part of some swept values over the traded sessions [first, stop)."""


def studied(
    grid: Grid,
    metric: str,
    seed: int,
    chunks: Iterable[tuple[Numbers, Mapping[str, NDArray[Any]]]],
    *,
    evaluate: Evaluate,
    references: References,
    sessions: SessionArray,
) -> GridFindings:
    """Return what a grid says of a metric.

    Parameters
    ----------
    grid : Grid
    metric : str
    seed : int
    chunks : iterable of (numbers, columns)
        All sets the rule allows, in grid order; see
        :meth:`engine.evaluation.grid_study.GridStudy.add`.
    evaluate, references : callable
    sessions : datetime64[D] array
        Traded sessions.
    """
    study = GridStudy(grid.axes, metric, seed=seed)
    for numbers, columns in chunks:
        study.add(numbers, columns)
    return study.finish(evaluate, sessions=sessions, references=references)


def evaluator(
    grid: Grid, metric: str, inner: Collection[str], part_over: PartOver, workers: int
) -> Evaluate:
    """Return how to measure any sets of a grid over a part of the traded sessions.

    Parameters
    ----------
    grid : Grid
    metric : str
    inner : collection of str
        Axes that are parameters of the rule; each combination of the others is a part of its own.
    part_over : callable
        Raises DataError where a part has no prices to trade, or StudyError where swept values do
        not go together; its sets are then undefined.
    workers : int
        Threads of the kernel; they change no bit.
    """
    places = Places(grid.axes)
    outer = [key for key in grid.axes if key not in inner]
    apart = [tuple(grid.axes).index(key) for key in outer]

    def evaluate(numbers: Numbers, first: int, stop: int | None) -> Mapping[str, NDArray[Any]]:
        digits = places.digits(numbers)
        found = np.full(len(numbers), np.nan)
        paths = np.zeros(len(numbers), dtype=np.uint64)
        combinations, which = np.unique(digits[:, apart], axis=0, return_inverse=True)
        for number in range(len(combinations)):
            rows = np.flatnonzero(which.ravel() == number)
            values = places.values(int(numbers[rows[0]]))
            try:
                part = part_over({key: values[key] for key in outer}, first, stop)
            except (DataError, StudyError):  # this variation of the data has no such sessions
                continue
            rows = rows[part.allowed(digits[rows])]
            columns = part.run(digits[rows], "auto", workers)
            found[rows], paths[rows] = columns[metric], columns[PATH]
        return {metric: found, PATH: paths}

    return evaluate


def references_of(study: Study, panel: PricePanel, metric: str) -> References:
    """Return how the core benchmark and the study's own rule do over a part of the sessions."""
    name, parameters = BENCHMARKS[CORE]
    hold = rule_named(name)
    core, own = ResolvedRule(hold, hold.parameters(parameters)), resolve(study.rule)

    def references(first: int, stop: int | None) -> Mapping[str, float]:
        part = panel.window(first, stop)
        terms = terms_of(study.execution, part)
        ran = [simulate(part, decisions_of(part, of.rule, of.params), terms) for of in (core, own)]
        metrics = [{**measure(one, one), **measure_against(one, ran[0])} for one in ran]
        found: list[Any] = [of[metric] for of in metrics]
        return {CORE: float(found[0]), OWN: float(found[1])}

    return references
