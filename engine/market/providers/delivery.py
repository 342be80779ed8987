"""What is asked of a provider, and what it gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from engine.market.library.table import Table

NEW_YORK = ZoneInfo("America/New_York")
SETTLED = dt.time(18)
"""New York time from which the bar of a session counts as final: two hours after the close."""


@dataclass(frozen=True)
class Request:
    """Rows asked for.

    Attributes
    ----------
    symbol : str
    start : date or None
        First date wanted; None for all there is.
    end : date or None
        Last date wanted; None for the last session that is over.
    now : datetime
        With a time zone. Bars of a session still under way are left out.
    timeout : float
        Seconds a whole answer may take.
    """

    symbol: str
    start: dt.date | None
    end: dt.date | None
    now: dt.datetime
    timeout: float

    @property
    def last(self) -> dt.date:
        """The last date of which a final row can exist."""
        there = self.now.astimezone(NEW_YORK)
        over = there.date() if there.time() >= SETTLED else there.date() - dt.timedelta(days=1)
        return over if self.end is None else min(over, self.end)


@dataclass(frozen=True)
class Delivery:
    """Rows as a provider gave them, in the library's terms.

    Attributes
    ----------
    table : Table
    kind : {"prices", "values"}
    prices : str
        In what shares the prices are.
    adjustment : str
        What total return is made of.
    notes : tuple of str
        What one should know of the rows, as long as they are kept.
    versions : dict of str to str
        Of the library that fetched them, if one did.
    remarks : tuple of str
        What one should know of this delivery.
    """

    table: Table
    kind: str
    prices: str
    adjustment: str
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


Provider = Callable[[Request], Delivery]
"""Gives what was asked for, or raises :class:`engine.errors.ProviderError`; it does not retry."""
