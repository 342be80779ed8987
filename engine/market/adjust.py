"""Raw quotes on a price basis: with dividends reinvested, or as quoted."""

from __future__ import annotations

import numpy as np

from engine.market.faults import file_error
from engine.market.panel import Bars
from engine.market.quotes import Quotes

NO_ADJUSTED_CLOSE = "no adjusted close, so no total return; set price_basis: price"


def adjusted_bars(quotes: Quotes, price_basis: str) -> Bars:
    """Return the bars of `quotes` on a price basis.

    Parameters
    ----------
    quotes : Quotes
    price_basis : {"total_return", "price"}
        ``price`` takes open, high, low and close as they are. ``total_return`` scales them by
        adjusted close / close of the same session, so that the close is the adjusted close
        exactly. Volume stays in shares as quoted; it is NaN where the source has none.

    Raises
    ------
    DataError
        If total return is asked for and the source has no adjusted close.
    """
    volume = np.full(len(quotes), np.nan) if quotes.volume is None else quotes.volume
    if price_basis == "price":
        return Bars(quotes.symbol, quotes.open, quotes.high, quotes.low, quotes.close, volume)
    if quotes.adjusted_close is None:
        raise file_error(quotes.origin, NO_ADJUSTED_CLOSE)
    close = quotes.adjusted_close
    # price/close first: equal prices then stay equal to the last bit, and high >= close >= low
    return Bars(
        quotes.symbol,
        open=close * (quotes.open / quotes.close),
        high=close * (quotes.high / quotes.close),
        low=close * (quotes.low / quotes.close),
        close=close,
        volume=volume,
    )
