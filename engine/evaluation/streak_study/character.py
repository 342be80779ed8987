"""The character of a streak: what kind of outperformance it was, and in which regime it ended.

Every label follows from a rule that can be measured and set; :func:`rules_in_words` states them.
All of them use what was known at the close of the streak's last session.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.signals.streaks import TIE_TOLERANCE
from engine.signals.volatility import realised_volatility

Tag = Literal["risk-on", "defensive", "mixed"]
Labels = NDArray[np.str_]

UNDEFINED = ""
"""Label of a session whose regime is not known: the series is not given, or still warms up."""


@dataclass(frozen=True)
class CharacterRules:
    """Thresholds of the labels.

    Attributes
    ----------
    flat : float
        Returns over the streak within ± this fraction are neither up nor down.
    volatility_lookback : int
        Sessions over which the core's volatility is measured; at least 2.
    volatility_history : int
        Values of that volatility needed before it is compared with its own past.
    vix_calm, vix_stressed : float
        VIX closes below the first are calm, from the second on stressed.
    rate_lookback : int
        Sessions between the two policy rates that are compared.
    rate_lag : int
        Sessions from the date of a rate to its publication. For daily rates 1; a monthly average
        is dated on the first day of its month and needs about 23.
    rate_unchanged : float
        Changes of the rate within ± this fraction a year are none: the daily effective rate
        wanders by a few bp, while policy moves in steps of 25 bp.

    Raises
    ------
    ValueError
        If a threshold is out of its range.
    """

    flat: float = 0.0
    volatility_lookback: int = 21
    volatility_history: int = 252
    vix_calm: float = 15.0
    vix_stressed: float = 25.0
    rate_lookback: int = 126
    rate_lag: int = 1
    rate_unchanged: float = 0.001

    def __post_init__(self) -> None:
        least = {
            "flat": 0,
            "volatility_lookback": 2,
            "volatility_history": 1,
            "vix_calm": 0,
            "vix_stressed": self.vix_calm,
            "rate_lookback": 1,
            "rate_lag": 0,
            "rate_unchanged": 0,
        }
        for name, bound in least.items():
            if not getattr(self, name) >= bound:  # NaN is refused, too
                raise ValueError(f"{name} is {getattr(self, name)}; at least {bound} is needed")


@dataclass(frozen=True)
class Character:
    """Labels of one streak; None where a regime is not known.

    Attributes
    ----------
    tag : {"risk-on", "defensive", "mixed"}
    volatility, vix : {"calm", "normal", "stressed"} or None
    rate : {"higher", "lower", "unchanged"} or None
    """

    tag: Tag
    volatility: str | None = None
    vix: str | None = None
    rate: str | None = None


@dataclass(frozen=True, eq=False)
class Regimes:
    """Regime of every session as known at its close: labels of shape (n,), `UNDEFINED` if none."""

    volatility: Labels
    vix: Labels
    rate: Labels

    def character(self, tag: Tag, index: int) -> Character:
        """Return the labels of a streak that ends at session `index`."""
        at_end = (str(labels[index]) for labels in (self.volatility, self.vix, self.rate))
        return Character(tag, *(label or None for label in at_end))


def tag_of(satellite_return: float, core_return: float, rules: CharacterRules) -> Tag:
    """Return the tag of a streak from both assets' returns over it (fractions)."""
    flat = rules.flat + TIE_TOLERANCE
    if satellite_return > flat and core_return >= -flat:
        return "risk-on"
    if core_return < -flat and satellite_return <= flat:
        return "defensive"
    return "mixed"


def regimes(
    panel: PricePanel,
    rules: CharacterRules,
    *,
    vix: FloatArray | None = None,
    fed_funds: FloatArray | None = None,
) -> Regimes:
    """Return the regimes of every session of the panel, n in all.

    Parameters
    ----------
    panel : PricePanel
        Its warm-up counts as history of the volatility.
    rules : CharacterRules
    vix : float64 array, shape (n,), optional
        Close of VIX in each session; NaN where there is none
        (:func:`engine.market.others.closes_on`).
    fed_funds : float64 array, shape (n,), optional
        Policy rate in force on each session, fraction a year
        (:func:`engine.market.rates.yearly_rates`). Publication lag is applied here.

    Raises
    ------
    ValueError
        If a series does not have one value per session.
    """
    return Regimes(
        _volatility_labels(panel.core.close, rules),
        _vix_labels(_per_session(vix, panel, "vix"), rules),
        _rate_labels(_per_session(fed_funds, panel, "fed_funds"), rules),
    )


def rules_in_words(rules: CharacterRules) -> tuple[str, ...]:
    """Return one sentence per label: how it is given."""
    flat = f" (returns within ±{100.0 * rules.flat:.2f} % are neither)" if rules.flat else ""
    lag = f"{rules.rate_lag} session{'s' * (rules.rate_lag != 1)}"
    return (
        f"risk-on: the satellite rose over the streak and the core did not fall{flat}",
        f"defensive: the core fell and the satellite did not rise, it merely fell less{flat}",
        "mixed: neither of the two",
        f"volatility: the core's realised volatility over {rules.volatility_lookback} sessions at "
        "the end of the streak is in the lowest (calm), middle (normal) or highest (stressed) "
        f"third of its history up to that close, of at least {rules.volatility_history} values",
        f"VIX: its last close known at the end of the streak is below {rules.vix_calm:g} (calm), "
        f"from {rules.vix_stressed:g} on (stressed), or between (normal)",
        f"rate: fed funds as published {lag} after its date is higher or lower than "
        f"{rules.rate_lookback} sessions earlier; unchanged within "
        f"±{rules.rate_unchanged * 1e4:g} bp",
    )


def _per_session(series: FloatArray | None, panel: PricePanel, name: str) -> FloatArray:
    if series is None:
        return np.full(len(panel), np.nan)
    if np.shape(series) != (len(panel),):
        raise ValueError(f"{name} has shape {np.shape(series)}; the panel has ({len(panel)},)")
    return np.asarray(series, dtype=np.float64)


def _volatility_labels(close: FloatArray, rules: CharacterRules) -> Labels:
    """Compare each volatility with the thirds of all up to it; equal ones are all normal."""
    labels = np.full(len(close), UNDEFINED, dtype="<U8")
    past: list[float] = []
    for t, volatility in enumerate(realised_volatility(close, rules.volatility_lookback).tolist()):
        if np.isnan(volatility):
            continue
        insort(past, volatility)
        if len(past) < rules.volatility_history:
            continue
        if 3 * bisect_right(past, volatility) <= len(past):
            labels[t] = "calm"
        elif 3 * bisect_left(past, volatility) >= 2 * len(past):
            labels[t] = "stressed"
        else:
            labels[t] = "normal"
    return labels


def _vix_labels(vix: FloatArray, rules: CharacterRules) -> Labels:
    conditions = [vix < rules.vix_calm, vix >= rules.vix_stressed, np.isfinite(vix)]
    return np.select(conditions, ["calm", "stressed", "normal"], default=UNDEFINED)


def _rate_labels(rate: FloatArray, rules: CharacterRules) -> Labels:
    change = np.full(len(rate), np.nan)
    first = rules.rate_lag + rules.rate_lookback
    known = rate[: max(len(rate) - rules.rate_lag, 0)]  # at the closes from `rate_lag` on
    change[first:] = known[rules.rate_lookback :] - known[: -rules.rate_lookback]
    unchanged = rules.rate_unchanged + TIE_TOLERANCE
    conditions = [change > unchanged, change < -unchanged, np.isfinite(change)]
    return np.select(conditions, ["higher", "lower", "unchanged"], default=UNDEFINED)
