"""From the execution section of a study to the terms a backtest trades on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.execution.costs import AssetCosts, Terms
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.panel import PricePanel
from engine.study.models import Execution

BASIS_POINT = 1e-4


def terms_of(execution: Execution, panel: PricePanel) -> Terms:
    """Return the terms of a study's execution section for the sessions of a panel.

    Raises
    ------
    DataError
        If the cash rate is a file that cannot be used.
    """

    def costs(symbol: str) -> AssetCosts:
        return AssetCosts(
            _basis_points(execution.commission_bps, symbol) * BASIS_POINT,
            _basis_points(execution.slippage_bps, symbol) * BASIS_POINT,
        )

    rate = execution.cash_rate
    if isinstance(rate, (str, Path)):
        from engine.market.rates import yearly_rates  # with all that reads files

        overnight = np.zeros(len(panel))
        traded = yearly_rates(Path(rate), panel.traded_sessions)
        overnight[panel.start_index :] = traded / SESSIONS_PER_YEAR
    else:
        overnight = np.full(len(panel), rate / SESSIONS_PER_YEAR)
    return Terms(
        core=costs(panel.core.symbol),
        satellite=costs(panel.satellite.symbol),
        fill=execution.fill,
        fractional_shares=execution.fractional_shares,
        initial_cash=execution.initial_cash,
        overnight_rates=overnight,
    )


def _basis_points(given: float | dict[str, float], symbol: str) -> float:
    """Return a cost for one symbol; a symbol that a mapping leaves out costs nothing."""
    return given.get(symbol, 0.0) if isinstance(given, dict) else given
