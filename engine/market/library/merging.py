"""New rows laid over stored ones: what is added, and where the past is told differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.market.library.table import TITLES, Table
from engine.market.quotes import FloatArray

TOLERANCE = 1e-6
"""Relative; providers keep prices in 32 bits, which differ by 1.2e-7 once computed with."""
ADJUSTED_TOLERANCE = 1e-5
"""Relative; adjusted closes are written with six decimals."""
REVISED = "volume"
"""Providers revise volumes for days: the new ones are taken, and counted."""


@dataclass(frozen=True, order=True)
class Change:
    """One stored number that is told differently now; NaN where there is none."""

    date: str
    column: str
    stored: float
    now: float

    def __str__(self) -> str:
        stored, now = (
            "none" if np.isnan(value) else f"{value:.10g}" for value in (self.stored, self.now)
        )
        return f"{self.date} {self.column} {stored} → {now}"


def changes(stored: Table, new: Table, *, whole: bool = False) -> tuple[Change, ...]:
    """Return where `new` tells the stored past differently, in order of date.

    Parameters
    ----------
    stored, new : Table
    whole : bool
        Whether `new` stands for everything; else it stands for the dates from its first to its
        last only.

    Returns
    -------
    tuple of Change
        Rows that are gone or were not there, and numbers beyond the tolerance. Rows after the
        stored ones are no change, nor are rows before them, nor volumes; an adjusted close is
        compared up to a constant factor, which every later dividend changes.
    """
    old = stored if whole else stored.rows(_spanned(stored, new))
    if not len(old):
        return ()
    over = new.rows((new.dates >= stored.dates[0]) & (new.dates <= stored.dates[-1]))
    found = [*_gone(old, over, reverse=False), *_gone(over, old, reverse=True)]
    _, rows, others = np.intersect1d(old.dates, over.dates, return_indices=True)
    for name in old.columns.keys() | over.columns.keys():
        if name != REVISED:
            found += _differences(old, rows, over, others, name)
    return tuple(sorted(found))


def revised_volumes(stored: Table, new: Table) -> int:
    """Return in how many sessions of both the volumes differ."""
    if not all(REVISED in table.columns for table in (stored, new)):
        return 0
    _, rows, others = np.intersect1d(stored.dates, new.dates, return_indices=True)
    old, now = stored[REVISED][rows], new[REVISED][others]
    return int(np.count_nonzero(~np.isclose(old, now, rtol=TOLERANCE, atol=0, equal_nan=True)))


def merged(stored: Table, new: Table) -> Table:
    """Return the stored rows, with those from the first to the last date of `new` replaced.

    A column that only one of the two has is NaN in the rows of the other.
    """
    kept = stored.rows(~_spanned(stored, new))
    dates = np.concatenate((kept.dates, new.dates))
    order = np.argsort(dates, kind="stable")
    names = [name for name in TITLES if name in kept.columns or name in new.columns]
    columns = {
        name: np.concatenate((_column(kept, name), _column(new, name)))[order] for name in names
    }
    return Table(dates[order], columns)


def _spanned(stored: Table, new: Table) -> NDArray[np.bool_]:
    spanned: NDArray[np.bool_] = (stored.dates >= new.dates[0]) & (stored.dates <= new.dates[-1])
    return spanned


def _column(table: Table, name: str) -> FloatArray:
    return table.columns[name] if name in table.columns else np.full(len(table), np.nan)


def _gone(rows: Table, others: Table, *, reverse: bool) -> list[Change]:
    """Return the rows that `others` has not; `reverse` says that those are the stored ones."""
    name = "close" if "close" in rows.columns else "value"
    gone = np.flatnonzero(~np.isin(rows.dates, others.dates))
    pairs = [(float(rows[name][i]), float("nan")) for i in gone]
    return [
        Change(str(rows.dates[i]), TITLES[name], *(pair[::-1] if reverse else pair))
        for i, pair in zip(gone, pairs, strict=True)
    ]


def _differences(
    old: Table, rows: NDArray[np.intp], new: Table, others: NDArray[np.intp], name: str
) -> list[Change]:
    stored, now = _column(old, name)[rows], _column(new, name)[others]
    tolerance = TOLERANCE
    if name == "adjusted_close" and len(stored):
        scale = stored[-1] / now[-1]
        now, tolerance = now * (scale if np.isfinite(scale) else 1.0), ADJUSTED_TOLERANCE
    same = np.isclose(now, stored, rtol=tolerance, atol=1e-12, equal_nan=True)
    return [
        Change(str(old.dates[row]), TITLES[name], float(stored[i]), float(now[i]))
        for i, row in enumerate(rows)
        if not same[i]
    ]
