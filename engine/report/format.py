"""How values are written for readers: one place, the same under every locale.

Numbers carry the real minus sign (U+2212), commas between thousands and a point before decimals.
What is undefined is an en dash.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from engine.evaluation.definitions import Unit, find_metric
from engine.evaluation.metrics import MetricValue

UNDEFINED = "–"
MINUS = "−"

_DECIMALS: dict[Unit, int] = {
    "fraction": 2,  # of the percentage
    "currency": 0,
    "ratio": 3,
    "count": 0,
    "per_year": 1,
    "sessions": 1,
}


def is_defined(value: MetricValue) -> bool:
    """Return whether a metric has a value: neither None, nor NaN, nor infinite."""
    return value is not None and (isinstance(value, str) or math.isfinite(value))


def format_metric(key: str, value: MetricValue) -> str:
    """Return the value of the metric called `key` as readers see it.

    Raises
    ------
    UsageError
        If no metric is called so.
    """
    return format_value(value, find_metric(key).unit)


def format_value(value: MetricValue, unit: Unit) -> str:
    """Return `value` as readers see it.

    ======== ===================== ============
    unit     value                 text
    ======== ===================== ============
    fraction 0.0688                ``6.88 %``
    currency 549252.8              ``549,253``
    ratio    0.43843               ``0.438``
    count    187                   ``187``
    per_year 7.3037                ``7.3``
    sessions 14.21 (a mean), 1234  ``14.2``, ``1,234``
    date     2026-01-22            ``2026-01-22``
    any      NaN, infinity, None   ``–``
    ======== ===================== ============
    """
    if value is None or not is_defined(value):
        return UNDEFINED
    if isinstance(value, str):
        return value
    if unit == "fraction":
        return f"{format_number(value * 100.0, _DECIMALS[unit])} %"
    whole = unit == "sessions" and isinstance(value, int)
    return format_number(value, 0 if whole else _DECIMALS.get(unit, 0))


def format_interval(low: MetricValue, high: MetricValue, unit: Unit) -> str:
    """Return an interval, ``4.10 % to 6.88 %``; without ends the sign for undefined, once."""
    if not (is_defined(low) or is_defined(high)):
        return UNDEFINED
    return f"{format_value(low, unit)} to {format_value(high, unit)}"


def format_number(value: float, decimals: int) -> str:
    """Return `value` with so many decimals; what rounds to zero has no sign."""
    text = f"{value:,.{decimals}f}"
    if not text.startswith("-"):
        return text
    digits = text[1:]
    return f"{MINUS}{digits}" if any(digit in "123456789" for digit in digits) else digits


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 set``, ``1,234 sets``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def format_basis_points(bps: float | Mapping[str, float]) -> str:
    """Return a cost in bp: one for all assets (``1 bp``) or by symbol (``IWM 2 bp, SPY 1 bp``)."""
    if isinstance(bps, Mapping):
        costs = (f"{symbol} {_shortest(bp)} bp" for symbol, bp in sorted(bps.items()))
        return ", ".join(costs) or "0 bp"
    return f"{_shortest(bps)} bp"


def _shortest(number: float) -> str:
    """Return the shortest text that reads back as `number`, without a needless ``.0``."""
    return repr(float(number)).removesuffix(".0").replace("-", MINUS)
