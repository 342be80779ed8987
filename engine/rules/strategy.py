"""A rotation rule as a Backtrader strategy, for the engine's Cerebro and for anyone's own.

The recipe that makes rotations exact: decide in ``next`` at the close, trade in ``next_open`` on
the real opens of the next session, sell before buying, size the purchase with the proceeds, and
raise when an order is not filled in full.

In your own Cerebro::

    cerebro = bt.Cerebro()
    cerebro.adddata(large_caps)      # the core comes first
    cerebro.adddata(small_caps)      # the satellite second
    cerebro.addstrategy(StreakRotation, entry_streak=7)
    cerebro.broker.setcommission(0.0001)
    cerebro.broker.set_slippage_perc(0.0001)
    cerebro.run()

The strategy switches its Cerebro to ``cheat_on_open``: only then does Backtrader let an order be
sized at the open it is filled at. It uses all of the account's cash, so it must trade alone.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from engine.errors import DataError, ExecutionError, OrderRejectedError, RuleError
from engine.rotation.costs import Quote, orders
from engine.rules.decisions import Decider, Decision
from engine.rules.lean import backtrader as bt
from engine.rules.rule import History, RuleParams
from engine.signals.catalogue import Closes
from engine.study.faults import misfits_of
from engine.study.misfit import dotted

if TYPE_CHECKING:
    from engine.rules.rule import Rule

_ORDINAL_OF_1970 = dt.date(1970, 1, 1).toordinal()
_OWN_PARAMS: dict[str, Any] = {"trade_from": None, "fractional_shares": True}


class Fill(NamedTuple):
    """One executed order.

    ``session`` is the index of the session it was filled in, ``asset`` 0 for the core and 1 for
    the satellite; ``shares`` is negative for a sale; ``quote`` is the price before slippage,
    ``price`` the one paid; ``commission`` is in currency.
    """

    session: int
    asset: int
    shares: float
    quote: float
    price: float
    commission: float


class RotationStrategy(bt.Strategy):  # type: ignore[misc]  # backtrader is untyped
    """Base of all rules as strategies; made by :meth:`engine.rules.rule.Rule.strategy_class`.

    Two parameters come on top of the rule's own: ``trade_from`` (a date: earlier bars only warm
    features up) and ``fractional_shares`` (True).

    Attributes
    ----------
    decisions : list of Decision
        Every decision, with the trigger that fired; its ``session`` counts bars from 0.
    fills : list of Fill
    pending : Decision or None
        A decision made at the last close, which no bar was left to fill.
    """

    rule: Rule

    def __init__(self, **unknown: Any) -> None:
        if len(self.datas) < 2:
            raise DataError("a rotation needs two feeds: the core first, the satellite second")
        self.parameters = self._checked(unknown)
        self.decisions: list[Decision] = []
        self.fills: list[Fill] = []
        self.pending: Decision | None = None
        self._decider: Decider | None = None
        self._placed: list[Any] = []
        self._trade_from = 0
        self.cerebro.p.cheat_on_open = True
        self.broker.set_coo(True)
        self.broker.set_coc(False)  # would fill at a close that is not known yet

    def _checked(self, unknown: dict[str, Any]) -> RuleParams:
        given = {name: getattr(self.p, name) for name in self.rule.params.model_fields} | unknown
        try:
            return self.rule.parameters(given)
        except ValidationError as error:
            misfits = misfits_of(error, self.rule.params, given)
            lines = (": ".join(filter(None, (dotted(m.path), m.message))) for m in misfits)
            raise RuleError(f"rule {self.rule.name}: {'; '.join(lines)}") from None

    # -- what is known --------------------------------------------------------------------------

    def start(self) -> None:
        """Read the feeds when Cerebro has preloaded them; otherwise bars are read as they come."""
        self._clock_line = self.lines[0]  # its length is the strategy's, in a fourth of the time
        lines = [data.lines for data in self.datas[:2]]
        self._preloaded = all(data.buflen() > 0 for data in self.datas[:2])
        if self._preloaded:
            core, satellite = (np.array(line.close.array, dtype=np.float64) for line in lines)
            days, other_days = (_sessions(line.datetime.array) for line in lines)
            if not np.array_equal(days, other_days):
                raise DataError("the two feeds have different sessions; align them first")
            self._learn(days, core, satellite)
            if self._trade_from >= len(days):
                raise DataError(f"trade_from {self.p.trade_from} is after the last session")
        elif self.rule.plans_ahead:
            raise RuleError(f"rule {self.rule.name} plans all sessions ahead; preload the feeds")
        else:
            self._seen: list[tuple[float, float, float]] = []

    def _learn(
        self,
        sessions: NDArray[np.datetime64],
        core: NDArray[np.float64],
        satellite: NDArray[np.float64],
    ) -> None:
        first = self.p.trade_from
        if first is not None:
            self._trade_from = int(np.searchsorted(sessions, np.datetime64(first)))
        if self._trade_from >= len(sessions):
            return  # trading has not begun yet
        history = History(sessions, Closes(core, satellite), self._trade_from)
        if self._decider is None:
            self._decider = Decider(self.rule, self.parameters, history)
        else:
            self._decider.know(history)

    def _read_bar(self) -> None:
        core, satellite = self.datas[0], self.datas[1]
        if core.datetime[0] != satellite.datetime[0] or len(core) != len(satellite):
            raise DataError("the two feeds have different sessions; align them first")
        self._seen.append((core.datetime[0], core.close[0], satellite.close[0]))
        days, *closes = np.array(self._seen).T
        self._learn(_sessions(days), *closes)

    # -- what happens at a close and at the next open ---------------------------------------------

    def next(self) -> None:
        """Decide at the close; nothing is traded here."""
        self._check_filled()
        if not self._preloaded:
            self._read_bar()
        t = len(self._clock_line) - 1
        if t < self._trade_from or self._decider is None:
            return
        decision = self._decider.decide(t)
        if decision is None and t == self._trade_from:
            decision = Decision(t, 0.0, "the core is held by default", ())
        if decision is not None:
            self.decisions.append(decision)
            self.pending = decision

    def next_open(self) -> None:
        """Fill the last close's decision on this session's opens: sell first, then buy."""
        if self.pending is None:
            return
        decision, self.pending = self.pending, None
        core, satellite = self.datas[:2]
        trades = orders(
            decision.weight,
            (self.getposition(core).size, self.getposition(satellite).size),
            self.broker.getcash(),
            (self._quote(core), self._quote(satellite)),
            self.p.fractional_shares,
        )
        for data, size in sorted(zip(self.datas, trades, strict=False), key=lambda pair: pair[1]):
            if size < 0:
                self._placed.append(self.sell(data=data, size=-size))
            elif size > 0:
                self._placed.append(self.buy(data=data, size=size))

    def next_chance(self) -> int:
        """Return the first session after this close in which there may be anything to do."""
        t = len(self._clock_line) - 1
        if self.pending is not None or self._decider is None:
            return t + 1
        return self._trade_from if t < self._trade_from else self._decider.next_chance(t)

    prenext = next  # decide from the first bar on, whatever a subclass's indicators need
    prenext_open = next_open

    def _check_filled(self) -> None:
        """Raise when the last decision has not become trades by the close of its session."""
        if self.pending is not None:
            raise ExecutionError("Cerebro never called next_open; run it without oldsync")
        if not self._placed:
            return
        for order in self._placed:
            if order.alive():
                self._refuse(order)
        self._placed.clear()

    def _quote(self, data: Any) -> Quote:
        """Ask the broker what a share costs: any percentage or per-share scheme is understood."""
        price = float(data.open[0])
        if not price > 0:
            raise DataError(f"the open of {data._name} is {price}; prices must be positive")
        broker = self.broker
        if hasattr(broker, "quote_of"):  # the engine's own, of costs per asset
            own: Quote = broker.quote_of(data, price)
            return own
        params = broker.p
        slippage = params.slip_perc
        fixed = 0.0 if slippage else params.slip_fixed
        slips = 1.0 if params.slip_open else 0.0
        sale = price * (1.0 - slippage * slips) - fixed * slips
        purchase = price * (1.0 + slippage * slips) + fixed * slips
        fee = broker.getcommissioninfo(data).getcommission
        if not math.isclose(fee(1000.0, price), 1000.0 * fee(1.0, price), rel_tol=1e-9):
            raise ExecutionError(
                f"the commission of {data._name} is not proportional to the shares traded; a "
                "rotation of all cash can only be sized with a percentage or a fee per share"
            )
        return Quote(price, sale - fee(1.0, sale), purchase + fee(1.0, purchase))

    def notify_order(self, order: Any) -> None:
        """Record a fill; raise when the broker did not fill an order in full."""
        if order.status in (order.Submitted, order.Accepted):
            return
        if order.status != order.Completed:
            self._refuse(order)
        data = order.data
        executed = order.executed
        self.fills.append(
            Fill(
                len(data) - 1,
                0 if data is self.datas[0] else 1,  # feeds compare by price, not by identity
                executed.size,
                float(data.open[0]),
                executed.price,
                executed.comm,
            )
        )

    def _refuse(self, order: Any) -> NoReturn:
        data = order.data
        raise OrderRejectedError(
            f"{data.datetime.date(0)}: an order to {'buy' if order.isbuy() else 'sell'} "
            f"{abs(order.created.size):.6g} {data._name or 'shares'} ended as "
            f"{order.getstatusname()}; no result is given"
        )


def _sessions(days: Any) -> NDArray[np.datetime64]:
    """Turn Backtrader's day numbers (1 = 0001-01-01) into dates."""
    whole = np.floor(np.array(days, dtype=np.float64)).astype(np.int64)
    return (whole - _ORDINAL_OF_1970).astype("datetime64[D]")


@functools.cache
def strategy_class(rule: Rule, class_name: str | None = None) -> type[RotationStrategy]:
    """Return the strategy class of a rule; the same class for the same rule and name."""
    defaults = {
        field: info.get_default(call_default_factory=True)
        for field, info in rule.params.model_fields.items()
    }
    namespace = {
        "__doc__": rule.explanation,
        "__module__": rule.module,
        "rule": rule,
        "params": tuple((defaults | _OWN_PARAMS).items()),
    }
    name = class_name or "".join(part.capitalize() for part in rule.name.split("_")) + "Rotation"
    return type(name, (RotationStrategy,), namespace)
