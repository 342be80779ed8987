"""The files of a streak study, and its summary for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from engine.evaluation.metrics import to_json_value
from engine.evaluation.streak_study.analogues import long_columns
from engine.evaluation.streak_study.anatomy import Mover
from engine.evaluation.streak_study.claims import Tested
from engine.evaluation.streak_study.continuation import ContinuationRow, SurvivalRow
from engine.evaluation.streak_study.events import EventRow
from engine.evaluation.streak_study.rarity import Rarity, RarityRow
from engine.evaluation.streak_study.study import StreakStudy
from engine.evaluation.streak_study.table import Streak
from engine.store.files import csv_bytes, notice_of, table_bytes
from engine.store.folders import json_bytes


def _names(record: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


CHARACTER_COLUMNS = ("character", "volatility_regime", "vix_regime", "rate_regime")
STREAK_COLUMNS = (*(n for n in _names(Streak) if n != "character"), *CHARACTER_COLUMNS)
"""Keys of :meth:`Streak.as_row`, for a table without rows."""


def scan_files(
    found: StreakStudy,
    listed: Sequence[Streak],
    claims: Sequence[Tested] = (),
    *,
    simulated: bool,
) -> dict[str, bytes]:
    """Return the data files of a streak study by name; that of claims where there are any."""
    every = [streak.as_row() for kind in found.streaks.values() for streak in kind]
    rarity = [row for name, side in found.rarity.items() for row in _rarity_rows(name, side)]
    records: dict[str, tuple[type[Any], Sequence[Any]]] = {
        "events.csv": (EventRow, found.events),
        "survival.csv": (SurvivalRow, found.survival),
        "continuation.csv": (ContinuationRow, found.continuation),
        "anatomy.csv": (Mover, found.anatomy),
        **({"claims.csv": (Tested, claims)} if claims else {}),
    }
    tables = {
        "streaks.csv": (STREAK_COLUMNS, every),
        "rarity.csv": (("side", *_names(RarityRow)), rarity),
        **{
            name: (_names(kind), [asdict(row) for row in rows])
            for name, (kind, rows) in records.items()
        },
    }
    return {
        **{name: _csv(*table, simulated) for name, table in tables.items()},
        "analogues.parquet": table_bytes(long_columns(found.analogues), simulated=simulated),
        "metrics.json": json_bytes({**notice_of(simulated), **scan_json(found, listed, claims)}),
    }


def scan_json(
    found: StreakStudy, listed: Sequence[Streak], claims: Sequence[Tested] = ()
) -> dict[str, Any]:
    """Return a streak study for machines; `listed` are the streaks asked for."""
    whole = {
        "streaks": [streak.as_row() for streak in listed],
        "current": None if found.current is None else found.current.as_row(),
        "verdicts": found.verdicts,
        "rules": list(found.rules),
        "rarity": [r for name, side in found.rarity.items() for r in _rarity_rows(name, side)],
        "runs_test": {name: asdict(side.runs_test) for name, side in found.rarity.items()},
        "samples": {name: _sample(side) for name, side in found.rarity.items()},
        "continuation": [asdict(row) for row in found.continuation],
        "survival": [asdict(row) for row in found.survival],
        "outlook": asdict(found.outlook),
        "events": [asdict(row) for row in found.events],
        "analogues": [str(analogue.streak.start) for analogue in found.analogues],
        "dissected": None if found.dissected is None else found.dissected.as_row(),
        "anatomy": [asdict(row) for row in found.anatomy],
        "claims": [asdict(row) for row in claims],
    }
    converted: dict[str, Any] = to_json_value(whole)
    return converted


def _rarity_rows(side: str, found: Rarity) -> Iterable[dict[str, Any]]:
    return ({"side": side, **asdict(row)} for row in found.rows)


def _sample(found: Rarity) -> dict[str, Any]:
    """Return what the rarity of one side was judged on: all but its rows and its test."""
    whole = asdict(found)
    return {name: whole[name] for name in whole if name not in ("rows", "runs_test")}


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], simulated: bool) -> bytes:
    """Return rows as CSV; without any, the header still says what there would be."""
    plain = [
        {k: str(v) if isinstance(v, np.datetime64) else v for k, v in row.items()} for row in rows
    ]
    return csv_bytes(columns, plain, simulated=simulated)
