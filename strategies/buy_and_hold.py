"""Buy one asset in the first session and hold it: the benchmark every rotation has to beat."""

from __future__ import annotations

from typing import Literal

from engine.rules import ALWAYS, NEVER, Features, Rule, RuleParams, Trigger, parameter


class Params(RuleParams):
    """Parameters of the rule."""

    asset: Literal["core", "satellite"] = parameter(
        "core", unit="asset", description="what is bought and held"
    )


def enter(f: Features, p: Params) -> Trigger:
    return ALWAYS if p.asset == "satellite" else NEVER


def leave(f: Features, p: Params) -> Trigger:
    return NEVER


RULE = Rule("buy_and_hold", Params, enter, leave)
__getattr__ = RULE.strategy_attribute("BuyAndHold")
