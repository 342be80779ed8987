"""Comparator: hold small caps while their ratio to large caps is above its moving average.

Enters the satellite when the ratio satellite/core is above its simple moving average over
`period` sessions by more than `band`, and leaves when it is below by more than `band`.
"""

from __future__ import annotations

from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter


class Params(SwitchingParams):
    """Parameters of the rule."""

    period: int = parameter(
        200, ge=2, unit="sessions", description="period of the ratio's moving average"
    )
    band: float = parameter(
        0.0, ge=0, lt=1, unit="fraction", description="distance that is ignored, either way"
    )


def enter(f: Features, p: Params) -> Trigger:
    return f.distance_to_average("ratio", p.period) > p.band


def leave(f: Features, p: Params) -> Trigger:
    return f.distance_to_average("ratio", p.period) < -p.band


RULE = Rule("ratio_trend", Params, enter, leave)
__getattr__ = RULE.strategy_attribute("RatioTrend")
