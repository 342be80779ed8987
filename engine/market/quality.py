"""The quality gate: what makes quotes unfit for a backtest, and what one should know of them.

Errors stop a run, warnings are kept with its result. Nothing is repaired: no price is filled in,
no row is dropped. All checks of one kind are one array expression; only what is found costs time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import Fault
from engine.market.adjust import NO_ADJUSTED_CLOSE
from engine.market.calendar import calendar_range, in_range, is_session
from engine.market.quotes import FloatArray, Quotes

Rows = NDArray[np.intp] | Sequence[int]

BAR_TOLERANCE = 1e-6
"""Relative; prices stored in 32 bits differ by 6e-8."""
LARGE_RETURN = 0.25
STALE_SESSIONS = 5
LONG_SPAN_DAYS = 366
LEAST_MOVES = 60
SYNTHETIC_SHARE = 0.6
"""Of the moves: SPY's and IWM's opens never equal the close before in more than 0.14 of 250 …"""
SYNTHETIC_MOVES = 250
"""… in a row, those of a one-month bill fund (its prices are a few cents apart) in 0.53."""

TITLES = {
    "unsorted": "rows out of order",
    "duplicate": "duplicate dates",
    "price": "prices that cannot be",
    "bar": "prices outside of the session's high and low",
    "closed": "dates without a session",
    "no-adjusted-close": "no adjusted close",
    "overlap": "no common span",
    "missing": "missing sessions",
    "split": "unadjusted splits",
    "volume": "no volume",
    "large-return": "return beyond ±25 %",
    "stale": "stale prices",
    "old": "last row far in the past",
    "dividends": "dividends apparently missing",
    "synthetic-opens": "opens look synthetic",
}


@dataclass(frozen=True)
class Finding:
    """One thing the gate found.

    Attributes
    ----------
    severity : {"error", "warning"}
    code : str
        Kind of finding, a key of :data:`TITLES`.
    fault : Fault
        Where: file, line, date; and what, with the value.
    """

    severity: Literal["error", "warning"]
    code: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.fault} [{self.severity}: {self.code}]"


def check_quotes(
    quotes: Quotes, *, calendar: str = "XNYS", price_basis: str = "total_return"
) -> tuple[Finding, ...]:
    """Return what is wrong or remarkable in the quotes of one asset, row by row.

    Parameters
    ----------
    quotes : Quotes
    calendar : {"XNYS", "none"}
    price_basis : {"total_return", "price"}
        Total return also needs an adjusted close, and dividends in it.
    """
    found = [
        *_order(quotes),
        *_prices(quotes),
        *_bars(quotes),
        *(_closed(quotes) if calendar == "XNYS" else ()),
        *_volume(quotes),
        *(_dividends(quotes) if price_basis == "total_return" else ()),
    ]
    if is_ordered(quotes):
        found += [*_large_returns(quotes), *_stale(quotes), *_synthetic_opens(quotes)]
    return tuple(found)


def is_ordered(quotes: Quotes) -> bool:
    """Return whether each row is later than the one before."""
    return bool(np.all(np.diff(quotes.sessions) > np.timedelta64(0, "D")))


def errors_of(findings: Iterable[Finding]) -> list[Fault]:
    """Return the faults of the errors among `findings`, by file and line."""
    faults = [finding.fault for finding in findings if finding.severity == "error"]
    return sorted(faults, key=lambda fault: (fault.origin, fault.line, fault.key))


def summarise(findings: Iterable[Finding], examples: int = 3) -> tuple[str, ...]:
    """Return one sentence per file and kind of finding: how many, and the first few.

    Files go by their names without folders: the sentences are kept with results, which do not
    depend on where the files were.
    """
    sentences = []
    for (origin, code), group in groupby(findings, key=lambda f: (f.fault.origin, f.code)):
        faults = [finding.fault for finding in group]
        shown = "; ".join(
            (f"line {fault.line}, " if fault.line else "") + f"{fault.key} {fault.message}"
            for fault in faults[:examples]
        )
        more = f"; and {len(faults) - examples:,} more" if len(faults) > examples else ""
        sentences.append(f"{Path(origin).name}: {TITLES[code]} ({len(faults):,}): {shown}{more}")
    return tuple(sentences)


def error(code: str, quotes: Quotes, rows: Rows, say: Callable[[int], str]) -> list[Finding]:
    """Return an error per row of `rows`; `say` gives the message for a row."""
    return [Finding("error", code, fault_at(quotes, row, say(row))) for row in map(int, rows)]


def warning(code: str, quotes: Quotes, rows: Rows, say: Callable[[int], str]) -> list[Finding]:
    """Return a warning per row of `rows`; `say` gives the message for a row."""
    return [Finding("warning", code, fault_at(quotes, row, say(row))) for row in map(int, rows)]


def fault_at(quotes: Quotes, row: int, message: str) -> Fault:
    """Return the fault at one row of `quotes`."""
    return Fault(quotes.origin, int(quotes.lines[row]), str(quotes.sessions[row]), message)


def _order(quotes: Quotes) -> list[Finding]:
    sessions = quotes.sessions
    steps = np.diff(sessions)
    zero = np.timedelta64(0, "D")
    if len(steps) > 1 and np.all(steps < zero):
        message = "rows run from the newest to the oldest; sort them by ascending date"
        return [Finding("error", "unsorted", fault_at(quotes, 1, message))]
    late = np.flatnonzero(steps < zero) + 1
    by_date = np.argsort(sessions, kind="stable")
    again = np.flatnonzero(np.diff(sessions[by_date]) == zero)
    first_line = {int(by_date[i + 1]): _place(quotes, int(by_date[i])) for i in again}
    return [
        *error("unsorted", quotes, late, lambda i: f"comes after {sessions[i - 1]}"),
        *error("duplicate", quotes, sorted(first_line), lambda i: f"also in {first_line[i]}"),
    ]


def _place(quotes: Quotes, row: int) -> str:
    line = int(quotes.lines[row])
    return f"line {line}" if line else f"row {row + 1}"


def _prices(quotes: Quotes) -> list[Finding]:
    found = []
    for name, prices in _price_columns(quotes).items():

        def say(row: int, name: str = name, prices: FloatArray = prices) -> str:
            return f"{name} is {prices[row]:.10g}; it must be positive"

        found += error("price", quotes, np.flatnonzero(~_is_price(prices)), say)
    return found


def _is_price(values: FloatArray) -> NDArray[np.bool_]:
    return np.isfinite(values) & (values > 0)


def _price_columns(quotes: Quotes) -> dict[str, FloatArray]:
    columns = {
        "Open": quotes.open,
        "High": quotes.high,
        "Low": quotes.low,
        "Close": quotes.close,
    }
    if quotes.adjusted_close is not None:
        columns["Adj Close"] = quotes.adjusted_close
    return columns


def _bars(quotes: Quotes) -> list[Finding]:
    columns = (quotes.open, quotes.high, quotes.low, quotes.close)
    # a row with a price that cannot be is reported as that only: NaN compares as False
    usable = np.all([_is_price(prices) for prices in columns], axis=0)
    opening, high, low, close = (np.where(usable, prices, np.nan) for prices in columns)
    top, bottom = np.maximum(opening, close), np.minimum(opening, close)
    slack = BAR_TOLERANCE * close
    inverted = high < low - slack
    cut_above = (high < top - slack) & ~inverted
    cut_below = (low > bottom + slack) & ~inverted
    return [
        *_bar_errors(quotes, inverted, "High {} is below Low {}", high, low),
        *_bar_errors(quotes, cut_above, "High {} is below open or close, {}", high, top),
        *_bar_errors(quotes, cut_below, "Low {} is above open or close, {}", low, bottom),
    ]


def _bar_errors(
    quotes: Quotes, broken: NDArray[np.bool_], sentence: str, *prices: FloatArray
) -> list[Finding]:
    def say(row: int) -> str:
        return sentence.format(*(column[row] for column in prices))

    return error("bar", quotes, np.flatnonzero(broken), say)


def _closed(quotes: Quotes) -> list[Finding]:
    known = in_range(quotes.sessions)
    beyond = np.flatnonzero(~known)
    closed = np.flatnonzero(known & ~is_session(quotes.sessions))
    return [
        *error("closed", quotes, beyond, lambda i: f"beyond the XNYS calendar: {calendar_range()}"),
        *error(
            "closed", quotes, closed, lambda i: f"XNYS was closed on this {_weekday(quotes, i)}"
        ),
    ]


def _weekday(quotes: Quotes, row: int) -> str:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return names[quotes.sessions[row].item().weekday()]


def _volume(quotes: Quotes) -> list[Finding]:
    if quotes.volume is None:
        return []
    volume = quotes.volume
    negative = np.flatnonzero(volume < 0)
    none = np.flatnonzero(~(volume > 0) & ~(volume < 0))
    return [
        *error("volume", quotes, negative, lambda i: f"Volume is {volume[i]:.10g}"),
        *warning("volume", quotes, none, lambda i: f"Volume is {volume[i]:.10g}"),
    ]


def _large_returns(quotes: Quotes) -> list[Finding]:
    prices = np.where(_is_price(quotes.close), quotes.close, np.nan)
    returns = prices[1:] / prices[:-1] - 1
    large = np.flatnonzero(np.abs(returns) > LARGE_RETURN) + 1  # not where NaN
    return warning(
        "large-return",
        quotes,
        large,
        lambda i: (
            f"Close {quotes.close[i - 1]:.10g} → {quotes.close[i]:.10g}, {returns[i - 1]:+.1%}"
        ),
    )


def _stale(quotes: Quotes) -> list[Finding]:
    moved = np.flatnonzero(np.diff(quotes.close) != 0) + 1
    starts = np.concatenate(([0], moved))
    lengths = np.diff(np.append(starts, len(quotes)))
    length_from = dict(zip(starts.tolist(), lengths.tolist(), strict=True))
    stale = starts[lengths >= STALE_SESSIONS]
    return warning(
        "stale",
        quotes,
        stale,
        lambda i: f"Close stays {quotes.close[i]:.10g} for {length_from[i]} sessions",
    )


def _synthetic_opens(quotes: Quotes) -> list[Finding]:
    """Find where opens are no traded prices: index histories repeat a close, the last or their own.

    Only sessions in which the close moved say something: a price that stands still opens where it
    was.
    """
    moved = np.flatnonzero(np.diff(quotes.close) != 0) + 1
    repeated = quotes.open[moved] == quotes.close[moved - 1]
    flat = (quotes.high[moved] == quotes.low[moved]) & (quotes.open[moved] == quotes.close[moved])
    suspect = repeated | flat
    window = min(SYNTHETIC_MOVES, len(moved))
    if window < LEAST_MOVES:
        return []
    counts = np.convolve(suspect, np.ones(window, dtype=np.int64), "valid")
    starts = np.flatnonzero(counts > SYNTHETIC_SHARE * window)
    if not len(starts):
        return []
    first, last = moved[starts[0]], moved[starts[-1] + window - 1]
    count = int(np.count_nonzero(suspect & (moved >= first) & (moved <= last)))
    message = (
        f"to {quotes.sessions[last]} {count:,} opens equal the close before, or all four prices "
        "are one: next_open fills are not realistic there"
    )
    return warning("synthetic-opens", quotes, [int(first)], lambda _: message)


def _dividends(quotes: Quotes) -> list[Finding]:
    if quotes.adjusted_close is None:
        fault = Fault(quotes.origin, 0, "", NO_ADJUSTED_CLOSE)
        return [Finding("error", "no-adjusted-close", fault)]
    if not len(quotes):
        return []
    days = (quotes.sessions.max() - quotes.sessions.min()) / np.timedelta64(1, "D")
    if days < LONG_SPAN_DAYS or not np.array_equal(quotes.adjusted_close, quotes.close):
        return []
    message = "Adj Close equals Close in every row: total returns are price returns here"
    return warning("dividends", quotes, [0], lambda i: message)
