"""What came of each rotation: by hand, against trades, and compounded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel_of, random_panel

from engine.evaluation.backtest import completed_trades
from engine.evaluation.stays import stays
from engine.execution.bars import simulate
from engine.execution.costs import AssetCosts, Terms
from engine.rules.decisions import Decision

FREE = AssetCosts()
DEAR = AssetCosts(commission=0.001, slippage=0.002)


def decided(*weights):
    """Return decisions from (session, weight of the satellite)."""
    return tuple(Decision(t, float(w), "", ()) for t, w in weights)


def all_in(flags):
    """Return the decisions to be in the satellite after each session flagged."""
    held, made = False, [(0, 0)]
    for t, inside in enumerate(flags[1:], start=1):
        if inside != held:
            made.append((t, inside))
            held = inside
    return decided(*made)


def found_of(panel, decisions, terms):
    simulation = simulate(panel, decisions, terms)
    return simulation, stays(simulation, panel.core.close[panel.start_index :])


def test_stays_by_hand():
    core = [100.0, 100.0, 110.0, 110.0, 121.0]
    satellite = [50.0, 50.0, 50.0, 60.0, 60.0]
    panel = panel_of(core, satellite, opens=(core, satellite))
    _, found = found_of(panel, decided((0, 0), (1, 1), (2, 0)), Terms())
    into, out_of = found[2], found[3]
    assert (into.sessions, into.open) == (1, False)
    assert into.total_return == pytest.approx(0.2)  # 50 to 60
    assert into.active_return == pytest.approx(0.2 - 0.0)  # the core: 110 to 110
    assert (out_of.sessions, out_of.open) == (1, True)
    assert out_of.total_return == pytest.approx(0.1)  # the core itself, 110 to 121
    assert out_of.active_return == pytest.approx(0.0, abs=1e-12)


def test_costs_are_those_of_the_purchase_that_begins_and_the_sale_that_ends():
    flat = np.full(5, 100.0)
    _, found = found_of(
        panel_of(flat, flat), decided((0, 0), (1, 1), (2, 0)), Terms(core=FREE, satellite=DEAR)
    )
    bought, sold = (1 + 0.002) * (1 + 0.001), (1 - 0.002) * (1 - 0.001)
    assert found[2].total_return == pytest.approx(sold / bought - 1.0, rel=1e-9)
    assert found[2].active_return == found[2].total_return
    assert found[3].total_return == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.booleans(), min_size=4, max_size=60),
    st.sampled_from(["next_open", "next_close"]),
)
def test_in_the_satellite_it_is_the_return_of_the_trade(seed, flags, fill):
    panel = random_panel(seed, len(flags))
    simulation, found = found_of(panel, all_in(flags), Terms(DEAR, DEAR, fill))
    returns, lengths = completed_trades(simulation)
    inside = [
        stay for s, stay in found.items() if simulation.target_weight[s] == 1.0 and not stay.open
    ]
    np.testing.assert_allclose([s.total_return for s in inside], returns, rtol=1e-9, atol=1e-11)
    assert [s.sessions for s in inside] == lengths.tolist()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.sampled_from([0, 0.3, 1]), min_size=3, max_size=40))
def test_stays_compound_to_the_growth_of_the_whole(seed, weights):
    panel = random_panel(seed, len(weights) + 1)
    changes = [(0, 0)]
    for t, weight in enumerate(weights, start=1):
        if weight != changes[-1][1]:
            changes.append((t, weight))
    rates = np.full(len(panel), 1e-4)
    simulation, found = found_of(panel, decided(*changes), Terms(DEAR, DEAR, overnight_rates=rates))
    assert len(found) == len(simulation.rotations)
    if not found:
        return
    first = min(found)
    quotes = [bars.open[first] for bars in (panel.core, panel.satellite)]
    held = (simulation.core_shares[first], simulation.satellite_shares[first])
    bought = sum(t.cost for t in simulation.trades if t.session == first and t.shares > 0)
    began = simulation.cash[first] + held[0] * quotes[0] + held[1] * quotes[1] + bought
    grown = np.prod([1.0 + stay.total_return for stay in found.values()])
    assert began * grown == pytest.approx(simulation.equity[-1], rel=1e-9)
    assert sum(stay.sessions for stay in found.values()) == len(panel) - 1 - first
    assert [stay.open for stay in found.values()] == [False] * (len(found) - 1) + [True]


def test_a_rule_that_stays_has_no_stays():
    simulation, found = found_of(random_panel(1, 30), decided((0, 0)), Terms())
    assert simulation.rotations == ()
    assert found == {}


def test_what_moves_nothing_ends_no_stay():
    """With 10 of cash no whole share of 100 is bought: the rotations are decided, not traded."""
    flat = np.full(8, 100.0)
    terms = Terms(fractional_shares=False, initial_cash=10.0)
    simulation, found = found_of(panel_of(flat, flat), decided((0, 0), (2, 1), (4, 0)), terms)
    assert len(simulation.rotations) == 2
    assert found == {}


def test_a_warm_up_is_no_part_of_it():
    panel = random_panel(3, 60, start_index=20)
    simulation, found = found_of(panel, decided((0, 0), (5, 1), (9, 0)), Terms(DEAR, DEAR))
    (returned,), _ = completed_trades(simulation)
    assert found[6].total_return == pytest.approx(returned, rel=1e-9)
    core = panel.core.open[20:]
    expected = returned - (core[10] / core[6] - 1.0)
    assert found[6].active_return == pytest.approx(expected, rel=1e-9)
    last = panel.core.close[-1] / core[10] - 1.0
    assert found[10].active_return == pytest.approx(found[10].total_return - last, abs=1e-12)
