"""The compiled bars give what events, plain bars, Backtrader and the reference give."""

import itertools
import math

import numpy as np
import pytest
from drawn_rules import (
    SHIPPED,
    Planted,
    PlantedParams,
    assume_fits,
    parameters_of,
    planted_rule,
    terms_for,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from judged import decided_by, reference
from panels import panel_of, panels, random_panel
from sweep_reference import all_digits, allowed_only, assert_same_metrics, numbers_of, one_by_one

from engine.errors import ExecutionError, RuleError
from engine.evaluation.trial_metrics import KEYS, trial_metrics
from engine.execution.bar_sweeping import BarSweepEngine
from engine.execution.bars import run_bars
from engine.execution.broker import run_backtrader
from engine.execution.costs import AssetCosts, Terms
from engine.execution.kernel import columns
from engine.execution.sweeping import SweepEngine
from engine.rules.registry import rule_named
from engine.rules.rule import Rule, RuleParams, parameter

CLOSE = 1e-9
LIMITS = {"max_holding": (None, 1, 2, 7, 10**12), "cooldown": (0, 1, 3, 10**12)}
COSTLY = {"core": AssetCosts(0.001, 0.0005), "satellite": AssetCosts(0.001, 0.003)}


def robust(metrics):
    """Leave out what the last bits of equity decide: Backtrader rounds in another order."""
    shaky = {"hit_rate"}  # a stay that wins nothing may have won by a last bit
    if not metrics["tracking_error"] > 1e-6:
        shaky |= {"information_ratio"}
    if not metrics["volatility"] > 1e-6:
        shaky |= {"sharpe", "sortino", "skew", "kurtosis"}
    return {key: value for key, value in metrics.items() if key not in shaky}


def assert_same_sums(found, equity, core, terms, overnight):
    """Compare the sums over returns with exact ones, relative to the size of what is added."""
    returns, others = (e[1:] / e[:-1] - 1.0 for e in (equity, core))
    excess, active = returns - overnight[:-1], returns - others
    below = np.minimum(excess, 0.0)
    powers = [returns**k for k in (1, 2, 3, 4)]
    added = (*powers, excess, excess**2, below**2, active, active**2)
    for column, values in enumerate(added):
        scale = math.fsum(abs(values)) + 1e-300
        assert abs(found[column] - math.fsum(values)) <= 1e-14 * scale, column


def assert_bars_agree(panel, rule, axes, terms, *, most=8, backtrader=0, given=None):
    """Sweep all allowed sets; run some of them, spread over the grid, in every other way."""
    filled = {**dict(rule.parameters({})), **(given or {})}
    digits, params = allowed_only(rule, filled, axes, all_digits(axes))
    numbers = numbers_of(axes, digits)
    engine = BarSweepEngine(panel, rule, filled, axes, terms)
    trials = engine.run(numbers)
    returns = len(panel) - panel.start_index - 1
    found = trial_metrics(trials, returns, terms.initial_cash)
    if rule.is_switching and terms.fractional_shares:
        assert_events_agree(SweepEngine(panel, rule, filled, axes, terms).run(numbers), trials)
    hold = rule_named("buy_and_hold")
    core = run_bars(panel, hold, hold.parameters({"asset": "core"}), terms)
    overnight = terms.rates_for(len(panel))[panel.start_index :]
    chosen = np.unique(np.linspace(0, len(digits) - 1, most).astype(int)) if params else []
    earned = engine.returns(numbers[chosen]) if params else []
    for place, i in enumerate(chosen):
        metrics = {key: found[key][i] for key in KEYS}
        sums = trials.sums[trials.which[i]]
        plain = run_bars(panel, rule, params[i], terms)
        assert sums[columns.WEALTH] == plain.equity[-1] / terms.initial_cash  # every bit of it
        assert earned[place].tolist() == (plain.equity[1:] / plain.equity[:-1] - 1.0).tolist()
        assert_same_sums(sums, plain.equity, core.equity, terms, overnight)
        assert_same_metrics(metrics, one_by_one(panel, rule, params[i], terms)[0], params[i])
        judged = reference(panel, decided_by(panel, rule, params[i]), terms)[0]
        assert metrics["final_equity"] == pytest.approx(judged[-1], rel=CLOSE)
        drawdown = (judged / np.maximum.accumulate(judged) - 1.0).min()
        assert metrics["max_drawdown"] == pytest.approx(drawdown, abs=CLOSE)
        if place < backtrader:
            expected, *_ = one_by_one(panel, rule, params[i], terms, run_backtrader)
            assert_same_metrics(metrics, robust(expected), params[i])
    return trials


def assert_events_agree(events, bars):
    assert events.set_paths.tolist() == bars.set_paths.tolist()
    one, other = events.sums[events.which], bars.sums[bars.which]
    for column in (columns.ROTATIONS, columns.INSIDE, columns.TRADES, columns.HELD):
        assert one[:, column].tolist() == other[:, column].tolist()
    for column in (columns.WEALTH, columns.DEEPEST, columns.R1, columns.TRADED):
        np.testing.assert_allclose(one[:, column], other[:, column], rtol=CLOSE, atol=CLOSE)


def axes_of(sets):
    """Return the values that some parameter sets have, by parameter."""
    return {
        name: tuple(dict.fromkeys(getattr(params, name) for params in sets))
        for name in type(sets[0]).model_fields
    }


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=60)
@given(data=st.data())
def test_every_shipped_rule(name, data):
    rule = rule_named(name)
    panel = data.draw(panels(least=2))
    sets = [data.draw(parameters_of(rule)) for _ in range(2 if rule.is_switching else 1)]
    assume_fits(panel, rule, sets[0])
    terms = data.draw(terms_for(len(panel)))
    assert_bars_agree(panel, rule, axes_of(sets), terms, most=4, backtrader=1)


