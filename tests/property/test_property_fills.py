"""What a fill may cost: wealth at the quotes falls by the trades' costs and by nothing else."""

import numpy as np
import pytest
from drawn_rules import SHIPPED, assume_fits, parameters_of, planted_rule, terms_for
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panels

from engine.execution.bars import run_bars
from engine.execution.broker import run_backtrader
from engine.rules.registry import rule_named

ENGINES = pytest.mark.parametrize("run", [run_bars, run_backtrader])
ROUNDING = 1e-9  # relative to wealth


def quotes_of(panel, terms):
    field = "close" if terms.fill == "next_close" else "open"
    pair = (panel.core, panel.satellite)
    return [getattr(bars, field)[panel.start_index :] for bars in pair]


def wealth_lost_at_fills(panel, terms, simulation):
    """Return wealth at the quotes before minus after each session's fills, as a fraction."""
    rates = terms.rates_for(len(panel))[panel.start_index :]
    quotes = quotes_of(panel, terms)
    cash, shares = simulation.cash, (simulation.core_shares, simulation.satellite_shares)
    before = cash[:-1] * (1.0 + rates[:-1]) + sum(
        s[:-1] * q[1:] for s, q in zip(shares, quotes, strict=True)
    )
    after = cash[1:] + sum(s[1:] * q[1:] for s, q in zip(shares, quotes, strict=True))
    return np.append(0.0, before - after), np.append(terms.initial_cash, before)


def cost_by_hand(trade, terms):
    costs = (terms.core, terms.satellite)[trade.asset]
    sign = 1.0 if trade.shares > 0 else -1.0
    paid = (1.0 + sign * costs.slippage) * (1.0 + sign * costs.commission)
    return abs(trade.shares) * trade.quote * sign * (paid - 1.0)


def assert_fills_cost_what_they_say(panel, terms, simulation):
    lost, wealth = wealth_lost_at_fills(panel, terms, simulation)
    quotes = quotes_of(panel, terms)
    costs = np.zeros(len(lost))
    for trade in simulation.trades:
        costs[trade.session] += trade.cost
        by_hand = cost_by_hand(trade, terms)
        assert abs(trade.cost - by_hand) <= ROUNDING * wealth[trade.session]
        assert trade.quote == quotes[trade.asset][trade.session]
    np.testing.assert_allclose(lost / wealth, costs / wealth, rtol=0, atol=ROUNDING)
    assert (costs >= 0.0).all()


@pytest.mark.parametrize("name", SHIPPED)
@ENGINES
@settings(max_examples=20)
@given(data=st.data())
def test_no_rule_loses_more_than_its_costs(name, run, data):
    rule = rule_named(name)
    panel = data.draw(panels(most=60))
    params = data.draw(parameters_of(rule))
    assume_fits(panel, rule, params)
    terms = data.draw(terms_for(len(panel)))
    assert_fills_cost_what_they_say(panel, terms, run(panel, rule, params, terms))


@ENGINES
@settings(max_examples=60)
@given(data=st.data())
def test_rotations_are_all_in_and_never_overdraw(run, data):
    panel = data.draw(panels(most=30))
    n = len(panel)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    rule = planted_rule(rng.random(n) < 0.5, rng.random(n) < 0.5)
    terms = data.draw(terms_for(n))
    simulation = run(panel, rule, rule.parameters({}), terms)
    assert_fills_cost_what_they_say(panel, terms, simulation)
    assert simulation.cash.min() >= 0.0
    held = np.stack([simulation.core_shares, simulation.satellite_shares])
    assert held.min() >= 0.0
    assert (held.min(axis=0) == 0.0).all(), "a rotation leaves nothing of the other asset behind"
    filled = sorted({decision.session + 1 for decision in simulation.fills})
    if terms.fractional_shares:
        assert (held[:, 1:].max(axis=0) > 0.0).all()
        idle = simulation.cash[filled] / simulation.equity[filled]
        assert idle.max(initial=0.0) < 1e-11
    else:
        assert (held == np.floor(held)).all()
        dearest = max((1 + c.slippage) * (1 + c.commission) for c in (terms.core, terms.satellite))
        quotes = quotes_of(panel, terms)
        for t in filled:
            asset = int(simulation.target_weight[t])
            one_more = quotes[asset][t] * dearest
            assert simulation.cash[t] < one_more * (1 + 1e-9) + 1e-9 * simulation.equity[t]
