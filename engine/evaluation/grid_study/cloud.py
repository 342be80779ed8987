"""Where sets stood in both halves of history: tables of counts, however many sets there are.

The choices of cross-validation are counted the same way, by the half they were chosen in and the
other one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study.places import FloatArray, mean_ranks
from engine.evaluation.grid_study.spread import histogram_edges

BINS = 36


@dataclass(frozen=True, eq=False)
class Cloud:
    """Counts of sets by their metric in the first half of history and in the second.

    Bins of each half are of equal width and leave strays out, as those of
    :class:`~engine.evaluation.grid_study.spread.Spread`.

    Attributes
    ----------
    first_edges, second_edges : float64 arrays, shape (bins + 1,)
        In the metric's unit; as many bins as asked for, or one where all values are equal.
    counts : int64 array, shape (bins of the first half, bins of the second)
    outside : int
        Sets beyond the edges of either half.
    quarters : int64 array, shape (4, 4)
        Sets by the quarter they are in, by rank, lowest first: of the first half, of the second.
        Equal values share the quarter of their mean rank.
    """

    first_edges: FloatArray
    second_edges: FloatArray
    counts: NDArray[np.int64]
    outside: int
    quarters: NDArray[np.int64]


def cloud_of(first: FloatArray, second: FloatArray, bins: int = BINS) -> Cloud | None:
    """Return where sets were, each array of shape (sets,), defined throughout; None without any."""
    if not len(first):
        return None
    edges = [_edges(values, bins) for values in (first, second)]
    counts = np.histogram2d(first, second, bins=edges)[0].astype(np.int64)
    quarters = np.zeros((4, 4), dtype=np.int64)
    np.add.at(quarters, (_quarter(first), _quarter(second)), 1)
    return Cloud(edges[0], edges[1], counts, len(first) - int(counts.sum()), quarters)


def _edges(values: FloatArray, bins: int) -> FloatArray:
    low, high = np.percentile(values, (1, 99)).tolist()
    return histogram_edges(float(values.min()), float(values.max()), low, high, bins)


def _quarter(values: FloatArray) -> NDArray[np.int64]:
    """Return which quarter of all values each is in, 0 being the lowest."""
    return np.ceil(4.0 * mean_ranks(values) / len(values)).astype(np.int64) - 1
