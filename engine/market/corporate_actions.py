"""Splits and dividends as factors: how prices as traded become prices one can compare.

Two conventions exist. Both multiply all prices before an ex-date, so that the last ones stay as
they are:

- a split of ratio r (2.0 for two new shares per old one) divides earlier prices by r;
- a dividend D multiplies earlier prices by ``1 − D / C``, with C the close of the session before
  the ex-date, in the same shares as D. That is Yahoo Finance's adjusted close
  (https://help.yahoo.com/kb/SLN28256.html): the dividend buys shares at ``C − D``. CRSP's total
  return is ``(C_ex + D) / C − 1``: it buys them at the close of the ex-date. The two differ by
  about the return of the ex-date times D / C: 0.2 bp in the median for IWM and SPY, 2.5 at most.
"""

from __future__ import annotations

import numpy as np

from engine.errors import DataError
from engine.market.quotes import FloatArray


def split_factors(ratios: FloatArray) -> FloatArray:
    """Return what prices as traded are divided by to be in shares of the last session.

    Parameters
    ----------
    ratios : float64 array, shape (n,)
        New shares per old share from the open of each session on; 1 where there is no split.

    Returns
    -------
    float64 array, shape (n,)
        The product of the ratios of all later sessions; 1 in the last one.

    Raises
    ------
    DataError
        If a ratio is not positive and finite.
    """
    if not np.all((ratios > 0) & np.isfinite(ratios)):
        raise DataError("a split ratio is not positive")
    return _product_of_later(ratios)


def dividend_factors(close: FloatArray, dividends: FloatArray) -> FloatArray:
    """Return what closes are multiplied by to hold the dividends that follow.

    Parameters
    ----------
    close, dividends : float64 arrays, shape (n,)
        Per share, in the same shares throughout; a dividend stands in its ex-date's session and
        is 0 elsewhere. One in the first session changes nothing: no price stands before it.

    Returns
    -------
    float64 array, shape (n,)
        ``Π (1 − D_s / C_{s−1})`` over all later sessions s; 1 in the last one.

    Raises
    ------
    DataError
        If a dividend is negative, or not below the close before it.
    """
    kept = np.ones(len(close))
    kept[1:] = 1.0 - dividends[1:] / close[:-1]
    if not (np.all(dividends >= 0) and np.all(kept > 0)):
        raise DataError("a dividend is negative, or as large as the price before it")
    return _product_of_later(kept)


def dividends_of(close: FloatArray, factors: FloatArray) -> FloatArray:
    """Return the dividends that dividend factors stand for: the inverse of the function above."""
    dividends = np.zeros(len(close))
    dividends[1:] = close[:-1] * (1.0 - factors[:-1] / factors[1:])
    return dividends


def _product_of_later(values: FloatArray) -> FloatArray:
    product = np.ones(len(values))
    product[:-1] = np.cumprod(values[:0:-1])[::-1]
    return product
