"""One backtest: the bulk feed against Backtrader's own, and the two engines."""

from __future__ import annotations

import backtrader as bt
import pandas as pd

import engine as sl
from benchmarks.timing import side_by_side
from engine.execution.bars import run_bars
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.market.panel import Bars, PricePanel

TERMS = Terms(AssetCosts(1e-4, 1e-4), AssetCosts(1e-4, 2e-4))


def main(rounds: int = 7) -> None:
    """Time one run of the streak rule over the simulated market."""
    study = sl.load_study("configs/demo.yaml")
    panel = sl.load_panel(study.data)
    rule = sl.rule_named("streak")
    params = rule.parameters({})
    seconds = side_by_side(
        {
            "Backtrader, bulk feed (streak run)": lambda: run_backtrader(
                panel, rule, params, TERMS
            ),
            "Backtrader, PandasData feed": lambda: _with_pandas_data(panel, rule.strategy_class()),
            "bar-by-bar engine": lambda: run_bars(panel, rule, params, TERMS),
        },
        rounds,
    )
    reference = seconds["Backtrader, bulk feed (streak run)"]
    print(f"one backtest, {len(panel):,} sessions, median of {rounds}:")
    for name, taken in seconds.items():
        print(f"  {name:36} {taken * 1000:7.1f} ms   {taken / reference:6.2f} ×")


def _with_pandas_data(panel: PricePanel, strategy: type[bt.Strategy]) -> None:
    cerebro = bt.Cerebro(stdstats=False, cheat_on_open=True)
    for bars in (panel.core, panel.satellite):
        cerebro.adddata(bt.feeds.PandasData(dataname=_frame(panel, bars)), name=bars.symbol)
    cerebro.addstrategy(strategy)
    cerebro.broker.setcommission(1e-4)
    cerebro.broker.set_slippage_perc(2e-4, slip_out=True)
    cerebro.run()


def _frame(panel: PricePanel, bars: Bars) -> pd.DataFrame:
    columns = ("open", "high", "low", "close", "volume")
    index = pd.DatetimeIndex(panel.sessions)
    return pd.DataFrame({name: getattr(bars, name) for name in columns}, index=index)
