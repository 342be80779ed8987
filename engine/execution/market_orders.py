"""Backtrader's market orders, without what no market order asks of Backtrader."""

from __future__ import annotations

from typing import Any

from engine.rules.lean import backtrader as bt


class _AtOnce(type(bt.Order)):  # type: ignore[misc]  # backtrader is untyped
    """Has objects made as Python makes them.

    Backtrader looks through all parameters a class could have, and makes an object for them.
    """

    __call__ = type.__call__


class _MarketOrder(bt.Order, metaclass=_AtOnce):  # type: ignore[misc]
    """An order that is executed in full at the next chance, or refused.

    Nothing limits, triggers or expires it, and no other order hangs on it: what Backtrader keeps
    of that is the same for all such orders, and the end of the session need not be known.
    """

    p = bt.Order.params
    exectype = bt.Order.Market
    parent = broker = comminfo = pannotated = None
    status = bt.Order.Created
    triggered = False
    position = 0
    dteos = 0.0
    _active = True
    _plimit = None
    _limitoffset = 0.0

    def __init__(self, owner: Any, data: Any, size: float) -> None:
        self.ref = next(self.refbasis)
        self.info: dict[str, Any] = {}
        self.owner, self.data, self.size = owner, data, size
        close = data.close[0]
        self.created = bt.order.OrderData(data.datetime[0], size, close, None, 0, close, None, None)
        self.executed = bt.order.OrderData(remsize=size)


class Purchase(_MarketOrder, bt.order.BuyOrder):  # type: ignore[misc]
    """A market order to buy; its size is positive."""


class Sale(_MarketOrder, bt.order.SellOrder):  # type: ignore[misc]
    """A market order to sell; its size is negative."""
