"""Whether a result hangs on what was chosen beside the rule: costs, fills, first session, prices.

One parameter set is run again and again with a single choice changed at a time, next to the core
held on the same terms over the same sessions. A rule that is worth something is worth something on
all of them; one that leads the core on the terms it was found on, and on no others, was fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from engine.errors import RuleError
from engine.evaluation.grid_study.neighbours import Neighbourhood
from engine.evaluation.metrics import MetricValue
from engine.evaluation.tear_sheet.sensitivity import (
    beside_core,
    break_even_cost,
    delayed,
    lead_over_core,
    with_cost,
)
from engine.execution.bars import decisions_of
from engine.execution.costs import AssetCosts, Terms
from engine.execution.terms import terms_of
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.panel import PricePanel
from engine.market.quotes import SessionArray
from engine.rules.decisions import Decision
from engine.rules.resolve import ResolvedRule
from engine.study.models import Execution

Kind = Literal["as run", "costs", "fill", "start", "price basis"]

COST_MULTIPLES = (0.0, 2.0, 5.0, 10.0)
"""Times the study's own commission and slippage."""

LATER = "one session later"
"""A fill at the study's own open or close, but of the session after."""

SHOWN = ("final_equity", "cagr", "sharpe", "max_drawdown", "active_return", "rotations")


@dataclass(frozen=True, eq=False)
class Variation:
    """One parameter set with one choice changed.

    Attributes
    ----------
    kind : {"as run", "costs", "fill", "start", "price basis"}
        What was changed.
    value : float, str or None
        To what: a multiple of the study's own costs; `LATER` or a fill; the first session; a price
        basis. None as run.
    first_session, last_session : str
    sessions : int
        Traded.
    metrics : dict
        Those of `SHOWN`, and the metric a sweep is ranked by.
    core : dict
        ``final_equity``, ``cagr`` and ``sharpe`` of the core held on the same terms over the same
        sessions.
    """

    kind: Kind
    value: float | str | None
    first_session: str
    last_session: str
    sessions: int
    metrics: dict[str, MetricValue]
    core: dict[str, MetricValue]

    @property
    def is_ahead(self) -> bool:
        """Whether it ends above the core."""
        own, core = self.metrics["final_equity"], self.core["final_equity"]
        return float(own) > float(core)  # type: ignore[arg-type]  # numbers, both


@dataclass(frozen=True, eq=False)
class Stability:
    """How one parameter set does when what was chosen beside it changes.

    Attributes
    ----------
    rule : dict
        Name, parameters and triggers.
    table : tuple of Variation
        As run first, then by kind.
    break_even_bps : float
        Cost per side in bp, all in, the same for both assets, at which the rule ends with as much
        as the core held at that cost. NaN where there is none: see `beats_without_costs`.
    beats_without_costs : bool
        Whether the rule ends above the core where trading is free.
    neighbourhood : Neighbourhood or None
        How the sets beside it in a sweep's grid did; None for a run.
    left_out : tuple of str
        Variations that could not be made, and why.
    """

    rule: dict[str, object]
    table: tuple[Variation, ...]
    break_even_bps: float
    beats_without_costs: bool
    neighbourhood: Neighbourhood | None = None
    left_out: tuple[str, ...] = ()


