"""Sweeping into a results folder: chunk by chunk, memory flat, to be resumed after anything."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import StudyError, UsageError
from engine.pipeline.sweeping.concluding import Course
from engine.pipeline.sweeping.part import Columns
from engine.pipeline.sweeping.plan import Engine, Numbers, Plan
from engine.pipeline.sweeping.progress import Progress
from engine.pipeline.sweeping.workers import Workers
from engine.store.folders import Stored
from engine.store.provenance import code_hash, library_versions
from engine.store.sweeps import SweepSummary
from engine.store.trials import TRIALS, TrialsWriter
from engine.store.unfinished import Unfinished, changed
from engine.study.loader import config_hash

_NUMBER = "number"


@dataclass(frozen=True)
class Request:
    """What was asked for beside the study, and where the study is from.

    Attributes
    ----------
    metric : str
        What the best sets are ranked by.
    engine : str
    confirm : int
        Sets drawn for Backtrader; 0: none is confirmed.
    origin : mapping
        How to read the study again when the sweep is resumed.
    """

    metric: str
    engine: Engine
    confirm: int
    origin: Mapping[str, Any]

    def described(self, plan: Plan) -> dict[str, Any]:
        """Return what an unfinished sweep must know to be resumed, JSON-ready."""
        return {
            "metric": self.metric,
            "engine": self.engine,
            "confirm": self.confirm,
            "origin": dict(self.origin),
            "count": plan.grid.count,
            "chunks": plan.chunks,
            "simulated": plan.panel.simulated,
            "same": _what_must_stay(plan),
        }

    @classmethod
    def of(cls, unfinished: Unfinished) -> Request:
        """Return what was asked for when a sweep was begun."""
        about = unfinished.about
        return cls(about["metric"], about["engine"], about["confirm"], about["origin"])


def sweep_into(
    root: Path,
    plan: Plan,
    request: Request,
    text: bytes,
    processes: Workers,
    progress: Progress,
    unfinished: Unfinished | None = None,
) -> tuple[SweepSummary, Stored]:
    """Measure a plan's grid and write its results under `root`.

    A grid of one chunk is written at once. A larger one goes to an unfinished folder, part by
    part; the table is assembled from the parts' rows meanwhile, so that memory stays flat.

    Parameters
    ----------
    root : Path
    plan : Plan
    request : Request
    text : bytes
        The study file as given.
    processes : Workers
    progress : Progress
    unfinished : Unfinished, optional
        A sweep to be finished: whole parts of it are taken as they are.

    Raises
    ------
    UsageError
        If the rule allows none of the grid, or what is to be resumed has changed.
    KeyboardInterrupt
        With a sentence on how to resume, where there is something to be resumed.
    """
    course = Course(plan, processes, request.metric, request.confirm, progress)
    if unfinished is None and plan.chunks == 1:
        return _at_once(root, plan, text, course)
    begun = unfinished or Unfinished.begin(
        root, plan.study.name, plan.content_hash, request.described(plan)
    )
    with begun.held():
        _check_same(begun, plan)
        try:
            found = _in_parts(root, plan, text, course, begun)
        except (StudyError, UsageError):
            if unfinished is None:  # it could not be finished at any later time
                begun.discard()
            raise
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"interrupted; what is done is kept, go on with: streak sweep --resume {begun.path}"
            ) from None
        begun.discard()
    return found


def _at_once(root: Path, plan: Plan, text: bytes, course: Course) -> tuple[SweepSummary, Stored]:
    started = time.perf_counter()
    numbers, columns = plan.measured(plan.numbers(0))
    course.add(0, numbers, columns)
    seconds = time.perf_counter() - started
    course.measured()
    from engine.pipeline.saving import save_sweep  # slow to load: others are busy meanwhile

    buffer = io.BytesIO()
    with TrialsWriter(buffer, plan.axis_values, simulated=plan.panel.simulated) as writer:
        _write(writer, plan, numbers, columns)
    summary = SweepSummary(**course.concluded(seconds))
    return summary, save_sweep(summary, buffer.getvalue(), text, root)


def _in_parts(
    root: Path, plan: Plan, text: bytes, course: Course, begun: Unfinished
) -> tuple[SweepSummary, Stored]:
    started = time.perf_counter()
    trials = begun.path / TRIALS
    with TrialsWriter(trials, plan.axis_values, simulated=plan.panel.simulated) as writer:
        for chunk in range(plan.chunks):
            prices = plan.prices_hash(chunk)
            kept = begun.read_part(chunk, prices)
            if kept is None:
                numbers, columns = plan.measured(plan.numbers(chunk))
                begun.write_part(chunk, {_NUMBER: numbers, **columns}, prices)
            else:
                numbers = kept.pop(_NUMBER)
                columns = kept
            _write(writer, plan, numbers, columns)
            course.add(chunk, numbers, columns, fresh=kept is None)
    seconds = time.perf_counter() - started
    course.measured()
    from engine.pipeline.saving import save_sweep

    summary = SweepSummary(**course.concluded(seconds))
    return summary, save_sweep(summary, trials, text, root)


def _write(writer: TrialsWriter, plan: Plan, numbers: Numbers, columns: Columns) -> None:
    writer.write({key: plan.digits(numbers, key) for key in plan.keys}, columns)


def _what_must_stay(plan: Plan) -> dict[str, Any]:
    """Return what results depend on, each by the words that say it changed."""
    versions = {f"the version of {name}": text for name, text in library_versions().items()}
    return {
        "the study": config_hash(plan.study),
        "the prices": plan.panel.content_hash,
        "the code": code_hash(),
        **versions,
    }


def _check_same(begun: Unfinished, plan: Plan) -> None:
    then, now = begun.about["same"], _what_must_stay(plan)
    for what in now:
        if then.get(what) != now[what]:
            raise UsageError(changed(begun.name, what))


def resumed(
    root: Path,
    unfinished: Unfinished,
    read: Callable[[Mapping[str, Any]], tuple[Any, bytes]],
    threads: int,
    processes: Workers,
    progress: Progress,
) -> tuple[SweepSummary, Stored]:
    """Finish a sweep; `read` gives the study and its text from where they were."""
    request = Request.of(unfinished)
    study, text = read(request.origin)
    if config_hash(study) != unfinished.about["same"]["the study"]:
        raise UsageError(changed(unfinished.name, "the study"))
    plan = Plan(study, None, request.engine, threads)
    return sweep_into(root, plan, request, text, processes, progress, unfinished)