@settings(max_examples=150)
@given(data=st.data())
def test_triggers_that_fire_anywhere(data):
    """Entries at either end, holdings of one session, both triggers at once, two ways to leave."""
    panel = data.draw(panels(least=2, most=40))
    n = len(panel)
    often = st.sampled_from([0.05, 0.5, 0.95])
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    enter, one, other = (rng.random(n) < data.draw(often) for _ in range(3))
    rule = Rule(
        "planted",
        PlantedParams,
        lambda f, p: Planted(enter),
        lambda f, p: Planted(one) | Planted(other),
    )
    assert_bars_agree(panel, rule, LIMITS, data.draw(terms_for(n)), most=20)


class Chosen(RuleParams):
    row: int = parameter(0, ge=0, unit="row", description="which of some schedules")


def chosen_rule(table):
    """Return a rule that follows one of some schedules of weights."""
    return Rule("chosen", Chosen, weights=lambda h, p: table[p.row, : len(h.sessions)])


@settings(max_examples=150)
@given(data=st.data())
def test_weights_of_any_kind(data):
    """Mixes that go from anything to anything, all-in and all-out included."""
    panel = data.draw(panels(least=2, most=40))
    n = len(panel)
    weight = st.sampled_from([np.nan, 0.0, -0.0, 1.0, 0.5]) | st.floats(0.01, 0.99)
    weights = data.draw(st.lists(weight, min_size=3 * n, max_size=3 * n))
    rule = chosen_rule(np.array(weights).reshape(3, n))
    assert_bars_agree(panel, rule, {"row": (0, 1, 2)}, data.draw(terms_for(n)))


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
@pytest.mark.parametrize("fractional", [True, False])
@pytest.mark.parametrize("name", SHIPPED)
def test_backtrader_agrees(name, fractional, fill):
    """Over months, with costs and interest; few shares, so that rounding them down matters."""
    rule = rule_named(name)
    panel = random_panel(17, 90, start_index=15)
    terms = Terms(
        **COSTLY,
        fill=fill,
        fractional_shares=fractional,
        initial_cash=5_000.0,
        overnight_rates=np.linspace(0.0, 2e-4, 90),
    )
    axes = {
        "streak": {"entry_streak": (1, 2), "exit_streak": (1, 2), "max_holding": (None, 2)},
        "streak_rsi": {"entry_streak": (1, 2), "guard": (50.0, 80.0), "overbought": (60.0, 90.0)},
        "rsi_threshold": {"asset": ("core", "ratio"), "rsi_period": (2, 9)},
        "ratio_trend": {"period": (5, 10), "band": (0.0, 0.01), "cooldown": (0, 4)},
        "relative_momentum": {"lookback": (3, 10), "band": (0.0, 0.02)},
        "streak_reversal": {"home": ("core", "satellite"), "sessions_away": (1, 4)},
        "buy_and_hold": {"asset": ("core", "satellite")},
        "fixed_mix": {"satellite_weight": (0, 0.3, 0.5, 1.0)},
        "random_rotation": {"rotations": (1, 8), "holding": (3,), "seed": (1, 2)},
    }[name]
    assert_bars_agree(panel, rule, axes, terms, most=4, backtrader=4)


