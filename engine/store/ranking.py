"""Which rows of a sweep are best: of a whole table at once, or chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError, did_you_mean
from engine.evaluation.definitions import METRIC_KEYS, find_metric
from engine.evaluation.trial_keys import PATH
from engine.store.filters import matching

Columns = Mapping[str, NDArray[Any]]


def check_metric(metric: str, known: Sequence[str]) -> None:
    """Raise UsageError if a metric is none of those a sweep gives."""
    if metric not in known:
        raise UsageError(
            f'"{metric}" is no metric of a sweep (allowed {", ".join(known)}'
            f"{did_you_mean(metric, known)})"
        )


def sort_keys(columns: Columns, metric: str) -> NDArray[np.float64]:
    """Return what to sort rows by, shape (m,): ascending is best first, undefined values last."""
    check_metric(metric, [key for key in METRIC_KEYS if key in columns])
    values = np.asarray(columns[metric], dtype=np.float64)
    keys = -values if find_metric(metric).direction >= 0 else values
    return np.where(np.isnan(keys), np.inf, keys)


def ranked(columns: Columns, metric: str) -> NDArray[np.int64]:
    """Return row numbers, best first by a metric, undefined last, ties in the grid's order."""
    return np.argsort(sort_keys(columns, metric), kind="stable")


def best_rows(
    columns: Columns,
    metric: str,
    count: int,
    *,
    where: str | None = None,
    alike: Sequence[str] = (PATH,),
) -> list[int]:
    """Return the best rows by a metric, best first, ties in the grid's order.

    Parameters
    ----------
    columns : mapping of str to array, shape (m,)
    metric : str
    count : int
        How many at most.
    where : str, optional
        Conditions rows must meet; see :func:`engine.store.filters.matching`.
    alike : sequence of str
        Columns in which rows must differ: sets that held the same all along, on the same terms,
        are one strategy under several names, and the first of them stands for all. Empty: none.

    Raises
    ------
    UsageError
        If the metric or a condition names no column.
    """
    keys = sort_keys(columns, metric)
    rows = np.arange(len(keys)) if where is None else np.flatnonzero(matching(columns, where))
    size = max(64 * count, 4096)
    while True:  # most often a small share of the rows is all that need be sorted
        chosen = _smallest(keys, rows, size)
        found = _distinct(columns, chosen, alike) if alike else chosen
        if len(found) >= count or len(chosen) == len(rows):
            return [int(row) for row in found[:count]]
        size *= 16


def leaders(columns: Columns, metric: str, count: int, alike: Sequence[str] = (PATH,)) -> list[int]:
    """Return the best rows by a metric, one for each strategy; see :func:`best_rows`."""
    return best_rows(columns, metric, count, alike=alike)


def _smallest(keys: NDArray[np.float64], rows: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return at least the `size` rows of the smallest keys, all ties included, sorted."""
    if size < len(rows):
        own = keys[rows]
        rows = rows[own <= np.partition(own, size - 1)[size - 1]]
    return rows[np.argsort(keys[rows], kind="stable")]


def _distinct(columns: Columns, rows: NDArray[np.int64], alike: Sequence[str]) -> NDArray[np.int64]:
    """Return the first of the rows that are equal in some columns, in their order."""
    codes = np.empty((len(rows), len(alike)), dtype=np.int64)
    for i, name in enumerate(alike):
        values = columns[name][rows]
        comparable = values.astype(str) if values.dtype == object else values
        codes[:, i] = np.unique(comparable, return_inverse=True)[1].ravel()
    _, first = np.unique(codes, axis=0, return_index=True)
    return rows[np.sort(first)]


class Leaders:
    """The best rows of a table that is seen chunk by chunk, in its order.

    ``columns`` holds them, best first, with every column that was added.
    """

    def __init__(self, metric: str, count: int, alike: Sequence[str]) -> None:
        self._metric, self._count, self._alike = metric, count, tuple(alike)
        self.columns: dict[str, NDArray[Any]] = {}

    def add(self, columns: Columns) -> None:
        """Look at the next rows."""
        if len(self.columns.get(self._metric, ())) == self._count:
            worst = sort_keys(self.columns, self._metric)[-1]
            better = np.flatnonzero(sort_keys(columns, self._metric) < worst)
            columns = {name: values[better] for name, values in columns.items()}
            if not len(better):
                return
        best = best_rows(columns, self._metric, self._count, alike=self._alike)
        found = {name: values[best] for name, values in columns.items()}
        if self.columns:  # those of before come first: ties stay in the grid's order
            found = {n: np.concatenate([self.columns[n], values]) for n, values in found.items()}
        kept = best_rows(found, self._metric, self._count, alike=self._alike)
        self.columns = {name: values[kept] for name, values in found.items()}


class Sample:
    """Rows drawn at random, without replacement, from a table seen chunk by chunk.

    Every row draws a number, and the rows of the smallest numbers are the sample: each subset is
    as likely as any other, and how many rows there will be need not be known.
    """

    def __init__(self, seed: int, count: int) -> None:
        self._seed, self._count = seed, count
        self._drawn = np.empty(0)
        self.columns: dict[str, NDArray[Any]] = {}

    def add(self, number: int, columns: Columns) -> None:
        """Look at the rows of chunk `number`."""
        rows = len(next(iter(columns.values())))
        drawn = np.random.default_rng([self._seed, number]).random(rows)
        if len(self._drawn) == self._count:
            own = np.flatnonzero(drawn < self._drawn[-1])
        else:
            own = np.argsort(drawn, kind="stable")[: self._count]
        found = {name: values[own] for name, values in columns.items()}
        if self.columns:
            found = {n: np.concatenate([self.columns[n], values]) for n, values in found.items()}
        drawn = np.concatenate([self._drawn, drawn[own]])
        kept = np.argsort(drawn, kind="stable")[: self._count]
        self._drawn = drawn[kept]
        self.columns = {name: values[kept] for name, values in found.items()}
