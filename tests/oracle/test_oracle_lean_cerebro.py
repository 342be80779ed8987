"""What the engine's Cerebro leaves out changes nothing: bit for bit Backtrader's own loop."""

import dataclasses

import backtrader as bt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import random_panel

from engine.execution import broker
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.rules.registry import rule_named

RULES = [
    ("streak", {"entry_streak": 2, "exit_streak": 1}),
    ("streak_reversal", {}),
    ("rsi_threshold", {"rsi_period": 3, "oversold": 45, "overbought": 60, "cooldown": 2}),
    ("fixed_mix", {"satellite_weight": 0.4}),
    ("buy_and_hold", {"asset": "satellite"}),
]


class PlainBroker(broker.RotationBroker):
    """Backtrader's own way through every session and with every order."""

    notify = bt.brokers.BackBroker.notify

    def __init__(self):
        super().__init__()
        self.set_checksubmit(True)

    def next(self):
        bt.brokers.BackBroker.next(self)
        self.values.append(self._value)
        self.cash_held.append(self.cash)
        self.shares_held.append(tuple(self.positions[feed].size for feed in self._feeds))
        self.cash += self.cash * self._overnight_rates[len(self.values) - 1]


class PlainFeed(broker.PanelFeed):
    advance = bt.feed.DataBase.advance


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broker, "RotationCerebro", bt.Cerebro)
        patch.setattr(broker, "RotationBroker", PlainBroker)
        patch.setattr(broker, "PanelFeed", PlainFeed)
        plain = run_backtrader(panel, own, own.parameters(parameters), terms)
    for field in dataclasses.fields(lean):
        one, other = getattr(lean, field.name), getattr(plain, field.name)
        if isinstance(one, np.ndarray):
            assert one.tobytes() == other.tobytes(), field.name
        else:
            assert repr(one) == repr(other), field.name
