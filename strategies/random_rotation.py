"""Placebo: as many rotations as a rule makes, at random sessions.

Stays in the satellite of `holding` sessions each are laid over the traded sessions at random,
every arrangement without overlap being equally likely, until there are `rotations` changes of
the held asset. A rule whose result lies among those of many seeds has shown no timing ability.
The stays depend on the number of sessions and on the seed, never on a price.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.rules import History, Rule, RuleParams, parameter


class Params(RuleParams):
    """Parameters of the rule."""

    rotations: int = parameter(
        100, ge=0, unit="rotations", description="changes of the held asset over the whole run"
    )
    holding: int = parameter(
        10, ge=1, unit="sessions", description="length of each stay in the satellite"
    )
    seed: int = parameter(1, ge=0, unit="seed", description="seed of the placement")


def weights(history: History, p: Params) -> NDArray[np.float64]:
    """Return 1 at the closes that enter and 0 at those that leave, NaN between."""
    result = np.full(len(history.sessions), np.nan)
    stays = (p.rotations + 1) // 2
    fillable = len(history.sessions) - history.start_index - 1
    places = fillable - stays * p.holding
    if stays > places:  # stays need a session in the core between them
        raise ValueError(
            f"{p.rotations} rotations with a holding of {p.holding} sessions do not fit into "
            f"{fillable} sessions"
        )
    chosen = np.random.default_rng(p.seed).choice(places, size=stays, replace=False)
    entries = history.start_index + np.sort(chosen) + np.arange(stays) * p.holding
    result[entries + p.holding] = 0.0
    result[entries] = 1.0
    if p.rotations % 2:
        result[entries[-1] + p.holding] = np.nan  # an odd last rotation stays in the satellite
    return result


RULE = Rule("random_rotation", Params, weights=weights, plans_ahead=True)
__getattr__ = RULE.strategy_attribute("RandomRotation")
