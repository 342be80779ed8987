"""Walk-forward the long way: every set of every fold by hand, and Backtrader changing parameters.

The strategy below shares nothing with the engine: it counts streaks itself, takes Backtrader's own
RSI, keeps its own position, and sizes its own orders in a Cerebro with the standard broker.
"""

import itertools
import math

import backtrader as bt
import numpy as np
import pytest
from own_cerebro import run_own
from panels import random_panel
from short_studies import study_in_memory

from engine.evaluation.backtest import measure, measure_against
from engine.execution.bars import run_bars
from engine.execution.terms import terms_of
from engine.market.panel import Bars, PricePanel
from engine.pipeline.walking import walk_forward
from engine.rules.registry import rule_named

AXES = {
    "rule.entry_streak": [1, 2, 3],
    "rule.exit_streak": [1, 2],
    "rule.overbought": [60.0, 80.0],
    "rule.max_holding": [None, 3],
}
GIVEN = {"name": "streak", "rsi_period": 5}
COST, CASH = 1e-4, 10_000.0
TERMS = {"commission_bps": 1.0, "slippage_bps": 2.0, "initial_cash": CASH}
PANEL = random_panel(11, 420, start_index=20)


def study(**section):
    whole = {"train": 120, "test": 50, "metric": "sharpe"} | section
    return study_in_memory(rule=GIVEN, sweep=AXES, execution=TERMS, walk_forward=whole)


def cut(panel, first, stop):
    """Return a panel with traded sessions [first, stop), cut out of the arrays."""
    start, end = panel.start_index + first, panel.start_index + stop
    core, satellite = (
        Bars(b.symbol, *(x[:end] for x in (b.open, b.high, b.low, b.close, b.volume)))
        for b in (panel.core, panel.satellite)
    )
    return PricePanel(panel.sessions[:end], core, satellite, start_index=start)


def measured_by_hand(panel, metric, execution):
    """Return the metric of every set of the grid, each run bar by bar on its own."""
    rule, hold = rule_named("streak"), rule_named("buy_and_hold")
    terms = terms_of(execution, panel)
    core = run_bars(panel, hold, hold.parameters({"asset": "core"}), terms)
    found = []
    for values in itertools.product(*AXES.values()):
        swept = {key.removeprefix("rule."): v for key, v in zip(AXES, values, strict=True)}
        params = rule.parameters({"rsi_period": 5, **swept})
        ran = run_bars(panel, rule, params, terms)
        found.append({**measure(ran, ran), **measure_against(ran, core)}[metric])
    return np.array(found, dtype=float)


SECTIONS = [
    {},
    {"windows": "anchored", "metric": "calmar"},
    {"purge": 15, "embargo": 7, "metric": "active_return"},
    {"test": 149, "metric": "volatility"},
    {"train": 397, "metric": "sortino"},
]


@pytest.mark.parametrize("section", SECTIONS, ids=str)
def test_every_fold_chooses_what_running_every_set_by_hand_chooses(section):
    asked = study(**section)
    found = walk_forward(asked, PANEL)
    metric, sign = found.metric, -1.0 if found.metric == "volatility" else 1.0
    names = list(itertools.product(*AXES.values()))
    for fold in found.folds:
        choice = fold.choice
        trained, tested = (
            measured_by_hand(cut(PANEL, *window), metric, asked.execution)
            for window in (choice.windows.train, choice.windows.earned)
        )
        best = np.nanmax(sign * trained)
        assert sign * trained[choice.number] == pytest.approx(best, rel=1e-9)
        assert tuple(choice.values[key] for key in AXES) == names[choice.number]
        assert choice.in_sample[metric] == pytest.approx(trained[choice.number], rel=1e-9)
        own = tested[choice.number]
        assert choice.out_of_sample[metric] == pytest.approx(own, rel=1e-9, nan_ok=True)
        if math.isnan(own):
            assert choice.test_standing.rank is None
            continue
        better = sign * tested > sign * own + 1e-9 * max(abs(own), 1.0)
        assert choice.test_standing.rank == 1 + better.sum()
        assert choice.test_standing.sets == (~np.isnan(tested)).sum()
        assert choice.test_median == pytest.approx(np.nanmedian(tested), rel=1e-9)


