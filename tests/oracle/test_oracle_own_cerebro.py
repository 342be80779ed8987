"""The strategies in a user's own Cerebro: filled in full, equal to the engine, loud when not."""

import datetime as dt

import backtrader as bt
import numpy as np
import pytest
from drawn_rules import SHIPPED, PlantedParams, assume_fits, parameters_of, planted_rule
from hypothesis import given, settings
from hypothesis import strategies as st
from own_cerebro import feed_of, run_own
from panels import panel_of, panels, random_panel

from engine.errors import DataError, ExecutionError, OrderRejectedError, RuleError
from engine.execution.bars import run_bars
from engine.execution.costs import AssetCosts, Terms
from engine.rules.registry import rule_named, shipped_rules

N = 60
PANEL = random_panel(1, N)
BUSY = planted_rule(np.arange(N) % 3 == 0, np.arange(N) % 3 == 2)
ROTATIONS = 38
CASH = 10_000.0  # of Backtrader's standard broker
STREAMS = {"preload": False, "runonce": False}


def terms(commission=0.0, slippage=0.0, **changes):
    costs = AssetCosts(commission, slippage)
    return Terms(costs, costs, initial_cash=CASH, **changes)


def bars_run(rule, given_terms, panel=PANEL, **params):
    return run_bars(panel, rule, rule.parameters(params), given_terms)


def assert_equals_engine(own, expected):
    run, wealth, cash = own
    np.testing.assert_allclose(wealth, expected.equity, rtol=1e-9)
    assert repr(tuple(run.decisions)) == repr(expected.decisions)
    assert [(f.session, f.asset, f.quote) for f in run.fills] == [
        (t.session, t.asset, t.quote) for t in expected.trades
    ]
    assert cash.min() >= 0.0


def percentages(broker, **slip):
    broker.setcommission(0.0001)
    broker.set_slippage_perc(0.0002, **slip)


