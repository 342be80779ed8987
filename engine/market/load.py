"""From a study's data section to a :class:`PricePanel` one can trust."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from engine.errors import DataError
from engine.market.adjust import adjusted_bars
from engine.market.faults import data_error
from engine.market.pair import (
    calendar_sessions,
    check_last_row,
    check_missing,
    check_pair,
    check_splits,
    common_rows,
)
from engine.market.panel import PricePanel, Provenance
from engine.market.quality import Finding, check_quotes, errors_of, summarise
from engine.market.quotes import Quotes, SessionArray
from engine.market.sources import read_file, read_pair, read_quotes
from engine.study.models import DataSection


def load_panel(
    data: DataSection,
    *,
    core_quotes: Quotes | None = None,
    satellite_quotes: Quotes | None = None,
) -> PricePanel:
    """Return the aligned prices a study trades, after the quality gate.

    Parameters
    ----------
    data : DataSection
        The ``data`` section of a study.
    core_quotes, satellite_quotes : Quotes, optional
        Quotes already at hand, used instead of what `data` names.

    Returns
    -------
    PricePanel
        All common sessions up to ``data.end``, on ``data.price_basis``. Those before
        ``data.start`` stay as warm-up. Warnings of the gate are in ``warnings``.

    Raises
    ------
    DataError
        If a source cannot be read, the gate finds an error (all are carried), or fewer than 2
        sessions are left from ``data.start`` on.
    """
    if core_quotes is None and satellite_quotes is None:
        core, satellite = read_pair(data)
    else:
        core = read_quotes(data, data.core) if core_quotes is None else core_quotes
        satellite = (
            read_quotes(data, data.satellite) if satellite_quotes is None else satellite_quotes
        )
    findings = _gate(data, core, satellite)
    if faults := errors_of(findings):
        raise data_error(faults)
    used_core, used_satellite = common_rows(core, satellite, _end(data))
    sessions = used_core.sessions
    return PricePanel(
        sessions=sessions,
        core=adjusted_bars(used_core, data.price_basis),
        satellite=adjusted_bars(used_satellite, data.price_basis),
        start_index=_start_index(sessions, data.start),
        price_basis=data.price_basis,
        simulated=core.simulated or satellite.simulated,
        provenance=(Provenance.of(core), Provenance.of(satellite)),
        warnings=summarise(findings) + _early_start(sessions, data.start),
    )


def load_quotes(data: DataSection) -> tuple[Quotes, Quotes]:
    """Return the quotes of core and satellite as their source has them, not yet judged.

    Raises
    ------
    DataError
        If a source cannot be read or understood.
    """
    return read_pair(data)


def check_data(data: DataSection) -> tuple[Finding, ...]:
    """Return all findings of the gate on what :func:`load_panel` would use; none is raised.

    Raises
    ------
    DataError
        If a source cannot be read or understood.
    """
    return _gate(data, *load_quotes(data))


def check_file(
    path: Path, *, calendar: str = "XNYS", today: dt.date | None = None
) -> tuple[Quotes, tuple[Finding, ...]]:
    """Return the quotes in one file, and what the gate finds in all of its rows.

    Parameters
    ----------
    path : Path
        A ``.csv``, ``.zip`` (LEAN) or ``.parquet`` file.
    calendar : {"XNYS", "none"}
    today : date, optional
        If given, a last row more than 10 days before it is a warning.

    Raises
    ------
    DataError
        If the file cannot be read or understood.
    """
    quotes = read_file(path)
    return quotes, check_alone(quotes, calendar=calendar, today=today)


def check_alone(
    quotes: Quotes, *, calendar: str = "XNYS", today: dt.date | None = None
) -> tuple[Finding, ...]:
    """Return what the gate finds in all rows of one asset; see :func:`check_file`."""
    basis = "price" if quotes.adjusted_close is None else "total_return"
    findings = [*check_quotes(quotes, calendar=calendar, price_basis=basis)]
    if calendar == "XNYS":
        findings += check_missing(quotes, calendar_sessions(quotes.sessions), "XNYS was open")
    findings += check_splits(quotes)
    if today is not None:
        findings += check_last_row(quotes, np.datetime64(today), f"today, {today}")
    return tuple(findings)


def _gate(data: DataSection, core: Quotes, satellite: Quotes) -> tuple[Finding, ...]:
    return check_pair(
        core,
        satellite,
        calendar=data.calendar,
        price_basis=data.price_basis,
        end=_end(data),
    )


def _end(data: DataSection) -> np.datetime64 | None:
    return None if data.end is None else np.datetime64(data.end)


def _start_index(sessions: SessionArray, start: dt.date | None) -> int:
    if start is None:
        return 0
    index = int(np.searchsorted(sessions, np.datetime64(start)))
    left = len(sessions) - index
    if left < 2:
        raise DataError(
            f"start {start} leaves {left} of the common sessions {sessions[0]} to {sessions[-1]}; "
            "a backtest needs at least 2"
        )
    return index


def _early_start(sessions: SessionArray, start: dt.date | None) -> tuple[str, ...]:
    if start is None or np.datetime64(start) >= sessions[0]:
        return ()
    return (
        f"start {start} is before the first common session, {sessions[0]}: "
        "the backtest starts there, without warm-up",
    )
