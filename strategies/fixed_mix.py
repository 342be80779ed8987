"""Hold both assets in fixed proportion, rebalanced in the first session of every month.

The comparator for the question whether *when* small caps are held matters, or only *how much*.
Rebalancing is decided at the close of each month's first session and filled in the next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.rules import History, Rule, RuleParams, parameter


class Params(RuleParams):
    """Parameters of the rule."""

    satellite_weight: float = parameter(
        0.5, ge=0, le=1, unit="fraction", description="share of wealth in the satellite"
    )


def weights(history: History, p: Params) -> NDArray[np.float64]:
    """Return the fixed weight in the first session traded and in each month's first one."""
    month = history.sessions.astype("datetime64[M]")
    rebalances = np.ones(len(month), dtype=bool)
    rebalances[1:] = month[1:] != month[:-1]
    rebalances[history.start_index] = True
    return np.where(rebalances, p.satellite_weight, np.nan)


RULE = Rule("fixed_mix", Params, weights=weights)
__getattr__ = RULE.strategy_attribute("FixedMix")