@pytest.mark.parametrize("jump", [5.0, 1000.0, 1e-3])
def test_a_jump_elsewhere_does_not_blur_the_moments(jump):
    """The core is held when the satellite jumps: fourth powers of ordinary returns are small."""
    ordinary = random_panel(8, 600)
    satellite = ordinary.satellite.close * np.where(np.arange(600) >= 300, jump, 1.0)
    panel = panel_of(ordinary.core.close, satellite)
    sessions = np.arange(600)
    leave = (sessions % 4 == 3) | (abs(sessions - 300) < 5)
    trials = assert_bars_agree(panel, planted_rule(sessions % 4 == 0, leave), LIMITS, Terms())
    assert np.abs(trial_metrics(trials, 599, 1.0)["kurtosis"]).max() < 3.0


@pytest.mark.parametrize("growth", [0.0, 0.001, 0.01, -0.003])
@pytest.mark.parametrize("n", [3, 50, 65, 66, 1500])
def test_constant_returns_have_no_deviation(growth, n):
    """The sums of powers cancel but for rounding; that rounding is no volatility."""
    close = 100.0 * np.cumprod(np.full(n, 1.0 + growth))
    opens = np.concatenate([close[:1], close[:-1]])
    panel = panel_of(close, close / 3.0, opens=(opens, opens / 3.0))
    rule = planted_rule(np.arange(n) % 7 == 3, np.arange(n) % 5 == 1)
    trials = assert_bars_agree(panel, rule, LIMITS, Terms(), most=20)
    found = trial_metrics(trials, n - 1, 1.0)
    assert found["volatility"].tolist() == [0.0] * len(trials.which)
    assert np.isnan(found["kurtosis"]).all()


def test_paths_are_equal_where_the_fills_are():
    """Rebalancing to the weight there was is another path; so is the same a session later."""
    n = 30
    panel, nan = random_panel(9, n), np.nan
    table = np.full((8, n), nan)
    table[0, [3, 9]] = 0.5, 0.0
    table[1, [0, 3, 9]] = 0.0, 0.5, 0.0  # what the default decides, said aloud
    table[2, [3, 9, 29]] = 0.5, 0.0, 1.0  # never filled
    table[3, [3, 10]] = 0.5, 0.0
    table[4, [3, 7, 9]] = 0.5, 0.5, 0.0
    table[5, [3, 9]] = 0.6, 0.0
    table[6, [3, 9]] = 0.0, 0.5
    table[7, [3, 9]] = 0.5, -0.0
    rule = chosen_rule(table)
    trials = assert_bars_agree(panel, rule, {"row": tuple(range(8))}, Terms())
    names = dict(zip(trials.set_paths.tolist(), "ABCDEFGH", strict=True))
    first = {path: i for i, path in reversed(list(enumerate(trials.set_paths.tolist())))}
    assert [first[path] for path in trials.set_paths.tolist()] == [0, 0, 0, 3, 4, 5, 6, 0]
    assert len(names) == 5


