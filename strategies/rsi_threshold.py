"""Contrarian: rotate into small caps when they are oversold, out when they are overbought.

Enters the satellite when the RSI of `asset` has fallen to `oversold` and goes back to the core
when it has risen to `overbought`; between the two thresholds nothing changes (hysteresis). One
would believe in it if moves that are extreme by RSI tended to reverse.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter


class Params(SwitchingParams):
    """Parameters of the rule."""

    asset: Literal["satellite", "core", "ratio"] = parameter(
        "satellite", unit="asset", description="whose RSI is watched; ratio is satellite/core"
    )
    rsi_period: int = parameter(14, ge=2, unit="sessions", description="period of the RSI")
    oversold: float = parameter(
        30.0, ge=0, lt=100, unit="index 0–100", description="RSI that rotates into the satellite"
    )
    overbought: float = parameter(
        70.0, gt=0, le=100, unit="index 0–100", description="RSI that rotates back"
    )

    @model_validator(mode="after")
    def _thresholds_ascend(self) -> Params:
        if self.oversold >= self.overbought:
            raise ValueError(
                f"oversold {self.oversold:g} must be below overbought {self.overbought:g}"
            )
        return self


def enter(f: Features, p: Params) -> Trigger:
    return f.rsi(p.asset, p.rsi_period) <= p.oversold


def leave(f: Features, p: Params) -> Trigger:
    return f.rsi(p.asset, p.rsi_period) >= p.overbought


RULE = Rule("rsi_threshold", Params, enter, leave)
__getattr__ = RULE.strategy_attribute("RsiThreshold")
