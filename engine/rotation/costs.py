"""The one sizing-and-cost rule: what a sale brings, what a purchase costs, how much is traded."""

from __future__ import annotations

from typing import NamedTuple

SHAVE = 1.0 - 1e-12
"""Purchases are this much smaller than the cash allows, so that rounding never overdraws it."""
NUDGE = 1.0 + 1e-12
"""A surplus this close to the next whole share is whole but for rounding: all of it is sold."""


class Quote(NamedTuple):
    """What one share of an asset is worth when it is traded.

    Attributes
    ----------
    price : float
        The quoted price of the fill.
    sale : float
        Cash one sold share brings after slippage and commission.
    purchase : float
        Cash one bought share takes with slippage and commission.
    """

    price: float
    sale: float
    purchase: float


def quote(price: float, slippage: float, commission: float) -> Quote:
    """Return the quote of an asset; slippage and commission are fractions per side.

    Commission is paid on the slipped price: a sale brings ``price · (1 − s)(1 − c)``, a purchase
    takes ``price · (1 + s)(1 + c)``.
    """
    return Quote(
        price,
        price * (1.0 - slippage) * (1.0 - commission),
        price * (1.0 + slippage) * (1.0 + commission),
    )


Pair = tuple[float, float]
"""One number for the core, one for the satellite."""


def orders(
    weight: float, shares: Pair, cash: float, quotes: tuple[Quote, Quote], fractional: bool
) -> Pair:
    """Return the shares to trade, core and satellite, to bring the satellite's weight to `weight`.

    Sell first, buy with the proceeds: the asset above its target value is sold down to it, then
    all cash buys what is below. For an all-in rotation (weight 0 or 1) that is
    ``cash = q_old · sale_old``, ``q_new = cash / purchase_new · (1 − 1e-12)``. Targets are shares
    of wealth before this fill's costs, so a mix is off its weights by at most those costs.

    Parameters
    ----------
    weight : float
        Target share of wealth in the satellite, 0 to 1; the rest is for the core.
    shares, cash : pair of float, float
        What is held before the fill.
    quotes : pair of Quote
    fractional : bool
        Whether fractions of a share can be traded; otherwise trades are rounded down.

    Returns
    -------
    pair of float
        Negative for a sale, which is to be made first.
    """
    core, satellite = quotes
    wealth = cash + shares[0] * core.price + shares[1] * satellite.price
    core_gap = (1.0 - weight) * wealth - shares[0] * core.price
    satellite_gap = weight * wealth - shares[1] * satellite.price
    sell_core = sold(shares[0], core_gap, core.price, 1.0 - weight, fractional)
    sell_satellite = sold(shares[1], satellite_gap, satellite.price, weight, fractional)
    cash += sell_core * core.sale + sell_satellite * satellite.sale
    wanted = max(core_gap, 0.0) + max(satellite_gap, 0.0)
    buy_core = bought(cash, core_gap, wanted, core.purchase, fractional)
    buy_satellite = bought(cash, satellite_gap, wanted, satellite.purchase, fractional)
    return buy_core - sell_core, buy_satellite - sell_satellite


def sold(shares: float, gap: float, price: float, weight: float, fractional: bool) -> float:
    """Return how many of the held shares are sold where `gap` is missing to the target value.

    A negative gap is a surplus; a `weight` of 0 sells all that is held, fractions included.
    """
    if weight == 0.0:
        return shares  # exactly all of it: no rounding may leave a crumb behind
    surplus = min(max(-gap / price, 0.0), shares)
    if fractional:
        return surplus
    return min(surplus * NUDGE // 1.0, shares)  # rounded down, and a float however large


def bought(cash: float, gap: float, wanted: float, purchase: float, fractional: bool) -> float:
    """Return how many shares its part of the cash buys, ``gap / wanted``, at `purchase` each."""
    if gap <= 0.0 or cash <= 0.0:
        return 0.0
    affordable = cash * (gap / wanted) / purchase * SHAVE
    return affordable if fractional else affordable // 1.0
