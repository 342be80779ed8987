"""The files of a streak study, and its summary for machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from engine.evaluation.metrics import to_json_value
from engine.evaluation.streak_study.analogues import long_columns
from engine.evaluation.streak_study.rarity import Rarity
from engine.evaluation.streak_study.study import StreakStudy
from engine.evaluation.streak_study.table import Streak
from engine.store.files import csv_bytes, notice_of, table_bytes
from engine.store.folders import json_bytes


def scan_files(
    found: StreakStudy, listed: Sequence[Streak], *, simulated: bool
) -> dict[str, bytes]:
    """Return the data files of a streak study by name."""
    every = [streak.as_row() for kind in found.streaks.values() for streak in kind]
    survival = [asdict(row) for row in found.survival]
    continuation = [asdict(row) for row in found.continuation]
    rarity = [row for name, side in found.rarity.items() for row in _rarity_rows(name, side)]
    tables = {
        "streaks.csv": every,
        "events.csv": [asdict(row) for row in found.events],
        "rarity.csv": rarity,
        "survival.csv": survival,
        "continuation.csv": continuation,
        "anatomy.csv": [asdict(row) for row in found.anatomy],
    }
    return {
        **{name: _csv(rows, simulated) for name, rows in tables.items()},
        "analogues.parquet": table_bytes(long_columns(found.analogues), simulated=simulated),
        "metrics.json": json_bytes({**notice_of(simulated), **scan_json(found, listed)}),
    }


def scan_json(found: StreakStudy, listed: Sequence[Streak]) -> dict[str, Any]:
    """Return a streak study for machines; `listed` are the streaks asked for."""
    whole = {
        "streaks": [streak.as_row() for streak in listed],
        "current": None if found.current is None else found.current.as_row(),
        "verdicts": found.verdicts,
        "rules": list(found.rules),
        "rarity": [r for name, side in found.rarity.items() for r in _rarity_rows(name, side)],
        "runs_test": {name: asdict(side.runs_test) for name, side in found.rarity.items()},
        "continuation": [asdict(row) for row in found.continuation],
        "survival": [asdict(row) for row in found.survival],
        "outlook": asdict(found.outlook),
        "events": [asdict(row) for row in found.events],
        "anatomy": [asdict(row) for row in found.anatomy],
    }
    converted: dict[str, Any] = to_json_value(whole)
    return converted


def _rarity_rows(side: str, found: Rarity) -> Iterable[dict[str, Any]]:
    return ({"side": side, **asdict(row)} for row in found.rows)


def _csv(rows: Sequence[Mapping[str, Any]], simulated: bool) -> bytes:
    columns = list(rows[0]) if rows else []
    plain = [
        {k: str(v) if isinstance(v, np.datetime64) else v for k, v in row.items()} for row in rows
    ]
    return csv_bytes(columns, plain, simulated=simulated)
