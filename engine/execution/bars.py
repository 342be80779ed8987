"""The plain bar-by-bar engine: the same semantics as Backtrader's run, without Backtrader.

It is short enough to be read in one go, some twenty times faster, and written apart from
:mod:`engine.execution.broker`; every backtest is checked by running it through both.
"""

from __future__ import annotations

import numpy as np

from engine.errors import EngineDisagreementError
from engine.execution.costs import Terms
from engine.execution.simulation import (
    Simulation,
    Trade,
    target_weights,
    traded_weights,
)
from engine.market.panel import PricePanel
from engine.rotation.costs import orders, quote
from engine.rules.decisions import Decider, Decision
from engine.rules.rule import History, Rule, RuleParams
from engine.signals.catalogue import Closes

TOLERANCE = 1e-9
"""Largest relative difference of equity between two engines that is still rounding."""


def history_of(panel: PricePanel) -> History:
    """Return what a rule may know of a panel."""
    return History(
        panel.sessions, Closes(panel.core.close, panel.satellite.close), panel.start_index
    )


def decisions_of(panel: PricePanel, rule: Rule, params: RuleParams) -> tuple[Decision, ...]:
    """Return a rule's decisions over the traded sessions; indices count from the first of them.

    The close of the first traded session always decides: the core, where the rule says nothing.
    """
    decider = Decider(rule, params, history_of(panel))
    first = panel.start_index
    made = [decider.decide(t) for t in range(first, len(panel))]
    made[0] = made[0] or Decision(first, 0.0, "the core is held by default", ())
    return tuple(d._replace(session=d.session - first) for d in made if d is not None)


def run_bars(panel: PricePanel, rule: Rule, params: RuleParams, terms: Terms) -> Simulation:
    """Run a rule session by session; see :func:`engine.execution.broker.run_backtrader`."""
    return simulate(panel, decisions_of(panel, rule, params), terms)


def simulate(panel: PricePanel, decisions: tuple[Decision, ...], terms: Terms) -> Simulation:
    """Turn decisions into holdings and wealth.

    Parameters
    ----------
    panel : PricePanel
    decisions : tuple of Decision
        In order; session indices count from the panel's first traded session.
    terms : Terms
    """
    first, n = panel.start_index, len(panel) - panel.start_index
    field = "close" if terms.fill == "next_close" else "open"
    fills = [getattr(bars, field)[first:].tolist() for bars in (panel.core, panel.satellite)]
    closes = [bars.close[first:].tolist() for bars in (panel.core, panel.satellite)]
    rates = terms.rates_for(len(panel))[first:]
    due = {decision.session + 1: decision for decision in decisions}
    shares, cash = [0.0, 0.0], terms.initial_cash
    costs = (terms.core, terms.satellite)
    trades: list[Trade] = []
    held = np.empty((n, 4))
    for t in range(n):
        if t in due:
            quotes = [
                quote(fills[a][t], costs[a].slippage, costs[a].commission) for a in range(2)
            ]
            sizes = orders(due[t].weight, *shares, cash, *quotes, terms.fractional_shares)
            for asset in sorted(range(2), key=lambda a: sizes[a]):  # sales first
                size, at = sizes[asset], quotes[asset]
                if size:
                    cash -= size * (at.sale if size < 0 else at.purchase)
                    shares[asset] = shares[asset] + size
                    paid = at.purchase - at.price if size > 0 else at.price - at.sale
                    trades.append(Trade(t, asset, size, at.price, abs(size) * paid))
        equity = cash + shares[0] * closes[0][t] + shares[1] * closes[1][t]
        held[t] = equity, cash, shares[0], shares[1]
        cash += cash * rates[t]
    return Simulation(
        engine="bars",
        sessions=panel.traded_sessions,
        equity=held[:, 0].copy(),
        cash=held[:, 1].copy(),
        core_shares=held[:, 2].copy(),
        satellite_shares=held[:, 3].copy(),
        target_weight=target_weights(decisions, n),
        traded_weight=traded_weights(
            decisions, np.array(fills[0]), np.array(fills[1]), held[:, 2], held[:, 3]
        ),
        decisions=decisions,
        trades=tuple(trades),
        pending=decisions[-1] if decisions[-1].session == n - 1 else None,
        cash_returns=rates[:-1],
    )


def largest_difference(one: Simulation, other: Simulation) -> float:
    """Return the largest relative difference of two runs' equity.

    Raises
    ------
    EngineDisagreementError
        If it exceeds `TOLERANCE`, naming the first session at which it does.
    """
    difference = np.abs(one.equity / other.equity - 1.0)
    if not np.all(difference <= TOLERANCE):
        t = int(np.argmax(~(difference <= TOLERANCE)))
        raise EngineDisagreementError(
            f"{one.sessions[t]}: equity is {one.equity[t]!r} by {one.engine} and "
            f"{other.equity[t]!r} by {other.engine}; no result is given"
        )
    return float(difference.max())
