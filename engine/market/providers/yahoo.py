"""Daily bars of Yahoo Finance, through yfinance (extra ``yahoo``).

Yahoo divides all prices and dividends before a split by its ratio, so that its history changes
with every split, and its adjusted close with every dividend. Here both are undone: what is kept
are prices and dividends as they were on the day, which do not change any more, and the ratios.
"""

from __future__ import annotations

import json
import logging
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError, ProviderError
from engine.market.corporate_actions import dividend_factors, split_factors
from engine.market.library.entry import AS_TRADED, FROM_DIVIDENDS
from engine.market.library.table import Table
from engine.market.providers.delivery import Delivery, Request
from engine.market.providers.http import TRANSIENT_STATUS
from engine.market.providers.yahoo_session import Exchange, yahoo_session
from engine.market.quotes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("Open", "High", "Low", "Close", "Adj Close", "Volume", "Dividends", "Stock Splits")
GAINS = "Capital Gains"
ADJUSTED_TOLERANCE = 1e-4
"""Relative: beyond it, total returns computed here and Yahoo's adjusted close tell two stories."""


def fetch_yahoo(request: Request) -> Delivery:
    """Return the daily bars of a symbol as Yahoo names it: SPY, ^RUT, BRK-B.

    Raises
    ------
    ProviderError
        If yfinance is missing, or the answer is not whole daily bars of that symbol.
    """
    frame, version = _history(request)
    table, notes = _table(frame, request)
    kept, remarks = _within(table, request)
    versions = {"yfinance": version}
    return Delivery(kept, "prices", AS_TRADED, FROM_DIVIDENDS, notes, versions, remarks)


def _history(request: Request) -> tuple[pd.DataFrame, str]:
    """Return yfinance's frame: to today whatever the end, as later splits are in all prices."""
    try:
        import yfinance

        session = yahoo_session()
    except ImportError:
        raise ProviderError("Yahoo needs yfinance: pip install yfinance") from None
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # what it would say is raised below
    yfinance.config.debug.hide_exceptions = False
    span: dict[str, Any] = {"period": "max"} if request.start is None else {"start": request.start}
    if request.start is not None and request.start >= request.now.date():
        raise ProviderError(f"Yahoo: {request.symbol}: there are no bars from {request.start} on")
    session.exchange = Exchange(request.timeout)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of yfinance about pandas: nothing a user can act on
            frame = yfinance.Ticker(request.symbol, session=session).history(
                interval="1d", auto_adjust=False, actions=True, timeout=request.timeout, **span
            )
    except Exception as error:  # yfinance lets through whatever its parts raise
        yfinance.data.YfData.cache_get.cache_clear()  # it keeps answers, bad ones too
        raise _translated(error, request.symbol, session.exchange) from None
    return frame, yfinance.__version__


def _translated(error: Exception, symbol: str, exchange: Exchange) -> ProviderError:
    message, transient = _said(error, symbol, exchange)
    wait = exchange.retry_after if transient else None
    return ProviderError(f"Yahoo: {message}", transient=transient, retry_after=wait)


def _said(error: Exception, symbol: str, exchange: Exchange) -> tuple[str, bool]:
    """Return what an error of yfinance means, and whether asking again may help."""
    from curl_cffi.requests.exceptions import HTTPError, IncompleteRead, Timeout
    from yfinance import exceptions as yahoo

    status = f"status {exchange.status}, " if exchange.status >= 400 else ""
    refused = "there is no such symbol" if exchange.status == 404 else f"{status}{error}"
    connection = (str(error) or type(error).__name__).splitlines()[0].partition(". See ")[0]
    connection = re.sub(r"^Failed to perform, curl: \(\d+\) ", "", connection)[:200]
    told = str(error).removeprefix(f"${symbol}: ")
    meanings: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, bool], ...] = (
        (yahoo.YFRateLimitError, "status 429, too many requests", True),
        (yahoo.YFTickerMissingError, f"{symbol}: {told}", False),
        (
            json.JSONDecodeError,
            f"{symbol}: {status}the answer is not data, perhaps a web page",
            True,
        ),
        (yahoo.YFDataException, f"{symbol}: {told}", True),
        ((TimeoutError, Timeout), f"no whole answer within {exchange.timeout:g} s", True),
        (IncompleteRead, f"{symbol}: the answer broke off", True),
        (HTTPError, f"{symbol}: {refused}", exchange.status in TRANSIENT_STATUS),
        # the transports' errors are all of this kind
        (OSError, f"no connection: {connection}", True),
    )
    unknown = (f"{symbol}: not an answer yfinance understands: {error!r}", False)
    return next((said[1:] for said in meanings if isinstance(error, said[0])), unknown)


