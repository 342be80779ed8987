"""Small markets for the tests of engine.market: as arrays, as quotes, as files."""

import numpy as np

from engine.market.calendar import sessions_between
from engine.market.quotes import Quotes

YAHOO = ("Date", "Open", "High", "Low", "Close", "Adj Close", "Volume")


def sessions(n=30, first="2020-01-02"):
    return sessions_between(np.datetime64(first), np.datetime64("2030-12-31"))[:n]


def arrays(n=30, seed=0, first="2020-01-02"):
    """Return columns of a clean market by Yahoo's names; prices in whole cents."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, n))), 2)
    opening = np.round(close * np.exp(rng.normal(0, 0.003, n)), 2)
    return {
        "Date": sessions(n, first),
        "Open": opening,
        "High": np.round(np.maximum(opening, close) + 0.25, 2),
        "Low": np.round(np.minimum(opening, close) - 0.25, 2),
        "Close": close,
        "Adj Close": np.round(close * np.linspace(0.9, 1.0, n), 6),
        "Volume": rng.integers(1_000, 9_000, n).astype(float),
    }


def quotes(symbol="SPY", columns=None, **changes):
    """Return quotes from columns; `changes` replaces fields, or single prices as close={3: 1.0}."""
    columns = arrays() if columns is None else columns
    n = len(columns["Date"])
    fields = {
        "symbol": symbol,
        "sessions": columns["Date"].astype("datetime64[D]"),
        "open": columns["Open"],
        "high": columns["High"],
        "low": columns["Low"],
        "close": columns["Close"],
        "adjusted_close": columns["Adj Close"],
        "volume": columns["Volume"],
        "origin": f"{symbol}.csv",
        "lines": np.arange(2, n + 2),
        "recognised_as": "Yahoo CSV",
        "sha256": "0" * 64,
    }
    for name, change in changes.items():
        if isinstance(change, dict):
            fields[name] = fields[name].copy()
            for row, value in change.items():
                fields[name][row] = value
        else:
            fields[name] = change
    return Quotes(**fields)


def keep(of, rows):
    """Return quotes with only these rows, in this order; lines are numbered anew."""
    names = ("sessions", "open", "high", "low", "close", "adjusted_close", "volume")
    cut = {name: getattr(of, name)[rows] for name in names}
    n = len(cut["sessions"])
    return quotes(of.symbol, **cut, lines=np.arange(2, n + 2), columns=arrays(max(n, 2)))


def text_of(columns, names=YAHOO, separator=",", newline="\n", decimal="."):
    """Return the text of a CSV file with these columns."""
    lines = [separator.join(names)]
    for row in range(len(columns["Date"])):
        cells = [
            str(columns[name][row])
            if name == "Date"
            else repr(columns[name][row].item()).replace(".", decimal)
            for name in names
        ]
        lines.append(separator.join(cells))
    return newline.join(lines) + newline


def write(folder, symbol, columns=None, **how):
    """Write a CSV file and return its path."""
    path = folder / f"{symbol}.csv"
    path.write_bytes(text_of(arrays() if columns is None else columns, **how).encode())
    return path


def codes(findings, severity=None):
    """Return (code, line, date) of findings."""
    return [
        (finding.code, finding.fault.line, finding.fault.key)
        for finding in findings
        if severity in (None, finding.severity)
    ]
