"""Returns of calendar months and years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.market.quotes import FloatArray, SessionArray

MONTHS = 12
FEW_YEARS = 3
"""Histories of so many years or fewer are condensed to months, others to years."""


@dataclass(frozen=True, eq=False)
class CalendarReturns:
    """Returns by year and month (fractions); NaN where no session of the month has a return.

    Attributes
    ----------
    years : int64 array, shape (k,)
        Every calendar year from the first session's to the last's.
    monthly : float64 array, shape (k, 12)
    yearly : float64 array, shape (k,)
        The first and the last year may be incomplete.
    """

    years: NDArray[np.int64]
    monthly: FloatArray
    yearly: FloatArray


def calendar_returns(equity: FloatArray, sessions: SessionArray) -> CalendarReturns:
    """Return the returns of every month and year of an equity curve.

    A period's return runs from the last close before it (in the first period: the first close)
    to its own last close, so that the returns of all periods compound to the total return.

    Parameters
    ----------
    equity : float64 array, shape (n,)
        Wealth at each close.
    sessions : datetime64[D] array, shape (n,)
    """
    months, by_month = _period_returns(equity, sessions.astype("datetime64[M]"))
    years, by_year = _period_returns(equity, sessions.astype("datetime64[Y]"))
    number = months.astype(np.int64)  # counted from January 1970
    every = np.arange(int(years[0].astype(np.int64)), int(years[-1].astype(np.int64)) + 1)
    monthly = np.full((len(every), MONTHS), np.nan)
    monthly[number // MONTHS - every[0], number % MONTHS] = by_month
    yearly = np.full(len(every), np.nan)
    yearly[years.astype(np.int64) - every[0]] = by_year
    return CalendarReturns(every + 1970, monthly, yearly)


def period_ends(sessions: SessionArray) -> NDArray[np.int64]:
    """Return the indices of the last session of each year; of each month of a short history."""
    years = np.unique(sessions.astype("datetime64[Y]"))
    unit = "datetime64[M]" if len(years) <= FEW_YEARS else "datetime64[Y]"
    periods = sessions.astype(unit)
    return np.flatnonzero(np.append(periods[1:] != periods[:-1], True))


def _period_returns(
    equity: FloatArray, periods: NDArray[np.datetime64]
) -> tuple[NDArray[Any], FloatArray]:
    """Return the periods, each once and in order, and the return of each."""
    last = np.flatnonzero(np.append(periods[1:] != periods[:-1], True))
    before = np.append(0, last[:-1])
    with np.errstate(divide="ignore", invalid="ignore"):  # after ruin there is nothing to earn on
        returns = equity[last] / equity[before] - 1.0
    undefined = (last == before) | ~(equity[before] > 0.0)
    return periods[last], np.where(undefined, np.nan, returns)
