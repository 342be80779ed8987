"""Backtests on Backtrader: the panel as feeds, a broker with costs per asset, one Cerebro run."""

from __future__ import annotations

import array
import datetime as dt
from typing import Any

import numpy as np

from engine.errors import ExecutionError
from engine.execution.costs import AssetCosts, Terms
from engine.execution.market_orders import Purchase, Sale
from engine.execution.simulation import (
    Simulation,
    Trade,
    target_weights,
    traded_weights,
)
from engine.market.panel import Bars, PricePanel
from engine.market.quotes import FloatArray
from engine.rotation.costs import Quote
from engine.rules.lean import backtrader as bt
from engine.rules.rule import Rule, RuleParams
from engine.rules.strategy import RotationStrategy

_ORDINAL_OF_1970 = dt.date(1970, 1, 1).toordinal()
_AT_MARKET = {
    **dict.fromkeys(("price", "plimit", "exectype", "valid", "oco", "parent")),
    **{"trailamount": None, "trailpercent": None, "tradeid": 0, "transmit": True},
}
"""What Backtrader's strategies say of an order beside data and size when they say nothing of it."""


class PanelFeed(bt.feed.DataBase):  # type: ignore[misc]  # backtrader is untyped
    """One asset of a panel as a Backtrader feed, loaded in bulk.

    ``days`` are Backtrader's day numbers, ``bars`` the asset's bars. With ``fill_at_close`` the
    open line carries the close: an order sized and filled "at the open" of session t + 1 is then
    one at its close, which is what ``fill: next_close`` means.
    """

    params = (("days", None), ("bars", None), ("fill_at_close", False))
    tick_open = tick_high = tick_low = tick_close = None
    """No ticks within a session: said here, or the broker searches for them at every order."""

    def start(self) -> None:
        """Collect the lines' values."""
        super().start()
        for name in self.getlinealiases():  # or every look at a line searches for it first
            self.__dict__[name] = getattr(self.lines, name)
        bars: Bars = self.p.bars
        n = len(bars.close)
        self._columns: dict[str, FloatArray] = {
            "datetime": np.asarray(self.p.days, dtype=np.float64),
            "open": bars.close if self.p.fill_at_close else bars.open,
            "high": bars.high,
            "low": bars.low,
            "close": bars.close,
            "volume": bars.volume,
            "openinterest": np.zeros(n),
        }
        self._next_row = 0

    def preload(self) -> None:
        """Hand all values over at once: per-bar loading would take half of a run."""
        n = len(self._columns["close"])
        for name, values in self._columns.items():
            line = getattr(self.lines, name)
            line.array = array.array("d", np.ascontiguousarray(values).tobytes())
            line.idx = n - 1
            line.lencount = n
        self.home()

    def advance(self, size: int = 1, datamaster: Any = None, ticks: bool = True) -> None:
        """Go on by some bars; there are no ticks within a session to be kept beside its bar."""
        if datamaster is not None:
            super().advance(size, datamaster, ticks)
        else:
            self.lines.advance(size)

    def _load(self) -> bool:
        """Deliver one bar, for a Cerebro that does not preload."""
        row = self._next_row
        if row >= len(self._columns["close"]):
            return False
        for name, values in self._columns.items():
            getattr(self.lines, name)[0] = values[row]
        self._next_row = row + 1
        return True


