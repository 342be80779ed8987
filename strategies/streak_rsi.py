"""Momentum with a guard: follow a run of outperformance only while small caps are not yet hot.

Enters the satellite once it has beaten the core for `entry_streak` sessions in a row while its
RSI is below `guard`; leaves on whichever comes first: `exit_streak` sessions of underperformance,
or an RSI at `overbought`. One would believe in it if runs continued until they overheat.
"""

from __future__ import annotations

from pydantic import model_validator

from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter


class Params(SwitchingParams):
    """Parameters of the rule."""

    entry_streak: int = parameter(
        4, ge=1, unit="sessions", description="run of outperformance that rotates in"
    )
    exit_streak: int = parameter(
        2, ge=1, unit="sessions", description="run of underperformance that rotates back"
    )
    rsi_period: int = parameter(
        14, ge=2, unit="sessions", description="period of the satellite's RSI"
    )
    guard: float = parameter(
        65.0, gt=0, le=100, unit="index 0–100", description="RSI below which an entry is allowed"
    )
    overbought: float = parameter(
        75.0, gt=0, le=100, unit="index 0–100", description="RSI that rotates back"
    )

    @model_validator(mode="after")
    def _guard_below_overbought(self) -> Params:
        if self.guard > self.overbought:
            raise ValueError(
                f"guard {self.guard:g} must not be above overbought {self.overbought:g}"
            )
        return self


def enter(f: Features, p: Params) -> Trigger:
    return (f.streak() >= p.entry_streak) & (f.rsi("satellite", p.rsi_period) < p.guard)


def leave(f: Features, p: Params) -> Trigger:
    broken = f.streak() <= -p.exit_streak
    return broken | (f.rsi("satellite", p.rsi_period) >= p.overbought)


RULE = Rule("streak_rsi", Params, enter, leave)
__getattr__ = RULE.strategy_attribute("StreakRsi")
