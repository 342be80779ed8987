"""How returns and holding lengths are spread, as counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.market.quotes import FloatArray

BINS = 61
REACH = 99.5
"""Percentile of the size of returns at which the outermost bins begin."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Shares of returns in bins that several series share.

    Attributes
    ----------
    edges : float64 array, shape (k + 1,)
        Of equal width, symmetric about 0 (fractions); what lies outside is counted in the
        outermost bins.
    shares : dict of str to float64 array, shape (k,)
        Share of each series' returns in each bin; each sums to 1.
    outside : dict of str to float
        Share of each series' returns that lie beyond the edges.
    """

    edges: FloatArray
    shares: dict[str, FloatArray]
    outside: dict[str, float]


def histogram(returns: Mapping[str, FloatArray], bins: int = BINS) -> Histogram | None:
    """Return how the returns of several series are spread; None where nothing ever moves."""
    known = {name: values[np.isfinite(values)] for name, values in returns.items()}
    known = {name: values for name, values in known.items() if len(values)}
    if not known:
        return None
    reach = float(np.percentile(np.abs(np.concatenate(list(known.values()))), REACH))
    if not reach > 0.0:
        return None
    edges = np.linspace(-reach, reach, bins + 1)
    shares, outside = {}, {}
    for name, values in known.items():
        counts, _ = np.histogram(np.clip(values, -reach, reach), edges)
        shares[name] = counts / len(values)
        outside[name] = float(np.mean(np.abs(values) > reach))
    return Histogram(edges, shares, outside)


def length_counts(lengths: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every length from 1 to the longest, and how many stays lasted so long."""
    whole = np.asarray(lengths, dtype=np.int64)
    longest = int(whole.max(initial=0))
    return np.arange(1, longest + 1), np.bincount(whole, minlength=longest + 1)[1:]
