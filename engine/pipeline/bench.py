"""The bench every verb runs rules on: both engines, the benchmarks, and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from engine.evaluation.backtest import measure, measure_against
from engine.execution.bars import decisions_of, largest_difference, simulate
from engine.execution.costs import Terms
from engine.execution.simulation import Simulation
from engine.market.panel import PricePanel
from engine.rules.registry import rule_named
from engine.rules.resolve import ResolvedRule
from engine.store.records import Measured, Setting
from engine.study.loader import identity
from engine.study.models import Study

Progress = Callable[[str], None]

BENCHMARKS: dict[str, tuple[str, dict[str, Any]]] = {
    "core": ("buy_and_hold", {"asset": "core"}),
    "satellite": ("buy_and_hold", {"asset": "satellite"}),
    "50/50": ("fixed_mix", {"satellite_weight": 0.5}),
}


def benchmark_named(rule: Mapping[str, Any]) -> str:
    """Return which benchmark a rule is, given its name and parameters; empty if it is none."""
    known = (rule["name"], rule["parameters"])
    return next((name for name, given in BENCHMARKS.items() if given == known), "")


def core_held(panel: PricePanel, terms: Terms) -> Simulation:
    """Return the core held all along, by the bar-by-bar engine; the last ones are remembered."""
    return _core_held(_Terms(panel, terms))


class _Terms:
    """A panel and terms that compare by what they contain."""

    def __init__(self, panel: PricePanel, terms: Terms) -> None:
        self.panel, self.terms = panel, terms
        rates = terms.rates_for(len(panel)).tobytes()
        own = (terms.core, terms.satellite, terms.fill, terms.fractional_shares, terms.initial_cash)
        self._key = (panel.content_hash, panel.start_index, rates, *own)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Terms) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=2)
def _core_held(on: _Terms) -> Simulation:
    name, parameters = BENCHMARKS["core"]
    rule = rule_named(name)
    decisions = decisions_of(on.panel, rule, rule.parameters(parameters))
    return simulate(on.panel, decisions, on.terms)


def silent(_: str) -> None:
    """Ignore progress."""


def setting_of(study: Study, panel: PricePanel) -> Setting:
    """Return what results of a study on a panel must share to be comparable."""
    return Setting(panel.describe(), identity(study)["execution"], panel.warnings)


@dataclass(frozen=True, eq=False)
class _Run:
    """One rule through both engines, and without costs."""

    rule: dict[str, Any]
    simulation: Simulation
    costless: Simulation
    max_difference: float


@dataclass(frozen=True, eq=False)
class Bench:
    """Runs rules on one panel and one set of terms, and measures them against benchmarks."""

    panel: PricePanel
    terms: Terms
    progress: Progress

    def measured(self, label: str, found: ResolvedRule) -> Measured:
        """Return a rule, run and measured against every benchmark."""
        self.progress(f"running {label}")
        return self._measured(label, self._run(found))

    def benchmarks(self, names: Sequence[str]) -> dict[str, Measured]:
        """Return the benchmarks asked for, by name, each measured like a rule."""
        core, satellite = self.panel.symbols
        labels = {"core": f"{core} held", "satellite": f"{satellite} held"}
        return {
            name: self._measured(labels.get(name, name), self._references[name]) for name in names
        }

    @property
    def core(self) -> Simulation:
        """The core held: what active returns are over."""
        return self._references["core"].simulation

    @cached_property
    def _references(self) -> dict[str, _Run]:
        self.progress("running the benchmarks")
        runs = {}
        for name, (rule_name, parameters) in BENCHMARKS.items():
            rule = rule_named(rule_name)
            runs[name] = self._run(ResolvedRule(rule, rule.parameters(parameters)))
        return runs

    def _measured(self, label: str, ran: _Run) -> Measured:
        against = {
            name: measure_against(ran.simulation, reference.simulation)
            for name, reference in self._references.items()
        }
        metrics = {**measure(ran.simulation, ran.costless), **against["core"]}
        return Measured(label, ran.rule, ran.simulation, metrics, against, ran.max_difference)

    def _run(self, found: ResolvedRule) -> _Run:
        from engine.execution.broker import run_backtrader  # 0.3 s that a sweep has others do

        panel, terms = self.panel, self.terms
        simulation = run_backtrader(panel, found.rule, found.params, terms)
        decisions = decisions_of(panel, found.rule, found.params)
        difference = largest_difference(simulation, simulate(panel, decisions, terms))
        costless = simulate(panel, decisions, terms.without_costs())
        return _Run(found.describe(), simulation, costless, difference)
