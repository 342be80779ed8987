"""A provider that needs no network: bars of an invented asset, with splits and dividends."""

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from engine.errors import ProviderError
from engine.market.calendar import sessions_between
from engine.market.fetching import Fetching, Wanted
from engine.market.library import Entry, Held, Library
from engine.market.library.entry import AS_TRADED, FROM_DIVIDENDS, NO_PRICES, RATES
from engine.market.library.table import Table
from engine.market.providers.delivery import Delivery

EVENING = dt.time(20)
NEW_YORK = ZoneInfo("America/New_York")
STUDY = """\
name: from-library
data: {source: library, core: SPY, satellite: IWM, end: 2020-06-30}
rule: {name: streak, entry_streak: 2, exit_streak: 1}
"""
END = ("--end", "2020-12-31")
ENTRY = Entry(
    symbol="IWM",
    kind="prices",
    source="yahoo",
    request={"symbol": "IWM", "start": None, "end": None},
    fetched_at="2020-12-31T23:00:00+00:00",
    first="",
    last="",
    rows=0,
    prices=AS_TRADED,
    adjustment=FROM_DIVIDENDS,
    calendar="XNYS",
    sha256="",
    versions={"streaklab": "0"},
)


def evening(day):
    """Return eight in the evening in New York: the session of `day` is over."""
    return dt.datetime.combine(dt.date.fromisoformat(day), EVENING, NEW_YORK)


def whole_table(seed=1, first="2019-01-02", last="2020-12-31"):
    """Return bars as traded from `first` to `last`, with a dividend each 60 sessions."""
    dates = sessions_between(np.datetime64(first), np.datetime64(last))
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(dates)))), 2)
    opening = np.round(close * np.exp(rng.normal(0, 0.003, len(dates))), 2)
    dividend = np.zeros(len(dates))
    dividend[60::60] = 0.5
    return Table(
        dates,
        {
            "open": opening,
            "high": np.maximum(opening, close) + 0.25,
            "low": np.minimum(opening, close) - 0.25,
            "close": close,
            "dividend": dividend,
            "split": np.ones(len(dates)),
            "volume": rng.integers(1_000, 9_000, len(dates)).astype(float),
        },
    )


def held(symbol="IWM", seed=1, table=None, **changes):
    """Return an invented symbol as the library takes it."""
    entry = replace(ENTRY, symbol=symbol, **changes)
    return Held(entry, whole_table(seed) if table is None else table)


class Exchange:
    """Gives bars of its symbols as asked; remembers what it was asked; errors come first."""

    def __init__(self, **tables):
        self.tables = {symbol: tables[symbol] for symbol in tables}
        self.asked = []
        self.errors = []
        self.notes = self.remarks = ()

    def __call__(self, request):
        self.asked.append((request.symbol, request.start and str(request.start)))
        if self.errors:
            error = self.errors.pop(0)
            if error is not None:
                raise error
        if request.symbol not in self.tables:
            raise ProviderError(f"{request.symbol}: possibly delisted")
        table = self.tables[request.symbol].until(np.datetime64(request.last))
        if request.start is not None:
            table = table.rows(table.dates >= np.datetime64(request.start))
        if "value" in table.columns:
            return Delivery(table, "values", RATES, NO_PRICES, self.notes)
        told = {"notes": self.notes, "remarks": self.remarks}
        return Delivery(table, "prices", AS_TRADED, FROM_DIVIDENDS, **told)


def changed(table, column, row, value):
    """Return a table with one number changed."""
    columns = {name: values.copy() for name, values in table.columns.items()}
    columns[column][row] = value
    return Table(table.dates, columns)


def without(table, *rows):
    """Return a table without some rows."""
    return table.rows(~np.isin(np.arange(len(table)), rows))


def fetching(folder, now, **options):
    """Return what fetches into a library in `folder`; pauses take no time."""
    said = options.pop("said", [])
    slept = options.pop("slept", [])
    return Fetching(
        library=Library(folder),
        now=evening(now),
        say=lambda symbol, sentence: said.append(f"{symbol}: {sentence}"),
        sleep=slept.append,
        **options,
    )


def wanted(*symbols, source="yahoo"):
    return [Wanted(source, symbol) for symbol in symbols]


def contents(folder):
    """Return every file of a library by name, without its lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
