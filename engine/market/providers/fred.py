"""Series of the Federal Reserve Bank of St. Louis (FRED): rates, VIX and the like, without a key.

Asked of the address behind the download button of a chart,
``https://fred.stlouisfed.org/graph/fredgraph.csv?id=DFF&cosd=2000-01-01``: CSV of
``observation_date,DFF``, a value missing on a date written as ``.`` or not at all. The values are
today's: series that are revised later are not given as first published.
"""

from __future__ import annotations

import math
import os
import urllib.parse

import numpy as np

from engine.errors import DataError, ProviderError
from engine.market.library.entry import NO_PRICES, RATES
from engine.market.library.table import Table
from engine.market.providers.delivery import Delivery, Request
from engine.market.providers.http import get
from engine.market.sources.cells import Record
from engine.market.sources.csv import read_records
from engine.market.sources.dates import session_of
from engine.market.sources.files import decode_text

ADDRESS = "https://fred.stlouisfed.org/graph/fredgraph.csv"
VARIABLE = "STREAKLAB_FRED_URL"
"""Names another address: a mirror, or the server of a test."""
DATES = ("observation_date", "date")
MISSING = ("", ".")


def fetch_fred(request: Request) -> Delivery:
    """Return a series of FRED by its symbol: DFF, FEDFUNDS, VIXCLS, DGS10.

    Raises
    ------
    ProviderError
        If the answer is not that series.
    """
    series = request.symbol.upper()
    query = {"id": series}
    if request.start is not None:
        query["cosd"] = str(request.start)
    if request.end is not None:
        query["coed"] = str(request.end)
    address = os.environ.get(VARIABLE) or ADDRESS
    url = f"{address}?{urllib.parse.urlencode(query)}"
    content = get(url, f"FRED: {series}", request.timeout)
    table = _parsed(content, series).until(np.datetime64(request.last))
    if not len(table):
        raise ProviderError(f"FRED: {series} has no values in the span asked for")
    return Delivery(table, "values", RATES, NO_PRICES)


def _parsed(content: bytes, series: str) -> Table:
    if not content.strip():
        raise ProviderError("FRED: the answer is empty", transient=True)
    try:
        (_, names), *records = read_records(decode_text(content, "FRED"), ",", "FRED")
    except DataError as error:
        raise ProviderError(str(error)) from None
    if [name.lower() for name in names] not in [[date, series.lower()] for date in DATES]:
        found = ",".join(names)[:60]
        raise ProviderError(f"FRED: the answer has the columns {found}, not a date and {series}")
    rows = [_row(record, series) for record in records]
    known = [(date, value) for date, value in rows if not math.isnan(value)]
    dates = np.array([date for date, _ in known], dtype="datetime64[D]")
    if np.any(np.diff(dates) <= np.timedelta64(0, "D")):
        raise ProviderError(f"FRED: the dates of {series} do not ascend")
    return Table(dates, {"value": np.array([value for _, value in known], dtype=np.float64)})


def _row(record: Record, series: str) -> tuple[np.datetime64, float]:
    line, cells = record
    try:
        date, value = cells
        number = math.nan if value in MISSING else float(value)
        if math.isinf(number):
            raise ValueError
        return np.datetime64(session_of(date), "D"), number
    except ValueError:
        message = f"FRED: line {line} of {series} is {','.join(cells)[:60]}, not a date and a value"
        raise ProviderError(message, transient=True) from None
