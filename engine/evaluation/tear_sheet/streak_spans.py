"""The long streaks of a history as spans of time, for charts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.market.quotes import FloatArray

SHORTEST = 5
"""Sessions from which on a streak is long enough to be shown."""


class StreakSpan(NamedTuple):
    """A streak: sessions `first` to `last` (indices, both won), and its signed length.

    +n: the satellite beat the core in n sessions in a row; −n: it trailed.
    """

    first: int
    last: int
    length: int


def streak_spans(streak: FloatArray, shortest: int = SHORTEST) -> tuple[StreakSpan, ...]:
    """Return the streaks that lasted `shortest` sessions or more, in order of time.

    Parameters
    ----------
    streak : float64 array, shape (n,)
        The signed count at each close; NaN where it is not known. One that began before the
        first session is counted in full, and starts at session 0.
    shortest : int
    """
    if not len(streak):
        return ()
    following = np.append(streak[1:], 0.0)
    ends = ~(np.abs(following) > np.abs(streak)) | (np.sign(following) != np.sign(streak))
    last = np.flatnonzero(ends & (np.abs(streak) >= shortest))
    lengths = streak[last].astype(int).tolist()
    return tuple(
        StreakSpan(max(end - abs(length) + 1, 0), end, length)
        for end, length in zip(last.tolist(), lengths, strict=True)
    )
