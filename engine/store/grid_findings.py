"""What a grid says, as it is stored: an entry of ``metrics.json``, and ``heatmap.csv``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.evaluation.metrics import to_json_value
from engine.store.files import csv_bytes

if TYPE_CHECKING:
    from engine.evaluation.grid_study import (
        GridFindings,
        HalfResult,
        Halves,
        Map,
        Neighbourhood,
        Profile,
    )

HEATMAP_COLUMNS = ("axis_x", "x", "axis_y", "y", "sets", "mean", "best", "worst")


def findings_json(findings: GridFindings) -> dict[str, Any]:
    """Return findings ready for JSON, all but the heat maps and the single sets of the halves.

    Keys are those of :class:`engine.evaluation.grid_study.GridFindings` and its parts.
    """
    told = {
        "metric": findings.metric,
        "axes": findings.axes,
        "references": findings.references,
        "spread": _plain(findings.spread),
        "paths": findings.paths,
        "paths_error": findings.paths_error,
        "along": [_along(one) for one in findings.along],
        "neighbourhoods": [neighbourhood_json(one) for one in findings.neighbourhoods],
        "profiles": [_profile(one) for one in findings.profiles],
        "halves": findings.halves and _halves(findings.halves),
    }
    converted: dict[str, Any] = to_json_value(told)
    return converted


def heatmap_csv(findings: GridFindings, *, simulated: bool) -> bytes:
    """Return the heat maps of all pairs of axes as CSV, one line for each cell that has sets.

    Values of long axes are put together: ``5..9`` are those from 5 to 9 (see
    :data:`engine.evaluation.grid_study.maps.BINS`). Of a grid with a single axis, what is along
    that axis; there ``axis_y`` and ``y`` are empty.
    """
    maps = findings.maps or findings.along
    rows = [row for one in maps for row in _cells(one)]
    return csv_bytes(HEATMAP_COLUMNS, rows, simulated=simulated)


def _cells(one: Map) -> Iterator[dict[str, Any]]:
    names = [("axis_x", "x"), ("axis_y", "y")]
    for index, sets in np.ndenumerate(one.sets):
        if not sets:
            continue
        row: dict[str, Any] = {}
        for (axis, value), key, values, at in zip(names, one.axes, one.values, index, strict=False):
            row |= {axis: key, value: cell_value(values[at])}
        measured = (one.mean, one.best, one.worst)
        row["sets"] = int(sets)
        row |= {
            name: float(of[index])
            for name, of in zip(("mean", "best", "worst"), measured, strict=True)
        }
        yield row


def cell_value(ends: tuple[Any, Any]) -> Any:
    """Return a bin as one cell of a table: its value as study files write it, ``first..last``."""
    first, last = (axis_value(end) for end in ends)
    texts = ["null" if end is None else end for end in (first, last)]
    return texts[0] if first == last else f"{texts[0]}..{texts[1]}"


def axis_value(value: Any) -> Any:
    """Return a swept value as JSON holds it: numbers, booleans and null as such, dates as text."""
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: axis_value(value) for key, value in values.items()}


def _plain(record: Any, *without: str) -> dict[str, Any]:
    """Return the fields of a record that holds nothing but plain values and arrays."""
    names = (field.name for field in fields(record))
    return {name: getattr(record, name) for name in names if name not in without}


def _along(one: Map) -> dict[str, Any]:
    return {
        "axis": one.axes[0],
        "from": [axis_value(first) for first, _ in one.values[0]],
        "to": [axis_value(last) for _, last in one.values[0]],
        **_plain(one, "axes", "values"),
        "range_of_means": one.range_of_means,
    }


def neighbourhood_json(one: Neighbourhood) -> dict[str, Any]:
    """Return a neighbourhood as plain values; floats may be NaN."""
    return {
        **_plain(one),
        "values": _values(one.values),
        "steps": _plain(one.steps),
        "box": one.box and _plain(one.box),
    }


def _profile(one: Profile) -> dict[str, Any]:
    return {**_plain(one), "values": [axis_value(value) for value in one.values]}


def _halves(one: Halves) -> dict[str, Any]:
    return {
        **_plain(one, "numbers", "first", "second"),
        "cloud": one.cloud and _plain(one.cloud),
        "winner": _half_result(one.winner),
        "first_winner": _half_result(one.first_winner),
        "leaders": [_half_result(leader) for leader in one.leaders],
    }


def _half_result(one: HalfResult | None) -> dict[str, Any] | None:
    return None if one is None else {**_plain(one), "values": _values(one.values)}
