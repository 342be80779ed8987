"""The table of metrics: what each one is called, measured in, better at, and where it is from.

Code, docs and reports read it; the values themselves come from :mod:`engine.evaluation.metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.errors import UsageError, did_you_mean

Unit = Literal["fraction", "currency", "ratio", "count", "per_year", "sessions", "date"]
Direction = Literal[-1, 0, 1]
Group = Literal["wealth", "risk", "risk-adjusted", "trading", "against the benchmark"]


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    key : str
        Its name in JSON, CSV columns and options.
    label : str
        Its name for readers.
    unit : str
        ``fraction`` (0.01 is one percent), ``currency``, ``ratio`` (a plain number), ``count``,
        ``per_year``, ``sessions``, or ``date`` (ISO text).
    direction : {+1, -1, 0}
        +1 where higher is better, −1 where lower is better, 0 where neither is.
    group : str
        What it speaks of; a heading for readers.
    source : str
        Its formula in words, and who it is from.
    """

    key: str
    label: str
    unit: Unit
    direction: Direction
    group: Group
    source: str


_WEALTH: tuple[Metric, ...] = (
    Metric("final_equity", "Final equity", "currency", 1, "wealth", "equity at the last close"),
    Metric(
        "total_return", "Total return", "fraction", 1, "wealth", "last equity / first equity − 1"
    ),
    Metric(
        "cagr",
        "CAGR",
        "fraction",
        1,
        "wealth",
        "compound annual growth rate: (last equity / first equity)^(252 / number of returns) − 1",
    ),
    Metric("best_session", "Best session", "fraction", 1, "wealth", "largest return of a session"),
    Metric(
        "worst_session", "Worst session", "fraction", 1, "wealth", "smallest return of a session"
    ),
)

_RISK: tuple[Metric, ...] = (
    Metric(
        "volatility",
        "Volatility",
        "fraction",
        -1,
        "risk",
        "standard deviation (ddof 1) of returns × √252",
    ),
    Metric(
        "max_drawdown",
        "Max drawdown",
        "fraction",
        1,
        "risk",
        "smallest equity / running peak − 1, at most 0; Magdon-Ismail and Atiya (2004), "
        "Maximum Drawdown, Risk 17(10)",
    ),
    Metric(
        "max_drawdown_start",
        "Drawdown from",
        "date",
        0,
        "risk",
        "last session at the peak before the maximum drawdown",
    ),
    Metric(
        "max_drawdown_trough",
        "Drawdown trough",
        "date",
        0,
        "risk",
        "session of the maximum drawdown",
    ),
    Metric(
        "max_drawdown_end",
        "Drawdown to",
        "date",
        0,
        "risk",
        "first session after the trough at or above the peak; undefined until recovered",
    ),
    Metric(
        "max_drawdown_length",
        "Drawdown length",
        "sessions",
        -1,
        "risk",
        "sessions from the peak to the recovery, or to the last session where there is none",
    ),
    Metric(
        "var_95",
        "VaR 95",
        "fraction",
        1,
        "risk",
        "historical value at risk: 5 % quantile of returns, linearly interpolated; "
        "Jorion (2006), Value at Risk",
    ),
    Metric(
        "es_95",
        "ES 95",
        "fraction",
        1,
        "risk",
        "expected shortfall: mean of the floor(0.05 (n − 1)) + 1 smallest of n returns, "
        "those at or below VaR 95; Acerbi and Tasche (2002), On the Coherence of Expected "
        "Shortfall, J. of Banking and Finance 26(7)",
    ),
    Metric(
        "skew",
        "Skew",
        "ratio",
        0,
        "risk",
        "third central moment of returns / standard deviation (ddof 0)³",
    ),
    Metric(
        "kurtosis",
        "Excess kurtosis",
        "ratio",
        0,
        "risk",
        "fourth central moment of returns / variance (ddof 0)² − 3; a normal distribution has 0",
    ),
)

