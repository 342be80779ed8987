"""Momentum: rotate into small caps after a run of outperformance.

Enters the satellite once it has beaten the core for `entry_streak` sessions in a row, and goes
back to the core when the run is broken by `exit_streak` sessions of underperformance, when the
satellite's RSI says it is overbought, or when the stay has lasted `max_holding` sessions. One
would believe in it if runs of outperformance tended to continue.
"""

from __future__ import annotations

from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter


class Params(SwitchingParams):
    """Parameters of the rule."""

    entry_streak: int = parameter(
        5, ge=1, unit="sessions", description="run of outperformance that rotates in"
    )
    exit_streak: int = parameter(
        2, ge=1, unit="sessions", description="run of underperformance that rotates back"
    )
    rsi_period: int = parameter(
        14, ge=2, unit="sessions", description="period of the satellite's RSI"
    )
    overbought: float = parameter(
        75.0, gt=50, le=100, unit="index 0–100", description="satellite's RSI that rotates back"
    )
    max_holding: int | None = parameter(
        21, ge=1, unit="sessions", description="longest stay in the satellite; null: without limit"
    )


def enter(f: Features, p: Params) -> Trigger:
    return f.streak() >= p.entry_streak


def leave(f: Features, p: Params) -> Trigger:
    broken = f.streak() <= -p.exit_streak
    return broken | (f.rsi("satellite", p.rsi_period) >= p.overbought)


RULE = Rule("streak", Params, enter, leave)
__getattr__ = RULE.strategy_attribute("StreakRotation")
