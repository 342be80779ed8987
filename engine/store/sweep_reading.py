"""A stored sweep read back: all that its report needs, from its folder alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from engine.errors import StoreError
from engine.evaluation.grid_study import PATH, Map
from engine.evaluation.trial_keys import KEYS
from engine.store.files import csv_cell, csv_rows
from engine.store.folders import Stored
from engine.store.grid_findings import HEATMAP_COLUMNS, cell_value
from engine.store.ranking import best_rows
from engine.store.stored_runs import stored_metrics
from engine.store.sweeps import row_json
from engine.store.trials import TrialColumns, read_rows

Bins = tuple[tuple[Any, Any], ...]
"""The bins of an axis: the first and the last value in each."""


@dataclass(frozen=True, eq=False)
class Confirmed:
    """A set that was run again in Backtrader.

    Attributes
    ----------
    values : dict
        ``row``, swept values and metrics, as of :attr:`StoredSweep.best`.
    chosen : str
        ``top`` or ``sample``.
    differences : dict of str to float
        By metric, see :class:`engine.store.sweeps.Confirmation`.
    """

    values: dict[str, Any]
    chosen: str
    differences: dict[str, float]

    @property
    def worst(self) -> str:
        """The metric that differs most."""
        return max(self.differences, key=self.differences.__getitem__)

    @property
    def largest(self) -> float:
        """The largest difference of any metric."""
        return self.differences[self.worst]


@dataclass(frozen=True, eq=False)
class StoredSweep:
    """A stored sweep.

    Attributes
    ----------
    stored : Stored
    metrics : dict
        ``metrics.json``: the best sets, the study's rule, benchmarks, and what the grid says.
    maps : tuple of Map
        The metric over each pair of axes; empty for fewer than two axes.
    best : tuple of dict
        The best sets whose metric is defined, one for each strategy, best first: ``row``, swept
        values and metrics, None where undefined.
    confirmations : tuple of Confirmed
    heatmap_csv, study_text : bytes
        As stored.
    """

    stored: Stored
    metrics: dict[str, Any]
    maps: tuple[Map, ...]
    best: tuple[dict[str, Any], ...]
    confirmations: tuple[Confirmed, ...]
    heatmap_csv: bytes
    study_text: bytes


def read_sweep(stored: Stored, best: int) -> StoredSweep:
    """Read a stored sweep, and of its table so many of the best sets.

    Raises
    ------
    UsageError
        If the result is not a sweep.
    StoreError
        If its files are not what was written.
    """
    stored.must_be("sweep")
    metrics = stored_metrics(stored)
    metric, along = metrics["metric"], metrics["grid"]["along"]
    heatmap = stored.read("heatmap.csv")
    confirmations = csv_rows(stored.read("confirmations.csv"))
    alike = (PATH, *stored.manifest["outer"])
    numbers = best_rows(TrialColumns(stored), metric, best, alike=alike)
    sets = _sets(stored, [*numbers, *(int(row["row"]) for row in confirmations)])
    return StoredSweep(
        stored=stored,
        metrics=metrics,
        maps=read_maps(heatmap, along) if len(along) > 1 else (),
        best=tuple(row for row in sets[: len(numbers)] if row[metric] is not None),
        confirmations=tuple(
            Confirmed(row, given["chosen"], _differences(given))
            for row, given in zip(sets[len(numbers) :], confirmations, strict=True)
        ),
        heatmap_csv=heatmap,
        study_text=stored.read("study.yaml"),
    )


def read_maps(content: bytes, along: Sequence[Mapping[str, Any]]) -> tuple[Map, ...]:
    """Return the maps over pairs of axes that ``heatmap.csv`` holds.

    Parameters
    ----------
    content : bytes
    along : sequence of mappings
        What is along each axis, of ``metrics.json``: ``axis``, and the bins ``from`` and ``to``.

    Raises
    ------
    StoreError
        If a cell is none of these axes and bins.
    """
    bins: dict[str, Bins] = {
        one["axis"]: tuple(zip(one["from"], one["to"], strict=True)) for one in along
    }
    at = {
        axis: {str(csv_cell(cell_value(ends))): i for i, ends in enumerate(own)}
        for axis, own in bins.items()
    }
    found = {pair: _empty(pair, bins) for pair in combinations(bins, 2)}
    try:
        for row in csv_rows(content):
            one = found[row["axis_x"], row["axis_y"]]
            cell = at[row["axis_x"]][row["x"]], at[row["axis_y"]][row["y"]]
            one.sets[cell] = int(row["sets"])
            for name, values in (("mean", one.mean), ("best", one.best), ("worst", one.worst)):
                values[cell] = float(row[name] or math.nan)
    except (KeyError, ValueError) as error:
        raise StoreError(f"heatmap.csv does not fit the axes of the sweep: {error}") from None
    return tuple(found.values())


def _empty(pair: tuple[str, str], bins: Mapping[str, Bins]) -> Map:
    values = bins[pair[0]], bins[pair[1]]
    shape = len(values[0]), len(values[1])
    unknown = [np.full(shape, math.nan) for _ in HEATMAP_COLUMNS[-3:]]
    return Map(pair, values, np.zeros(shape, dtype=np.int64), *unknown)


def _differences(given: Mapping[str, str]) -> dict[str, float]:
    return {key: float(given[key]) for key in KEYS if key in given}


def _sets(stored: Stored, numbers: Sequence[int]) -> tuple[dict[str, Any], ...]:
    rows = read_rows(stored, numbers)
    return tuple({"row": n, **row_json(row)} for n, row in zip(numbers, rows, strict=True))