def rule_stability(
    panel: PricePanel,
    found: ResolvedRule,
    execution: Execution,
    *,
    starts: Sequence[int] = (),
    others: Mapping[str, PricePanel] | None = None,
    metric: str | None = None,
    neighbourhood: Neighbourhood | None = None,
    left_out: Sequence[str] = (),
) -> Stability:
    """Return how a parameter set does on other terms, by the bar-by-bar engine.

    With other costs and fills its decisions stay as they were. From another first session on, and
    on other prices, it decides anew: it begins in the core, its features know all of history.

    Parameters
    ----------
    panel : PricePanel
    found : ResolvedRule
        The rule with the parameters of the set.
    execution : Execution
        The terms of the set.
    starts : sequence of int
        First sessions to begin at, as indices into the traded ones; see :func:`year_starts` and
        :func:`even_starts`.
    others : mapping of str to PricePanel, optional
        Price basis → the same sessions on that basis.
    metric : str, optional
        Shown beside those of `SHOWN`.
    neighbourhood : Neighbourhood, optional
    left_out : sequence of str
        What could not be given; a rule that does not fit fewer sessions is added to it.
    """
    shown = SHOWN if metric is None or metric in SHOWN else (*SHOWN, metric)
    bench = _Bench(found, execution, shown)
    terms, decisions = terms_of(execution, panel), bench.decided(panel)
    other_fill = _other_fill(terms)
    table = [
        bench.variation("as run", None, panel, decisions, terms),
        *(
            bench.variation("costs", multiple, panel, decisions, _times(terms, multiple))
            for multiple in (COST_MULTIPLES if _has_costs(terms) else ())
        ),
        bench.variation("fill", LATER, panel, delayed(decisions, panel), terms),
        bench.variation("fill", other_fill.fill, panel, decisions, other_fill),
    ]
    reasons = list(left_out)
    anew: list[tuple[Kind, str, PricePanel]] = [
        *(("start", str(p.traded_sessions[0]), p) for p in map(panel.window, starts)),
        *(("price basis", basis, other) for basis, other in (others or {}).items()),
    ]
    for kind, value, other in anew:
        try:
            table.append(bench.anew(kind, value, other))
        except RuleError as error:
            reasons.append(f"{kind} {value}: {error}")
    return Stability(
        found.describe(),
        tuple(table),
        break_even_cost(panel, decisions, terms),
        lead_over_core(panel, decisions, with_cost(terms, 0.0)) > 0.0,
        neighbourhood,
        tuple(reasons),
    )


def year_starts(sessions: SessionArray, least: int = SESSIONS_PER_YEAR) -> list[int]:
    """Return the first session of each calendar year but the one that history begins in.

    Parameters
    ----------
    sessions : datetime64[D] array
        The traded ones.
    least : int
        Sessions that a start must leave; later ones are left out.
    """
    years = sessions.astype("datetime64[Y]")
    first = np.flatnonzero(years[1:] != years[:-1]) + 1
    return [int(t) for t in first if len(sessions) - t >= least]


def even_starts(sessions: SessionArray, count: int, least: int = SESSIONS_PER_YEAR) -> list[int]:
    """Return up to so many first sessions at equal distances, each leaving at least `least`.

    The first session of all is none of them: that is the set as it was run.
    """
    last = len(sessions) - least
    return sorted({round(last * i / count) for i in range(1, count + 1)} - {0}) if last > 0 else []


@dataclass(frozen=True)
class _Bench:
    """Runs one parameter set in variations."""

    found: ResolvedRule
    execution: Execution
    shown: tuple[str, ...]

    def decided(self, panel: PricePanel) -> tuple[Decision, ...]:
        return decisions_of(panel, self.found.rule, self.found.params)

    def anew(self, kind: Kind, value: str, panel: PricePanel) -> Variation:
        """Return the set on another panel, deciding anew."""
        terms = terms_of(self.execution, panel)
        return self.variation(kind, value, panel, self.decided(panel), terms)

    def variation(
        self,
        kind: Kind,
        value: float | str | None,
        panel: PricePanel,
        decisions: tuple[Decision, ...],
        terms: Terms,
    ) -> Variation:
        own, core = beside_core(panel, decisions, terms)
        sessions = panel.traded_sessions
        return Variation(
            kind,
            value,
            str(sessions[0]),
            str(sessions[-1]),
            len(sessions),
            {key: own[key] for key in self.shown},
            {key: core[key] for key in ("final_equity", "cagr", "sharpe")},
        )


def _times(terms: Terms, multiple: float) -> Terms:
    """Return the terms with so many times their costs."""

    def times(costs: AssetCosts) -> AssetCosts:
        return AssetCosts(multiple * costs.commission, multiple * costs.slippage)

    return replace(terms, core=times(terms.core), satellite=times(terms.satellite))


def _has_costs(terms: Terms) -> bool:
    return not terms.core == terms.satellite == AssetCosts()


def _other_fill(terms: Terms) -> Terms:
    return replace(terms, fill="next_open" if terms.fill == "next_close" else "next_close")
