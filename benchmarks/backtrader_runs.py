"""Backtrader at the job: one run of the strategy class, and a sweep by its ``optstrategy``."""

from __future__ import annotations

import datetime as dt
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from benchmarks.job import COMMISSION_BPS, TERMS, Axes
from engine.execution.broker import PanelFeed, RotationBroker
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.panel import Bars, PricePanel
from strategies.streak import StreakRotation

EPOCH = dt.date(1970, 1, 1).toordinal()


def run_as_it_comes(panel: PricePanel, parameters: dict[str, Any]) -> float:
    """Run the strategy in a plain Cerebro on pandas feeds; returns the final equity.

    Backtrader's own broker has one slippage for all assets: the mean of the two.
    """
    cerebro = bt.Cerebro(stdstats=False)
    for bars in (panel.core, panel.satellite):
        cerebro.adddata(bt.feeds.PandasData(dataname=_frame(panel, bars)), name=bars.symbol)
    cerebro.addstrategy(StreakRotation, **parameters)
    cerebro.broker.setcash(TERMS.initial_cash)
    cerebro.broker.setcommission(COMMISSION_BPS / 1e4)
    slippage = (TERMS.core.slippage + TERMS.satellite.slippage) / 2.0
    cerebro.broker.set_slippage_perc(slippage, slip_open=True, slip_out=True)
    cerebro.run()
    return float(cerebro.broker.getvalue())


def _frame(panel: PricePanel, bars: Bars) -> pd.DataFrame:
    columns = ("open", "high", "low", "close", "volume")
    index = pd.DatetimeIndex(panel.sessions)
    return pd.DataFrame({name: getattr(bars, name) for name in columns}, index=index)


class Outcome(bt.Analyzer):  # type: ignore[misc]  # backtrader is untyped
    """Final equity, Sharpe ratio and deepest drawdown of a run."""

    def stop(self) -> None:
        """Measure the equity the broker recorded."""
        equity, _, _ = self.strategy.broker.record()
        returns = equity[1:] / equity[:-1] - 1.0
        self.rets = {
            "final_equity": equity[-1],
            "sharpe": returns.mean() / returns.std(ddof=1) * np.sqrt(SESSIONS_PER_YEAR),
            "max_drawdown": np.min(equity / np.maximum.accumulate(equity)) - 1.0,
        }


def optstrategy(panel: PricePanel, axes: Axes, workers: int) -> dict[str, Any]:
    """Sweep a grid by ``optstrategy``: metrics of every set, the last axis running fastest."""
    days = (panel.sessions.astype(np.int64) + EPOCH).astype(np.float64)
    feeds = [
        PanelFeed(days=days, bars=bars, name=bars.symbol) for bars in (panel.core, panel.satellite)
    ]
    broker = RotationBroker()
    broker.set_terms(feeds, TERMS, np.zeros(len(panel)))
    cerebro = bt.Cerebro(stdstats=False, cheat_on_open=True, maxcpus=workers)
    cerebro.setbroker(broker)
    for feed in feeds:
        cerebro.adddata(feed, name=feed.p.name)
    cerebro.addanalyzer(Outcome, _name="outcome")
    cerebro.optstrategy(StreakRotation, **axes)
    outcomes = [run[0].analyzers.outcome.rets for run in cerebro.run()]
    return {key: np.array([one[key] for one in outcomes]) for key in outcomes[0]}
