"""Metrics of one run and of one run against another, from equity at closes.

Formulas and sources stand in :data:`engine.evaluation.definitions.METRICS`. A metric that has no
value (no trades, zero volatility, fewer than two returns …) is NaN, or None where it is a date:
never 0, and never the huge number that dividing by rounding noise gives.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from engine.errors import ExecutionError
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray, SessionArray

ROUNDING = 1e-12
"""Deviations and drawdowns up to this size are rounding noise of equity, and taken as zero."""

MetricValue: TypeAlias = float | int | str | None
Metrics: TypeAlias = dict[str, MetricValue]

NAN = math.nan


def evaluate(
    equity: ArrayLike,
    sessions: ArrayLike,
    *,
    cash_returns: ArrayLike,
    rotations: int,
    trade_returns: ArrayLike,
    trade_lengths: ArrayLike,
    exposure: ArrayLike,
    traded_weight: ArrayLike,
    costless_equity: ArrayLike | None = None,
) -> Metrics:
    """Return every metric of one run that needs no benchmark.

    Parameters
    ----------
    equity : float array, shape (n,)
        Wealth at each close, in currency; positive at the first.
    sessions : datetime64[D] array, shape (n,)
    cash_returns : float array, shape (n − 1,)
        Fraction cash earned over the same intervals as the returns of `equity`.
    rotations : int
        Changes of the held asset; the first purchase is none.
    trade_returns : float array, shape (m,)
        Return of each completed stay in the satellite, fraction after costs.
    trade_lengths : int array, shape (m,)
        Sessions each of them was held.
    exposure : float array, shape (n − 1,)
        Target weight of the satellite in each session after the first.
    traded_weight : float array, shape (n,)
        Σ|Δw|/2 of the fills of each session, the first purchase left out.
    costless_equity : float array, shape (n,), optional
        Equity of the same run without costs; without it `cost_drag` is undefined.

    Returns
    -------
    dict
        Metric key → float, int, ISO date, NaN (undefined) or None (undefined date).

    Raises
    ------
    ExecutionError
        If an equity is not finite, or does not start positive.
    ValueError
        If the shapes do not fit together.
    """
    wealth = _checked_equity(equity)
    n = len(wealth)
    years = (n - 1) / SESSIONS_PER_YEAR
    dates = _shaped(np.asarray(sessions, dtype="datetime64[D]"), n, "sessions")
    returns = _returns(wealth)
    drawdown = _drawdown_metrics(wealth, dates)
    cagr = _growth_per_year(wealth[-1] / wealth[0], n - 1)
    values: Metrics = {
        "final_equity": float(wealth[-1]),
        "total_return": float(wealth[-1] / wealth[0] - 1.0) if n > 1 else NAN,
        "cagr": cagr,
        **_return_metrics(returns, _shaped(_floats(cash_returns), n - 1, "cash_returns")),
        **drawdown,
        "calmar": _quotient(cagr, abs(drawdown["max_drawdown"])),
        "rotations": int(rotations),
        "rotations_per_year": _quotient(rotations, years),
        **_trade_metrics(_floats(trade_returns), _floats(trade_lengths)),
        "exposure": _mean(_shaped(_floats(exposure), n - 1, "exposure")),
        "turnover": _quotient(_shaped(_floats(traded_weight), n, "traded_weight").sum(), years),
        "cost_drag": NAN,
    }
    if costless_equity is not None:
        costless = _shaped(_checked_equity(costless_equity), n, "costless_equity")
        values["cost_drag"] = _growth_per_year(costless[-1] / costless[0], n - 1) - cagr
    return values


def evaluate_against(
    equity: ArrayLike, benchmark_equity: ArrayLike, cash_returns: ArrayLike
) -> dict[str, float]:
    """Return the metrics of one run against a benchmark over the same sessions.

    Parameters
    ----------
    equity, benchmark_equity : float arrays, shape (n,)
        Wealth at each close, in currency; positive at the first.
    cash_returns : float array, shape (n − 1,)
        Fraction cash earned over the same intervals as the returns.

    Returns
    -------
    dict
        Metric key → float; NaN where undefined.

    Raises
    ------
    ExecutionError
        If an equity is not finite, or does not start positive.
    ValueError
        If the shapes do not fit together.
    """
    wealth = _checked_equity(equity)
    n = len(wealth)
    returns = _returns(wealth)
    benchmark = _returns(_shaped(_checked_equity(benchmark_equity), n, "benchmark_equity"))
    cash = _shaped(_floats(cash_returns), n - 1, "cash_returns")
    active = returns - benchmark
    active_return = _mean(active) * SESSIONS_PER_YEAR
    tracking = _deviation(active)
    beta = _beta(returns - cash, benchmark - cash)
    residual = _mean(returns - cash - beta * (benchmark - cash))
    return {
        "active_return": active_return,
        "tracking_error": tracking * math.sqrt(SESSIONS_PER_YEAR),
        "information_ratio": _annual_ratio(_mean(active), tracking),
        "alpha": _growth_per_year(1.0 + residual, 1),
        "beta": beta,
        "up_capture": _capture(returns, benchmark, benchmark > 0.0),
        "down_capture": _capture(returns, benchmark, benchmark < 0.0),
    }


def to_json_value(value: Any) -> Any:
    """Return `value` as JSON can hold it: NaN and infinities are None, NumPy's types are Python's.

    Dicts, lists and tuples are converted with all they contain; a datetime64 becomes ISO text.
    """
    if isinstance(value, dict):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [to_json_value(item) for item in value]
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


def _floats(values: ArrayLike) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _shaped(values: Any, n: int, name: str) -> Any:
    if values.shape != (n,):
        raise ValueError(f"{name} has shape {values.shape}; ({n},) fits the equity")
    return values


def _checked_equity(equity: ArrayLike) -> FloatArray:
    wealth = _floats(equity)
    if wealth.ndim != 1 or len(wealth) == 0:
        raise ValueError(f"equity has shape {wealth.shape}; one value per session is needed")
    if not np.isfinite(wealth).all():
        raise ExecutionError("the equity of a run is not a finite number in every session")
    if wealth[0] <= 0.0:
        raise ExecutionError(f"a run must start with positive equity, not {wealth[0]:g}")
    return wealth


def _returns(wealth: FloatArray) -> FloatArray:
    """Return simple returns, shape (n − 1,); after ruin there is nothing to earn one on: NaN."""
    before = np.where(wealth[:-1] > 0.0, wealth[:-1], NAN)
    return np.asarray(wealth[1:] / before - 1.0)


def _quotient(numerator: float, denominator: float) -> float:
    """Return the quotient, NaN where the denominator is zero but for rounding."""
    if not abs(denominator) > ROUNDING:
        return NAN
    return float(numerator / denominator)


def _annual_ratio(mean: float, deviation: float) -> float:
    return _quotient(mean, deviation) * math.sqrt(SESSIONS_PER_YEAR)


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else NAN


def _deviation(values: FloatArray) -> float:
    return float(values.std(ddof=1)) if len(values) >= 2 else NAN


def _growth_per_year(growth: float, n: int) -> float:
    """Return ``growth ** (252 / n) − 1`` for a growth factor over n sessions; −1 after ruin."""
    if n == 0 or math.isnan(growth):
        return NAN
    if growth <= 0.0:
        return -1.0
    try:
        return math.pow(growth, SESSIONS_PER_YEAR / n) - 1.0
    except OverflowError:  # a few huge returns: no growth rate that could be kept for a year
        return NAN


def _return_metrics(returns: FloatArray, cash: FloatArray) -> dict[str, float]:
    excess = returns - cash
    deviation = _deviation(returns)
    downside = math.sqrt(_mean(np.square(np.minimum(excess, 0.0)))) if len(excess) >= 2 else NAN
    return {
        "volatility": deviation * math.sqrt(SESSIONS_PER_YEAR),
        "sharpe": _annual_ratio(_mean(excess), _deviation(excess)),
        "sortino": _annual_ratio(_mean(excess), downside),
        "skew": standard_moment(returns, 3),
        "kurtosis": standard_moment(returns, 4) - 3.0,
        "best_session": float(returns.max()) if len(returns) else NAN,
        "worst_session": float(returns.min()) if len(returns) else NAN,
        "var_95": float(np.percentile(returns, 5.0)) if len(returns) else NAN,
        "es_95": _expected_shortfall(returns, 0.05),
    }


def standard_moment(returns: FloatArray, order: int) -> float:
    """Return the central moment over the standard deviation (ddof 0) to the same power.

    `order` 3 is the skew; 4 is the kurtosis, 3 for a normal distribution. NaN for returns, shape
    (n,), that do not vary.
    """
    if not _deviation(returns) > ROUNDING:
        return NAN
    standard = (returns - returns.mean()) / returns.std()
    return _mean(standard**order)


def _expected_shortfall(returns: FloatArray, level: float) -> float:
    if len(returns) == 0 or np.isnan(returns).any():
        return NAN
    last = int((len(returns) - 1) * level)
    return float(np.partition(returns, last)[: last + 1].mean())


def underwater(wealth: FloatArray) -> FloatArray:
    """Return how far wealth is below its running peak (fraction, at most 0), shape (n,)."""
    return np.asarray(wealth / np.maximum.accumulate(wealth) - 1.0)


def _drawdown_metrics(wealth: FloatArray, sessions: SessionArray) -> dict[str, Any]:
    """Return the deepest drawdown, its dates and its length in sessions."""
    peaks = np.maximum.accumulate(wealth)
    drawdown = underwater(wealth)
    trough = int(drawdown.argmin())
    if len(wealth) < 2 or drawdown[trough] >= -ROUNDING:
        nowhere: dict[str, Any] = dict.fromkeys(
            ("max_drawdown_start", "max_drawdown_trough", "max_drawdown_end")
        )
        depth = 0.0 if len(wealth) > 1 else NAN
        return {"max_drawdown": depth, **nowhere, "max_drawdown_length": NAN}
    start = int(np.flatnonzero(wealth[:trough] == peaks[trough])[-1])
    recovered = np.flatnonzero(wealth[trough:] >= peaks[trough])
    end = trough + int(recovered[0]) if len(recovered) else None
    return {
        "max_drawdown": float(drawdown[trough]),
        "max_drawdown_start": str(sessions[start]),
        "max_drawdown_trough": str(sessions[trough]),
        "max_drawdown_end": None if end is None else str(sessions[end]),
        "max_drawdown_length": (len(wealth) - 1 if end is None else end) - start,
    }


def _trade_metrics(returns: FloatArray, lengths: FloatArray) -> dict[str, float]:
    _shaped(lengths, len(returns), "trade_lengths")
    return {
        "trades": len(returns),
        "hit_rate": _mean((returns > 0.0).astype(np.float64)),
        "average_holding": _mean(lengths),
    }


def _beta(excess: FloatArray, benchmark_excess: FloatArray) -> float:
    if not _deviation(benchmark_excess) > ROUNDING:
        return NAN
    centred = benchmark_excess - benchmark_excess.mean()
    return float((centred @ excess) / (centred @ centred))


def _capture(returns: FloatArray, benchmark: FloatArray, chosen: Any) -> float:
    """Return the growth per year over the benchmark's, in the chosen sessions only."""
    if np.isnan(returns).any() or np.isnan(benchmark).any():
        return NAN
    n = int(chosen.sum())
    own, other = (float(np.prod(1.0 + r[chosen])) for r in (returns, benchmark))
    return _quotient(_growth_per_year(own, n), _growth_per_year(other, n))
