"""Which column of a file is which: one table of names for all sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.errors import did_you_mean

PRICES = ("open", "high", "low", "close")
OPTIONAL = ("adjusted_close", "volume")
REQUIRED = ("date", *PRICES)

_MEANING = {
    "date": "date",
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "adj close": "adjusted_close",
    "adjclose": "adjusted_close",
    "adjusted close": "adjusted_close",
    "volume": "volume",
    "vol": "volume",
}
# a column of this name holds the dates where there is no other: TradingView's exports
_TIME = "time"
# in each of Stooq's bulk files: no need to tell the user that they mean nothing here
_STOOQ_MARKS = {"<TICKER>", "<PER>", "<TIME>", "<OPENINT>"}


@dataclass(frozen=True)
class Columns:
    """Positions of the known columns of a file, and what was passed over.

    Attributes
    ----------
    position : dict of str to int
        By meaning: date, open, high, low, close, and where present adjusted_close, volume.
    ignored : tuple of str
        Names of the columns that mean nothing here, as written.
    layout : str
        Whose layout it is: Yahoo, Stooq, TradingView, or plain OHLCV.
    """

    position: dict[str, int]
    ignored: tuple[str, ...]
    layout: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know about how the columns were understood."""
        notes = []
        if self.ignored:
            notes.append(f"columns ignored: {', '.join(self.ignored)}")
        if "adjusted_close" not in self.position:
            notes.append("no adjusted close: only price_basis: price is possible")
        if "volume" not in self.position:
            notes.append("no volume")
        return tuple(notes)


def recognise(names: Sequence[str]) -> Columns:
    """Return what the columns named `names` mean; case, spaces and ``_`` do not matter.

    Raises
    ------
    ValueError
        With the sentence for the user: a needed column is missing, or one is there twice.
    """
    position: dict[str, int] = {}
    ignored = []
    meanings = _meanings(names)
    for i, name in enumerate(names):
        meaning = meanings.get(_plain(name))
        if meaning in position:
            first = names[position[meaning]]
            raise ValueError(f'two columns for one thing: "{first}" and "{name}"')
        if meaning:
            position[meaning] = i
        elif name and name.upper() not in _STOOQ_MARKS:
            ignored.append(name)
    _require(position, ignored, names)
    return Columns(position, tuple(ignored), _layout(names, position))


def named(names: Sequence[str], given: Mapping[str, str]) -> Columns:
    """Return the columns that a user names: by meaning (``date``, ``close`` …), the file's name.

    One column may stand for several meanings: a series of closes has no other prices.

    Raises
    ------
    ValueError
        With the sentence for the user: a meaning is unknown or missing, or no column is so named.
    """
    position = {}
    for meaning, name in given.items():
        known = _MEANING.get(_plain(meaning))
        if known is None:
            titles = ", ".join(dict.fromkeys(_MEANING))
            raise ValueError(f'"{meaning}" is no column prices have (allowed {titles})')
        if name not in names:
            hint = did_you_mean(name, names)
            raise ValueError(f'no column "{name}" (found {", ".join(names[:12])}{hint})')
        position[known] = list(names).index(name)
    ignored = [name for i, name in enumerate(names) if i not in position.values()]
    _require(position, ignored, names)
    return Columns(position, tuple(ignored), "named columns of a")


def _meanings(names: Sequence[str]) -> Mapping[str, str]:
    if any(_MEANING.get(_plain(name)) == "date" for name in names):
        return _MEANING
    return {**_MEANING, _TIME: "date"}


def _plain(name: str) -> str:
    return " ".join(name.strip("<> ").lower().replace("_", " ").split())


def _require(position: dict[str, int], ignored: Sequence[str], names: Sequence[str]) -> None:
    missing = [name.capitalize() for name in REQUIRED if name not in position]
    if missing:
        found = ", ".join(name[:40] for name in names[:12]) or "nothing"
        hint = did_you_mean(missing[0], [name for name in ignored if name])
        raise ValueError(f"no column {', '.join(missing)} (found {found}{hint})")


def _layout(names: Sequence[str], position: dict[str, int]) -> str:
    if any(name.startswith("<") for name in names):
        return "Stooq"
    if _plain(names[position["date"]]) == _TIME:
        return "TradingView"
    return "Yahoo" if "adjusted_close" in position else "OHLCV"
