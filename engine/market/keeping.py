"""Rows on their way into the library: judged by the gate, compared with what is stored, kept.

All symbols of one call are kept together or not at all.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.errors import DataError
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.faults import data_error
from engine.market.library import DamagedError, Entry, Held, Library
from engine.market.library.entry import FILE
from engine.market.library.merging import Change, changes, revised_volumes
from engine.market.library.table import Table
from engine.market.load import check_alone
from engine.market.providers.delivery import Delivery
from engine.market.quality import errors_of, summarise
from engine.market.sources.library import quotes_of
from engine.version import VERSION

SHOWN_CHANGES = 10


@dataclass(frozen=True)
class Kept:
    """What became of one symbol.

    Attributes
    ----------
    entry : Entry
    status : {"new", "updated", "unchanged", "restated", "repaired"}
    added : int
        Rows that were not there before.
    changes : tuple of Change
        What is told differently now; accepted, as otherwise nothing would have been kept.
    warnings : tuple of str
        Of the gate and of the source.
    """

    entry: Entry
    status: str
    added: int
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """Rows to be kept, and what they are compared with.

    Attributes
    ----------
    held : Held
        The new rows; hash, span and number of rows of the entry are not filled in yet.
    stored : Held or None
        What the library holds now; None where it is absent or damaged.
    damage : str
        Why what the library holds cannot be used; empty where it can.
    whole : bool
        Whether the new rows stand for everything that is stored.
    notes : tuple of str
    """

    held: Held
    stored: Held | None
    damage: str = ""
    whole: bool = False
    notes: tuple[str, ...] = ()


def stored_or_damage(library: Library, symbol: str) -> tuple[Held | None, str]:
    """Return what the library holds of a symbol, and why it cannot be used if it cannot."""
    if symbol.upper() not in library.symbols():
        return None, ""
    try:
        return library.read(symbol)[0], ""
    except DamagedError as error:
        return None, str(error).split("; streak data")[0]


def check_source(stored: Held | None, source: str) -> None:
    """Raise DataError if a symbol is in the library from another source."""
    if stored is not None and stored.entry.source != source:
        symbol = stored.entry.symbol
        raise DataError(
            f"{symbol} is in the library from {stored.entry.source}; remove it first: "
            f"streak data rm {symbol}"
        )


def entry_for(
    symbol: str,
    source: str,
    delivery: Delivery,
    *,
    request: Mapping[str, Any],
    now: dt.datetime,
    calendar: str,
) -> Entry:
    """Return the entry of rows just delivered; the library fills in what only it knows."""
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "pyarrow")}
    return Entry(
        symbol=symbol.upper(),
        kind=delivery.kind,
        source=source,
        request=dict(request),
        fetched_at=now.astimezone(dt.UTC).isoformat(timespec="seconds"),
        first="",
        last="",
        rows=0,
        prices=delivery.prices,
        adjustment=delivery.adjustment,
        calendar=calendar,
        sha256="",
        versions={
            "streaklab": VERSION,
            "python": platform.python_version(),
            **versions,
            **delivery.versions,
        },
        notes=delivery.notes,
    )


def keep(
    library: Library,
    candidates: Sequence[Candidate],
    *,
    accept_restatement: bool,
    today: dt.date | None,
) -> tuple[Kept, ...]:
    """Judge all candidates, then store them together.

    Parameters
    ----------
    library : Library
    candidates : sequence of Candidate
    accept_restatement : bool
        Whether rows that tell the stored past differently are taken.
    today : date or None
        A last row more than 10 days before it is warned of.

    Raises
    ------
    DataError
        If the gate finds an error, or a stored past is told differently and that is not accepted;
        the library is as it was.
    """
    results = [_judged(one, accept_restatement, today) for one in candidates]
    fresh = [
        (one, kept)
        for one, kept in zip(candidates, results, strict=True)
        if kept.status != "unchanged"
    ]
    replaced = {
        one.held.entry.symbol: one.stored.entry.sha256 if one.stored else None for one, _ in fresh
    }
    entries = library.store([one.held for one, _ in fresh], replaced) if fresh else ()
    stored = {entry.symbol: entry for entry in entries}
    return tuple(replace(kept, entry=stored.get(kept.entry.symbol, kept.entry)) for kept in results)


def warnings_of(held: Held, origin: str, today: dt.date | None = None) -> tuple[str, ...]:
    """Return what the gate warns of in the rows of a symbol.

    Raises
    ------
    DataError
        With every error it finds.
    """
    if held.entry.kind != "prices":
        _check_values(held.table, origin)
        return ()
    quotes = quotes_of(held, origin)
    findings = check_alone(quotes, calendar=held.entry.calendar, today=today)
    if faults := errors_of(findings):
        raise data_error(faults)
    return summarise(findings)


def _judged(one: Candidate, accept_restatement: bool, today: dt.date | None) -> Kept:
    entry, table, stored = one.held.entry, one.held.table, one.stored
    # before the gate: that the past changed says more than what is wrong with it now
    told_differently = changes(stored.table, table, whole=one.whole) if stored else ()
    if told_differently and not accept_restatement:
        raise DataError(_restatement(entry.symbol, told_differently))
    notes = [*one.notes]
    if one.damage:
        notes.append(f"what was stored could not be used: {one.damage}")
    if stored and (revised := revised_volumes(stored.table, table)):
        notes.append(f"stored sessions whose volumes were revised: {revised:,}")
    gate = _gate(one.held, today)
    warnings = (*(f"{entry.symbol}: {note}" for note in notes), *gate)
    if stored is None:
        return Kept(entry, "repaired" if one.damage else "new", len(table), (), warnings)
    added = int(np.count_nonzero(~np.isin(table.dates, stored.table.dates)))
    same = stored.table.equals(table) and stored.entry.adjustment == entry.adjustment
    status = "restated" if told_differently else "unchanged" if same else "updated"
    return Kept(stored.entry if same else entry, status, added, told_differently, warnings)


def _gate(held: Held, today: dt.date | None) -> tuple[str, ...]:
    """Return the gate's warnings; where only old rows are to blame, its error says what is sound.

    Providers' histories may begin with decades of opens that are 0, or before the calendar does.
    """
    entry, dates = held.entry, held.table.dates
    try:
        return warnings_of(held, entry.symbol, today)
    except DataError as error:
        # of faults without a date the key is empty: no row is sound then
        last = max((fault.key or "9" for fault in error.faults), default="9")
        sound = dates[dates.astype(str) > last]
        if entry.source == FILE or len(sound) < SESSIONS_PER_YEAR:
            raise
        cure = f"{entry.symbol}: rows from {sound[0]} on are sound; --start {sound[0]} takes those"
        raise DataError(f"{error}\n{cure}", error.faults) from None


def _restatement(symbol: str, found: Sequence[Change]) -> str:
    shown = [f"  {change}" for change in found[:SHOWN_CHANGES]]
    if more := len(found) - SHOWN_CHANGES:
        shown += [f"  … and {more:,} more"] if more > 0 else []
    head = f"{symbol}: stored numbers that are told differently now: {len(found):,}"
    return "\n".join([head, *shown, "nothing was changed; --accept-restatement takes them"])


def _check_values(table: Table, origin: str) -> None:
    if np.any(np.diff(table.dates) <= np.timedelta64(0, "D")):
        raise DataError(f"{origin}: the dates do not ascend")
    if not np.all(np.isfinite(table["value"])):
        raise DataError(f"{origin}: a value is not finite")
