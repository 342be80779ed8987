"""Fetching symbols into the library, and updating what is there."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from engine.errors import DataError, ProviderError, UsageError
from engine.market.keeping import (
    Candidate,
    Kept,
    check_source,
    entry_for,
    keep,
    stored_or_damage,
)
from engine.market.library import Held, Library
from engine.market.library.entry import FILE
from engine.market.library.merging import changes, merged
from engine.market.pair import OLD_DAYS, calendar_sessions
from engine.market.providers import provider_named
from engine.market.providers.delivery import Delivery, Request
from engine.market.providers.retry import ATTEMPTS, Say, with_retries
from engine.study.faults import SYMBOL_PATTERN

MAX_SYMBOL = 32
OVERLAP = 20
"""Rows at the end of what is stored that an update fetches again and compares."""
TIMEOUT = 30.0


class Wanted(NamedTuple):
    """A symbol, and the provider to ask for it."""

    source: str
    symbol: str


def check_symbol(symbol: str) -> str:
    """Return a symbol in upper case, which may name a file.

    Raises
    ------
    UsageError
        If it cannot be a symbol.
    """
    if not re.fullmatch(SYMBOL_PATTERN, symbol) or len(symbol) > MAX_SYMBOL:
        raise UsageError(f'"{symbol[:40]}" is no symbol: letters, digits, and ^ . _ = - inside')
    return symbol.upper()


@dataclass(frozen=True)
class Fetching:
    """How symbols are fetched.

    Attributes
    ----------
    library : Library
    now : datetime
        With a time zone; what counts as over, and when rows were fetched.
    say : callable
        Told what is being done with which symbol.
    attempts : int
        How often a provider is asked before giving up.
    timeout : float
        Seconds a whole answer may take.
    accept_restatement : bool
        Whether a past that is told differently is taken.
    sleep : callable
        Takes seconds.
    """

    library: Library
    now: dt.datetime
    say: Say
    attempts: int = ATTEMPTS
    timeout: float = TIMEOUT
    accept_restatement: bool = False
    sleep: Callable[[float], None] = time.sleep

    def fetch(
        self,
        wanted: Sequence[Wanted],
        *,
        start: dt.date | None = None,
        end: dt.date | None = None,
        calendar: str = "XNYS",
    ) -> tuple[Kept, ...]:
        """Fetch symbols from their providers and keep them: all of them, or none.

        Rows that are stored already are compared with the new ones.

        Raises
        ------
        UsageError
            If there is no such provider, a symbol is asked of two, or the span ends before it
            starts.
        DataError
            If one symbol cannot be had whole, or tells its past differently; the library is as
            it was.
        """
        distinct = tuple(dict.fromkeys(wanted))
        _check_asked(distinct, start, end)
        candidates = []
        for source, symbol in distinct:
            stored, damage = stored_or_damage(self.library, symbol)
            check_source(stored, source)
            delivery = self._delivered(source, symbol, start, end, cure="--end {} takes it")
            if stored is not None:
                _check_covers(stored, delivery, start, end)
                delivery = replace(delivery, table=merged(stored.table, delivery.table))
            asked = {"symbol": symbol, "start": _text(_earliest(start, stored)), "end": _text(end)}
            candidates.append(
                self._candidate(symbol, source, delivery, stored, damage, asked, calendar)
            )
        return self._keep(candidates)

    def update(self, symbols: Sequence[str] = ()) -> tuple[Kept, ...]:
        """Fetch what is missing of symbols in the library; by default of all that were fetched.

        The last rows stored are fetched again and compared. Where the past is told differently
        and that is accepted, all is fetched anew; so is what is damaged.

        Raises
        ------
        DataError
            As :meth:`fetch`; also if there is nothing to update, or a symbol was imported.
        """
        chosen = tuple(dict.fromkeys(symbol.upper() for symbol in symbols)) or self._fetched()
        if not chosen:
            raise DataError(f"{self.library.folder}: there is nothing fetched to update")
        return self._keep([self._updated(symbol) for symbol in chosen])

    def _fetched(self) -> tuple[str, ...]:
        """Return all symbols but those that were imported: no provider has them."""
        found = {symbol: self.library.entry(symbol) for symbol in self.library.symbols()}
        return tuple(symbol for symbol, entry in found.items() if entry.source != FILE)

    def _updated(self, symbol: str) -> Candidate:
        held, damage = stored_or_damage(self.library, symbol)
        entry = held.entry if held else self.library.entry(symbol)
        if entry.source == FILE:
            raise DataError(f"{symbol} was imported; streak data import takes a newer file")
        name, start = entry.request["symbol"], _date(entry.request["start"])
        if held is None:
            self.say(symbol, f"{damage}; fetching all of it")
            delivery = self._delivered(entry.source, name, start)
        else:
            delivery = self._continued(held, name)
        asked = {**entry.request, "end": None}
        return self._candidate(symbol, entry.source, delivery, held, damage, asked, entry.calendar)

    def _continued(self, held: Held, name: str) -> Delivery:
        """Return what is stored with what is missing, after comparing the last rows."""
        source, dates = held.entry.source, held.table.dates
        start = dates[-min(OVERLAP, len(dates))].item()
        delivery = self._delivered(source, name, start)
        if self.accept_restatement and changes(held.table, delivery.table):
            self.say(held.entry.symbol, "the past is told differently; fetching all of it")
            start = dates[0].item()
            delivery = self._delivered(source, name, start)
        _check_covers(held, delivery, start, None)
        return replace(delivery, table=merged(held.table, delivery.table))

    def _delivered(
        self,
        source: str,
        symbol: str,
        start: dt.date | None,
        end: dt.date | None = None,
        cure: str = "update the others by name",
    ) -> Delivery:
        self.say(symbol, f"fetching from {source}")
        request = Request(symbol, start, end, self.now, self.timeout)
        delivery = with_retries(
            provider_named(source),
            request,
            attempts=self.attempts,
            say=self.say,
            sleep=self.sleep,
        )
        _check_reaches(delivery, request, cure)
        return delivery

    def _candidate(
        self,
        symbol: str,
        source: str,
        delivery: Delivery,
        stored: Held | None,
        damage: str,
        asked: Mapping[str, str | None],
        calendar: str,
    ) -> Candidate:
        entry = entry_for(symbol, source, delivery, request=asked, now=self.now, calendar=calendar)
        request = Request(symbol, None, _date(asked["end"]), self.now, self.timeout)
        notes = (*delivery.notes, *delivery.remarks, *_late(delivery, request, calendar))
        return Candidate(Held(entry, delivery.table), stored, damage, notes=notes)

    def _keep(self, candidates: Sequence[Candidate]) -> tuple[Kept, ...]:
        return keep(
            self.library,
            candidates,
            accept_restatement=self.accept_restatement,
            today=None,
        )


def _check_asked(wanted: Sequence[Wanted], start: dt.date | None, end: dt.date | None) -> None:
    """Refuse what cannot be asked for: a symbol of two providers, a span that is none."""
    if start is not None and end is not None and end < start:
        raise UsageError(f"the end, {end}, is before the start, {start}")
    symbols = [symbol for _, symbol in wanted]
    if twice := next((symbol for symbol in symbols if symbols.count(symbol) > 1), None):
        sources = " and ".join(source for source, symbol in wanted if symbol == twice)
        raise UsageError(f"{twice} is asked of {sources}: the library holds it from one of them")


def _check_reaches(delivery: Delivery, request: Request, cure: str) -> None:
    """Refuse an answer that ends long before it should: a half one, or of a dead symbol."""
    last = delivery.table.dates[-1]
    missing = int((np.datetime64(request.last) - last) / np.timedelta64(1, "D"))
    if delivery.kind == "prices" and missing > OLD_DAYS:
        raise ProviderError(
            f"{request.symbol}: the answer ends on {last}, {missing:,} days before "
            f"{request.last}: half an answer, or no longer traded; {cure.format(last)}"
        )


def _late(delivery: Delivery, request: Request, calendar: str) -> tuple[str, ...]:
    """Say which sessions are over, but not in the answer: providers are late, at times."""
    if delivery.kind != "prices" or calendar != "XNYS":
        return ()
    last = delivery.table.dates[-1]
    sessions = calendar_sessions(np.array([last, request.last], dtype="datetime64[D]"))
    late = sessions[sessions > last]
    if not len(late):
        return ()
    missing = f"{len(late)} session{'' if len(late) == 1 else 's'} missing at the end"
    return (f"{missing}, from {late[0]} on: the provider has none yet, or gave half an answer",)


def _check_covers(
    stored: Held, delivery: Delivery, start: dt.date | None, end: dt.date | None
) -> None:
    """Refuse an answer that lacks the first or the last stored row of those asked for."""
    symbol, told, dates = stored.entry.symbol, delivery.table.dates, stored.table.dates
    asked = dates if start is None else dates[dates >= np.datetime64(start)]
    if len(asked) and told[0] > asked[0]:
        raise ProviderError(
            f"{symbol}: the answer begins on {told[0]}, after the row stored of {asked[0]}: "
            "half an answer"
        )
    if end is None and told[-1] < dates[-1]:
        raise ProviderError(
            f"{symbol}: the answer ends on {told[-1]}, before the last row stored, {dates[-1]}: "
            "half an answer"
        )


def _earliest(start: dt.date | None, stored: Held | None) -> dt.date | None:
    """Return the start that would fetch all rows kept, should they have to be fetched anew."""
    if start is None or stored is None:
        return start
    before = _date(stored.entry.request["start"])
    return None if before is None else min(start, before)


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _text(date: dt.date | None) -> str | None:
    return None if date is None else date.isoformat()