STREAKS = {"entry_streak": (1, 2, 3), "exit_streak": (1, 2), "max_holding": (None, 1, 4)}
PLACEBOS = {"seed": tuple(range(60)), "rotations": (1, 2, 6), "holding": (2,)}


@pytest.mark.parametrize(("name", "axes"), [("streak", STREAKS), ("random_rotation", PLACEBOS)])
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), workers=st.integers(2, 5), fractional=st.booleans())
def test_workers_and_order_change_no_bit(name, axes, seed, workers, fractional):
    rule, rng = rule_named(name), np.random.default_rng(seed)
    terms = Terms(**COSTLY, fractional_shares=fractional)
    panel = random_panel(seed % 1000, int(rng.integers(20, 60)))
    engine = BarSweepEngine(panel, rule, dict(rule.parameters({})), axes, terms)
    count = math.prod(map(len, axes.values()))
    whole, order = engine.run(np.arange(count)), rng.permutation(count)
    rows = whole.sums[whole.which]
    for numbers, threads in ((order, workers), (order[:1], 1), (order[:7], workers)):
        found = engine.run(numbers, workers=threads)
        assert found.sums[found.which].tobytes() == rows[numbers].tobytes()
        assert found.set_paths.tobytes() == whole.set_paths[numbers].tobytes()
        alone = [engine.returns(numbers[i : i + 1]).tobytes() for i in range(len(numbers))]
        assert engine.returns(numbers, workers=threads).tobytes() == b"".join(alone)


@pytest.mark.parametrize("name", ["streak", "fixed_mix"])
def test_no_sets_give_no_rows_and_no_axes_one(name):
    rule = rule_named(name)
    engine = BarSweepEngine(random_panel(1, 30), rule, dict(rule.parameters({})), {}, Terms())
    assert [engine.run(np.zeros(m, dtype=np.int64)).set_paths.shape for m in (0, 1)] == [(0,), (1,)]


def test_numbers_count_with_the_last_axis_running_fastest():
    rule = rule_named("random_rotation")
    panel = random_panel(3, 40)
    axes = {"seed": (5, 6), "rotations": (1, 4, 6), "holding": (2, 3)}
    found = BarSweepEngine(panel, rule, {}, axes, Terms()).run(np.arange(12))
    for number, values in enumerate(itertools.product(*axes.values())):
        alone = run_bars(
            panel, rule, rule.parameters(dict(zip(axes, values, strict=True))), Terms()
        )
        assert found.sums[number, columns.ROTATIONS] == len(alone.rotations)
        assert found.sums[number, columns.WEALTH] == alone.equity[-1] / 100_000.0


def test_a_plan_that_does_not_fit_is_told_when_its_set_is_run():
    rule = rule_named("random_rotation")
    axes = {"rotations": (2, 90)}
    engine = BarSweepEngine(random_panel(3, 60), rule, {}, axes, Terms())
    engine.run(np.array([0]))
    with pytest.raises(RuleError, match=r"rule random_rotation: 90 rotations .* do not fit"):
        engine.run(np.arange(2), workers=2)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_wealth_beyond_all_floats_is_an_error_as_in_a_run():
    panel = panel_of([1e-300, 1.0, 1e300], [1.0, 1.0, 1.0])
    rule = planted_rule([0, 0, 0], [0, 0, 0])
    terms = Terms(initial_cash=1e200)
    with pytest.raises(ExecutionError, match="not a finite number"):
        one_by_one(panel, rule, PlantedParams(), terms)
    engine = BarSweepEngine(panel, rule, dict(PlantedParams()), {}, terms)
    with pytest.raises(ExecutionError, match="not a finite number"):
        engine.run(np.zeros(1, dtype=np.int64))