def _table(frame: pd.DataFrame, request: Request) -> tuple[Table, tuple[str, ...]]:
    symbol = request.symbol
    if not len(frame):
        raise ProviderError(f"Yahoo: {symbol}: the answer is empty", transient=True)
    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise ProviderError(f"Yahoo: {symbol}: half an answer: no {', '.join(missing)}")
    dates = np.array([stamp.date() for stamp in frame.index], dtype="datetime64[D]")
    given = {
        name: np.array(frame[name], dtype=np.float64)
        for name in (*COLUMNS, GAINS)
        if name in frame.columns
    }
    ratios = np.where(np.nan_to_num(given["Stock Splits"]) > 0, given["Stock Splits"], 1.0)
    dividends, notes = _distributions(given, symbol)
    factors = split_factors(ratios)
    table = Table(
        dates,
        {
            **{name.lower(): given[name] * factors for name in ("Open", "High", "Low", "Close")},
            "volume": given["Volume"] / factors,
            "dividend": dividends * factors,
            "split": ratios,
        },
    )
    return table, notes


def _distributions(given: dict[str, FloatArray], symbol: str) -> tuple[FloatArray, tuple[str, ...]]:
    """Return what was paid per share, and a note where Yahoo's own adjusted close differs.

    For funds that distribute capital gains Yahoo's dividends contain them in some cases and not
    in others; the reading that gives Yahoo's adjusted close is taken.
    """
    close, adjusted = given["Close"], given["Adj Close"]
    readings = [np.nan_to_num(given["Dividends"])]
    if GAINS in given and np.any(gains := np.nan_to_num(given[GAINS])):
        readings.append(readings[0] + gains)
    off = [_largest_difference(close, adjusted, reading, symbol) for reading in readings]
    best = int(np.argmin(off))
    if off[best] <= ADJUSTED_TOLERANCE:
        return readings[best], ()
    if not np.any(readings[best]):
        message = f"Yahoo: {symbol}: half an answer: dividends are in the adjusted close only"
        raise ProviderError(message, transient=True)
    note = (
        f"total returns computed from dividends differ from Yahoo's adjusted close by up to "
        f"{off[best]:.2%}"
    )
    return readings[best], (note,)


def _largest_difference(
    close: FloatArray, adjusted: FloatArray, dividends: FloatArray, symbol: str
) -> float:
    if not np.all(np.isfinite(close) & (close > 0)):
        return 0.0  # the gate names the rows
    try:
        computed = close * dividend_factors(close, dividends)
    except DataError as error:
        raise ProviderError(f"Yahoo: {symbol}: {error}") from None
    usable = np.isfinite(adjusted) & (adjusted > 0)
    # from the last row on backwards, so that a span that ends early compares as well
    ratios = computed[usable] / adjusted[usable]
    return float(np.max(np.abs(ratios / ratios[-1] - 1))) if len(ratios) else 0.0


def _within(table: Table, request: Request) -> tuple[Table, tuple[str, ...]]:
    """Cut what was not asked for, and the bar of a session that is not over."""
    last = table.dates[-1]
    first = None if request.start is None else np.datetime64(request.start)
    kept = table.until(np.datetime64(request.last))
    if first is not None:
        kept = kept.rows(kept.dates >= first)
    if not len(kept):
        raise ProviderError(f"Yahoo: {request.symbol}: there are no bars in the span asked for")
    if request.end is None and last > np.datetime64(request.last, "D"):
        return kept, (f"the bar of {last} was not final yet and is left out",)
    return kept, ()
