"""Costs and cash of one study, as numbers per asset and per session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class AssetCosts:
    """Costs of trading one asset, as fractions of traded value per side."""

    commission: float = 0.0
    slippage: float = 0.0


@dataclass(frozen=True, eq=False)
class Terms:
    """The terms a backtest trades on.

    Attributes
    ----------
    core, satellite : AssetCosts
    fill : {"next_open", "next_close"}
        A decision at close t is filled at the open, or the close, of session t + 1.
    fractional_shares : bool
    initial_cash : float
    overnight_rates : float64 array, shape (n,), or None
        Fraction that cash held after session t's fills earns until session t + 1, for every
        session of the panel; None: nothing.
    """

    core: AssetCosts = AssetCosts()
    satellite: AssetCosts = AssetCosts()
    fill: Literal["next_open", "next_close"] = "next_open"
    fractional_shares: bool = True
    initial_cash: float = 100_000.0
    overnight_rates: NDArray[np.float64] | None = None

    def without_costs(self) -> Terms:
        """Return the same terms with no commission and no slippage."""
        return replace(self, core=AssetCosts(), satellite=AssetCosts())

    def rates_for(self, n: int) -> NDArray[np.float64]:
        """Return the overnight rate of every session, shape (n,)."""
        return np.zeros(n) if self.overnight_rates is None else self.overnight_rates
