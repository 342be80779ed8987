"""Figures of the main study on real prices, known in advance to ten digits."""

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pytest

from engine.execution.bars import history_of, largest_difference, run_bars
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.market.load import load_panel
from engine.rules.features import Features, FeatureValues
from engine.rules.registry import rule_named
from engine.study.models import FileData

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")

BP = 1e-4
TERMS = Terms(core=AssetCosts(1 * BP, 1 * BP), satellite=AssetCosts(1 * BP, 2 * BP))
STREAK = {
    "entry_streak": 5,
    "exit_streak": 2,
    "rsi_period": 14,
    "overbought": 75.0,
    "max_holding": 21,
}
# final equity, CAGR, volatility, Sharpe, max drawdown, rotations
FACTS = {
    "streak": (549_252.845325, 0.0688044467, 0.1953582285, 0.4384320987, -0.5757108435, 187),
    "core": (779_092.986093, 0.0834996780, 0.1920697933, 0.5136660126, -0.5518944193, 0),
    "satellite": (812_474.180459, 0.0852768473, 0.2394057338, 0.4619389847, -0.5863998206, 0),
}
RULES = {
    "streak": ("streak", STREAK),
    "core": ("buy_and_hold", {"asset": "core"}),
    "satellite": ("buy_and_hold", {"asset": "satellite"}),
}


def panel_on(price_basis):
    return load_panel(
        FileData(
            source="csv",
            directory=Path(FOLDER),
            start=dt.date(2000, 5, 26),
            end=dt.date(2026, 1, 22),
            price_basis=price_basis,
        )
    )


@pytest.fixture(scope="module")
def panel():
    return panel_on("total_return")


def metrics_of(equity):
    """By the definitions, with NumPy alone."""
    returns = equity[1:] / equity[:-1] - 1.0
    years = len(returns) / 252
    return (
        equity[-1],
        (equity[-1] / equity[0]) ** (1 / years) - 1.0,
        returns.std(ddof=1) * np.sqrt(252),
        returns.mean() / returns.std(ddof=1) * np.sqrt(252),
        (equity / np.maximum.accumulate(equity) - 1.0).min(),
    )


@pytest.mark.parametrize("fact", FACTS)
def test_the_table_of_the_main_study(panel, fact):
    assert len(panel) - panel.start_index == 6452
    name, given = RULES[fact]
    rule = rule_named(name)
    params = rule.parameters(given)
    bars = run_bars(panel, rule, params, TERMS)
    broker = run_backtrader(panel, rule, params, TERMS)
    assert largest_difference(bars, broker) < 1e-10
    *figures, rotations = FACTS[fact]
    for simulation in (bars, broker):
        # each fact is written with 10 or so digits: the last one may be off by half
        actual = metrics_of(simulation.equity)
        assert actual[0] == pytest.approx(figures[0], rel=1e-9)
        assert actual[1:] == pytest.approx(figures[1:], rel=1e-9, abs=0.51e-10)
        assert len(simulation.rotations) == rotations
        assert simulation.rejected_orders == 0


@pytest.mark.parametrize(
    ("price_basis", "rsi"), [("total_return", 69.94), ("price", 69.58)], ids=["total", "price"]
)
def test_streaks_and_rsi_of_january_2026(price_basis, rsi):
    panel = panel_on(price_basis)
    f, values = Features(), FeatureValues(history_of(panel).closes)

    def on(day, feature):
        return values.feature(feature)[np.searchsorted(panel.sessions, np.datetime64(day))]

    assert on("2026-01-21", f.streak()) == 13
    assert on("2026-01-22", f.streak()) == 14
    assert on("2008-06-06", f.streak()) == 13
    assert round(on("2026-01-21", f.rsi("satellite", 14)), 2) == rsi
