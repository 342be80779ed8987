"""Samples and counts of a stream in flat memory, the same however the stream is cut.

Each item gets a hash, and those with the lowest hashes are kept. Which ones these are depends on
the items alone, so they are a random sample without replacement that needs no count beforehand;
and how low the hashes are tells how many different items there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study.places import FloatArray, Numbers, Paths, distinct

ALL = 100_000
"""Sets that are kept all; beyond, a sample of `DRAWN`."""
DRAWN = 20_000
DISTINCT = 2**20
"""Different paths that are counted one by one; beyond, their number is an estimate."""


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a hash of each value, different for different values.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number
    Generators, OOPSLA).
    """
    z = values ^ (values >> np.uint64(30))
    z = z * np.uint64(0xBF58476D1CE4E5B9)
    z = z ^ (z >> np.uint64(27))
    z = z * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


class Sample:
    """Sets of a stream: all of them up to `ALL`, else a seeded sample of `DRAWN`."""

    def __init__(self, seed: int, everything: int = ALL, drawn: int = DRAWN) -> None:
        self._salt = np.random.SeedSequence(seed).generate_state(1, np.uint64)
        self._everything, self._drawn = everything, drawn
        self._numbers = np.empty(0, dtype=np.int64)
        self._metric = np.empty(0)
        self._paths = np.empty(0, dtype=np.uint64)
        self.seen = 0

    def add(self, numbers: Numbers, metric: FloatArray, paths: Paths) -> None:
        """Take in sets, each array of shape (m,)."""
        self.seen += len(numbers)
        self._numbers = np.concatenate([self._numbers, numbers])
        self._metric = np.concatenate([self._metric, metric])
        self._paths = np.concatenate([self._paths, paths])
        if self.seen > self._everything:
            hashes = mixed(self._numbers.astype(np.uint64) + self._salt)
            kept = np.sort(np.argsort(hashes)[: self._drawn])
            self._numbers, self._metric = self._numbers[kept], self._metric[kept]
            self._paths = self._paths[kept]

    @property
    def is_all(self) -> bool:
        """Whether nothing was left out."""
        return self.seen <= self._everything

    @property
    def sets(self) -> tuple[Numbers, FloatArray, Paths]:
        """Numbers, metric and paths of the sets kept, in the order they came."""
        return self._numbers, self._metric, self._paths


class DistinctCount:
    """How many different values a stream has.

    Exact up to `limit`; beyond, (k − 1) / u with u the k-th lowest of all hashes as a fraction of
    the largest possible, k = `limit`, whose standard error is 1/√(k − 2) of the count (Beyer et
    al. 2007, On Synopses for Distinct-Value Estimation Under Multiset Operations, SIGMOD).
    """

    def __init__(self, limit: int = DISTINCT) -> None:
        self._limit = limit
        self._lowest = np.empty(0, dtype=np.uint64)
        self._exact = True

    def add(self, values: NDArray[np.uint64]) -> None:
        """Take in values."""
        hashes = mixed(values)
        if not self._exact:
            hashes = hashes[hashes < self._lowest[-1]]
        if not len(hashes):
            return
        found = distinct(np.concatenate([self._lowest, hashes]))
        self._exact = self._exact and len(found) <= self._limit
        self._lowest = found[: self._limit]

    @property
    def error(self) -> float:
        """Standard error of the count as a fraction of it; 0 where it is exact."""
        return 0.0 if self._exact else (self._limit - 2) ** -0.5

    @property
    def count(self) -> int:
        """Number of different values."""
        if self._exact:
            return len(self._lowest)
        return round((self._limit - 1) / (float(self._lowest[-1]) / 2.0**64))
