"""A stored comparison read back whole: all that its report needs, from its folder alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import StoreError
from engine.evaluation.inference.bootstrap import Interval
from engine.evaluation.inference.rules import Difference, RuleTests
from engine.evaluation.inference.superiority import Superiority
from engine.market.quotes import SessionArray
from engine.store.folders import Stored
from engine.store.records import Compared
from engine.store.reviving import record
from engine.store.run_reading import columns_of
from engine.store.stored_runs import stored_metrics


@dataclass(frozen=True, eq=False)
class StoredComparison:
    """A stored comparison: its rows in their order, and its tests; n sessions.

    ``sessions`` is datetime64[D] of shape (n,); every row's ``equity`` is of shape (n,), too.
    """

    stored: Stored
    sessions: SessionArray
    rows: tuple[Compared, ...]
    tests: RuleTests


def read_comparison(stored: Stored) -> StoredComparison:
    """Read a stored comparison.

    Raises
    ------
    UsageError
        If the result is no comparison.
    StoreError
        If its files are not what was written, or were written by an earlier version.
    """
    stored.must_be("comparison")
    metrics = stored_metrics(stored)
    if metrics.get("tests") is None:
        raise StoreError(f"{stored.name} is from an earlier version; compare again")
    sessions, equities = columns_of(stored, "equity.parquet")
    rows = tuple(Compared(**row, equity=equities[row["label"]]) for row in metrics["rows"])
    return StoredComparison(stored, sessions, rows, _tests(metrics["tests"]))


def _tests(found: Mapping[str, Any]) -> RuleTests:
    superiority, superior = found["superiority"], found["superior"]
    differences = tuple(
        Difference(
            row["one"],
            row["other"],
            record(Interval, row["sharpe"]),
            record(Interval, row["cagr"]),
        )
        for row in found["differences"]
    )
    revived = {
        **found,
        "differences": differences,
        "superiority": None if superiority is None else record(Superiority, superiority),
        "superior": None if superior is None else tuple(superior),
    }
    return record(RuleTests, revived)
