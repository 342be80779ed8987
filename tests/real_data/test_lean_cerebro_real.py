"""The engine's cut-down Cerebro on 6,500 real sessions: bit for bit Backtrader's own loop."""

import dataclasses

import pytest
from stock_cerebro import assert_same_bits, in_backtrader_s_own_loop
from test_facts import TERMS, panel, pytestmark  # noqa: F401  # panel is a fixture

from engine.execution.broker import run_backtrader
from engine.rules.registry import rule_named, rule_names

OFTEN = {"streak": {"entry_streak": 2, "exit_streak": 1, "max_holding": 3, "cooldown": 1}}


@pytest.mark.parametrize("name", rule_names())
@pytest.mark.parametrize("fractional", [True, False])
def test_a_run_is_the_same_in_backtrader_s_own_loop(panel, name, fractional):  # noqa: F811
    rule = rule_named(name)
    params = rule.parameters(OFTEN.get(name, {}))
    terms = dataclasses.replace(TERMS, fractional_shares=fractional)
    lean = run_backtrader(panel, rule, params, terms)
    with in_backtrader_s_own_loop():
        assert_same_bits(lean, run_backtrader(panel, rule, params, terms))
