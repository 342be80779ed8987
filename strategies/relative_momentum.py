"""Comparator: hold whichever asset has done better over the last months.

Enters the satellite when its return over `lookback` sessions exceeds the core's by more than
`band`, and goes back when it falls short by more than `band`. The textbook way to rotate, and
so what a streak rule has to beat.
"""

from __future__ import annotations

from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter


class Params(SwitchingParams):
    """Parameters of the rule."""

    lookback: int = parameter(
        126, ge=1, unit="sessions", description="window over which returns are compared"
    )
    band: float = parameter(
        0.0, ge=0, lt=1, unit="fraction", description="difference that is ignored, either way"
    )


def enter(f: Features, p: Params) -> Trigger:
    return f.relative_momentum(p.lookback) > p.band


def leave(f: Features, p: Params) -> Trigger:
    return f.relative_momentum(p.lookback) < -p.band


RULE = Rule("relative_momentum", Params, enter, leave)
__getattr__ = RULE.strategy_attribute("RelativeMomentum")
