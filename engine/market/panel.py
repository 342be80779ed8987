"""The price panel: aligned, adjusted, read-only bars of core and satellite.

All later stations read prices from here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.market.quotes import FloatArray, Quotes, SessionArray

SIMULATED_NOTICE = "SIMULATED DATA, not market history"


@dataclass(frozen=True, eq=False)
class Bars:
    """Open, high, low, close and volume of one asset, one entry per session of the panel.

    All arrays are float64 of shape (n,), read-only; prices are on the panel's price basis,
    volume is in shares (NaN where the source has none).
    """

    symbol: str
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __post_init__(self) -> None:
        for name in ("open", "high", "low", "close", "volume"):
            array = np.array(getattr(self, name), dtype=np.float64)  # a copy: never the caller's
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def head(self, n: int) -> Bars:
        """Return the first n sessions."""
        names = ("open", "high", "low", "close", "volume")
        return Bars(self.symbol, *(getattr(self, name)[:n] for name in names))


@dataclass(frozen=True)
class Provenance:
    """Where the bars of one asset came from; see :class:`engine.market.quotes.Quotes`.

    Of a series of values `adjustment` is empty: there is no total return.
    """

    symbol: str
    origin: str
    recognised_as: str
    sha256: str
    first_session: str
    last_session: str
    rows: int
    source: str
    fetched_at: str
    adjustment: str

    @classmethod
    def of(cls, quotes: Quotes) -> Provenance:
        """Return where quotes came from; they have at least one row."""
        return cls(
            symbol=quotes.symbol,
            origin=quotes.origin,
            recognised_as=quotes.recognised_as,
            sha256=quotes.sha256,
            first_session=str(quotes.sessions[0]),
            last_session=str(quotes.sessions[-1]),
            rows=len(quotes),
            source=quotes.source,
            fetched_at=quotes.fetched_at,
            adjustment=quotes.adjustment,
        )


@dataclass(frozen=True, eq=False)
class PricePanel:
    """Aligned daily bars of two assets.

    Attributes
    ----------
    sessions : datetime64[D] array, shape (n,)
        Strictly ascending, the same for both assets, read-only.
    core, satellite : Bars
    start_index : int
        Index of the first session that is traded; earlier ones warm features up.
    price_basis : {"total_return", "price"}
        Whether prices are adjusted for dividends.
    simulated : bool
    provenance : tuple of Provenance
        One for the core, one for the satellite; empty for a panel made in memory.
    warnings : tuple of str
        What the quality gate found that does not stop a run.

    Raises
    ------
    DataError
        If the arrays do not fit together, dates do not ascend, or a price is not positive.
    """

    sessions: SessionArray
    core: Bars
    satellite: Bars
    start_index: int = 0
    price_basis: str = "total_return"
    simulated: bool = False
    provenance: tuple[Provenance, ...] = ()
    warnings: tuple[str, ...] = ()
    content_hash: str = field(init=False)

    def __post_init__(self) -> None:
        sessions = np.array(self.sessions, dtype="datetime64[D]")
        sessions.setflags(write=False)
        object.__setattr__(self, "sessions", sessions)
        self._check()
        object.__setattr__(self, "content_hash", self._hash())

    def _check(self) -> None:
        n = len(self.sessions)
        if np.any(np.diff(self.sessions) <= np.timedelta64(0, "D")):
            raise DataError("the sessions of a panel must ascend strictly")
        for bars in (self.core, self.satellite):
            for name in ("open", "high", "low", "close"):
                prices = getattr(bars, name)
                if prices.shape != (n,):
                    raise DataError(f"{bars.symbol} {name}: {len(prices)} prices, {n} sessions")
                if not np.all((prices > 0) & np.isfinite(prices)):
                    raise DataError(f"{bars.symbol} {name}: prices must be positive and finite")
        if not 0 <= self.start_index <= n - 2:
            raise DataError(f"a backtest needs at least 2 sessions; {n - self.start_index} left")

    def _hash(self) -> str:
        digest = hashlib.sha256(self.price_basis.encode())
        digest.update(self.sessions.astype(np.int64).astype("<i8").tobytes())
        for bars in (self.core, self.satellite):
            digest.update(bars.symbol.encode())
            for name in ("open", "high", "low", "close", "volume"):
                digest.update(getattr(bars, name).astype("<f8").tobytes())
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.sessions)

    def until(self, last: dt.date) -> PricePanel:
        """Return the panel as it stood after the close of `last`: later sessions are gone.

        Raises
        ------
        DataError
            If fewer than 2 traded sessions are left.
        """
        n = int(np.searchsorted(self.sessions, np.datetime64(last), side="right"))
        if n - self.start_index < 2:
            first = self.sessions[self.start_index]
            raise DataError(f"{last} is before the second session of the data, which start {first}")
        core, satellite = (bars.head(n) for bars in (self.core, self.satellite))
        return replace(self, sessions=self.sessions[:n], core=core, satellite=satellite)

    def window(self, first: int, stop: int | None = None) -> PricePanel:
        """Return the panel with only the traded sessions from `first` up to `stop` traded.

        Both count from the first traded session; None is the end. Earlier sessions are history
        that warms features up, later ones are gone.

        Raises
        ------
        DataError
            If fewer than 2 traded sessions are left.
        """
        n = len(self) if stop is None else min(self.start_index + stop, len(self))
        core, satellite = (bars.head(n) for bars in (self.core, self.satellite))
        return replace(
            self,
            sessions=self.sessions[:n],
            core=core,
            satellite=satellite,
            start_index=self.start_index + first,
        )

    @property
    def symbols(self) -> tuple[str, str]:
        """Symbols of core and satellite."""
        return self.core.symbol, self.satellite.symbol

    @property
    def traded_sessions(self) -> SessionArray:
        """Sessions from `start_index` on: those a backtest trades."""
        return self.sessions[self.start_index :]

    def describe(self) -> dict[str, Any]:
        """Return what a manifest says of the panel: plain values, JSON-ready."""
        return {
            "symbols": {"core": self.core.symbol, "satellite": self.satellite.symbol},
            "price_basis": self.price_basis,
            "simulated": self.simulated,
            "first_session": str(self.sessions[self.start_index]),
            "last_session": str(self.sessions[-1]),
            "sessions": len(self) - self.start_index,
            "warm_up_sessions": self.start_index,
            "sha256": self.content_hash,
            "sources": [vars(source) for source in self.provenance],
        }
