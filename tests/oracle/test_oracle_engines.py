"""The reference, the bar-by-bar engine and Backtrader give the same holdings and wealth."""

import numpy as np
import pytest
from drawn_rules import (
    SHIPPED,
    PlantedParams,
    assume_fits,
    parameters_of,
    planted_rule,
    terms_for,
    weighted_rule,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from judged import decided_by, reference
from panels import panel_of, panels, random_panel

from engine.execution.bars import run_bars
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.rules.registry import rule_named
from engine.rules.rule import RuleParams

CLOSE = 1e-9  # relative to wealth: what counts as the same number


def table_of(simulation):
    return np.array(
        [
            simulation.equity,
            simulation.cash,
            simulation.core_shares,
            simulation.satellite_shares,
        ]
    )


def assert_same(panel, one, other, label):
    """Compare equity, cash and the value of what is held, each relative to wealth."""
    first = panel.start_index
    prices = [np.ones(len(panel) - first)] * 2
    prices += [bars.close[first:] for bars in (panel.core, panel.satellite)]
    difference = np.abs(one - other) * np.array(prices) / one[0]
    assert difference.max() <= CLOSE, (label, difference.max(axis=1))


def assert_engines_agree(panel, rule, params, terms):
    expected = reference(panel, decided_by(panel, rule, params), terms)
    bars = run_bars(panel, rule, params, terms)
    broker = run_backtrader(panel, rule, params, terms)
    assert_same(panel, expected, table_of(bars), "bars")
    assert_same(panel, expected, table_of(broker), "backtrader")
    assert repr(bars.decisions) == repr(broker.decisions)  # a feature in warm-up is NaN in both
    assert repr(bars.pending) == repr(broker.pending)
    assert broker.rejected_orders == 0
    np.testing.assert_array_equal(bars.target_weight, broker.target_weight)
    np.testing.assert_allclose(bars.traded_weight, broker.traded_weight, rtol=0, atol=1e-9)
    assert_same_trades(bars.trades, broker.trades, float(bars.equity.max()))
    return bars


def assert_same_trades(one, other, cash):
    """Compare trades of both engines, but for crumbs: what rounding alone makes too much."""
    one, other = (
        [t for t in trades if abs(t.shares) * t.quote > CLOSE * cash] for trades in (one, other)
    )
    assert [t[:2] for t in one] == [t[:2] for t in other]
    for a, b in zip(one, other, strict=True):
        assert a.quote == b.quote
        assert abs(a.shares - b.shares) * a.quote <= CLOSE * cash
        assert abs(a.cost - b.cost) <= CLOSE * cash


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=80)
@given(data=st.data())
def test_every_shipped_rule(name, data):
    rule = rule_named(name)
    panel = data.draw(panels())
    params = data.draw(parameters_of(rule))
    assume_fits(panel, rule, params)
    assert_engines_agree(panel, rule, params, data.draw(terms_for(len(panel))))


@settings(max_examples=300)
@given(data=st.data())
def test_triggers_that_fire_anywhere(data):
    """Rotations in consecutive sessions, both triggers at once, entry at either end."""
    panel = data.draw(panels(most=40))
    n = len(panel)
    often = st.sampled_from([0.1, 0.5, 0.9])
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    enter, leave = (rng.random(n) < data.draw(often) for _ in range(2))
    params = PlantedParams(
        max_holding=data.draw(st.sampled_from([None, 1, 2, 3, 7])),
        cooldown=data.draw(st.sampled_from([0, 1, 2, 5])),
    )
    terms = data.draw(terms_for(n))
    assert_engines_agree(panel, planted_rule(enter, leave), params, terms)


@settings(max_examples=200)
@given(data=st.data())
def test_weights_of_any_kind(data):
    """Mixes that go from anything to anything, all-in and all-out included."""
    panel = data.draw(panels(most=40))
    n = len(panel)
    weight = st.sampled_from([np.nan, 0.0, 1.0, 0.5]) | st.floats(0.01, 0.99)
    weights = data.draw(st.lists(weight, min_size=n, max_size=n))
    terms = data.draw(terms_for(n))
    assert_engines_agree(panel, weighted_rule(weights), RuleParams(), terms)


COSTLY = Terms(AssetCosts(0.001, 0.002), AssetCosts(0.003, 0.005), initial_cash=1000.0)


