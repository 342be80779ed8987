"""A user's own Cerebro: Backtrader's standard broker, feeds of pandas frames, nothing of ours."""

import backtrader as bt
import numpy as np
import pandas as pd


class Wealth(bt.Analyzer):
    """Value and cash of the account at each close."""

    def start(self):
        self.rows = []

    def next(self):
        broker = self.strategy.broker
        self.rows.append((broker.getvalue(), broker.getcash()))

    prenext = nextstart = next

    def get_analysis(self):
        return np.array(self.rows).T


def feed_of(panel, bars, room=0.0, rows=slice(None)):
    """Return a feed; `room` widens high and low, so that slippage stays within the bar."""
    frame = pd.DataFrame(
        {
            "open": bars.open,
            "high": bars.high * (1 + room),
            "low": bars.low * (1 - room),
            "close": bars.close,
            "volume": bars.volume,
        },
        index=pd.DatetimeIndex(panel.sessions),
    )
    return bt.feeds.PandasData(dataname=frame[rows], name=bars.symbol)


def run_own(panel, strategy, setup=None, *, room=0.0, cerebro=None, rows=slice(None), **params):
    """Run a strategy on both feeds; returns it, value and cash at each close.

    `setup` gets the broker, `cerebro` are Cerebro's own arguments, `rows` the satellite's rows.
    """
    own = bt.Cerebro(**(cerebro or {}))
    own.adddata(feed_of(panel, panel.core, room))
    own.adddata(feed_of(panel, panel.satellite, room, rows))
    own.addstrategy(strategy, **params)
    own.addanalyzer(Wealth, _name="wealth")
    if setup is not None:
        setup(own.broker)
    (run,) = own.run()
    return run, *run.analyzers.wealth.get_analysis()
