"""A stored streak study read back whole: the record it was written from, from its folder alone."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from engine.errors import StoreError
from engine.evaluation.streak_study.analogues import Analogue
from engine.evaluation.streak_study.anatomy import Mover
from engine.evaluation.streak_study.chance import MarkovChain
from engine.evaluation.streak_study.character import Character
from engine.evaluation.streak_study.claims import Tested
from engine.evaluation.streak_study.continuation import ContinuationRow, Outlook, SurvivalRow
from engine.evaluation.streak_study.events import EventRow
from engine.evaluation.streak_study.rarity import Rarity, RarityRow
from engine.evaluation.streak_study.runs import RunsTest
from engine.evaluation.streak_study.study import StreakStudy
from engine.evaluation.streak_study.table import KINDS, Kind, Streak
from engine.store.files import csv_rows
from engine.store.folders import Stored
from engine.store.reviving import record, records
from engine.store.stored_runs import stored_metrics

ADDED = ("samples", "analogues", "dissected", "claims")
"""Keys of ``metrics.json`` that studies of earlier versions do not have."""


@dataclass(frozen=True, eq=False)
class StoredScan:
    """A stored streak study.

    Attributes
    ----------
    stored : Stored
    found : StreakStudy
        Equal, figure by figure, to the one that was stored.
    claims : tuple of Tested
        What was said of the streaks, tested; empty where no claims were given.
    study_text : bytes
        The study file as given.
    claims_text : bytes or None
        The file of claims as given, if there was one.
    """

    stored: Stored
    found: StreakStudy
    claims: tuple[Tested, ...]
    study_text: bytes
    claims_text: bytes | None


def read_scan(stored: Stored) -> StoredScan:
    """Read a stored streak study.

    Raises
    ------
    UsageError
        If the result is no streak study.
    StoreError
        If its files are not what was written, or were written by an earlier version.
    """
    stored.must_be("scan")
    found = stored_metrics(stored)
    if not found.keys() >= set(ADDED):
        raise StoreError(f"{stored.name} is from an earlier version; scan the study again")
    return StoredScan(
        stored=stored,
        found=_study(stored, found),
        claims=records(Tested, found["claims"]),
        study_text=stored.read("study.yaml"),
        claims_text=stored.read("claims.yaml")
        if "claims.yaml" in stored.manifest["files"]
        else None,
    )


def _study(stored: Stored, found: Mapping[str, Any]) -> StreakStudy:
    streaks = _streaks(stored.read("streaks.csv"))
    return StreakStudy(
        streaks=streaks,
        current=_same(streaks, found["current"]),
        rules=tuple(found["rules"]),
        rarity={side: _rarity(found, side) for side in found["samples"]},
        verdicts=found["verdicts"],
        continuation=records(ContinuationRow, found["continuation"]),
        survival=records(SurvivalRow, found["survival"]),
        outlook=record(Outlook, found["outlook"]),
        events=records(EventRow, found["events"]),
        analogues=_analogues(stored, streaks["outperformance"], found["analogues"]),
        dissected=_same(streaks, found["dissected"]),
        anatomy=records(Mover, found["anatomy"]),
    )


def _rarity(found: Mapping[str, Any], side: str) -> Rarity:
    rows = [dict(row) for row in found["rarity"] if row["side"] == side]
    for row in rows:
        del row["side"]
    sample = found["samples"][side]
    return Rarity(
        **{
            **sample,
            "win_rate": float(sample["win_rate"]),
            "markov": record(MarkovChain, sample["markov"]),
            "rows": records(RarityRow, rows),
            "runs_test": record(RunsTest, found["runs_test"][side]),
        }
    )


def _streaks(content: bytes) -> dict[Kind, tuple[Streak, ...]]:
    rows = csv_rows(content)
    return {kind: tuple(_streak(row) for row in rows if row["kind"] == kind) for kind in KINDS}


def _streak(row: Mapping[str, str]) -> Streak:
    """Return a streak from its line of CSV, in which what is undefined is empty."""
    readers: dict[Any, Any] = {
        "int": int,
        "float": lambda text: float(text) if text else math.nan,
        "bool": lambda text: text == "True",
        "np.datetime64": lambda text: np.datetime64(text, "D"),
    }
    given = {
        field.name: readers.get(field.type, str)(row[field.name])
        for field in fields(Streak)
        if field.name != "character"
    }
    regimes = (row[f"{name}_regime"] or None for name in ("volatility", "vix", "rate"))
    return Streak(**given, character=Character(row["character"], *regimes))  # type: ignore[arg-type]


def _same(streaks: Mapping[Kind, Sequence[Streak]], row: Mapping[str, Any] | None) -> Streak | None:
    """Return the streak of a row of JSON, from the table it belongs to."""
    if row is None:
        return None
    table = streaks[row["kind"]]
    return next(streak for streak in table if streak.start_index == row["start_index"])


def _analogues(
    stored: Stored, streaks: Sequence[Streak], starts: Sequence[str]
) -> tuple[Analogue, ...]:
    import pyarrow.parquet as pq

    table = pq.read_table(
        io.BytesIO(stored.read("analogues.parquet")), use_threads=False, pre_buffer=False
    )
    columns = {name: table[name].to_numpy() for name in table.column_names}
    begun = np.asarray(columns["streak_start"], dtype="datetime64[D]")
    by_start = {str(streak.start): streak for streak in streaks}
    found = []
    for start in starts:
        own = begun == np.datetime64(start, "D")
        found.append(
            Analogue(
                by_start[start],
                columns["offset"][own],
                np.asarray(columns["session"][own], dtype="datetime64[D]"),
                *(columns[name][own] for name in ("relative", "satellite", "core")),
            )
        )
    return tuple(found)
