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
from engine.rotation.costs import Pair, orders, quote
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
    pair = (panel.core, panel.satellite)
    fills = [(b.close if terms.fill == "next_close" else b.open)[first:] for b in pair]
    core_close, satellite_close = (bars.close[first:].tolist() for bars in pair)
    rates = terms.rates_for(len(panel))[first:]
    overnight = rates.tolist()
    due = {decision.session + 1: decision.weight for decision in decisions}
    shares, cash = (0.0, 0.0), terms.initial_cash
    trades: list[Trade] = []
    closes: list[tuple[float, ...]] = []
    for t in range(n):
        if t in due:
            made = _trades_at(t, due[t], shares, cash, terms, (fills[0][t], fills[1][t]))
            for trade in made:
                cash -= trade.shares * trade.quote + trade.cost
                change = (trade.shares, 0.0) if trade.asset == 0 else (0.0, trade.shares)
                shares = (shares[0] + change[0], shares[1] + change[1])
            trades += made
        wealth = cash + shares[0] * core_close[t] + shares[1] * satellite_close[t]
        closes.append((wealth, cash, *shares))
        cash += cash * overnight[t]
    held = np.array(closes).T.copy()
    return Simulation(
        engine="bars",
        sessions=panel.traded_sessions,
        equity=held[0],
        cash=held[1],
        core_shares=held[2],
        satellite_shares=held[3],
        target_weight=target_weights(decisions, n),
        traded_weight=traded_weights(decisions, (fills[0], fills[1]), (held[2], held[3])),
        decisions=decisions,
        trades=tuple(trades),
        pending=decisions[-1] if decisions[-1].session == n - 1 else None,
        cash_returns=rates[:-1],
    )


def _trades_at(
    t: int, weight: float, shares: Pair, cash: float, terms: Terms, prices: Pair
) -> list[Trade]:
    """Return the trades of one fill, sales first."""
    costs = (terms.core, terms.satellite)
    core, satellite = (
        quote(p, c.slippage, c.commission) for p, c in zip(prices, costs, strict=True)
    )
    sizes = orders(weight, shares, cash, (core, satellite), terms.fractional_shares)
    made = []
    for asset, (size, at) in enumerate(zip(sizes, (core, satellite), strict=True)):
        paid = at.purchase - at.price if size > 0 else at.price - at.sale
        if size:
            made.append(Trade(t, asset, size, at.price, abs(size) * paid))
    return sorted(made, key=lambda trade: trade.shares)


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
