"""From a backtest to its metrics: what the simulation recorded, in the terms metrics need."""

from __future__ import annotations

import numpy as np

from engine.evaluation.metrics import Metrics, evaluate, evaluate_against
from engine.execution.simulation import Simulation
from engine.market.quotes import FloatArray


def measure(simulation: Simulation, costless: Simulation) -> Metrics:
    """Return the metrics of one backtest; `costless` is the same run without any costs."""
    returns, lengths = completed_trades(simulation)
    return evaluate(
        simulation.equity,
        simulation.sessions,
        cash_returns=simulation.cash_returns,
        rotations=len(simulation.rotations),
        trade_returns=returns,
        trade_lengths=lengths,
        exposure=simulation.target_weight[1:],
        traded_weight=simulation.traded_weight,
        costless_equity=costless.equity,
    )


def measure_against(simulation: Simulation, benchmark: Simulation) -> dict[str, float]:
    """Return the metrics of one backtest relative to a benchmark's."""
    return evaluate_against(simulation.equity, benchmark.equity, simulation.cash_returns)


def completed_trades(simulation: Simulation) -> tuple[FloatArray, FloatArray]:
    """Return return and length of every completed stay in the satellite, each shape (m,).

    A stay begins with the fill that first buys the satellite and ends with the one that sells
    all of it. Its return (fraction) is what its sales brought over what its purchases took,
    after costs; its length is in sessions, from the first fill to the last. A stay that is
    still open is left out.
    """
    returns, lengths = [], []
    begin, paid, received = -1, 0.0, 0.0
    for trade in simulation.trades:
        if trade.asset != 1:
            continue
        if begin < 0:
            begin, paid, received = trade.session, 0.0, 0.0
        if trade.shares > 0:
            paid += trade.shares * trade.quote + trade.cost
        else:
            received += -trade.shares * trade.quote - trade.cost
        if simulation.satellite_shares[trade.session] == 0.0:
            returns.append(received / paid - 1.0)
            lengths.append(float(trade.session - begin))
            begin = -1
    return np.array(returns), np.array(lengths)
