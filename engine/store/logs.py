"""The logs of a backtest as plain rows: rotations with their reasons, and every single trade."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from engine.evaluation.stays import Stay, stays
from engine.execution.simulation import Simulation, Trade
from engine.market.quotes import FloatArray
from engine.rules.decisions import Decision

ROTATION_COLUMNS = (
    "decision_session",
    "fill_session",
    "from",
    "to",
    "sold_shares",
    "sold_at",
    "bought_shares",
    "bought_at",
    "cost",
    "trigger",
    "features",
    "stay_sessions",
    "stay_return",
    "stay_active",
    "stay_open",
)
TRADE_COLUMNS = ("decision_session", "fill_session", "symbol", "shares", "quote", "cost", "reason")


def rotation_log(
    simulation: Simulation, symbols: tuple[str, str], core_close: FloatArray
) -> list[dict[str, Any]]:
    """Return one row per rotation; prices are quotes before slippage, costs are in currency.

    ``trigger`` names the comparisons that fired; ``features`` every feature the deciding trigger
    looked at, with its value at the deciding close. ``stay_…`` is what came of it until the next
    rotation, returns as fractions; see :mod:`engine.evaluation.stays`. `core_close` is of shape
    (n,), the core's closes.
    """
    rows = []
    found = stays(simulation, core_close)
    for decision, trades in _filled(simulation):
        sold = next((t for t in trades if t.shares < 0), None)
        bought = next((t for t in trades if t.shares > 0), None)
        if decision not in simulation.rotations or sold is None or bought is None:
            continue
        rows.append(
            _when(simulation, decision)
            | {
                "from": symbols[sold.asset],
                "to": symbols[bought.asset],
                "sold_shares": -sold.shares,
                "sold_at": sold.quote,
                "bought_shares": bought.shares,
                "bought_at": bought.quote,
                "cost": sold.cost + bought.cost,
                "trigger": decision.trigger,
                "features": features_text(decision),
                **_stay(found[decision.session + 1]),
            }
        )
    return rows


def _stay(stay: Stay) -> dict[str, Any]:
    return {
        "stay_sessions": stay.sessions,
        "stay_return": stay.total_return,
        "stay_active": stay.active_return,
        "stay_open": stay.open,
    }


def trade_log(simulation: Simulation, symbols: tuple[str, str]) -> list[dict[str, Any]]:
    """Return one row per trade, first purchase and rebalancing included; sales are negative."""
    return [
        _when(simulation, decision)
        | {
            "symbol": symbols[trade.asset],
            "shares": trade.shares,
            "quote": trade.quote,
            "cost": trade.cost,
            "reason": decision.trigger,
        }
        for decision, trades in _filled(simulation)
        for trade in trades
    ]


def features_text(decision: Decision) -> str:
    """Return ``name = value`` of every feature a decision looked at; a dash while it warms up."""
    values = (
        (name, "–" if math.isnan(value) else f"{value:.6g}") for name, value in decision.features
    )
    return "; ".join(f"{name} = {value}" for name, value in values)


def _filled(simulation: Simulation) -> Iterator[tuple[Decision, list[Trade]]]:
    by_session: dict[int, list[Trade]] = {}
    for trade in simulation.trades:
        by_session.setdefault(trade.session, []).append(trade)
    for decision in simulation.fills:
        yield decision, by_session.get(decision.session + 1, [])


def _when(simulation: Simulation, decision: Decision) -> dict[str, Any]:
    return {
        "decision_session": str(simulation.sessions[decision.session]),
        "fill_session": str(simulation.sessions[decision.session + 1]),
    }
