"""The engines' own promises: what they refuse, what they record, what they leave alone."""

import dataclasses

import backtrader as bt
import numpy as np
import pytest
from drawn_rules import PlantedParams, planted_rule, weighted_rule
from panels import panel_of, random_panel

from engine.errors import EngineDisagreementError
from engine.execution.bars import TOLERANCE, largest_difference, run_bars
from engine.execution.broker import PanelFeed, run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.rules.rule import RuleParams

PANEL = random_panel(1, 30)
RULE = planted_rule(np.arange(30) % 4 == 0, np.arange(30) % 4 == 2)
TERMS = Terms(AssetCosts(1e-4, 1e-4), AssetCosts(1e-4, 2e-4))
both_engines = pytest.mark.parametrize("run", [run_bars, run_backtrader])


def changed(simulation, at, by):
    equity = simulation.equity.copy()
    equity[at] *= by
    return dataclasses.replace(simulation, equity=equity, engine="changed")


def test_equal_runs_differ_by_rounding():
    one, other = (run(PANEL, RULE, PlantedParams(), TERMS) for run in (run_bars, run_backtrader))
    assert largest_difference(one, other) < 1e-11
    assert largest_difference(one, one) == 0.0


def test_a_difference_is_measured_and_beyond_tolerance_refused():
    one = run_bars(PANEL, RULE, PlantedParams(), TERMS)
    assert largest_difference(one, changed(one, 7, 1 + 5e-10)) == pytest.approx(5e-10, rel=1e-3)
    for by in (1 + 2 * TOLERANCE, 1 - 2 * TOLERANCE, np.nan):
        with pytest.raises(EngineDisagreementError) as raised:
            largest_difference(one, changed(one, 7, by))
        assert str(raised.value).startswith(f"{PANEL.sessions[7]}: equity is ")
        assert str(raised.value).endswith(" by changed; no result is given")


@both_engines
def test_costs_are_per_asset(run):
    free, on_core, on_satellite = (
        run(PANEL, RULE, PlantedParams(), terms)
        for terms in (Terms(), Terms(core=AssetCosts(0.01)), Terms(satellite=AssetCosts(0.0, 0.01)))
    )
    assert {t.asset for t in on_core.trades if t.cost > 0} == {0}
    assert {t.asset for t in on_satellite.trades if t.cost > 0} == {1}
    assert sum(t.cost for t in free.trades) == 0.0
    assert on_core.equity[-1] < free.equity[-1]
    assert on_satellite.equity[-1] < free.equity[-1]


def test_terms_without_costs():
    terms = dataclasses.replace(TERMS, fill="next_close", initial_cash=5.0)
    free = terms.without_costs()
    assert (free.core, free.satellite) == (AssetCosts(), AssetCosts())
    assert (free.fill, free.initial_cash) == ("next_close", 5.0)


@both_engines
def test_the_panel_is_left_as_it_was(run):
    before = PANEL.content_hash
    run(PANEL, RULE, PlantedParams(), dataclasses.replace(TERMS, fill="next_close"))
    assert PANEL._hash() == before


@both_engines
def test_rates_are_left_as_they_were(run):
    panel = random_panel(1, 30, start_index=10)
    rates = np.full(30, 1e-4)
    run(panel, RULE, PlantedParams(), Terms(overnight_rates=rates))
    assert (rates == 1e-4).all()


@both_engines
def test_turnover_is_what_a_fill_moves(run):
    simulation = run(PANEL, RULE, PlantedParams(), TERMS)
    moved = np.flatnonzero(simulation.traded_weight)
    rotated = [decision.session + 1 for decision in simulation.rotations]
    assert moved.tolist() == rotated
    np.testing.assert_array_equal(simulation.traded_weight[moved], 1.0)


@both_engines
def test_rebalancing_is_no_rotation(run):
    weights = np.full(30, np.nan)
    weights[[0, 5, 9, 20]] = 0.5, 0.5, 0.7, 0.7
    simulation = run(PANEL, weighted_rule(weights), RuleParams(), TERMS)
    assert [decision.session for decision in simulation.rotations] == [9]
    assert [decision.session for decision in simulation.fills] == [0, 5, 9, 20]
    assert (simulation.traded_weight[[6, 10, 21]] > 0.0).all()
    assert simulation.traded_weight[1] == 0.0


@both_engines
def test_whole_shares_too_dear_to_buy_leave_cash(run):
    """Nothing is invested, nothing moves, and nothing is divided by zero."""
    panel = panel_of([1e6] * 6, [2e6] * 6)
    rule = planted_rule([0, 1, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0])
    simulation = run(panel, rule, PlantedParams(), Terms(fractional_shares=False))
    assert set(simulation.equity) == {100_000.0}
    assert simulation.trades == ()
    assert not simulation.traded_weight.any()


@both_engines
def test_two_sessions_are_enough(run):
    panel = panel_of([10.0, 11.0], [10.0, 9.0], opens=([10.0, 10.0], [10.0, 10.0]))
    entering, staying = (planted_rule(e, [0, 0]) for e in ([1, 0], [0, 0]))
    terms = Terms(initial_cash=100.0)
    assert run(panel, staying, PlantedParams(), terms).equity == pytest.approx([100.0, 110.0])
    assert run(panel, entering, PlantedParams(), terms).equity == pytest.approx([100.0, 90.0])


def test_the_feed_gives_the_same_bars_loaded_at_once_or_one_by_one():
    class Reader(bt.Strategy):
        def __init__(self):
            self.rows = []

        def next(self):
            d = self.data
            self.rows.append((d.datetime[0], d.open[0], d.high[0], d.low[0], d.close[0]))

    def rows(preload, fill_at_close):
        days = np.arange(730_000.0, 730_030.0)
        cerebro = bt.Cerebro(stdstats=False, preload=preload, runonce=preload)
        cerebro.adddata(PanelFeed(days=days, bars=PANEL.core, fill_at_close=fill_at_close))
        cerebro.addstrategy(Reader)
        return np.array(cerebro.run()[0].rows)

    core = PANEL.core
    for fill_at_close, opens in ((False, core.open), (True, core.close)):
        loaded, streamed = rows(True, fill_at_close), rows(False, fill_at_close)
        np.testing.assert_array_equal(loaded, streamed)
        expected = np.stack([loaded[:, 0], opens, core.high, core.low, core.close], axis=1)
        np.testing.assert_array_equal(loaded, expected)
        assert loaded[0, 0] == 730_000.0
