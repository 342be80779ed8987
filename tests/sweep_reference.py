"""What a sweep must give: every set run on its own, session by session, and measured."""

import itertools

import numpy as np
import pytest
from pydantic import ValidationError

from engine.evaluation.backtest import measure, measure_against
from engine.evaluation.trial_keys import KEYS
from engine.evaluation.trial_metrics import trial_metrics
from engine.execution.bars import run_bars
from engine.execution.sweeping import SweepEngine
from engine.rules.registry import rule_named

CLOSE = 1e-9  # relative to the value, or to 1 if that is larger


def one_by_one(panel, rule, params, terms, run=run_bars):
    """Return the metrics of one set, its target weights, and its equity."""
    hold = rule_named("buy_and_hold")
    core = run_bars(panel, hold, hold.parameters({"asset": "core"}), terms)
    ran = run(panel, rule, params, terms)
    metrics = {**measure(ran, ran), **measure_against(ran, core)}
    return {key: float(metrics[key]) for key in KEYS}, ran.target_weight, ran.equity


def all_digits(axes):
    """Return every combination of an index on each axis, shape (sets, axes)."""
    combinations = list(itertools.product(*(range(len(values)) for values in axes.values())))
    return np.array(combinations, dtype=np.int64).reshape(len(combinations), len(axes))


def numbers_of(axes, digits):
    """Return the numbers of parameter sets in the grid of some axes."""
    sizes = tuple(len(values) for values in axes.values())
    if not sizes:
        return np.zeros(len(digits), dtype=np.int64)
    return np.ravel_multi_index(tuple(digits.T), sizes)


def allowed_only(rule, given, axes, digits):
    """Return the digits of sets that the rule allows, and their parameters."""
    kept, params = [], []
    for row in digits:
        swept = {name: values[d] for (name, values), d in zip(axes.items(), row, strict=True)}
        try:
            params.append(rule.parameters({**given, **swept}))
        except ValidationError:
            continue
        kept.append(row)
    return np.array(kept, dtype=np.int64).reshape(len(kept), len(axes)), params


def assert_sweep_is_right(panel, rule, axes, terms, *, given=None, most=8, run=run_bars):
    """Sweep all sets through the kernel; compare some of them, spread over the grid, one by one."""
    filled = {**dict(rule.parameters({})), **(given or {})}
    digits, params = allowed_only(rule, filled, axes, all_digits(axes))
    engine = SweepEngine(panel, rule, filled, axes, terms)
    trials = engine.run(numbers_of(axes, digits))
    returns = len(panel) - panel.start_index - 1
    found = trial_metrics(trials, returns, terms.initial_cash)
    chosen = np.unique(np.linspace(0, len(digits) - 1, most).astype(int)) if params else []
    by_path = {}
    earned = engine.returns(numbers_of(axes, digits)[chosen])
    for i, own in zip(chosen, earned, strict=True):
        expected, weights, equity = one_by_one(panel, rule, params[i], terms, run)
        # a purchase leaves a trillionth of the cash: it earns nothing from open to close
        assert own == pytest.approx(equity[1:] / equity[:-1] - 1.0, rel=1e-9, abs=1e-12)
        assert_same_metrics({key: found[key][i] for key in KEYS}, expected, params[i])
        by_path.setdefault(int(trials.set_paths[i]), set()).add(weights.tobytes())
    assert all(len(weights) == 1 for weights in by_path.values())
    assert len(set().union(*by_path.values())) == len(by_path)  # equal weights, equal path
    return trials


def assert_same_metrics(found, expected, label):
    """Deviation, skew and kurtosis come from sums of powers: a large mean costs them digits.

    Relative to its size a deviation loses the square of what it is smaller by than the mean, and so
    does a ratio that is divided by it; skew and kurtosis lose the fourth power.
    """
    deviation = expected.get("volatility", np.nan) / 252**0.5
    mean = np.log1p(max(expected.get("cagr", np.nan), -0.999)) / 252
    ratio = mean / deviation if deviation else 0.0
    lost = dict.fromkeys(("skew", "kurtosis"), 1e-14 * (1.0 + np.nan_to_num(ratio) ** 2) ** 2)
    for key in ("sharpe", "information_ratio"):
        lost[key] = 1e-14 * np.nan_to_num(expected.get(key, np.nan)) ** 2 / 252
    for key, value in expected.items():
        got = float(found[key])
        both_undefined = np.isnan(got) and np.isnan(value)
        allowed = CLOSE + lost.get(key, 0.0)
        close = abs(got - value) <= allowed * max(abs(value), 1.0)
        assert both_undefined or close, (key, got, value, label)
