"""What the reference, which knows nothing of rules and panels, says of a rule on a panel."""

import numpy as np
from reference import backtest, switch

from engine.execution.bars import history_of
from engine.rules.features import FeatureValues


def decided_by(panel, rule, params):
    """Ask the rule, not the engines: its triggers or its weights, and the reference's switch."""
    history = history_of(panel)
    first = panel.start_index
    if not rule.is_switching:
        weights = rule.weights(history, params)
        return [None if np.isnan(w) else float(w) for w in weights]
    switching, values = rule.switching(params), FeatureValues(history.closes)
    enter, leave = values.answers(switching.enter), values.answers(switching.leave)
    return switch(enter, leave, first, switching.max_holding, switching.cooldown)


def reference(panel, decided, terms):
    pair = (panel.core, panel.satellite)
    return np.array(
        backtest(
            decided,
            [bars.open.tolist() for bars in pair],
            [bars.close.tolist() for bars in pair],
            first=panel.start_index,
            cash=terms.initial_cash,
            costs=[(c.commission, c.slippage) for c in (terms.core, terms.satellite)],
            fill=terms.fill,
            fractional=terms.fractional_shares,
            overnight=terms.rates_for(len(panel)).tolist(),
        )
    )
