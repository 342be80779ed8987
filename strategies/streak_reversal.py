"""Contrarian: step aside after an overextended run of small caps, and the mirror image.

With ``home: satellite`` small caps are held, and the core for at least `sessions_away` sessions
once a run of outperformance has reached `overextension`; the way back is open as soon as that
run is over. With ``home: core`` it is the mirror image: the core is held, and small caps for
`sessions_away` sessions once a run of *under*performance has reached `overextension`. One would
believe in it if overextended runs tended to reverse.
"""

from __future__ import annotations

from typing import Literal

from engine.rules import NEVER, Features, Rule, RuleParams, Trigger, parameter


class Params(RuleParams):
    """Parameters of the rule."""

    home: Literal["satellite", "core"] = parameter(
        "satellite", unit="asset", description="what is held while no run is overextended"
    )
    overextension: int = parameter(
        5, ge=1, unit="sessions", description="length of the run that is faded"
    )
    sessions_away: int = parameter(
        10, ge=1, unit="sessions", description="how long the other asset is held at least"
    )

    @property
    def cooldown(self) -> int:
        """Closes after stepping into the core at which the way back stays shut."""
        return self.sessions_away - 1 if self.home == "satellite" else 0

    @property
    def max_holding(self) -> int | None:
        """Length of a stay in the satellite, where that is the step aside."""
        return self.sessions_away if self.home == "core" else None


def enter(f: Features, p: Params) -> Trigger:
    if p.home == "core":
        return f.streak() <= -p.overextension
    return f.streak() < p.overextension


def leave(f: Features, p: Params) -> Trigger:
    return NEVER if p.home == "core" else f.streak() >= p.overextension


RULE = Rule("streak_reversal", Params, enter, leave)
__getattr__ = RULE.strategy_attribute("StreakReversal")
