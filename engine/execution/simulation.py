"""What a backtest produces, whichever engine ran it: a record of arrays, nothing computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.market.quotes import FloatArray, SessionArray
from engine.rules.decisions import Decision


class Trade(NamedTuple):
    """Shares traded in one asset at one fill.

    ``session`` is an index into the simulation's sessions; ``asset`` is 0 for the core and 1 for
    the satellite; ``shares`` is negative for a sale; ``quote`` is the price before slippage;
    ``cost`` is slippage plus commission, in currency.
    """

    session: int
    asset: int
    shares: float
    quote: float
    cost: float


@dataclass(frozen=True, eq=False)
class Simulation:
    """One backtest, session by session. Arrays have shape (n,), n traded sessions.

    Attributes
    ----------
    engine : str
        ``"backtrader"`` or ``"bars"``.
    sessions : datetime64[D] array
    equity : float64 array
        Wealth at each close, after the session's fills; the initial cash at session 0.
    cash, core_shares, satellite_shares : float64 arrays
        Held at each close.
    target_weight : float64 array
        Satellite's share of wealth that the holdings of each session aim at; 0 before the first
        fill.
    traded_weight : float64 array
        Σ|Δw|/2 of the session's fills: the share of wealth moved; the first purchase counts 0.
    decisions : tuple of Decision
        Session indices count from the first traded session.
    trades : tuple of Trade
    pending : Decision or None
        Decided at the last close; no session was left to fill it.
    cash_returns : float64 array, shape (n − 1,)
        What cash earned over the same intervals as the returns of `equity` (fraction).
    rejected_orders : int
        Always 0: an engine raises rather than return a run with a rejected order.
    """

    engine: str
    sessions: SessionArray
    equity: FloatArray
    cash: FloatArray
    core_shares: FloatArray
    satellite_shares: FloatArray
    target_weight: FloatArray
    traded_weight: FloatArray
    decisions: tuple[Decision, ...]
    trades: tuple[Trade, ...]
    pending: Decision | None
    cash_returns: FloatArray
    rejected_orders: int = 0

    @property
    def fills(self) -> tuple[Decision, ...]:
        """Decisions that were filled, each in the session after its own."""
        return tuple(d for d in self.decisions if d is not self.pending)

    @property
    def rotations(self) -> tuple[Decision, ...]:
        """Filled decisions that changed the held asset; the first purchase is none."""
        return tuple(
            later
            for earlier, later in zip(self.fills, self.fills[1:], strict=False)
            if later.weight != earlier.weight
        )


def target_weights(decisions: tuple[Decision, ...], n: int) -> FloatArray:
    """Return the weight in force in each of n sessions: decided at t, in force from t + 1."""
    weights = np.zeros(n)
    for decision in decisions:
        weights[decision.session + 1 :] = decision.weight
    return weights


def traded_weights(
    decisions: tuple[Decision, ...],
    quotes: tuple[FloatArray, FloatArray],
    shares: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Return the share of wealth each session's fills moved, Σ|Δw|/2, shape (n,).

    `quotes` are the prices fills were made at, before slippage; `shares` are those held at each
    close; both for core and satellite. Weights are shares of the invested wealth at the quotes, 0
    where whole shares were too dear and nothing is invested; the first purchase counts 0.
    """
    n = len(quotes[0])
    moved = np.zeros(n)
    at = np.array([d.session + 1 for d in decisions if d.session + 1 < n][1:], dtype=np.int64)

    def weight(held_at: NDArray[np.int64]) -> FloatArray:
        core, satellite = (shares[a][held_at] * quotes[a][at] for a in range(2))
        invested = core + satellite
        return np.divide(satellite, invested, out=np.zeros(len(at)), where=invested > 0)

    moved[at] = np.abs(weight(at) - weight(at - 1))
    return moved
