"""What the engine's Cerebro leaves out changes nothing: bit for bit Backtrader's own loop."""

from collections import deque

import backtrader as bt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import random_panel
from stock_cerebro import assert_same_bits, in_backtrader_s_own_loop

from engine.errors import ExecutionError, OrderRejectedError
from engine.execution import broker
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.rotation.costs import Quote, orders
from engine.rules.registry import rule_named
from engine.rules.strategy import RotationStrategy

RULES = [
    ("streak", {"entry_streak": 2, "exit_streak": 1}),
    ("streak", {"entry_streak": 3, "exit_streak": 9, "max_holding": 4, "cooldown": 3}),
    ("streak_reversal", {}),
    ("rsi_threshold", {"rsi_period": 3, "oversold": 45, "overbought": 60, "cooldown": 2}),
    ("fixed_mix", {"satellite_weight": 0.4}),
    ("buy_and_hold", {"asset": "satellite"}),
]


COSTLY = Terms(AssetCosts(1e-4, 2e-4), AssetCosts(1e-3, 5e-4))


@given(
    st.integers(0, 10_000),
    st.sampled_from(RULES),
    st.sampled_from(["next_open", "next_close"]),
    st.booleans(),
    st.sampled_from([0.0, 1e-4]),
    st.sampled_from([0, 9]),
)
@settings(max_examples=40)
def test_a_run_is_the_same_in_backtrader_s_own_loop(seed, rule, fill, fractional, rate, start):
    panel = random_panel(seed, 70, start_index=start)
    name, parameters = rule
    own = rule_named(name)
    terms = Terms(
        AssetCosts(1e-4, 2e-4),
        AssetCosts(1e-3, 5e-4),
        fill=fill,
        fractional_shares=fractional,
        initial_cash=12_345.0,
        overnight_rates=np.full(70, rate),
    )
    lean = run_backtrader(panel, own, own.parameters(parameters), terms)
    with in_backtrader_s_own_loop():
        plain = run_backtrader(panel, own, own.parameters(parameters), terms)
    assert_same_bits(lean, plain)


@pytest.mark.parametrize("too_much", [1.0001, 2.0])
def test_an_order_that_cannot_be_paid_is_refused_alike(monkeypatch, too_much):
    def greedy(*given):
        return tuple(size * too_much if size > 0 else size for size in orders(*given))

    monkeypatch.setattr("engine.rules.strategy.orders", greedy)
    panel, rule = random_panel(3, 70), rule_named("streak")

    def refusal():
        with pytest.raises(OrderRejectedError, match="ended as Margin") as raised:
            run_backtrader(panel, rule, rule.parameters({"entry_streak": 2}), Terms())
        return str(raised.value)

    lean = refusal()
    with in_backtrader_s_own_loop():
        assert refusal() == lean


PARTS = (bt.order.OrderData, bt.order.OrderExecutionBit)
OWN = {"p", "params", "broker", "info", "comminfo", "dteos", "ref", "p1", "p2"}
"""What each order, each run and each copy has of its own, and the end of the session."""


def known(thing):
    """What Backtrader knows of an order or of a part of it, in words."""
    if isinstance(thing, bt.feed.DataBase):
        return thing._name
    if isinstance(thing, PARTS):
        return {name: known(value) for name, value in vars(thing).items() if name not in OWN}
    return [known(bit) for bit in thing] if isinstance(thing, deque) else repr(thing)


def test_an_order_is_what_backtrader_makes_of_it(monkeypatch):
    told = []

    def heard(self, order):
        if not order.alive():
            told.append(order)
        notify_order(self, order)

    notify_order = RotationStrategy.notify_order
    monkeypatch.setattr(RotationStrategy, "notify_order", heard)
    panel, rule = random_panel(5, 70), rule_named("fixed_mix")
    params = rule.parameters({"satellite_weight": 0.4})
    with in_backtrader_s_own_loop():
        run_backtrader(panel, rule, params, COSTLY)
    stock = told[:]
    told.clear()
    run_backtrader(panel, rule, params, COSTLY)
    assert len(told) == len(stock) > 6
    for lean, plain in zip(told, stock, strict=True):
        names = {"data", "size", "price", "valid", "parent", "transmit"} | vars(plain).keys() - OWN
        for name in names:
            assert known(getattr(lean, name)) == known(getattr(plain, name)), name
        assert "ExecType: Market" in str(lean)
        assert lean.ref - told[0].ref == plain.ref - stock[0].ref
        assert lean.isbuy() == plain.isbuy() == isinstance(lean, bt.order.BuyOrder)
        assert lean.comminfo.p.commission == plain.comminfo.p.commission > 0


@pytest.mark.parametrize("wanted", [{"price": 9.0}, {"exectype": bt.Order.Limit}, {"tradeid": 1}])
def test_an_order_that_is_no_plain_market_order_is_refused(monkeypatch, wanted):
    buy = RotationStrategy.buy
    monkeypatch.setattr(RotationStrategy, "buy", lambda *a, **given: buy(*a, **given, **wanted))
    panel, rule = random_panel(3, 70), rule_named("streak")
    with pytest.raises(ExecutionError, match="takes market orders, and nothing with them"):
        run_backtrader(panel, rule, rule.parameters({}), Terms())


class Feed:
    _name = "CORE"


@given(st.floats(0.01, 1e5), st.floats(0.0, 0.05), st.floats(0.0, 0.05))
def test_a_quote_is_what_backtrader_s_commission_scheme_makes_of_it(price, slippage, commission):
    own, feed = broker.RotationBroker(), Feed()
    costs = AssetCosts(commission, slippage)
    own.set_terms([feed, Feed()], Terms(costs, costs), np.zeros(1))
    fee = own.getcommissioninfo(feed).getcommission
    sale, purchase = price * (1.0 - slippage), price * (1.0 + slippage)
    expected = Quote(price, sale - fee(1.0, sale), purchase + fee(1.0, purchase))
    assert own.quote_of(feed, price) == expected
