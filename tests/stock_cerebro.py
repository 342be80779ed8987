"""The engine's runs as Backtrader makes them: its own loop, its own orders, session by session."""

import contextlib
import dataclasses

import backtrader as bt
import numpy as np
import pytest

from engine.execution import broker


class PlainBroker(broker.RotationBroker):
    """Backtrader's own way through every session and with every order."""

    buy, sell = bt.brokers.BackBroker.buy, bt.brokers.BackBroker.sell
    notify, _ococheck = bt.brokers.BackBroker.notify, bt.brokers.BackBroker._ococheck

    def __init__(self):
        super().__init__()
        self.set_checksubmit(True)
        self.values, self.shares_held = [], []

    def next(self):
        bt.brokers.BackBroker.next(self)
        self.values.append(self._value)
        self.cash_held.append(self.cash)
        self.shares_held.append([self.positions[feed].size for feed in self._feeds])
        self.cash += self.cash * self._overnight_rates[len(self.values) - 1]

    def record(self):
        return (
            np.array(self.values),
            np.array(self.cash_held),
            np.array(self.shares_held, dtype=np.float64).T,
        )


class PlainFeed(broker.PanelFeed):
    advance = bt.feed.DataBase.advance


@contextlib.contextmanager
def in_backtrader_s_own_loop():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broker, "RotationCerebro", bt.Cerebro)
        patch.setattr(broker, "RotationBroker", PlainBroker)
        patch.setattr(broker, "PanelFeed", PlainFeed)
        yield


def assert_same_bits(one, other):
    """Two simulations are the same to the last bit."""
    for field in dataclasses.fields(one):
        mine, its = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.tobytes() == its.tobytes(), field.name
        else:
            assert repr(mine) == repr(its), field.name
