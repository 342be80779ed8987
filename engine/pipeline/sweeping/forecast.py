"""What a sweep would cost, from measuring a small pilot of it."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import StreaklabError, StudyError
from engine.evaluation.metrics import to_json_value
from engine.pipeline.sweeping.plan import CHUNK, TOO_MANY, Engine, Plan, check_size
from engine.store.trials import TrialsWriter
from engine.study.axis import Axis, ListedAxis
from engine.study.grid import Grid
from engine.study.models import Study

PILOT = {"events": 2**14, "bars": 2**5, "backtrader": 2**3}
"""Sets of a pilot, by engine."""
PILOT_VALUES = 16
"""Values of an axis that a pilot uses at most: a pilot costs the same for every grid."""
ROW = 8
"""Bytes of a number."""
INTERPRETER = 250e6
"""Bytes the libraries take, whatever is swept."""
COPIES = 4
"""How often the columns of one chunk exist at a time, at most."""


@dataclass(frozen=True)
class Pilot:
    """What was measured: sets, seconds of measuring them, bytes of writing them."""

    sets: int
    seconds: float
    size: int


@dataclass(frozen=True)
class Forecast:
    """What a sweep would cost.

    Attributes
    ----------
    count : int
        Sets of the grid, allowed or not.
    engine : str or None
        None where there was no pilot.
    refused : str or None
        Why the grid would not be run as it is.
    pilot : Pilot or None
    reason : str
        Why there was no pilot.
    seconds, memory, disk : float
        Of the whole sweep, confirmations left out; memory and disk in bytes.
    """

    count: int
    engine: str | None = None
    refused: str | None = None
    pilot: Pilot | None = None
    reason: str = ""
    seconds: float = float("nan")
    memory: float = float("nan")
    disk: float = float("nan")

    def as_json(self, grid: Grid) -> dict[str, Any]:
        """Return the forecast with the axes of its grid, for machines."""
        whole = {
            "sets": self.count,
            "axes": {
                key: {"values": len(axis), "first": _told(axis[0]), "last": _told(axis[-1])}
                for key, axis in grid.axes.items()
            },
            "first": {key: _told(value) for key, value in grid[0].items()},
            "last": {key: _told(value) for key, value in grid[-1].items()},
            "engine": self.engine,
            "refused": self.refused,
            "pilot": self.pilot and vars(self.pilot),
            "reason": self.reason or None,
            "seconds": self.seconds,
            "memory_bytes": self.memory,
            "disk_bytes": self.disk,
        }
        converted: dict[str, Any] = to_json_value(whole)
        return converted


def _told(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | str) else str(value)


def forecast(study: Study, engine: Engine, threads: int) -> Forecast:
    """Return what a sweep would cost, from a pilot of real sets of its grid.

    The pilot has at most `PILOT_VALUES` values of each axis, spread over all of them; so it costs
    the same for every grid, and says nothing of tabulating thousands of values. A grid that is
    too large to be swept at all has none.
    """
    grid = Grid(study.sweep)
    try:
        check_size(grid, many=False)
        refused = None
    except StudyError as error:
        refused = str(error)
    if grid.count >= TOO_MANY:
        return Forecast(grid.count, refused=refused, reason="such a grid cannot be swept")
    thin = {key: _thinned(axis) for key, axis in grid.axes.items()}
    try:
        plan = Plan(study.model_copy(update={"sweep": thin}), None, engine, threads)
        pilot = _piloted(plan)
    except StreaklabError as error:
        return Forecast(grid.count, refused=refused, reason=str(error))
    row = (len(grid.axes) + 24) * ROW
    chunk = min(grid.count, *(CHUNK[name] for name in plan.engine.split("+")))
    return Forecast(
        count=grid.count,
        engine=plan.engine,
        refused=refused,
        pilot=pilot,
        seconds=grid.count * pilot.seconds / pilot.sets,
        memory=INTERPRETER + COPIES * chunk * row,
        disk=grid.count * pilot.size / pilot.sets,
    )


def _thinned(axis: Axis) -> Axis:
    if len(axis) <= PILOT_VALUES:
        return axis
    at = np.unique(np.linspace(0, len(axis) - 1, PILOT_VALUES).astype(np.int64))
    return ListedAxis(tuple(axis[int(i)] for i in at))


def _piloted(plan: Plan) -> Pilot:
    most = min(PILOT[name] for name in plan.engine.split("+"))
    rng = np.random.default_rng(plan.study.seed)
    numbers = np.unique(rng.integers(0, plan.grid.count, min(most, plan.grid.count)))
    plan.measured(numbers[:1])  # tables and compiled code are made once, not per set
    started = time.perf_counter()
    allowed, columns = plan.measured(numbers)
    buffer = io.BytesIO()
    with TrialsWriter(buffer, plan.axis_values, simulated=plan.panel.simulated) as writer:
        writer.write({key: plan.digits(allowed, key) for key in plan.keys}, columns)
    return Pilot(len(numbers), time.perf_counter() - started, len(buffer.getvalue()))
