"""How many sets were where in both halves of history: a table of counts, however many sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.grid_study.places import FloatArray
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
        In the metric's unit; `BINS` bins, or one where all values are equal.
    counts : int64 array, shape (bins of the first half, bins of the second)
    outside : int
        Sets beyond the edges of either half.
    """

    first_edges: FloatArray
    second_edges: FloatArray
    counts: NDArray[np.int64]
    outside: int


def cloud_of(first: FloatArray, second: FloatArray) -> Cloud | None:
    """Return where sets were, each array of shape (sets,), defined throughout; None without any."""
    if not len(first):
        return None
    edges = [
        histogram_edges(
            float(values.min()), float(values.max()), *np.percentile(values, (1, 99)), bins=BINS
        )
        for values in (first, second)
    ]
    counts = np.histogram2d(first, second, bins=edges)[0].astype(np.int64)
    return Cloud(edges[0], edges[1], counts, len(first) - int(counts.sum()))
