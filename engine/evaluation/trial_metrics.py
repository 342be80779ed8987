"""Metrics of many parameter sets at once, from the sums the sweep kernel returns.

The definitions are those of :mod:`engine.evaluation.metrics`, written in sums of powers of
returns; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.evaluation.metrics import ROUNDING
from engine.evaluation.trial_keys import KEYS
from engine.execution.kernel import columns
from engine.execution.sweeping import Trials
from engine.execution.threads import in_threads
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray

CANCELLED = 1e-12
"""Share of the sum of squares below which squared deviations are rounding of that sum."""


BLOCK = 16384
"""Runs measured at a time: many, for calls cost time; not all, so that memory is flat."""
FEW = 4
"""Blocks that are worked through sooner than threads have started."""


def trial_metrics(
    trials: Trials, returns: int, initial_cash: float, workers: int = 1
) -> dict[str, FloatArray]:
    """Return the metrics of every parameter set, each of shape (m,); NaN where undefined.

    Parameters
    ----------
    trials : Trials
    returns : int
        Number n of returns each set has: traded sessions less one.
    initial_cash : float
    workers : int
        Threads; they change no bit.
    """
    of_runs = np.empty((len(KEYS), len(trials.sums)))
    of_sets = np.empty((len(KEYS), len(trials.which)))

    def measure(block: slice) -> None:
        found = _metrics_of(np.ascontiguousarray(trials.sums[block].T), returns, initial_cash)
        for key, values in zip(KEYS, of_runs, strict=True):
            values[block] = found[key]

    def hand_out(block: slice) -> None:
        np.take(of_runs, trials.which[block], axis=1, out=of_sets[:, block], mode="clip")

    _by_blocks(measure, len(trials.sums), workers)
    _by_blocks(hand_out, len(trials.which), workers)
    return dict(zip(KEYS, of_sets, strict=True))


def _by_blocks(work: Callable[[slice], None], count: int, workers: int) -> None:
    """Do some work block by block; in threads, where there is more of it than starting them is."""
    blocks = [slice(first, first + BLOCK) for first in range(0, count, BLOCK)]
    in_threads(work, blocks, workers if len(blocks) > FEW else 1)


def _metrics_of(column: FloatArray, n: int, initial_cash: float) -> dict[str, FloatArray]:
    """Return the metrics of sets from their sums, shape (COLUMNS, sets)."""
    years = n / SESSIONS_PER_YEAR
    root = np.sqrt(SESSIONS_PER_YEAR)
    wealth = column[columns.WEALTH]
    deviation, skew, kurtosis = _moments(column, n)
    excess = column[columns.X1] / n
    excess_deviation = _deviation(column[columns.X1], column[columns.X2], n)
    downside = _defined(np.sqrt(column[columns.SHORTFALL] / n), n)
    active = column[columns.A1] / n
    tracking = _deviation(column[columns.A1], column[columns.A2], n)
    drawdown = np.where(column[columns.DEEPEST] >= -ROUNDING, 0.0, column[columns.DEEPEST])
    cagr = _growth(wealth, years)
    trades = column[columns.TRADES]
    rotations = column[columns.ROTATIONS]
    return {
        "final_equity": wealth * initial_cash,
        "total_return": wealth - 1.0,
        "cagr": cagr,
        "volatility": deviation * root,
        "sharpe": _quotient(excess, excess_deviation) * root,
        "sortino": _quotient(excess, downside) * root,
        "max_drawdown": drawdown,
        "calmar": _quotient(cagr, -drawdown),
        "skew": skew,
        "kurtosis": kurtosis,
        "rotations": rotations,
        "rotations_per_year": rotations / years,
        "exposure": column[columns.INSIDE] / n,
        "average_holding": _quotient(column[columns.HELD], trades),
        "hit_rate": _quotient(column[columns.WINS], trades),
        "turnover": column[columns.TRADED] / years,
        "trades": trades,
        "active_return": active * SESSIONS_PER_YEAR,
        "tracking_error": tracking * root,
        "information_ratio": _quotient(active, tracking) * root,
    }


def _quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide; NaN where the denominator is nothing but rounding."""
    defined = np.abs(denominator) > ROUNDING
    return np.asarray(np.where(defined, numerator / np.where(defined, denominator, 1.0), np.nan))


def _deviation(first: FloatArray, second: FloatArray, n: int) -> FloatArray:
    """Return the standard deviation (ddof = 1) from sums of values and of their squares."""
    squares = second - first * first / n
    squares = np.where(squares > CANCELLED * second, squares, 0.0)
    return _defined(np.sqrt(squares / max(n - 1, 1)), n)


def _defined(values: FloatArray, n: int) -> FloatArray:
    """Return values that need two returns; NaN where there is one."""
    return values if n >= 2 else np.full(len(values), np.nan)


def _growth(wealth: FloatArray, years: float) -> FloatArray:
    """Return growth per year; NaN beyond all floats (a few huge returns)."""
    with np.errstate(over="ignore"):
        growth = wealth ** (1.0 / years)
    return np.asarray(np.where(np.isfinite(growth), growth - 1.0, np.nan))


def _moments(column: FloatArray, n: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return deviation, skew and excess kurtosis (biased, as SciPy's default)."""
    s1, s2, s3, s4 = (column[k] / n for k in (columns.R1, columns.R2, columns.R3, columns.R4))
    variance = np.maximum(s2 - s1**2, 0.0)
    third = s3 - 3.0 * s1 * s2 + 2.0 * s1**3
    fourth = s4 - 4.0 * s1 * s3 + 6.0 * s1**2 * s2 - 3.0 * s1**4
    deviation = _deviation(column[columns.R1], column[columns.R2], n)
    flat = ~(deviation > ROUNDING)
    safe = np.where(flat, 1.0, variance)
    skew = np.where(flat, np.nan, third / safe**1.5)
    kurtosis = np.where(flat, np.nan, fourth / safe**2 - 3.0)
    return deviation, skew, kurtosis
