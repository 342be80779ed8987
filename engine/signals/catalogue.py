"""The catalogue of signals: the names rules and study files use, and the kernel behind each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.signals import momentum, rsi, streaks, volatility

Argument = str | int
"""An argument of a signal: an asset (``core``, ``satellite``, ``ratio``) or a lookback."""


class Closes(NamedTuple):
    """Closes of both assets, each float64 of shape (n,), on one price basis."""

    core: NDArray[np.float64]
    satellite: NDArray[np.float64]

    def of(self, asset: str) -> NDArray[np.float64]:
        """Return the closes of ``core`` or ``satellite``, or their ``ratio`` satellite/core."""
        return self.satellite / self.core if asset == "ratio" else getattr(self, asset)


@dataclass(frozen=True)
class Parameter:
    """One argument a signal takes: an asset, or a number of sessions with a lower bound."""

    name: str
    kind: Literal["asset", "sessions"]
    least: int = 1
    assets: tuple[str, ...] = ("core", "satellite", "ratio")


@dataclass(frozen=True)
class Signal:
    """A named feature.

    Attributes
    ----------
    name : str
    forms : tuple of tuples of Parameter
        The argument lists it accepts.
    unit : str
    meaning : str
        One sentence for `streak rules` and the documentation.
    compute : callable
        ``compute(closes, *arguments)`` → float64 array of shape (n,), NaN while warming up.
    """

    name: str
    forms: tuple[tuple[Parameter, ...], ...]
    unit: str
    meaning: str
    compute: Callable[..., NDArray[np.float64]]


_ANY_ASSET = Parameter("asset", "asset")
_ONE_ASSET = Parameter("asset", "asset", assets=("core", "satellite"))


def _streak(closes: Closes, *asset: str) -> NDArray[np.float64]:
    if asset:
        return streaks.absolute_streak(closes.of(asset[0]))
    return streaks.outperformance_streak(closes.core, closes.satellite)


SIGNALS: dict[str, Signal] = {
    signal.name: signal
    for signal in (
        Signal(
            "streak",
            ((), (_ONE_ASSET,)),
            "sessions",
            "consecutive sessions in which the satellite beat (+) or trailed (−) the core; "
            "with an asset: in which that asset rose (+) or fell (−)",
            _streak,
        ),
        Signal(
            "rsi",
            ((_ANY_ASSET, Parameter("period", "sessions", least=2)),),
            "index 0–100",
            "Wilder's relative strength index of an asset or of the ratio satellite/core",
            lambda closes, asset, period: rsi.wilder_rsi(closes.of(asset), period),
        ),
        Signal(
            "momentum",
            ((_ANY_ASSET, Parameter("lookback", "sessions")),),
            "fraction",
            "return of an asset, or of the ratio, over the lookback",
            lambda closes, asset, lookback: momentum.momentum(closes.of(asset), lookback),
        ),
        Signal(
            "relative_momentum",
            ((Parameter("lookback", "sessions"),),),
            "fraction",
            "satellite's return minus the core's over the lookback",
            lambda closes, lookback: momentum.relative_momentum(
                closes.core, closes.satellite, lookback
            ),
        ),
        Signal(
            "distance_to_average",
            ((_ANY_ASSET, Parameter("period", "sessions", least=2)),),
            "fraction",
            "distance of an asset, or of the ratio, from its simple moving average",
            lambda closes, asset, period: momentum.distance_to_average(closes.of(asset), period),
        ),
        Signal(
            "volatility",
            ((_ANY_ASSET, Parameter("lookback", "sessions", least=2)),),
            "fraction a year",
            "realised volatility of an asset, or of the ratio, over the lookback",
            lambda closes, asset, lookback: volatility.realised_volatility(
                closes.of(asset), lookback
            ),
        ),
    )
}
