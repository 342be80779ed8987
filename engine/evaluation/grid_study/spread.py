"""How a metric is spread over a grid: moments, percentiles, a histogram, in flat memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study.places import FloatArray, is_better

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
HISTOGRAM_BINS = 60
LIMIT = 2**21
"""Different values that are told apart exactly."""
_SIGN = np.uint64(1 << 63)
_MANTISSA = 52


@dataclass(frozen=True, eq=False)
class Spread:
    """How the metric is spread over the sets of a grid, in the metric's unit.

    Attributes
    ----------
    sets : int
        Sets the rule allows.
    undefined : int
        Those of them whose metric is undefined; everything below is about the others.
    mean, deviation : float
        The standard deviation has ddof 1.
    lowest, highest : float
    percentiles : mapping of int to float
        Percent → value, interpolated as NumPy does by default.
    better_than : mapping of str to float
        Name of a reference (a benchmark, the study's own rule) → fraction of the sets that beat
        it by more than rounding; NaN where the reference is undefined.
    edges : float64 array, shape (bins + 1,)
        Of a histogram of equal bins. It leaves out what lies further from the 1st and 99th
        percentile than half their distance: a few strays would squeeze all others into one bin.
    counts : int64 array, shape (bins,)
    below, beyond : int
        Sets outside the histogram's edges.
    relative_error : float
        Of percentiles as a fraction of their value, and of the values that shares and histogram
        compare; 0: exact.
    """

    sets: int
    undefined: int
    mean: float
    deviation: float
    lowest: float
    highest: float
    percentiles: dict[int, float]
    better_than: dict[str, float]
    edges: FloatArray
    counts: NDArray[np.int64]
    below: int
    beyond: int
    relative_error: float

    @property
    def median(self) -> float:
        """The metric of the middle set."""
        return self.percentiles[50]


class ValueCounts:
    """How often each value came, in flat memory and whatever the order they came in.

    Values are exact as long as at most `limit` of them are different. Beyond, the last bits of
    their mantissas are given up, one after the other and only as many as needed, and a value
    stands for all that share its remaining bits: the relative error is at most 2^(bits − 53),
    which no float64 data can push beyond 0.1 %. (Buckets of equal relative width are those of
    Masson, Rim and Lee 2019, DDSketch, PVLDB 12(12); here their width follows the data.)
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._keys = np.empty(0, dtype=np.uint64)
        self._counts = np.empty(0, dtype=np.int64)
        self._bits = 0
        self._waiting: list[FloatArray] = []

    def add(self, values: FloatArray) -> None:
        """Take in finite values."""
        self._waiting.append(values)
        if sum(map(len, self._waiting)) >= self._limit // 4:
            self._merge()

    def _merge(self) -> None:
        keys = _ordered(np.concatenate([np.empty(0), *self._waiting])) >> np.uint64(self._bits)
        self._waiting.clear()
        counts = np.ones(len(keys), dtype=np.int64)
        keys, counts = _together(np.sort(keys), counts)
        keys = np.concatenate([self._keys, keys])
        order = np.argsort(keys, kind="stable")  # of two runs in order: a merge
        counts = np.concatenate([self._counts, counts])[order]
        keys, counts = _together(keys[order], counts)
        while len(keys) > self._limit:
            self._bits += 1
            keys, counts = _together(keys >> np.uint64(1), counts)
        self._keys, self._counts = keys, counts

    def found(self) -> tuple[FloatArray, NDArray[np.int64]]:
        """Return the values, ascending, and how often each came."""
        self._merge()
        middle = np.uint64((1 << self._bits) >> 1)
        return _floats((self._keys << np.uint64(self._bits)) + middle), self._counts

    @property
    def relative_error(self) -> float:
        """Largest error of a value as a fraction of it; 0: exact."""
        return 2.0 ** (self._bits - _MANTISSA - 1) if self._bits else 0.0


def _together(
    keys: NDArray[np.uint64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return ascending keys with equal ones put together."""
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    starts = np.flatnonzero(first)
    return keys[starts], np.add.reduceat(counts, starts) if len(starts) else counts


def _ordered(values: FloatArray) -> NDArray[np.uint64]:
    """Return whole numbers in the order of the floats; the two zeros are one."""
    bits = (values + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _floats(keys: NDArray[np.uint64]) -> FloatArray:
    return np.where(keys & _SIGN, keys ^ _SIGN, ~keys).view(np.float64)


class SpreadCount:
    """Takes in a metric block by block and says how it is spread."""

    def __init__(self, sign: int, limit: int = LIMIT) -> None:
        self._sign = sign
        self._values = ValueCounts(limit)
        self._sets = self._defined = 0
        self._mean = self._squares = 0.0
        self._lowest, self._highest = math.inf, -math.inf

    def add(self, metric: FloatArray) -> None:
        """Take in the metric of a block of sets, NaN where undefined."""
        self._sets += len(metric)
        values = metric[np.isfinite(metric)]
        if len(values):
            self._values.add(values)
            self._add_moments(values)
            self._lowest = min(self._lowest, float(values.min()))
            self._highest = max(self._highest, float(values.max()))

    def _add_moments(self, values: FloatArray) -> None:
        """Join mean and squared deviations of two parts (Chan, Golub and LeVeque 1979)."""
        m, mean = len(values), float(values.mean())
        together = self._defined + m
        apart = mean - self._mean
        self._squares += float(np.square(values - mean).sum())
        self._squares += apart * apart * self._defined * m / together
        self._mean += apart * m / together
        self._defined = together

    def found(self, references: Mapping[str, float]) -> Spread:
        """Return the spread, beside the metric of references."""
        values, counts = self._values.found()
        n = self._defined
        if n:
            values = np.clip(values, self._lowest, self._highest)
        percentiles = {p: _percentile(values, counts, p) for p in PERCENTILES}
        edges = histogram_edges(self._lowest, self._highest, percentiles[1], percentiles[99])
        inside, _ = np.histogram(values, edges, weights=counts) if n else (np.empty(0), None)
        return Spread(
            sets=self._sets,
            undefined=self._sets - n,
            mean=self._mean if n else math.nan,
            deviation=math.sqrt(self._squares / (n - 1)) if n > 1 else math.nan,
            lowest=self._lowest if n else math.nan,
            highest=self._highest if n else math.nan,
            percentiles=percentiles,
            better_than={
                name: self._share(values, counts, value) for name, value in references.items()
            },
            edges=edges,
            counts=inside.astype(np.int64),
            below=int(counts[values < edges[0]].sum()) if n else 0,
            beyond=int(counts[values > edges[-1]].sum()) if n else 0,
            relative_error=self._values.relative_error,
        )

    def _share(self, values: FloatArray, counts: NDArray[np.int64], reference: float) -> float:
        if not len(values) or math.isnan(reference):
            return math.nan
        better = is_better(self._sign * values, self._sign * reference)
        return float(counts[better].sum()) / self._defined


def _percentile(values: FloatArray, counts: NDArray[np.int64], percent: int) -> float:
    """Return a percentile of values that came several times, as ``np.percentile`` of them all."""
    if not len(values):
        return math.nan
    last = np.cumsum(counts) - 1
    position = percent / 100.0 * float(last[-1])
    below = math.floor(position)
    low, high = (
        float(values[np.searchsorted(last, rank)])
        for rank in (below, min(below + 1, int(last[-1])))
    )
    return low + (high - low) * (position - below)


def histogram_edges(
    lowest: float, highest: float, low: float, high: float, bins: int = HISTOGRAM_BINS
) -> FloatArray:
    """Return the edges of a histogram of equal bins that leaves strays out.

    `low` and `high` are the 1st and the 99th percentile: what lies further from them than half
    their distance is left out. No edges of nothing, one bin where all values are equal.
    """
    if lowest > highest:
        return np.empty(0)
    reach = (high - low) / 2.0
    start, stop = max(lowest, low - reach), min(highest, high + reach)
    return np.linspace(start, stop, (bins if stop > start else 1) + 1)
