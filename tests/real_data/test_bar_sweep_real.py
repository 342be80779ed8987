"""The compiled bars on 6,500 real sessions, against Backtrader."""

import dataclasses

import numpy as np
import pytest
from sweep_reference import assert_same_metrics, one_by_one
from test_facts import FACTS, STREAK, TERMS, panel, pytestmark  # noqa: F401  # panel is a fixture

from engine.evaluation.trial_metrics import KEYS, trial_metrics
from engine.execution.bar_sweeping import BarSweepEngine
from engine.execution.broker import run_backtrader
from engine.rules.registry import rule_named

KNOWN = ("final_equity", "cagr", "volatility", "sharpe", "max_drawdown", "rotations")


def swept(panel, rule, given, axes, terms):  # noqa: F811
    engine = BarSweepEngine(panel, rule, given, axes, terms)
    count = np.prod([len(values) for values in axes.values()], dtype=int)
    found = trial_metrics(engine.run(np.arange(count)), len(panel) - 1, terms.initial_cash)
    return [{key: values[i] for key, values in found.items()} for i in range(count)]


def test_the_main_study_gives_the_known_figures(panel):  # noqa: F811
    axes = {"entry_streak": (4, 5), "max_holding": (21, None)}
    found = swept(panel, rule_named("streak"), STREAK, axes, TERMS)[2]
    assert [found[key] for key in KNOWN] == pytest.approx(FACTS["streak"], rel=2e-9)


@pytest.mark.parametrize(
    ("name", "axes", "fractional"),
    [
        ("streak", {"entry_streak": (2,), "overbought": (65.0,)}, False),
        ("fixed_mix", {"satellite_weight": (0.5,)}, True),
        ("fixed_mix", {"satellite_weight": (0.3,)}, False),
    ],
)
def test_backtrader_agrees(panel, name, axes, fractional):  # noqa: F811
    rates = np.linspace(0.0, 0.05 / 252, len(panel))
    terms = dataclasses.replace(TERMS, fractional_shares=fractional, overnight_rates=rates)
    rule = rule_named(name)
    (found,) = swept(panel, rule, dict(rule.parameters({})), axes, terms)
    params = rule.parameters({key: value for key, (value,) in axes.items()})
    expected, *_ = one_by_one(panel, rule, params, terms, run_backtrader)
    assert_same_metrics(found, expected, params)
    assert set(expected) == set(KEYS)