class ParametersChange(bt.Strategy):
    """Streak rotation whose parameters are looked up by date at every close."""

    params = (("phases", ()), ("trade_from", None))

    def __init__(self):
        self.rsi = bt.indicators.RSI_Safe(self.datas[1].close, period=5)
        self.target = None
        self.inside, self.streak, self.age, self.rotations = False, 0, 0, []

    def next(self):
        if len(self) > 1:
            core, small = (data.close[0] / data.close[-1] - 1.0 for data in self.datas)
            won = small > core
            lost = small < core
            self.streak = max(self.streak, 0) + 1 if won else min(self.streak, 0) - 1 if lost else 0
        today = self.datas[0].datetime.date(0)
        if today < self.p.trade_from:
            return
        if today == self.p.trade_from:
            self.target = 0
        self.age += self.inside
        in_force = [values for start, values in self.p.phases if start <= today]
        if not in_force:
            return
        p = in_force[-1]
        hot = self.rsi[0] >= p["rule.overbought"] if len(self) > 5 else False
        leave = self.streak <= -p["rule.exit_streak"] or hot
        most = p["rule.max_holding"]
        if self.inside and (leave or (most is not None and self.age >= most)):
            self.inside, self.target = False, 0
        elif not self.inside and self.streak >= p["rule.entry_streak"] and not leave:
            self.inside, self.target, self.age = True, 1, 0
        else:
            return
        self.rotations.append((today, self.target))

    def next_open(self):
        if self.target is None:
            return
        bought, sold = self.datas[self.target], self.datas[1 - self.target]
        self.target = None
        size = self.getposition(sold).size
        cash = self.broker.getcash()
        if size:
            self.sell(data=sold, size=size)
            cash += size * sold.open[0] * (1 - 2 * COST) * (1 - COST)
        price = bought.open[0] * (1 + 2 * COST) * (1 + COST)
        self.buy(data=bought, size=cash / price * (1 - 1e-12))

    prenext, prenext_open = next, next_open

    def notify_order(self, order):
        assert order.status in (order.Submitted, order.Accepted, order.Completed)


def in_cerebro(panel, phases, first):
    """Run the strategy above on a panel; trading starts in session `first` of the traded ones."""

    def setup(broker):
        broker.setcash(CASH)
        broker.setcommission(COST)
        broker.set_slippage_perc(2 * COST, slip_open=True, slip_out=True)

    start = panel.traded_sessions[first].item()
    run, wealth, _ = run_own(
        panel,
        ParametersChange,
        setup,
        room=0.1,
        cerebro={"cheat_on_open": True},
        phases=phases,
        trade_from=start,
    )
    return run, wealth[panel.start_index + first :]


@pytest.mark.parametrize("section", [*SECTIONS[:4], {"train": 60, "test": 3}], ids=str)
def test_the_stitched_run_is_an_honest_backtrader_run_that_changes_parameters(section):
    found = walk_forward(study(**section), PANEL)
    starts = [PANEL.traded_sessions[fold.choice.windows.test.first] for fold in found.folds]
    phases = [
        (start.item(), dict(fold.choice.values))
        for start, fold in zip(starts, found.folds, strict=True)
    ]
    run, wealth = in_cerebro(PANEL, phases, found.folds[0].choice.windows.test.first)
    np.testing.assert_allclose(found.simulation.equity, wealth, rtol=1e-9)
    sessions = found.simulation.sessions
    made = [(sessions[d.session].item(), int(d.weight)) for d in found.simulation.decisions]
    assert [one for one in made if one[0] != sessions[0].item()] == run.rotations
    assert found.simulation.rejected_orders == 0
    assert found.max_difference < 1e-9


def test_the_choices_differ_and_a_position_is_carried_into_a_test():
    """What the tests above are about does happen in them."""
    found = walk_forward(study(), PANEL)
    assert found.summary.distinct_sets > 2
    first = found.folds[0].choice.windows.test.first
    entered = [f.choice.windows.test.first - first for f in found.folds[1:]]
    assert any(found.simulation.target_weight[session] == 1.0 for session in entered)


def test_what_the_folds_earned_is_what_the_stitched_run_earned():
    found = walk_forward(study(), PANEL)
    whole = math.prod(1.0 + fold.stitched_return for fold in found.folds)
    assert whole == pytest.approx(found.simulation.equity[-1] / CASH, rel=1e-12)
    held = math.prod(1.0 + fold.core_return for fold in found.folds)
    core = found.benchmarks["core"].metrics
    assert held == pytest.approx(core["final_equity"] / CASH, rel=1e-12)
    decided = sum(fold.rotations for fold in found.folds)
    assert decided == found.metrics["rotations"] == len(found.simulation.rotations)
