"""``sweep``: every parameter set of a study, through the kernel, some confirmed by Backtrader."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from engine.errors import RuleError, StudyError, UsageError
from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.trial_metrics import KEYS, trial_metrics
from engine.execution.bars import TOLERANCE, decisions_of, simulate
from engine.execution.broker import run_backtrader
from engine.execution.simulation import Simulation
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.pipeline.bench import BENCHMARKS, Bench, Progress, setting_of, silent
from engine.pipeline.variation import swept_values, varied
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule, resolve
from engine.rules.rule import Rule
from engine.rules.studies import checked
from engine.store.provenance import content_hash
from engine.store.sweeps import PATH, Confirmation, Sweep, leaders
from engine.study.grid import Grid
from engine.study.loader import config_hash, resolved
from engine.study.models import Study

Engine = Literal["auto", "events", "bars", "backtrader"]

SAMPLE = 20
TOP = 10
CHUNK = 100_000
LARGEST = 5_000_000
"""Parameter sets that are swept at once."""
Digits = NDArray[np.int64]


def sweep(
    study: Study,
    panel: PricePanel | None = None,
    *,
    engine: Engine = "auto",
    confirm: int = SAMPLE,
    workers: int = 1,
    progress: Progress = silent,
) -> Sweep:
    """Measure every parameter set of a study's grid.

    Parameters
    ----------
    study : Study
        With axes under ``sweep``; without any, the one set is the study itself.
    panel : PricePanel, optional
        By default loaded; a panel in memory cannot be swept over its data.
    engine : {"auto", "events", "bars", "backtrader"}
        ``events`` is the compiled kernel, for switching rules and fractional shares; ``auto``
        takes it wherever it serves.
    confirm : int
        Sets drawn (by the study's seed) to be run again in Backtrader, with the `TOP` best by
        Sharpe ratio; 0: none at all.
    workers : int
        Threads of the kernel and processes of confirmation; they change no bit of the result.
    progress : callable, optional

    Returns
    -------
    Sweep

    Raises
    ------
    UsageError
        If the grid is too large, the rule allows none of it, the engine cannot run it, or data
        are swept on a panel in memory.
    StreaklabError
        Any other of its kinds, a StudyError for axes that are wrong; see :mod:`engine.errors`.
    """
    study = checked(study)
    grid = Grid(study.sweep)
    if grid.count > LARGEST:
        raise UsageError(
            f"the grid has {grid.count:,} parameter sets; at most {LARGEST:,} are swept at once: "
            "shorten an axis"
        )
    plan = _Plan.of(study, panel)
    started = time.perf_counter()
    keep, columns = _measured(study, grid, plan, engine, workers, progress)
    seconds = time.perf_counter() - started
    if not len(keep):
        raise UsageError(f"the rule allows none of the {grid.count:,} combinations of the grid")
    table = {**swept_values(grid, keep), **columns}
    progress("running the baseline and the benchmarks in Backtrader")
    bench = Bench(plan.panel, terms_of(study.execution, plan.panel), silent)
    found = resolve(study.rule)
    confirmations = _confirmed(study, plan, table, grid, keep, confirm, workers, progress)
    return Sweep(
        study=study.name,
        seed=study.seed,
        config=resolved(study),
        content_hash=content_hash(config_hash(study), plan.panel.content_hash),
        setting=setting_of(study, plan.panel),
        axes=tuple(grid.axes),
        columns=table,
        skipped=grid.count - len(keep),
        engine=plan.engine_for(study, engine),
        seconds=seconds,
        baseline=bench.measured(f"{found.rule.name}, as in the study", found),
        benchmarks=bench.benchmarks(study.benchmarks),
        confirmations=confirmations,
    )


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which axes the kernel sweeps itself, and which make another study of it."""

    panel: PricePanel
    loaded: bool
    inner: dict[str, str]  # swept key → parameter of the rule

    @classmethod
    def of(cls, study: Study, panel: PricePanel | None) -> _Plan:
        fields = resolve(study.rule).rule.params.model_fields
        prefix = "rule.parameters." if study.rule.enter is not None else "rule."
        names = {key: key.removeprefix(prefix) for key in study.sweep if key.startswith(prefix)}
        inner = {key: name for key, name in names.items() if name in fields}
        swept_data = [key for key in study.sweep if key.startswith("data.")]
        if panel is not None and swept_data:
            raise UsageError(f"{swept_data[0]} cannot be swept on a panel in memory")
        return cls(panel or load_panel(study.data), panel is None, inner)

    def panel_of(self, study: Study, values: Mapping[str, Any]) -> PricePanel:
        """Return the prices of a variation of the study."""
        if any(key.startswith("data.") for key in values):
            return load_panel(study.data)
        return self.panel

    def engine_for(self, study: Study, wanted: Engine) -> str:
        """Return the engine that runs; raises UsageError where the wanted one cannot."""
        rule = resolve(study.rule).rule
        serves = rule.is_switching and study.execution.fractional_shares
        if wanted == "events" and not serves:
            raise UsageError(
                "the event kernel runs rules of two triggers with fractional shares; "
                "use --engine bars or auto"
            )
        return ("events" if serves else "bars") if wanted == "auto" else wanted


def _measured(
    study: Study, grid: Grid, plan: _Plan, engine: Engine, workers: int, progress: Progress
) -> tuple[NDArray[np.int64], dict[str, NDArray[Any]]]:
    """Return the numbers of the admissible sets, and their metrics and paths."""
    shape = tuple(len(axis) for axis in grid.axes.values())
    keys = tuple(grid.axes)
    outer = [i for i, key in enumerate(keys) if key not in plan.inner]
    admissible = np.ones(grid.count, dtype=bool)
    columns = {key: np.full(grid.count, np.nan) for key in KEYS}
    columns[PATH] = np.zeros(grid.count, dtype=np.uint64)
    numbers = np.arange(grid.count)
    digits = (
        np.stack(np.unravel_index(numbers, shape), axis=1) if shape else numbers[:, None][:, :0]
    )
    for combination in np.ndindex(*(shape[i] for i in outer)):
        rows = np.ones(grid.count, dtype=bool)
        values = {}
        for i, digit in zip(outer, combination, strict=True):
            rows &= digits[:, i] == digit
            values[keys[i]] = grid.axes[keys[i]][digit]
        chosen = numbers[rows]
        try:
            variant = varied(study, values)
        except StudyError:  # each value is right, but they do not go together
            admissible[rows] = False
            continue
        part = _Part(variant, plan, plan.panel_of(variant, values), grid)
        for start in range(0, len(chosen), CHUNK):
            chunk = chosen[start : start + CHUNK]
            allowed = part.allowed(digits[chunk])
            admissible[chunk] = allowed
            for key, found in part.run(digits[chunk[allowed]], engine, workers).items():
                columns[key][chunk[allowed]] = found
            progress(f"{min(int(chunk[-1]) + 1, grid.count):,} of {grid.count:,} sets")
    return numbers[admissible], {key: found[admissible] for key, found in columns.items()}


class _Part:
    """The sets that differ only in parameters of the rule: one panel, one set of terms."""

    def __init__(self, study: Study, plan: _Plan, panel: PricePanel, grid: Grid) -> None:
        self.study, self.plan, self.panel = study, plan, panel
        self.terms = terms_of(study.execution, panel)
        self.resolved = resolve(study.rule)
        keys = tuple(grid.axes)
        self.at = [keys.index(key) for key in plan.inner]
        self.axes = {name: tuple(grid.axes[key]) for key, name in plan.inner.items()}
        self._engine: Any = None

    def parameters(self, digits: Sequence[int]) -> dict[str, Any]:
        """Return all parameters of one set."""
        swept = {
            name: values[digit]
            for (name, values), digit in zip(self.axes.items(), digits, strict=True)
        }
        return {**dict(self.resolved.params), **swept}

    def allowed(self, digits: Digits) -> NDArray[np.bool_]:
        """Return which sets the rule's own validators allow."""
        rule = self.resolved.rule
        own = digits[:, self.at]
        if not rule.params.__pydantic_decorators__.model_validators:
            verdicts = np.ones(len(digits), dtype=bool)
            for axis, of_values in enumerate(self._value_verdicts):
                verdicts &= of_values[own[:, axis]]
            return verdicts
        distinct, inverse = np.unique(own, axis=0, return_inverse=True)
        verdicts = np.array([_is_allowed(rule, self.parameters(row)) for row in distinct.tolist()])
        return np.asarray(verdicts[inverse.ravel()], dtype=bool)

    @cached_property
    def _value_verdicts(self) -> list[NDArray[np.bool_]]:
        """Which values of each axis are allowed, where no validator looks at several at once."""
        rule, given = self.resolved.rule, dict(self.resolved.params)
        return [
            np.array([_is_allowed(rule, {**given, name: value}) for value in values])
            for name, values in self.axes.items()
        ]

    def run(self, digits: Digits, engine: Engine, workers: int) -> dict[str, NDArray[Any]]:
        """Return metrics and paths of sets."""
        own = digits[:, self.at]
        serving = self.plan.engine_for(self.study, engine)
        if serving == "backtrader":
            return self._one_by_one(own)
        return self._by_kernel(own, serving, workers)

    def _by_kernel(self, own: Digits, serving: str, workers: int) -> dict[str, NDArray[Any]]:
        from engine.execution.bar_sweeping import BarSweepEngine
        from engine.execution.sweeping import SweepEngine

        if self._engine is None:
            kernel = SweepEngine if serving == "events" else BarSweepEngine
            given = dict(self.resolved.params)
            self._engine = kernel(self.panel, self.resolved.rule, given, self.axes, self.terms)
        sizes = tuple(len(values) for values in self.axes.values())
        numbers = (
            np.ravel_multi_index(tuple(own.T), sizes) if sizes else np.zeros(len(own), np.int64)
        )
        trials = self._engine.run(numbers, workers)
        returns = len(self.panel) - self.panel.start_index - 1
        metrics = trial_metrics(trials, returns, self.terms.initial_cash)
        return {**metrics, PATH: trials.set_paths}

    def _one_by_one(self, own: Digits) -> dict[str, NDArray[Any]]:
        core = _core(self.panel, self.study)
        found: dict[str, list[Any]] = {key: [] for key in (*KEYS, PATH)}
        for row in own.tolist():
            rule = self.resolved.rule
            params = rule.parameters(self.parameters(row))
            ran = run_backtrader(self.panel, rule, params, self.terms)
            metrics = {**measure(ran, ran), **measure_against(ran, core)}
            for key in KEYS:
                found[key].append(metrics[key])
            found[PATH].append(_path_hash(ran))
        return {
            key: np.array(values, dtype=np.uint64 if key == PATH else np.float64)
            for key, values in found.items()
        }


def _is_allowed(rule: Rule, parameters: Mapping[str, Any]) -> bool:
    try:
        accepted = rule.parameters(parameters)
    except ValidationError:
        return False
    if dict(accepted) != dict(parameters):
        raise RuleError(
            f"rule {rule.name}: its validators change parameters; to be swept they may only "
            "refuse them"
        )
    return True


def _core(panel: PricePanel, study: Study) -> Simulation:
    name, parameters = BENCHMARKS["core"]
    rule = rule_named(name)
    decisions = decisions_of(panel, rule, rule.parameters(parameters))
    return simulate(panel, decisions, terms_of(study.execution, panel))


def _path_hash(ran: Simulation) -> int:
    """Return a hash of what was held when."""
    return int.from_bytes(hashlib.sha256(ran.target_weight.tobytes()).digest()[:8], "little")


def _confirmed(
    study: Study,
    plan: _Plan,
    table: dict[str, NDArray[Any]],
    grid: Grid,
    keep: NDArray[np.int64],
    sample: int,
    workers: int,
    progress: Progress,
) -> tuple[Confirmation, ...]:
    """Run a sample and the best sets again in Backtrader."""
    sets = len(table[PATH])
    if not sample or not sets:
        return ()
    drawn = np.random.default_rng(study.seed).permutation(sets)[:sample]
    chosen = dict.fromkeys(leaders(table, "sharpe", TOP), "top") | {
        int(row): "sample" for row in drawn
    }
    rows = sorted(chosen)
    values = [grid[int(keep[row])] for row in rows]
    progress(f"confirming {len(rows)} sets in Backtrader")
    given = None if plan.loaded and any(k.startswith("data.") for k in grid.axes) else plan.panel
    confirmations = []
    for row, swept, metrics in zip(
        rows, values, _in_backtrader(study, given, values, workers), strict=True
    ):
        differences = {
            key: _difference(float(table[key][row]), float(metrics[key])) for key in KEYS
        }
        confirmations.append(Confirmation(row, swept, chosen[row], differences))
    return tuple(confirmations)


def failures(found: Sweep) -> list[Confirmation]:
    """Return the confirmations that differ by more than rounding."""
    return [c for c in found.confirmations if not c.largest <= TOLERANCE]


def _difference(kernel: float, reference: float) -> float:
    if np.isnan(kernel) or np.isnan(reference):
        return 0.0 if np.isnan(kernel) == np.isnan(reference) else float("inf")
    return abs(kernel - reference) / max(abs(reference), 1.0)


def _in_backtrader(
    study: Study, panel: PricePanel | None, values: Sequence[Mapping[str, Any]], workers: int
) -> Iterator[dict[str, Any]]:
    if workers <= 1:
        _Worker.study, _Worker.panel = study, panel
        yield from map(_Worker.run, values)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, _Worker.start, (study, panel)) as pool:
        yield from pool.map(_Worker.run, values)


class _Worker:
    """What a process of confirmation holds."""

    study: Study
    panel: PricePanel | None

    @classmethod
    def start(cls, study: Study, panel: PricePanel | None) -> None:
        cls.study, cls.panel = study, panel

    @classmethod
    def run(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the metrics of one parameter set, by Backtrader."""
        study = varied(cls.study, values)
        panel = load_panel(study.data) if cls.panel is None else cls.panel
        found: ResolvedRule = resolve(study.rule)
        ran = run_backtrader(panel, found.rule, found.params, terms_of(study.execution, panel))
        return {**measure(ran, ran), **measure_against(ran, _core(panel, study))}


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