def test_one_rotation_by_hand():
    """Close 0 decides the core, close 1 the satellite, close 3 the core: all at the next open."""
    panel = panel_of(
        [10.0, 11.0, 12.0, 13.0, 14.0],
        [20.0, 21.0, 22.0, 23.0, 24.0],
        opens=([9.0, 10.5, 11.5, 12.5, 13.5], [19.0, 20.5, 28.6, 22.5, 23.5]),
    )
    rule = planted_rule([0, 1, 0, 0, 0], [0, 0, 0, 1, 0])
    sale_core, buy_core = 0.999 * 0.998, 1.001 * 1.002
    sale_satellite, buy_satellite = 0.997 * 0.995, 1.003 * 1.005
    core = 1000.0 / (10.5 * buy_core)
    satellite = core * 11.5 * sale_core / (28.6 * buy_satellite)
    core_again = satellite * 23.5 * sale_satellite / (13.5 * buy_core)
    expected = [1000.0, core * 11.0, satellite * 22.0, satellite * 23.0, core_again * 14.0]
    for run in (run_bars, run_backtrader):
        simulation = run(panel, rule, PlantedParams(), COSTLY)
        np.testing.assert_allclose(simulation.equity, expected, rtol=1e-11)
        assert [t.session for t in simulation.trades] == [1, 2, 2, 4, 4]
        assert [t.asset for t in simulation.trades] == [0, 0, 1, 1, 0]
        assert len(simulation.rotations) == 2


def test_a_stay_lasts_exactly_max_holding():
    """max_holding = h holds from open e + 1 to open e + 1 + h; re-entry follows at once."""
    panel = random_panel(3, 20)
    rule = planted_rule(np.ones(20), np.zeros(20))
    for holding in (1, 2, 5):
        run = run_backtrader(panel, rule, PlantedParams(max_holding=holding), COSTLY)
        inside = run.satellite_shares > 0
        expected = [t > 0 and (t - 1) % (holding + 1) < holding for t in range(20)]
        assert inside.tolist() == expected


def test_the_cooldown_counts_closes_after_leaving():
    panel = random_panel(4, 14)
    rule = planted_rule(np.ones(14), np.zeros(14))
    run = run_backtrader(panel, rule, PlantedParams(max_holding=1, cooldown=2), COSTLY)
    assert [d.session for d in run.decisions] == [0, 1, 4, 5, 8, 9, 12, 13]


def test_a_decision_at_the_last_close_is_pending():
    panel = random_panel(5, 6)
    rule = planted_rule([0, 0, 0, 0, 0, 1], np.zeros(6))
    for run in (run_bars, run_backtrader):
        simulation = run(panel, rule, PlantedParams(), COSTLY)
        assert simulation.pending is not None
        assert (simulation.pending.session, simulation.pending.weight) == (5, 1.0)
        assert simulation.rotations == ()
        assert simulation.satellite_shares.max() == 0.0
        assert [t.session for t in simulation.trades] == [1]


def test_a_gap_at_the_open_does_not_overdraw():
    """The satellite opens 30 % up: sizing at the last close would need more cash than there is."""
    panel = panel_of(
        [100.0] * 4, [50.0, 50.0, 65.0, 65.0], opens=([100.0] * 4, [50.0, 50.0, 65.0, 65.0])
    )
    rule = planted_rule([0, 1, 0, 0], np.zeros(4))
    for run in (run_bars, run_backtrader):
        simulation = run(panel, rule, PlantedParams(), Terms())
        assert simulation.equity == pytest.approx([100_000.0] * 4, rel=1e-11)
        assert simulation.cash.min() >= 0.0
        assert simulation.cash[-1] < 1e-5


def test_fills_at_the_close_use_no_open():
    panel = random_panel(6, 30)
    absurd = panel_of(
        panel.core.close, panel.satellite.close, opens=(np.ones(30), np.full(30, 9.0))
    )
    rule = planted_rule(np.arange(30) % 3 == 0, np.arange(30) % 3 == 2)
    terms = Terms(AssetCosts(0.001, 0.001), AssetCosts(0.001, 0.002), fill="next_close")
    for run in (run_bars, run_backtrader):
        one = run(panel, rule, PlantedParams(), terms)
        other = run(absurd, rule, PlantedParams(), terms)
        assert len(one.rotations) > 10
        np.testing.assert_array_equal(one.equity, other.equity)


def test_interest_starts_with_the_first_traded_session():
    """Cash lies idle for one night only: from session 0's close to the purchase."""
    panel = random_panel(7, 12, start_index=5)
    rates = np.full(12, 0.01)
    rule = planted_rule(np.zeros(12), np.zeros(12))
    for run in (run_bars, run_backtrader):
        terms = Terms(overnight_rates=rates, initial_cash=1000.0)
        simulation = run(panel, rule, PlantedParams(), terms)
        wealth = 1010.0 / panel.core.open[6] * panel.core.close[5:]
        wealth[0] = 1000.0
        np.testing.assert_allclose(simulation.equity, wealth, rtol=1e-10)
        np.testing.assert_array_equal(simulation.cash_returns, np.full(6, 0.01))
