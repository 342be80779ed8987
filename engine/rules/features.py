"""The features a rule can ask for, as expressions; and their values on given closes."""

from __future__ import annotations

from functools import cache

from engine.rules.trigger import Answers, Feature, Trigger, Values
from engine.signals.catalogue import Argument, Closes


class Features:
    """Names features for a rule's triggers. Holds no prices: what it returns are expressions.

    An asset is ``"core"``, ``"satellite"`` or ``"ratio"`` (satellite / core). Lookbacks and
    periods are in sessions. Every feature is known at the close at which it is asked.
    """

    def streak(self, asset: str | None = None) -> Feature:
        """Signed outperformance streak of the satellite; of one asset's own rises and falls."""
        return _feature("streak", () if asset is None else (asset,))

    def rsi(self, asset: str, period: int) -> Feature:
        """Wilder's relative strength index, 0 to 100."""
        return _feature("rsi", (asset, period))

    def momentum(self, asset: str, lookback: int) -> Feature:
        """Return over the lookback (fraction)."""
        return _feature("momentum", (asset, lookback))

    def relative_momentum(self, lookback: int) -> Feature:
        """Satellite's minus core's return over the lookback (fraction)."""
        return _feature("relative_momentum", (lookback,))

    def distance_to_average(self, asset: str, period: int) -> Feature:
        """Distance from the simple moving average (fraction)."""
        return _feature("distance_to_average", (asset, period))

    def volatility(self, asset: str, lookback: int) -> Feature:
        """Realised volatility (fraction a year)."""
        return _feature("volatility", (asset, lookback))


@cache
def _feature(name: str, arguments: tuple[Argument, ...]) -> Feature:
    """Return a feature; each distinct one is checked once, sweeps name them thousands of times."""
    return Feature(name, arguments)


class FeatureValues:
    """Values of features on given closes; each distinct feature is computed once."""

    def __init__(self, closes: Closes) -> None:
        self._closes = closes
        self._values: dict[Feature, Values] = {}

    def feature(self, feature: Feature) -> Values:
        """Return the values of a feature, shape (n,), read-only; NaN while it warms up."""
        values = self._values.get(feature)
        if values is None:
            values = feature.values(self._closes)
            values.setflags(write=False)
            self._values[feature] = values
        return values

    def answers(self, trigger: Trigger) -> Answers:
        """Return a trigger's answers, shape (n,)."""
        return trigger.answers(self, len(self._closes.core))
