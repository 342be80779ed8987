"""What rules say of themselves: on the command line, in the schema, in the documentation."""

import json

import pytest

from engine.rules.describe import describe_rule, describe_signals
from engine.rules.registry import rule_named, shipped_rules
from engine.rules.schema import full_schema
from engine.signals.catalogue import SIGNALS


@pytest.mark.parametrize("name", sorted(shipped_rules()))
def test_every_shipped_rule_describes_itself(name):
    described = describe_rule(rule_named(name))
    json.dumps(described, allow_nan=False)
    assert described["summary"].endswith(".")
    assert described["explanation"].startswith(described["summary"])
    for parameter in described["parameters"]:
        assert parameter["description"], parameter["name"]
        assert parameter["allowed"], parameter["name"]


def test_bounds_choices_and_null_are_told_in_words(tmp_path):
    from typing import Literal

    from pydantic import create_model

    from engine.rules import Rule, RuleParams, parameter

    def of(kind, default, **bounds):
        return (kind, parameter(default, unit="u", description="d", **bounds))

    params = create_model(
        "Params",
        __base__=RuleParams,
        both=of(float, 60.0, gt=50, le=100),
        below=of(float, 1.0, ge=0, lt=2),
        maybe=of(int | None, None, ge=1),
        anything=of(int | None, None),
        choice=of(Literal["a", "b"], "a"),
        maybe_choice=of(Literal["a", "b"] | None, None),
        free=of(bool, True),
    )
    rule = Rule("r", params, weights=lambda history, p: None)
    told = {p["name"]: (p["allowed"], p["default"]) for p in describe_rule(rule)["parameters"]}
    assert told == {
        "both": ("> 50 and ≤ 100", 60.0),
        "below": ("≥ 0 and < 2", 1.0),
        "maybe": ("≥ 1, or null", None),
        "anything": ("null", None),
        "choice": ("a, b", "a"),
        "maybe_choice": ("a, b, or null", None),
        "free": ("", True),
    }


def test_every_signal_is_told_with_its_usage():
    told = {usage for usage, unit, meaning in describe_signals() if unit and meaning}
    assert len(told) == len(SIGNALS)
    assert {"rsi(asset, period)", "streak or streak(asset)"} <= told


def test_the_schema_knows_the_parameters_of_every_shipped_rule():
    text = json.dumps(full_schema(), ensure_ascii=False)
    for name, rule in shipped_rules().items():
        assert f'"{name}"' in text
        assert json.dumps(rule.summary, ensure_ascii=False) in text
        for key in rule.params.model_fields:
            assert f'"{key}"' in text
