"""The tear sheet of a run: all that its report shows beyond the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.evaluation.metrics import underwater
from engine.evaluation.tear_sheet.calendar_returns import CalendarReturns, calendar_returns
from engine.evaluation.tear_sheet.distribution import Histogram, histogram
from engine.evaluation.tear_sheet.drawdowns import Drawdown, worst_drawdowns
from engine.evaluation.tear_sheet.rolling import Rolling, rolling
from engine.market.quotes import FloatArray, SessionArray

RULE = "rule"
CORE = "core"


@dataclass(frozen=True, eq=False)
class TearSheet:
    """Figures of a rule and its benchmarks by name; the rule's name is ``rule``.

    Attributes
    ----------
    underwater : dict of str to float64 array, shape (n,)
        Drawdown at each close (fraction, at most 0).
    drawdowns : tuple of Drawdown
        The rule's deepest, deepest first.
    calendar : dict of str to CalendarReturns
    rolling : dict of str to Rolling
        Over the window that ends with each return; arrays of shape (n − 1,). Betas are against
        the core; None where it is not among the benchmarks.
    relative : float64 array, shape (n,), or None
        The rule's wealth over the core's at each close; None without the core.
    distribution : Histogram or None
        Of the session returns of the rule and the core.
    """

    underwater: dict[str, FloatArray]
    drawdowns: tuple[Drawdown, ...]
    calendar: dict[str, CalendarReturns]
    rolling: dict[str, Rolling]
    relative: FloatArray | None
    distribution: Histogram | None


def tear_sheet(
    equities: Mapping[str, FloatArray], sessions: SessionArray, cash_returns: FloatArray
) -> TearSheet:
    """Return the tear sheet of a run.

    Parameters
    ----------
    equities : mapping of str to float64 array, shape (n,)
        Wealth at each close of ``rule`` and of its benchmarks; ``core`` may be missing.
    sessions : datetime64[D] array, shape (n,)
    cash_returns : float64 array, shape (n − 1,)
        What cash earned over the same intervals as the returns (fraction).
    """
    returns = {name: equity[1:] / equity[:-1] - 1.0 for name, equity in equities.items()}
    core = returns.get(CORE)
    compared = {name: values for name, values in returns.items() if name in (RULE, CORE)}
    return TearSheet(
        underwater={name: underwater(np.asarray(e)) for name, e in equities.items()},
        drawdowns=worst_drawdowns(equities[RULE], sessions),
        calendar={name: calendar_returns(e, sessions) for name, e in equities.items()},
        rolling={name: rolling(r, cash_returns, core) for name, r in compared.items()},
        relative=None if core is None else np.asarray(equities[RULE] / equities[CORE]),
        distribution=histogram(compared),
    )
