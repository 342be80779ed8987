"""The sets of a sweep that differ only in parameters of the rule: one panel, one set of terms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError
from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.trial_keys import KEYS, PATH
from engine.execution.admissible import Admissible
from engine.execution.bars import decisions_of, simulate
from engine.execution.simulation import Simulation
from engine.execution.terms import terms_of
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.pipeline.bench import core_held
from engine.rules.resolve import resolve
from engine.study.models import Study

if TYPE_CHECKING:
    from engine.evaluation.resampled_search import Search

Numbers = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]


def engine_for(study: Study, wanted: str) -> str:
    """Return the engine that runs a study; raises UsageError where the wanted one cannot."""
    rule = resolve(study.rule).rule
    serves = rule.is_switching and study.execution.fractional_shares
    if wanted == "events" and not serves:
        raise UsageError(
            "the event kernel runs rules of two triggers with fractional shares; "
            "use --engine bars or auto"
        )
    return ("events" if serves else "bars") if wanted == "auto" else wanted


class Part:
    """Measures sets of the inner grid of a study.

    Parameters
    ----------
    study : Study
        With swept prices and terms filled in.
    panel : PricePanel
    axes : mapping of str to sequence
        Parameter of the rule → its values, the last running fastest.
    engine : {"events", "bars", "backtrader"}
    """

    def __init__(
        self, study: Study, panel: PricePanel, axes: Mapping[str, Sequence[Any]], engine: str
    ) -> None:
        self.panel, self.engine = panel, engine
        self.terms = terms_of(study.execution, panel)
        self.resolved = resolve(study.rule)
        self._axes = dict(axes)
        self._shape = tuple(len(values) for values in axes.values())
        self._given = dict(self.resolved.params)
        self.admissible = Admissible(self.resolved.rule, self._given, axes)

    def prepare(self) -> None:
        """Make ready, once, all that no number of a set is needed for."""
        if self.engine != "backtrader":
            _ = self._kernel

    def run(self, numbers: Numbers, workers: int) -> Columns:
        """Return metrics and paths of allowed sets, each of shape (m,)."""
        if self.engine == "backtrader":
            return self._one_by_one(numbers)
        return self._by_kernel(numbers, workers)

    @cached_property
    def _kernel(self) -> Any:
        from engine.execution.bar_sweeping import BarSweepEngine
        from engine.execution.sweeping import SweepEngine

        kernel = SweepEngine if self.engine == "events" else BarSweepEngine
        return kernel(self.panel, self.resolved.rule, self._given, self._axes, self.terms)

    def _by_kernel(self, numbers: Numbers, workers: int) -> Columns:
        trials = self._kernel.run(numbers, workers)
        from engine.evaluation.trial_metrics import trial_metrics  # with the kernel, loaded above

        returns = len(self.panel) - self.panel.start_index - 1
        metrics = trial_metrics(trials, returns, self.terms.initial_cash, workers)
        return {**metrics, PATH: trials.set_paths}

    def returns(self, numbers: Numbers, workers: int) -> FloatArray:
        """Return what sets earned in each session after the first, fraction, shape (m, n − 1)."""
        found: FloatArray = self._kernel.returns(numbers, workers)
        return found

    def search(self, numbers: Numbers) -> Search:
        """Return the search of some allowed sets, to be made again on other histories."""
        from engine.evaluation.resampled_search import Search

        rule = self.resolved.rule
        return Search(self.panel, rule, self._given, self._axes, self.terms, numbers)

    def parameters(self, number: int) -> dict[str, Any]:
        """Return all parameters of one set."""
        digits = np.unravel_index(number, self._shape) if self._shape else ()
        swept = {
            name: values[int(digit)]
            for (name, values), digit in zip(self._axes.items(), digits, strict=True)
        }
        return {**self._given, **swept}

    def by_backtrader(self, number: int) -> Simulation:
        """Run one set session by session in Backtrader."""
        from engine.execution.broker import run_backtrader

        rule = self.resolved.rule
        params = rule.parameters(self.parameters(number))
        return run_backtrader(self.panel, rule, params, self.terms)

    def by_bars(self, number: int) -> Simulation:
        """Run one set session by session by the bar-by-bar engine."""
        rule = self.resolved.rule
        params = rule.parameters(self.parameters(number))
        return simulate(self.panel, decisions_of(self.panel, rule, params), self.terms)

    def _one_by_one(self, numbers: Numbers) -> Columns:
        found: dict[str, list[Any]] = {key: [] for key in (*KEYS, PATH)}
        for number in numbers.tolist():
            ran = self.by_backtrader(number)
            metrics = {**measure(ran, ran), **measure_against(ran, self.core)}
            for key in KEYS:
                found[key].append(metrics[key])
            found[PATH].append(_path_hash(ran))
        return {
            key: np.array(values, dtype=np.uint64 if key == PATH else np.float64)
            for key, values in found.items()
        }

    @cached_property
    def core(self) -> Simulation:
        """The core held all along, on the same terms."""
        return core_held(self.panel, self.terms)


def no_columns() -> Columns:
    """Return metrics and paths of no sets."""
    return {**{key: np.empty(0) for key in KEYS}, PATH: np.empty(0, dtype=np.uint64)}


def _path_hash(ran: Simulation) -> int:
    """Return a hash of what was held when."""
    digest = hashlib.sha256(ran.target_weight.tobytes()).digest()
    return int.from_bytes(digest[:8], "little")
