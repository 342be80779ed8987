"""Stays: what came of each rotation, until the next one.

A stay begins with the fill of a rotation and ends with the fill of the next; the last one is
marked at the last close. Its return runs from the wealth after the sales of the one fill to the
wealth after the sales of the other, so that the cost of the purchase is its first cost and that
of the sale its last, and the returns of all stays compound to the growth of the whole::

    wealth after sales = cash + Σ shares · quote + cost of purchases, all after the fill

In the satellite, bought and sold whole, it is the return of the trade.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.execution.simulation import Simulation, Trade
from engine.market.quotes import FloatArray


@dataclass(frozen=True)
class Stay:
    """What came of one rotation.

    Attributes
    ----------
    session : int
        Of the fill that begins it; counted like the simulation's sessions.
    sessions : int
        From that fill to the next rotation's, or to the last session.
    total_return : float
        Fraction, after costs.
    active_return : float
        The same less what the core's price did between the same two quotes (fraction).
    open : bool
        True for the last one: it is marked at the last close.
    """

    session: int
    sessions: int
    total_return: float
    active_return: float
    open: bool


def stays(simulation: Simulation, core_close: FloatArray) -> dict[int, Stay]:
    """Return the stay that each rotation begins, by the session of its fill.

    Parameters
    ----------
    simulation : Simulation
        n sessions.
    core_close : float64 array, shape (n,)
        The core's closes, on the price basis of the simulation.

    Notes
    -----
    A rotation that moved nothing, as whole shares were too dear, begins no stay and ends none.
    """
    begun = [
        (session, *_wealth_and_core(simulation, session, trades))
        for session, trades in _rotation_trades(simulation)
    ]
    if not begun:
        return {}
    last = len(simulation.sessions) - 1
    ends = [*begun[1:], (last, float(simulation.equity[-1]), float(core_close[-1]))]
    found = {}
    for (session, wealth, core), (end, end_wealth, end_core) in zip(begun, ends, strict=True):
        earned = end_wealth / wealth - 1.0
        found[session] = Stay(
            session=session,
            sessions=end - session,
            total_return=earned,
            active_return=earned - (end_core / core - 1.0),
            open=session == begun[-1][0],
        )
    return found


def _rotation_trades(simulation: Simulation) -> list[tuple[int, list[Trade]]]:
    """Return the fills of rotations that sold one asset and bought the other, in order of time."""
    by_session: dict[int, list[Trade]] = {}
    for trade in simulation.trades:
        by_session.setdefault(trade.session, []).append(trade)
    rotated = (decision.session + 1 for decision in simulation.rotations)
    filled = ((session, by_session.get(session, [])) for session in rotated)
    return [(session, trades) for session, trades in filled if _directions(trades) == {1, -1}]


def _directions(trades: Sequence[Trade]) -> set[int]:
    """Return +1 if anything is bought, −1 if anything is sold."""
    return {1 if trade.shares > 0 else -1 for trade in trades}


def _wealth_and_core(
    simulation: Simulation, session: int, trades: Sequence[Trade]
) -> tuple[float, float]:
    """Return the wealth after the sales of a fill, and the core's quote in it."""
    quotes = {trade.asset: trade.quote for trade in trades}
    held = (simulation.core_shares[session], simulation.satellite_shares[session])
    invested = sum(float(shares) * quotes[asset] for asset, shares in enumerate(held))
    bought = sum(trade.cost for trade in trades if trade.shares > 0)
    return float(simulation.cash[session]) + invested + bought, quotes[0]
