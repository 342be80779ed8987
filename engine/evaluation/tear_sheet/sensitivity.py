"""What costs and delay do to a run: the same decisions, traded on other terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.metrics import Metrics, MetricValue
from engine.execution.bars import simulate
from engine.execution.costs import AssetCosts, Terms
from engine.execution.terms import BASIS_POINT
from engine.market.panel import PricePanel
from engine.rules.decisions import Decision

COSTS_BPS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Costs tried: bp per side of traded value, the same for both assets, all in."""

DEAREST_BPS = 1000.0
"""Beyond this no break-even cost is looked for."""

_CORE_HELD = (Decision(0, 0.0, "held", ()),)
_SHOWN = ("final_equity", "cagr", "sharpe", "max_drawdown", "active_return")


@dataclass(frozen=True)
class Variant:
    """A run on other terms, next to the core held on the same ones.

    Attributes
    ----------
    name : {"as run", "costs", "delayed"}
    cost_bps : float or None
        bp per side, all in, for both assets; None: the run's own costs.
    metrics : dict
        ``final_equity``, ``cagr``, ``sharpe``, ``max_drawdown`` and ``active_return``.
    core_cagr : float
        Of the core bought and held on these terms (fraction).
    """

    name: str
    cost_bps: float | None
    metrics: dict[str, MetricValue]
    core_cagr: float


@dataclass(frozen=True)
class Sensitivity:
    """How much a run depends on what trading costs and on filling at once.

    Attributes
    ----------
    as_run, delayed : Variant
        On the run's own terms; and with every rotation one session later.
    costs : tuple of Variant
        For each of :data:`COSTS_BPS`.
    break_even_bps : float
        Cost per side, all in, the same for both assets, at which the rule ends with as much as
        the core held at that cost. NaN where there is none: see `beats_without_costs`.
    beats_without_costs : bool
        Whether the rule ends above the core where trading is free.
    """

    as_run: Variant
    delayed: Variant
    costs: tuple[Variant, ...]
    break_even_bps: float
    beats_without_costs: bool


def sensitivity(panel: PricePanel, decisions: tuple[Decision, ...], terms: Terms) -> Sensitivity:
    """Return how a run's figures change with costs and with a delay of one session.

    Every variant is simulated anew by :mod:`engine.execution.bars`; decisions stay as they were.

    Parameters
    ----------
    panel : PricePanel
    decisions : tuple of Decision
        Session indices count from the panel's first traded session.
    terms : Terms
        Those of the run.
    """
    free = with_cost(terms, 0.0)
    return Sensitivity(
        as_run=_variant("as run", None, panel, decisions, terms),
        delayed=_variant("delayed", None, panel, delayed(decisions, panel), terms),
        costs=tuple(
            _variant("costs", bps, panel, decisions, with_cost(terms, bps)) for bps in COSTS_BPS
        ),
        break_even_bps=break_even_cost(panel, decisions, terms),
        beats_without_costs=lead_over_core(panel, decisions, free) > 0.0,
    )


def beside_core(
    panel: PricePanel, decisions: tuple[Decision, ...], terms: Terms
) -> tuple[Metrics, Metrics]:
    """Return the metrics of decisions, and those of the core held, on the same terms.

    ``cost_drag`` is left out: it would take a third simulation. Relative metrics are against the
    core held.
    """
    run, core = (simulate(panel, made, terms) for made in (decisions, _CORE_HELD))
    metrics = [{**measure(one, one), **measure_against(one, core)} for one in (run, core)]
    for found in metrics:
        del found["cost_drag"]
    return metrics[0], metrics[1]


def with_cost(terms: Terms, bps: float) -> Terms:
    """Return the terms with one cost per side in bp, all in, for both assets."""
    costs = AssetCosts(commission=bps * BASIS_POINT)
    return replace(terms, core=costs, satellite=costs)


def delayed(decisions: Sequence[Decision], panel: PricePanel) -> tuple[Decision, ...]:
    """Return the decisions one session later; the first purchase stays where it is.

    What would be decided after the last close falls away.
    """
    last = len(panel) - panel.start_index - 1
    first, *others = decisions
    later = (d._replace(session=d.session + 1) for d in others if d.session < last)
    return (first, *later)


def break_even_cost(panel: PricePanel, decisions: tuple[Decision, ...], terms: Terms) -> float:
    """Return the cost in bp per side at which the rule ends level with the core; NaN if none.

    The lead over the core falls as costs rise, as the rule trades more; the root is found by
    Brent's method to 0.001 bp. A rule that never rotates has none, and neither has one that
    trails where trading is free.
    """

    def lead(bps: float) -> float:
        return lead_over_core(panel, decisions, with_cost(terms, bps))

    if not lead(0.0) > 0.0 or not lead(DEAREST_BPS) < 0.0:
        return float("nan")
    from scipy.optimize import brentq

    return float(brentq(lead, 0.0, DEAREST_BPS, xtol=1e-3))


def lead_over_core(panel: PricePanel, decisions: tuple[Decision, ...], terms: Terms) -> float:
    """Return log(final equity of the rule / of the core held) on the same terms."""
    rule, core = (simulate(panel, made, terms).equity[-1] for made in (decisions, _CORE_HELD))
    return float(np.log(rule / core))


def _variant(
    name: str,
    cost_bps: float | None,
    panel: PricePanel,
    decisions: tuple[Decision, ...],
    terms: Terms,
) -> Variant:
    run, core = beside_core(panel, decisions, terms)
    return Variant(
        name,
        cost_bps,
        {key: run[key] for key in _SHOWN},
        float(core["cagr"]),  # type: ignore[arg-type]
    )