_RISK_ADJUSTED: tuple[Metric, ...] = (
    Metric(
        "sharpe",
        "Sharpe",
        "ratio",
        1,
        "risk-adjusted",
        "mean / standard deviation (ddof 1) × √252 of returns over the cash rate; "
        "Sharpe (1994), The Sharpe Ratio, J. of Portfolio Management 21(1)",
    ),
    Metric(
        "sortino",
        "Sortino",
        "ratio",
        1,
        "risk-adjusted",
        "mean × √252 / downside deviation of returns over the cash rate, the deviation being the "
        "root of the mean over all sessions of min(return, 0)²; Sortino and Price (1994), "
        "Performance Measurement in a Downside Risk Framework, J. of Investing 3(3)",
    ),
    Metric(
        "calmar",
        "Calmar",
        "ratio",
        1,
        "risk-adjusted",
        "CAGR / size of the maximum drawdown, both over the whole span; Young (1991), "
        "Calmar Ratio: A Smoother Tool, Futures 20(1)",
    ),
)

_TRADING: tuple[Metric, ...] = (
    Metric(
        "rotations",
        "Rotations",
        "count",
        0,
        "trading",
        "changes of the held asset; the first purchase is none",
    ),
    Metric(
        "rotations_per_year",
        "Rotations a year",
        "per_year",
        0,
        "trading",
        "rotations × 252 / number of returns",
    ),
    Metric(
        "trades",
        "Trades",
        "count",
        0,
        "trading",
        "completed stays in the satellite, entry fill to exit fill",
    ),
    Metric(
        "hit_rate",
        "Hit rate",
        "fraction",
        1,
        "trading",
        "share of trades with a positive return after costs",
    ),
    Metric(
        "average_holding",
        "Average holding",
        "sessions",
        0,
        "trading",
        "mean number of sessions a trade was held",
    ),
    Metric(
        "exposure",
        "Exposure",
        "fraction",
        0,
        "trading",
        "mean target weight of the satellite over the sessions after the first",
    ),
    Metric(
        "turnover",
        "Turnover",
        "per_year",
        0,
        "trading",
        "sum of |change of weight| / 2 over all fills × 252 / number of returns; "
        "1 moves the whole wealth once a year; the first purchase is left out",
    ),
    Metric(
        "cost_drag",
        "Cost drag",
        "fraction",
        -1,
        "trading",
        "CAGR of the same run without costs − CAGR",
    ),
)

_AGAINST: tuple[Metric, ...] = (
    Metric(
        "active_return",
        "Active return",
        "fraction",
        1,
        "against the benchmark",
        "252 × mean of (return − benchmark return)",
    ),
    Metric(
        "tracking_error",
        "Tracking error",
        "fraction",
        0,
        "against the benchmark",
        "standard deviation (ddof 1) of (return − benchmark return) × √252",
    ),
    Metric(
        "information_ratio",
        "Information ratio",
        "ratio",
        1,
        "against the benchmark",
        "active return / tracking error; Goodwin (1998), The Information Ratio, "
        "Financial Analysts Journal 54(4)",
    ),
    Metric(
        "alpha",
        "Alpha",
        "fraction",
        1,
        "against the benchmark",
        "(1 + mean(excess − beta × benchmark excess))^252 − 1, excess being over the cash rate; "
        "Jensen (1968), The Performance of Mutual Funds, J. of Finance 23(2)",
    ),
    Metric(
        "beta",
        "Beta",
        "ratio",
        0,
        "against the benchmark",
        "covariance of both excess returns / variance of the benchmark's",
    ),
    Metric(
        "up_capture",
        "Up capture",
        "ratio",
        1,
        "against the benchmark",
        "annual growth / benchmark's annual growth over the sessions the benchmark rose; "
        "Morningstar upside capture ratio",
    ),
    Metric(
        "down_capture",
        "Down capture",
        "ratio",
        -1,
        "against the benchmark",
        "annual growth / benchmark's annual growth over the sessions the benchmark fell; "
        "Morningstar downside capture ratio",
    ),
)

METRICS: tuple[Metric, ...] = _WEALTH + _RISK + _RISK_ADJUSTED + _TRADING + _AGAINST
"""Every metric, in the order readers meet them."""

METRIC_KEYS: tuple[str, ...] = tuple(metric.key for metric in METRICS)

_BY_KEY = {metric.key: metric for metric in METRICS}


def find_metric(key: str) -> Metric:
    """Return the metric called `key`.

    Raises
    ------
    UsageError
        If there is none; the message names the nearest key, or all of them.
    """
    try:
        return _BY_KEY[key]
    except KeyError:
        hint = did_you_mean(key, METRIC_KEYS) or f" (allowed {', '.join(METRIC_KEYS)})"
        raise UsageError(f'no metric is called "{key}"{hint}') from None
