"""What a run and a comparison are, once computed: frozen, complete, independent of any engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.evaluation.metrics import Metrics
from engine.execution.simulation import Simulation
from engine.market.quotes import FloatArray, SessionArray
from engine.rules.decisions import Decision
from engine.rules.trigger import Answers, Values
from engine.store.provenance import content_hash

if TYPE_CHECKING:
    import pandas as pd

    from engine.evaluation.inference.rules import RuleTests
    from engine.evaluation.inference.uncertainty import Uncertainty
    from engine.evaluation.inference.verdict import Verdict


@dataclass(frozen=True, eq=False)
class Setting:
    """What results must share to be comparable: prices, sessions, costs and fills.

    Attributes
    ----------
    data : dict
        What the panel says of itself (:meth:`engine.market.panel.PricePanel.describe`).
    execution : dict
        The execution section, resolved; a file of cash rates by its hash.
    warnings : tuple of str
        What the quality gate found that does not stop a run.
    """

    data: dict[str, Any]
    execution: dict[str, Any]
    warnings: tuple[str, ...] = ()

    def differences(self, other: Setting) -> list[str]:
        """Return in what the settings differ: data or cost keys, empty when comparable."""
        keys = ("symbols", "price_basis", "first_session", "last_session", "sha256")
        differing = [key for key in keys if self.data[key] != other.data[key]]
        if differing == ["sha256"]:
            differing = ["prices"]
        differing = [key for key in differing if key != "sha256"]
        execution = sorted(self.execution.keys() | other.execution.keys())
        return differing + [
            key for key in execution if self.execution.get(key) != other.execution.get(key)
        ]

    @property
    def simulated(self) -> bool:
        """Whether the prices are invented by a generator."""
        return bool(self.data["simulated"])


@dataclass(frozen=True, eq=False)
class Measured:
    """One rule or benchmark, run and measured.

    Attributes
    ----------
    label : str
        As tables name it.
    rule : dict
        Name of the rule and its parameters.
    simulation : Simulation
    metrics : mapping
        Metric values by key; NaN where undefined. Relative ones are against the core.
    against : mapping of str to mapping
        Relative metrics by benchmark.
    max_difference : float
        Largest relative difference of equity between the two engines.
    """

    label: str
    rule: dict[str, Any]
    simulation: Simulation
    metrics: Metrics
    against: Mapping[str, Mapping[str, float]]
    max_difference: float


class Backtested:
    """A result about one backtest, `subject`: the rule's, or the stitched one of a walk-forward."""

    subject: Measured

    @property
    def metrics(self) -> Metrics:
        """Its metric values by key; NaN where undefined."""
        return self.subject.metrics

    @property
    def simulation(self) -> Simulation:
        """The backtest, session by session."""
        return self.subject.simulation

    @property
    def equity(self) -> pd.Series[float]:
        """Wealth at each close, in currency, indexed by session."""
        import pandas as pd

        index = pd.DatetimeIndex(self.simulation.sessions, name="session")
        return pd.Series(self.simulation.equity, index=index, name="equity", copy=True)


@dataclass(frozen=True, eq=False)
class RunResult(Backtested):
    """A study's rule, backtested next to its benchmarks.

    Attributes
    ----------
    study : str
    config : dict
        The whole study, defaults filled in.
    folder : Path or None
        What paths in `config` are relative to, absolute; None for a study made in Python.
    config_hash : str
        Hash of what determines the results, apart from prices and code.
    setting : Setting
    subject : Measured
        The study's rule.
    benchmarks : dict of str to Measured
    uncertainty : Uncertainty
        How well the rule's figures are known; active ones are over the core held.
    verdict : Verdict
        How much evidence of an edge over the core held there is.
    features : dict of str to float64 array, shape (n,)
        Every feature the rule looked at, over the traded sessions.
    triggers : dict of str to bool array, shape (n,)
        Answers of ``enter`` and ``leave`` over the traded sessions.
    market : dict of str to float64 array, shape (n,)
        What was traded in: opens and closes of both assets on the price basis, the streak, and
        what cash earned overnight, over the traded sessions.
    timings : dict of str to float
        Seconds spent, by part.
    """

    study: str
    seed: int
    config: dict[str, Any]
    folder: Path | None
    config_hash: str
    setting: Setting
    subject: Measured
    benchmarks: dict[str, Measured]
    uncertainty: Uncertainty
    verdict: Verdict
    features: dict[str, Values]
    triggers: dict[str, Answers]
    market: dict[str, FloatArray]
    timings: dict[str, float]

    @property
    def max_difference(self) -> float:
        """Largest relative difference of equity between engines, over rule and benchmarks."""
        return max(m.max_difference for m in (self.subject, *self.benchmarks.values()))

    @property
    def pending(self) -> Decision | None:
        """What the rule decided at the last close, if that changes anything."""
        return self.simulation.pending

    @property
    def content_hash(self) -> str:
        """Hash of study, prices and code: equal for runs that must give equal results."""
        return content_hash(self.config_hash, self.setting.data["sha256"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the result should know."""
        return self.setting.warnings

    @property
    def rotations(self) -> pd.DataFrame:
        """Every change of the held asset: when, from what, to what, why, and what came of it."""
        import pandas as pd

        from engine.store.logs import ROTATION_COLUMNS, rotation_log

        symbols = self.setting.data["symbols"]
        pair = (symbols["core"], symbols["satellite"])
        log = rotation_log(self.simulation, pair, self.market["core_close"])
        frame = pd.DataFrame(log, columns=list(ROTATION_COLUMNS))
        for column in ("decision_session", "fill_session"):
            frame[column] = pd.to_datetime(frame[column])
        return frame


@dataclass(frozen=True, eq=False)
class Compared:
    """One row of a comparison: a rule or benchmark, fresh or read from a stored run.

    ``equity`` is float64 of shape (n,), wealth at each close; ``source`` says where the row
    comes from: a study file, a run, or the command line.
    """

    label: str
    kind: Literal["rule", "benchmark"]
    source: str
    rule: dict[str, Any]
    metrics: Metrics
    equity: FloatArray


@dataclass(frozen=True, eq=False)
class Comparison:
    """Rules side by side on the same prices and terms, and the benchmarks.

    ``sessions`` is datetime64[D] of shape (n,) and ``cash_returns`` float64 of shape (n − 1,), what
    cash earned from each to the next (fraction); both are shared by all rows. ``tests`` says which
    differences are more than chance. ``config`` is the resolved study that gives this comparison;
    None where its rules were not given by studies.
    """

    name: str
    setting: Setting
    sessions: SessionArray
    cash_returns: FloatArray
    rows: tuple[Compared, ...]
    tests: RuleTests | None = None
    config: dict[str, Any] | None = None

    @property
    def content_hash(self) -> str:
        """Hash of rules, terms, prices and code."""
        rules = [[row.label, row.kind, row.rule] for row in self.rows]
        text = json.dumps([rules, self.setting.execution], sort_keys=True)
        return content_hash(text, self.setting.data["sha256"])