class RotationBroker(bt.brokers.BackBroker):  # type: ignore[misc]  # backtrader is untyped
    """Backtrader's broker with slippage per asset, interest on cash, and a record per session.

    It is for market orders of a rotation: shares are held long and paid in full. What they are
    worth is reckoned for all sessions at the end, see :meth:`record`.
    """

    cash: float

    def __init__(self) -> None:
        super().__init__()
        self.set_slippage_perc(0.0, slip_open=True, slip_out=True)
        self.set_checksubmit(False)  # that there is cash enough is checked when it is paid
        self._costs: dict[Any, AssetCosts] = {}
        self._overnight_rates: list[float] = []

    def set_terms(self, feeds: list[Any], terms: Terms, overnight_rates: FloatArray) -> None:
        """Set cash, the costs of each feed, and the rate cash earns after each session."""
        self.set_cash(terms.initial_cash)
        for feed, costs in zip(feeds, (terms.core, terms.satellite), strict=True):
            self.setcommission(commission=costs.commission, name=feed._name)
            self._costs[feed] = costs
        self._feeds = feeds
        self._overnight_rates = overnight_rates.tolist()

    def start(self) -> None:
        """Open the account, and a new record of it."""
        super().start()
        self._held = [self.positions[feed] for feed in self._feeds]
        self._taken: list[int] = []
        self._stocks: list[tuple[tuple[float, float], ...]] = []
        self.cash_held: list[float] = []
        self._take_stock()

    def quote_of(self, data: Any, price: float) -> Quote:
        """Return what a share of a feed is worth when it is traded at a price."""
        slippage, commission = self._costs[data].slippage, self._costs[data].commission
        sale, purchase = price * (1.0 - slippage), price * (1.0 + slippage)
        return Quote(price, sale - commission * sale, purchase + commission * purchase)

    # -- orders -----------------------------------------------------------------------------------

    def buy(self, owner: Any, data: Any, size: float, **wanted: Any) -> Any:
        """Place a market order; there are no others here."""
        return self._placed(Purchase(owner, data, size), wanted)

    def sell(self, owner: Any, data: Any, size: float, **wanted: Any) -> Any:
        """Place a market order; there are no others here."""
        return self._placed(Sale(owner, data, -size), wanted)

    def _placed(self, order: Any, wanted: dict[str, Any]) -> Any:
        if wanted != _AT_MARKET:
            raise ExecutionError("the engine's broker takes market orders, and nothing with them")
        self.submit_accept(order)
        return order

    def _try_exec_market(self, order: Any, *bar: float) -> None:
        self.p.slip_perc = self._costs[order.data].slippage
        super()._try_exec_market(order, *bar)

    def _ococheck(self, order: Any) -> None:
        """Cancel nothing: no order hangs on another."""

    def notify(self, order: Any) -> None:
        """Tell of an order's end; that it was submitted and accepted nobody need hear.

        It is told of at once, and nothing changes it any more: no copy is needed.
        """
        if order.status not in (order.Submitted, order.Accepted):
            self.notifs.append(order)

    # -- sessions ---------------------------------------------------------------------------------

    def next(self) -> None:
        """Execute the session's orders, record cash, credit the night's interest.

        Of all that Backtrader does in a session, market orders and shares paid in full need no
        more: it would look for interest on loans, futures, histories and brackets of orders too.
        """
        if self.pending:
            for _ in range(len(self.pending)):
                order = self.pending.popleft()
                self._try_exec(order)
                if order.alive():
                    self.pending.append(order)
            self._take_stock()
        self.rest_until(len(self.cash_held) + 1)

    def rest_until(self, session: int) -> None:
        """Record cash at the closes before a session, and credit the nights' interest."""
        cash = self.cash
        for rate in self._overnight_rates[len(self.cash_held) : session]:
            self.cash_held.append(cash)
            cash += cash * rate
        self.cash = cash

    def _take_stock(self) -> None:
        """Note what is held until the next order: shares, and what was paid for one."""
        self._taken.append(len(self.cash_held))
        self._stocks.append(tuple((position.size, position.price) for position in self._held))

    def record(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return wealth and cash at each close, shape (n,), and shares held, shape (2, n).

        Shares are valued in Backtrader's arithmetic.
        """
        cash = np.array(self.cash_held)
        spans = np.diff([*self._taken, len(cash)])
        held = np.array(self._stocks, dtype=np.float64).repeat(spans, axis=0)
        worth = np.zeros(len(cash))
        for (shares, paid), feed in zip(held.transpose(1, 2, 0), self._feeds, strict=True):
            close = np.array(feed.lines.close.array)
            gain = shares * (close - paid)
            worth += shares * close - gain
            worth += gain
        return cash + worth, cash, held[:, :, 0].T


class RotationCerebro(bt.Cerebro):  # type: ignore[misc]  # backtrader is untyped
    """Cerebro for one rotation on two preloaded feeds of the same sessions.

    What happens in a session is Backtrader's, in Backtrader's order: feeds go on, ``next_open``
    places orders, the broker executes them, the strategy is notified, ``next`` decides. Left out
    is what such a run never has: timers, writers, indicators, observers, other time frames, and
    a book of trades beside the fills. Sessions in which the strategy can have nothing to decide
    are passed over, and feeds go on where somebody looks at them: in sessions with orders, for
    the strategy decides by what it has read before, and the broker knows all closes.
    """

    def _runonce(self, runstrats: list[Any]) -> None:
        (strategy,) = runstrats
        strategy.reset()
        broker, clock = self._broker, strategy.lines.datetime
        days = self.datas[0].lines.datetime.array
        clock.array = days[:]  # as with the feeds: there from the beginning, and gone along
        buffers = [buffer for feed in self.datas for buffer in feed.lines]
        t = 0
        while t < len(days):
            if strategy.pending is not None:
                _move(buffers, t)
                strategy.next_open()
            broker.next()
            while broker.notifs:
                strategy.notify_order(broker.notifs.popleft())
            _move([clock], t)
            strategy.next()
            t = min(strategy.next_chance(), len(days))
            broker.rest_until(t)
        _move([*buffers, clock], len(days) - 1)


def _move(buffers: list[Any], session: int) -> None:
    """Have lines stand at a session."""
    for buffer in buffers:
        buffer._idx = session
        buffer.lencount = session + 1


def run_backtrader(panel: PricePanel, rule: Rule, params: RuleParams, terms: Terms) -> Simulation:
    """Run a rule through Backtrader.

    Parameters
    ----------
    panel : PricePanel
        Sessions before ``panel.start_index`` only warm features up.
    rule, params : Rule, RuleParams
    terms : Terms

    Returns
    -------
    Simulation

    Raises
    ------
    OrderRejectedError
        If any order is not filled in full.
    """
    days = (panel.sessions.astype(np.int64) + _ORDINAL_OF_1970).astype(np.float64)
    feeds = [
        PanelFeed(days=days, bars=bars, fill_at_close=terms.fill == "next_close", name=bars.symbol)
        for bars in (panel.core, panel.satellite)
    ]
    rates = terms.rates_for(len(panel)).copy()
    rates[: panel.start_index] = 0.0  # the account is opened in the first traded session
    broker = RotationBroker()
    broker.set_terms(feeds, terms, rates)
    cerebro = RotationCerebro(stdstats=False, cheat_on_open=True)
    cerebro.setbroker(broker)
    for feed in feeds:
        cerebro.adddata(feed, name=feed.p.name)
    given = params.model_dump()
    cerebro.addstrategy(
        rule.strategy_class(),
        trade_from=panel.sessions[panel.start_index].item(),
        fractional_shares=terms.fractional_shares,
        **given,
    )
    strategy = cerebro.run()[0]
    if len(broker.cash_held) != len(panel):
        raise ExecutionError(f"Backtrader ran {len(broker.cash_held)} of {len(panel)} sessions")
    return _simulation(panel, terms, strategy, broker, rates)


def _simulation(
    panel: PricePanel,
    terms: Terms,
    strategy: RotationStrategy,
    broker: RotationBroker,
    rates: FloatArray,
) -> Simulation:
    first, n = panel.start_index, len(panel) - panel.start_index
    decisions = tuple(d._replace(session=d.session - first) for d in strategy.decisions)
    equity, cash, (core_shares, satellite_shares) = (a[..., first:] for a in broker.record())
    costs: tuple[AssetCosts, AssetCosts] = (terms.core, terms.satellite)
    field = "close" if terms.fill == "next_close" else "open"
    quotes = getattr(panel.core, field)[first:], getattr(panel.satellite, field)[first:]
    trades = tuple(
        Trade(
            fill.session - first,
            fill.asset,
            float(fill.shares),
            fill.quote,
            float(fill.commission + abs(fill.shares) * fill.quote * costs[fill.asset].slippage),
        )
        for fill in strategy.fills
    )
    return Simulation(
        engine="backtrader",
        sessions=panel.traded_sessions,
        equity=equity,
        cash=cash,
        core_shares=core_shares,
        satellite_shares=satellite_shares,
        target_weight=target_weights(decisions, n),
        traded_weight=traded_weights(decisions, quotes, (core_shares, satellite_shares)),
        decisions=decisions,
        trades=trades,
        pending=decisions[-1] if strategy.pending is not None else None,
        cash_returns=rates[first:-1],
    )
