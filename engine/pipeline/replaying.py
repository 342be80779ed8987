"""A stored run traded again from its own folder: to vary its terms, its prices being gone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.errors import StoreError
from engine.execution.bars import TOLERANCE, simulate
from engine.execution.costs import Terms
from engine.execution.simulation import Simulation
from engine.execution.terms import terms_of
from engine.market.panel import Bars, PricePanel
from engine.market.quotes import FloatArray
from engine.rules.decisions import Decision
from engine.store.run_reading import StoredRun
from engine.study.models import Execution


@dataclass(frozen=True, eq=False)
class Replay:
    """A stored run, simulated again; session indices count from its first traded session."""

    panel: PricePanel
    terms: Terms
    simulation: Simulation


def replay(run: StoredRun) -> Replay | None:
    """Return a stored run, simulated again on its own terms; None where no prices are stored.

    Raises
    ------
    StoreError
        If the equity that comes out is not the stored one.
    """
    if run.market is None:
        return None
    panel = _panel(run, run.market)
    given = Execution.model_validate({**run.stored.manifest["execution"], "cash_rate": 0.0})
    terms = replace(terms_of(given, panel), overnight_rates=run.market["overnight_rate"])
    decided = np.flatnonzero(~np.isnan(run.decided_weight)).tolist()
    decisions = tuple(Decision(t, float(run.decided_weight[t]), "", ()) for t in decided)
    simulation = simulate(panel, decisions, terms)
    if not np.allclose(simulation.equity, run.holdings["equity"], rtol=TOLERANCE, atol=0.0):
        raise StoreError(
            f"{run.stored.name}: trading it again does not give its equity; run the study again"
        )
    return Replay(panel, terms, simulation)


def _panel(run: StoredRun, market: dict[str, FloatArray]) -> PricePanel:
    """Return the stored prices as a panel; highs and lows are those of open and close."""
    data = run.stored.manifest["data"]
    symbols = data["symbols"]

    def bars(asset: str) -> Bars:
        first, last = market[f"{asset}_open"], market[f"{asset}_close"]
        high, low = np.maximum(first, last), np.minimum(first, last)
        return Bars(symbols[asset], first, high, low, last, np.full(len(first), np.nan))

    return PricePanel(
        run.sessions,
        bars("core"),
        bars("satellite"),
        price_basis=data["price_basis"],
        simulated=data["simulated"],
    )
