"""Several rules beside one another: relative lines, years, correlation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.metrics import ROUNDING
from engine.evaluation.tear_sheet.calendar_returns import calendar_returns
from engine.market.quotes import FloatArray, SessionArray


@dataclass(frozen=True, eq=False)
class SeveralRules:
    """Figures of the rows of a comparison, by label.

    Attributes
    ----------
    relative : dict of str to float64 array, shape (n,)
        Wealth over the core's at each close; empty without the core, which is not in it.
    years : int64 array, shape (k,)
    yearly : dict of str to float64 array, shape (k,)
        Return of each calendar year (fraction); NaN where there is none.
    active_yearly : dict of str to float64 array, shape (k,)
        The same less the core's; empty without the core, which is not in it.
    correlated : tuple of str
        Labels of the rows and columns of `correlation`.
    correlation : float64 array, shape (m, m)
        Of the active returns of all sessions: each row's return less the core's. Returns
        themselves where there is no core. NaN for a row whose active returns do not vary.
    """

    relative: dict[str, FloatArray]
    years: NDArray[np.int64]
    yearly: dict[str, FloatArray]
    active_yearly: dict[str, FloatArray]
    correlated: tuple[str, ...]
    correlation: FloatArray


def several_rules(
    equities: Mapping[str, FloatArray], sessions: SessionArray, core: str | None
) -> SeveralRules:
    """Return what a comparison's report shows beyond the metrics.

    Parameters
    ----------
    equities : mapping of str to float64 array, shape (n,)
        Wealth at each close by label.
    sessions : datetime64[D] array, shape (n,)
    core : str or None
        Label of the core held, if it is among them.
    """
    calendars = {label: calendar_returns(e, sessions) for label, e in equities.items()}
    yearly = {label: calendar.yearly for label, calendar in calendars.items()}
    returns = {label: equity[1:] / equity[:-1] - 1.0 for label, equity in equities.items()}
    others = tuple(label for label in equities if label != core)
    held = np.zeros(len(sessions) - 1) if core is None else returns[core]
    active = np.array([returns[label] - held for label in others])
    return SeveralRules(
        relative={}
        if core is None
        else {label: np.asarray(equities[label] / equities[core]) for label in others},
        years=next(iter(calendars.values())).years,
        yearly=yearly,
        active_yearly={}
        if core is None
        else {label: np.asarray(yearly[label] - yearly[core]) for label in others},
        correlated=others,
        correlation=correlations(active.reshape(len(others), -1)),
    )


def correlations(series: FloatArray) -> FloatArray:
    """Return Pearson's correlations of series, shape (m, m), of m rows of n values.

    Those with a series that does not vary are NaN, that with itself included.
    """
    apart = series - series.mean(axis=1, keepdims=True) if series.size else series
    sizes = np.sqrt((apart**2).sum(axis=1))
    varies = sizes > ROUNDING * np.sqrt(max(series.shape[1], 1))
    unit = apart / np.where(varies, sizes, 1.0)[:, None]
    found = np.clip(unit @ unit.T, -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return np.where(np.outer(varies, varies), found, np.nan)
