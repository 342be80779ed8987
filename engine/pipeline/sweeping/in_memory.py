"""Sweeping into memory: the table at hand, nothing written."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.trial_keys import KEYS, PATH
from engine.execution.simulation import Simulation
from engine.market.panel import PricePanel
from engine.pipeline.sweeping.ahead import to_compile
from engine.pipeline.sweeping.concluding import Course
from engine.pipeline.sweeping.plan import Engine, Numbers, Plan, check_size, swept_columns
from engine.pipeline.sweeping.progress import Progress, Silence
from engine.pipeline.sweeping.workers import Workers
from engine.rules.studies import checked
from engine.store.ranking import check_metric
from engine.store.sweeps import Sweep
from engine.study.grid import Grid
from engine.study.models import Study

SAMPLE = 20
"""Sets drawn to be confirmed, unless another number is asked for."""


def sweep(
    study: Study,
    panel: PricePanel | None = None,
    *,
    by: str = "sharpe",
    engine: Engine = "auto",
    confirm: int = SAMPLE,
    workers: int = 1,
    progress: Progress | None = None,
) -> Sweep:
    """Measure every parameter set of a study's grid.

    Parameters
    ----------
    study : Study
        With axes under ``sweep``; without any, the one set is the study itself.
    panel : PricePanel, optional
        By default loaded; a panel in memory cannot be swept over its data.
    by : str
        Key of the metric that ranks the sets, and whose spread over the grid, neighbours and
        halves of history are studied.
    engine : {"auto", "events", "bars", "backtrader"}
        ``events`` is the compiled kernel, for switching rules and fractional shares; ``auto``
        takes it wherever it serves.
    confirm : int
        Sets drawn (by the study's seed) to be run again in Backtrader, with the ten best by
        Sharpe ratio; 0: none at all.
    workers : int
        Threads of the kernel and processes of confirmation; they change no bit of the result.
    progress : Progress, optional

    Returns
    -------
    Sweep
        Some 220 bytes per set and two axes; 8 more for every other axis.

    Raises
    ------
    StudyError
        If the grid is too large, or its axes are wrong.
    UsageError
        If no sweep gives the metric, the rule allows none of the grid, the engine cannot run it,
        or data are swept on a panel in memory.
    StreaklabError
        Any other of its kinds; see :mod:`engine.errors`.
    """
    check_metric(by, KEYS)
    study = checked(study)
    check_size(Grid(study.sweep), many=False)
    with Workers(max(workers - 1, 0), to_compile(engine)) as processes:
        plan = Plan(study, panel, engine, workers)
        return swept(plan, processes, by, confirm, progress or Silence())


def swept(plan: Plan, processes: Workers, metric: str, confirm: int, progress: Progress) -> Sweep:
    """Measure a plan's grid into memory; see :func:`sweep`."""
    course = Course(plan, processes, metric, confirm, progress)
    table = _Table(plan)
    started = time.perf_counter()
    for chunk in range(plan.chunks):
        numbers, columns = plan.measured(plan.numbers(chunk))
        table.add(numbers, columns)
        course.add(chunk, numbers, columns)
    seconds = time.perf_counter() - started
    course.measured()
    numbers, columns = table.whole()
    columns = {**swept_columns(plan, numbers), **columns}
    for values in columns.values():
        values.setflags(write=False)  # the data frame shares them
    return Sweep(
        **course.concluded(seconds),
        columns=columns,
        rerun=_rerun(plan, numbers),
    )


class _Table:
    """Columns for all sets of a grid, filled in order; what is never filled takes no memory."""

    def __init__(self, plan: Plan) -> None:
        self._numbers = np.empty(plan.grid.count, dtype=np.int64)
        self._columns: dict[str, NDArray[Any]] = {
            **{key: np.empty(plan.grid.count) for key in KEYS},
            PATH: np.empty(plan.grid.count, dtype=np.uint64),
        }
        self._rows = 0

    def add(self, numbers: Numbers, columns: dict[str, NDArray[Any]]) -> None:
        rows = slice(self._rows, self._rows + len(numbers))
        self._numbers[rows] = numbers
        for key, values in columns.items():
            self._columns[key][rows] = values
        self._rows = rows.stop

    def whole(self) -> tuple[Numbers, dict[str, NDArray[Any]]]:
        columns = {key: values[: self._rows] for key, values in self._columns.items()}
        return self._numbers[: self._rows], columns


def _rerun(plan: Plan, numbers: Numbers) -> Any:
    def rerun(row: int) -> Simulation:
        outer, inner = plan.split(numbers[row : row + 1])
        part = plan.part(int(outer[0]))
        assert part is not None  # only allowed sets have rows
        return part.by_bars(int(inner[0]))

    return rerun
