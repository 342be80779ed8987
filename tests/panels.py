"""Panels for tests: drawn by hypothesis to be nasty, or made from closes given by hand."""

import numpy as np
from hypothesis import strategies as st

from engine.market.panel import Bars, PricePanel


def bars_of(close, symbol="CORE", open_=None):
    close = np.asarray(close, dtype=float)
    open_ = close if open_ is None else np.asarray(open_, dtype=float)
    high, low = np.maximum(open_, close), np.minimum(open_, close)
    return Bars(symbol, open_, high, low, close, np.full(len(close), 1e6))


def sessions_of(n, steps=1):
    days = np.cumsum(np.broadcast_to(steps, n))
    return np.datetime64("2001-01-01") + days.astype("timedelta64[D]")


def panel_of(core, satellite, *, opens=(None, None), start_index=0, steps=1):
    """Return a panel from closes; opens are the closes unless given."""
    return PricePanel(
        sessions_of(len(core), steps),
        bars_of(core, "CORE", opens[0]),
        bars_of(satellite, "SAT", opens[1]),
        start_index=start_index,
    )


def walk(rng, n):
    """Return n closes of a lively random walk."""
    return 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, n)))


def random_panel(seed, n, start_index=0):
    """Return a panel of lively random walks with overnight gaps; a month has 7 sessions or so."""
    rng = np.random.default_rng(seed)
    core, satellite = walk(rng, n), walk(rng, n)
    opens = [close * np.exp(rng.normal(0.0, 0.01, n)) for close in (core, satellite)]
    steps = rng.integers(1, 8, n)
    return panel_of(core, satellite, opens=opens, start_index=start_index, steps=steps)


@st.composite
def panels(draw, least=3, most=90):
    """Draw a panel: gaps of 30 %, ties, flat stretches, tiny and huge prices, long warm-ups.

    Few numbers are drawn, and the rest follows from a seed: what fails shrinks to few sessions
    and to the plainest market that still fails.
    """
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    moves = rng.normal(0.0, draw(st.sampled_from([0.01, 0.1])), (2, n))
    tied = rng.random(n) < draw(st.sampled_from([0.0, 0.3]))
    moves[1, tied] = moves[0, tied]
    moves[:, rng.random(n) < draw(st.sampled_from([0.0, 0.2, 0.9]))] = 0.0
    flat_from, flat_to = np.sort(rng.integers(0, n + 1, 2))
    if draw(st.booleans()):
        moves[:, flat_from:flat_to] = 0.0
    gaps = draw(st.sampled_from([0.0, 0.01, 0.3])) * rng.choice([-1.0, 0.0, 1.0], (2, n))
    levels = draw(st.tuples(*[st.sampled_from([1e-4, 1.0, 100.0, 1e7])] * 2))
    close = np.array(levels)[:, None] * np.exp(np.cumsum(moves, axis=1))
    previous = np.concatenate([close[:, :1], close[:, :-1]], axis=1)
    start = draw(st.one_of(st.just(0), st.integers(0, n - 2)))
    steps = rng.integers(1, 1 + draw(st.sampled_from([1, 12])), n)
    return panel_of(*close, opens=previous * (1.0 + gaps), start_index=start, steps=steps)