WAYS = {
    "plain": {},
    "streaming": STREAMS,
    "no preload": {"preload": False},
    "no runonce": {"runonce": False},
    "exactbars": {"exactbars": 1},
    "exactbars -1": {"exactbars": -1},
    "exactbars -2": {"exactbars": -2},
    "tradehistory": {"tradehistory": True},
    "no observers": {"stdstats": False},
    "quicknotify": {"quicknotify": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_run_cerebro_gives_the_engines_result(way):
    own = run_own(PANEL, BUSY.strategy_class(), percentages, room=0.01, cerebro=WAYS[way])
    assert_equals_engine(own, bars_run(BUSY, terms(1e-4, 2e-4)))
    assert len(bars_run(BUSY, terms()).rotations) == ROTATIONS


def test_slippage_beyond_the_bar_is_the_engines():
    own = run_own(PANEL, BUSY.strategy_class(), lambda b: percentages(b, slip_out=True))
    assert_equals_engine(own, bars_run(BUSY, terms(1e-4, 2e-4)))


def test_slippage_cut_off_at_the_bar_is_filled_and_a_little_better():
    """Standard Backtrader caps a fill at the bar's high: what was reckoned for it stays cash."""
    run, wealth, cash = run_own(PANEL, BUSY.strategy_class(), percentages)
    assert len(run.fills) == 2 * ROTATIONS + 1
    assert cash.min() >= 0.0
    assert (cash[1:] / wealth[1:]).max() < 4.2e-4
    assert wealth[-1] > bars_run(BUSY, terms(1e-4, 2e-4)).equity[-1]


def test_slippage_of_limit_orders_only_is_none():
    own = run_own(PANEL, BUSY.strategy_class(), lambda b: percentages(b, slip_open=False))
    assert_equals_engine(own, bars_run(BUSY, terms(1e-4, 0.0)))


def test_slippage_in_currency_is_all_in():
    run, wealth, cash = run_own(
        PANEL, BUSY.strategy_class(), lambda b: b.set_slippage_fixed(0.05, slip_out=True)
    )
    assert len(run.fills) == 2 * ROTATIONS + 1
    assert [f.price - f.quote for f in run.fills] == pytest.approx(
        [0.05 if f.shares > 0 else -0.05 for f in run.fills]
    )
    assert cash.min() >= 0.0
    assert (cash[1:] / wealth[1:]).max() < 1e-11


def test_commission_per_share_is_all_in():
    def per_share(broker):
        fixed = bt.CommInfoBase.COMM_FIXED
        broker.setcommission(0.005, commtype=fixed, stocklike=True)

    run, wealth, cash = run_own(PANEL, BUSY.strategy_class(), per_share)
    assert [f.commission for f in run.fills] == pytest.approx(
        [0.005 * abs(f.shares) for f in run.fills]
    )
    assert len(run.fills) == 2 * ROTATIONS + 1
    assert cash.min() >= 0.0
    assert (cash[1:] / wealth[1:]).max() < 1e-11


def test_commission_per_feed():
    def by_name(broker):
        broker.setcommission(0.001, name="CORE")
        broker.setcommission(0.003, name="SAT")

    own = run_own(PANEL, BUSY.strategy_class(), by_name)
    by_asset = Terms(AssetCosts(0.001), AssetCosts(0.003), initial_cash=CASH)
    assert_equals_engine(own, bars_run(BUSY, by_asset))


def test_a_broker_that_cheats_on_close_is_stopped_from_it():
    own = run_own(PANEL, BUSY.strategy_class(), lambda b: b.set_coc(True))
    assert_equals_engine(own, bars_run(BUSY, terms()))


def test_assets_at_the_same_price_are_told_apart():
    """Backtrader's feeds compare equal when their prices do."""
    panel = panel_of([100.0] * 9, [100.0] * 9)
    rule = planted_rule(np.arange(9) % 2 == 0, np.arange(9) % 2 == 1)
    own = run_own(panel, rule.strategy_class())
    assert_equals_engine(own, bars_run(rule, terms(), panel))
    assert {fill.asset for fill in own[0].fills} == {0, 1}


def test_whole_shares_and_a_later_start():
    panel = random_panel(2, N, start_index=20)
    run, wealth, cash = run_own(
        panel,
        BUSY.strategy_class(),
        trade_from=panel.sessions[20].item(),
        fractional_shares=False,
    )
    expected = bars_run(BUSY, terms(fractional_shares=False), panel)
    np.testing.assert_allclose(wealth[20:], expected.equity, rtol=1e-12)
    assert set(wealth[:20]) == {CASH}
    assert all(fill.shares == int(fill.shares) for fill in run.fills)
    assert cash.min() >= 0.0


def test_indicators_of_a_subclass_do_not_delay_it():
    class WithIndicator(BUSY.strategy_class()):
        def __init__(self):
            super().__init__()
            self.average = bt.ind.SMA(self.data0, period=30)

    for cerebro in ({}, STREAMS):
        own = run_own(PANEL, WithIndicator, cerebro=cerebro)
        assert_equals_engine(own, bars_run(BUSY, terms()))


@pytest.mark.parametrize("name", [n for n, rule in shipped_rules().items() if not rule.plans_ahead])
@settings(max_examples=20)
@given(data=st.data())
def test_streaming_changes_nothing(name, data):
    """Bar by bar, with only the past in memory, every rule decides as with all bars loaded."""
    rule = rule_named(name)
    panel = data.draw(panels(most=60))
    params = data.draw(parameters_of(rule))
    assume_fits(panel, rule, params)
    given_params = params.model_dump() | {"trade_from": panel.sessions[panel.start_index].item()}
    strategy = rule.strategy_class()
    loaded, *wealth = run_own(panel, strategy, **given_params)
    streamed, *other = run_own(panel, strategy, cerebro=STREAMS, **given_params)
    assert repr(loaded.decisions) == repr(streamed.decisions)
    assert loaded.fills == streamed.fills
    np.testing.assert_array_equal(wealth, other)
    expected = run_bars(panel, rule, params, terms())
    np.testing.assert_allclose(wealth[0][panel.start_index :], expected.equity, rtol=1e-9)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_rule_with_its_defaults(name):
    rule = rule_named(name)
    panel = random_panel(8, 320)
    given_params = {"rotations": 8} if rule.plans_ahead else {}
    own = run_own(panel, rule.strategy_class(), percentages, room=0.01, **given_params)
    assert_equals_engine(own, bars_run(rule, terms(1e-4, 2e-4), panel, **given_params))


# -- loud, not silent --------------------------------------------------------------------------


@pytest.mark.parametrize("cerebro", [{}, STREAMS], ids=["loaded", "streaming"])
@pytest.mark.parametrize(
    "rows", [slice(1, None), slice(None, -1), np.arange(N) != 30], ids=["late", "early", "hole"]
)
def test_feeds_of_different_sessions_are_refused(cerebro, rows):
    with pytest.raises(DataError, match=r"^the two feeds have different sessions; align them"):
        run_own(PANEL, BUSY.strategy_class(), cerebro=cerebro, rows=rows)


def test_feeds_of_equal_length_and_other_sessions_are_refused():
    shifted = random_panel(99, N)
    assert (shifted.sessions != PANEL.sessions).any()
    for streams in ({}, STREAMS):
        own = bt.Cerebro(**streams)
        own.adddata(feed_of(PANEL, PANEL.core))
        own.adddata(feed_of(shifted, shifted.satellite))
        own.addstrategy(BUSY.strategy_class())
        with pytest.raises(DataError, match="different sessions"):
            own.run()


def test_one_feed_is_refused():
    own = bt.Cerebro()
    own.adddata(feed_of(PANEL, PANEL.core))
    own.addstrategy(BUSY.strategy_class())
    with pytest.raises(DataError) as raised:
        own.run()
    message = "a rotation needs two feeds: the core first, the satellite second"
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("name", "given_params", "message"),
    [
        ("streak", {"entry_streak": 0}, "rule streak: entry_streak: is 0, but must be at least 1"),
        (
            "streak",
            {"entry_strek": 3},
            "rule streak: entry_strek: no such key (allowed max_holding, cooldown, entry_streak, "
            'exit_streak, rsi_period, overbought; did you mean "entry_streak"?)',
        ),
        (
            "rsi_threshold",
            {"oversold": 80.0},
            "rule rsi_threshold: oversold 80 must be below overbought 70",
        ),
        (
            "random_rotation",
            {"rotations": 1000},
            "rule random_rotation: 1000 rotations with a holding of 10 sessions do not fit into "
            "59 sessions",
        ),
    ],
)
def test_bad_parameters_are_refused(name, given_params, message):
    with pytest.raises(RuleError) as raised:
        run_own(PANEL, rule_named(name).strategy_class(), **given_params)
    assert str(raised.value) == message


class Flat(bt.CommInfoBase):
    """Five a trade, however small."""

    params = (("stocklike", True), ("commtype", bt.CommInfoBase.COMM_FIXED))

    def _getcommission(self, size, price, pseudoexec):
        return max(5.0, abs(size) * 0.001)


class Tiered(Flat):
    """Nothing for small orders, a fee for large ones."""

    def _getcommission(self, size, price, pseudoexec):
        return 0.0 if abs(size) <= 2000 else 10.0


def test_a_minimum_fee_is_refused():
    """The order would be too large, or much cash would lie idle: it cannot be sized."""
    with pytest.raises(ExecutionError) as raised:
        run_own(PANEL, BUSY.strategy_class(), lambda b: b.addcommissioninfo(Flat()))
    assert str(raised.value) == (
        "the commission of CORE is not proportional to the shares traded; a rotation of all "
        "cash can only be sized with a percentage or a fee per share"
    )


def test_a_fee_that_makes_an_order_unaffordable_is_loud():
    def tiered(broker):
        broker.set_cash(1e6)
        broker.addcommissioninfo(Tiered())

    with pytest.raises(OrderRejectedError, match=r"order to buy [\d.]+ SAT ended as Margin"):
        run_own(PANEL, BUSY.strategy_class(), tiered)


SAYS = r"2001-\d\d-\d\d: an order to buy [\d.]+ CORE ended as {}; no result is given"


def test_a_partial_fill_is_loud():
    def three_a_day(broker):
        broker.set_filler(bt.fillers.FixedSize(size=3))

    with pytest.raises(OrderRejectedError, match=SAYS.format("Partial")):
        run_own(PANEL, planted_rule([0] * N, [0] * N).strategy_class(), three_a_day)


def test_an_order_that_is_not_filled_at_all_is_loud():
    def nothing(broker):
        broker.set_filler(lambda order, price, ago: 0)

    with pytest.raises(OrderRejectedError, match=SAYS.format("Accepted")):
        run_own(PANEL, planted_rule([0] * N, [0] * N).strategy_class(), nothing)


def test_an_order_that_is_filled_a_session_late_is_loud():
    """Without slip_match the broker skips a fill that slipped beyond the bar."""
    with pytest.raises(OrderRejectedError, match="ended as Accepted"):
        run_own(PANEL, BUSY.strategy_class(), lambda b: percentages(b, slip_match=False))


def test_a_cerebro_that_never_trades_at_the_open_is_loud():
    with pytest.raises(ExecutionError) as raised:
        run_own(PANEL, BUSY.strategy_class(), cerebro={"oldsync": True})
    assert str(raised.value) == "Cerebro never called next_open; run it without oldsync"


def test_a_rule_that_plans_ahead_does_not_stream():
    with pytest.raises(RuleError) as raised:
        run_own(PANEL, rule_named("random_rotation").strategy_class(), cerebro=STREAMS)
    message = "rule random_rotation plans all sessions ahead; preload the feeds"
    assert str(raised.value) == message


def test_a_start_after_the_last_session_is_refused():
    with pytest.raises(DataError, match=r"^trade_from 2100-01-01 is after the last session$"):
        run_own(PANEL, BUSY.strategy_class(), trade_from=dt.date(2100, 1, 1))


def test_an_open_that_is_no_price_is_refused():
    def broken(price):
        opens = PANEL.core.open.copy()
        opens[19] = price  # filled in this session
        panel = random_panel(1, N)
        panel.core.__dict__["open"] = opens
        return panel

    for price in (0.0, -1.0, np.nan):
        with pytest.raises(DataError, match=r"^the open of CORE is .*; prices must be positive$"):
            run_own(broken(price), BUSY.strategy_class())


def test_the_planted_rule_has_the_parameters_of_all():
    assert set(PlantedParams.model_fields) == {"max_holding", "cooldown"}
