"""How stable a parameter set is, as it is kept beside its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.metrics import to_json_value
from engine.evaluation.stability import Stability, Variation
from engine.store.files import csv_bytes
from engine.store.grid_findings import neighbourhood_json

_PLACE = ("kind", "value", "first_session", "last_session", "sessions")


def stability_json(found: Stability) -> dict[str, Any]:
    """Return a stability ready for JSON, null where undefined.

    Keys are those of :class:`engine.evaluation.stability.Stability`; ``ahead`` says by kind how
    many variations end above the core, of how many.
    """
    told = {
        "rule": found.rule,
        "break_even_bps": found.break_even_bps,
        "beats_without_costs": found.beats_without_costs,
        "ahead": _ahead(found),
        "table": [_row(one) for one in found.table],
        "neighbourhood": found.neighbourhood and neighbourhood_json(found.neighbourhood),
        "left_out": found.left_out,
    }
    converted: dict[str, Any] = to_json_value(told)
    return converted


def stability_csv(told: Mapping[str, Any], *, simulated: bool) -> bytes:
    """Return the table of :func:`stability_json` as CSV, a line for each variation.

    The core's metrics are in columns that begin with ``core_``.
    """
    rows = [
        {
            **{key: row[key] for key in _PLACE},
            **row["metrics"],
            **{f"core_{key}": value for key, value in row["core"].items()},
        }
        for row in told["table"]
    ]
    return csv_bytes(list(rows[0]), rows, simulated=simulated)


def _row(one: Variation) -> dict[str, Any]:
    place = {key: getattr(one, key) for key in _PLACE}
    return {**place, "metrics": one.metrics, "core": one.core, "is_ahead": one.is_ahead}


def _ahead(found: Stability) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for one in found.table:
        of_kind = counted.setdefault(one.kind, {"ahead": 0, "of": 0})
        of_kind["ahead"] += one.is_ahead
        of_kind["of"] += 1
    return counted
