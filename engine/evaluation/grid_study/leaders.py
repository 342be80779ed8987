"""The best sets of a stream, one for each way of holding and its result."""

from __future__ import annotations

import numpy as np

from engine.evaluation.grid_study.hashing import mixed
from engine.evaluation.grid_study.places import FloatArray, Numbers, Paths


class Leaders:
    """The sets with the best scores, best first, ties in the order they came.

    Sets with the same path and the same score are one strategy under several names; the first
    stands for them. The same path under other costs has another score, and stands for itself.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self.numbers = np.empty(0, dtype=np.int64)
        self.rows = np.empty(0, dtype=np.int64)
        self.scores = np.empty(0)
        self.paths = np.empty(0, dtype=np.uint64)

    def add(self, numbers: Numbers, scores: FloatArray, paths: Paths) -> None:
        """Take in a block of sets; NaN never leads. Rows count the sets taken in, from 0."""
        rows = np.arange(self._taken, self._taken + len(numbers))
        self._taken += len(numbers)
        # an equal score that comes later cannot push out one that is there
        full = len(self.scores) == self._count
        chosen = scores > self.scores[-1] if full and self._count else np.isfinite(scores)
        if not chosen.any():
            return
        numbers = np.concatenate([self.numbers, numbers[chosen]])
        rows = np.concatenate([self.rows, rows[chosen]])
        scores = np.concatenate([self.scores, scores[chosen]])
        paths = np.concatenate([self.paths, paths[chosen]])
        order = np.argsort(-scores, kind="stable")
        same = mixed(paths) ^ (scores + 0.0).view(np.uint64)
        _, first = np.unique(same[order], return_index=True)
        kept = order[np.sort(first)[: self._count]]
        self.numbers, self.rows = numbers[kept], rows[kept]
        self.scores, self.paths = scores[kept], paths[kept]
