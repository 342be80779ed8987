"""Histories without an edge: the same market, but for what a rotation could have known.

Two ways to make them, both paired: what core and satellite did in a session stays together.

``bootstrap``
    The stationary bootstrap of Politis and Romano (1994): blocks of consecutive sessions, drawn
    anew. What a streak says of the sessions after it is cut at every end of a block. What happens
    within a block stays, an edge as well as the very luck that a search has found: with blocks of
    ten sessions a 5 % test rejects next to nothing, edge or none (``benchmarks/CALIBRATION.md``).
    Of mean length 1, sessions are drawn one by one, and it rejects as often as it should.
``sign-flips``
    The core stays as it was. The satellite's return less the core's is turned round its mean in
    sessions drawn by a fair coin: its size, and so the clustering of volatility, stays, while
    whether it wins or loses becomes as unpredictable as the coin.

Either way the log returns are shifted by a constant so that each asset ends where it ended:
otherwise the luck of the draw in the drift would hide what timing is worth.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from engine.evaluation.inference.resampling import drawn_sessions
from engine.market.panel import Bars, PricePanel
from engine.market.quotes import FloatArray

Null = Literal["bootstrap", "sign-flips"]
NULLS: tuple[Null, ...] = get_args(Null)


def history(panel: PricePanel, null: Null, number: int, *, length: float, seed: int) -> PricePanel:
    """Return one history without an edge.

    Parameters
    ----------
    panel : PricePanel
        Sessions up to the first traded one stay as they are.
    null : {"bootstrap", "sign-flips"}
    number : int
        Of the history: the same number, the same history, whatever else is asked for.
    length : float
        Mean length of the blocks of the bootstrap, in sessions, at least 1.
    seed : int
    """
    generator = np.random.default_rng([seed, NULLS.index(null), number])
    changes = changes_of(panel)
    if null == "bootstrap":
        drawn = changes[:, :, drawn_sessions(changes.shape[2], length, 1, generator)[0]]
    else:
        drawn = _flipped(changes, generator)
    missing = (changes.sum(axis=(1, 2)) - drawn.sum(axis=(1, 2))) / drawn[0].size
    return rebuilt(panel, drawn + missing[:, None, None])


def changes_of(panel: PricePanel) -> FloatArray:
    """Return log changes overnight and within each session after the first traded one.

    Shape (2 assets, 2 parts, sessions).
    """
    first = panel.start_index
    parts = []
    for bars in (panel.core, panel.satellite):
        opens, closes = np.log(bars.open[first:]), np.log(bars.close[first:])
        parts.append(np.stack([opens[1:] - closes[:-1], closes[1:] - opens[1:]]))
    return np.stack(parts)


def _flipped(changes: FloatArray, generator: np.random.Generator) -> FloatArray:
    core, satellite = changes
    difference = satellite - core
    mean = difference.mean(axis=1, keepdims=True)
    signs = generator.choice([-1.0, 1.0], changes.shape[2])
    return np.stack([core, core + mean + signs * (difference - mean)])


def rebuilt(panel: PricePanel, changes: FloatArray) -> PricePanel:
    """Return a panel with other log changes after the first traded close.

    Earlier sessions stay as they are. `changes` are as of :func:`changes_of`; highs and lows
    become those of open and close, volume is unknown, and the prices count as simulated.
    """
    first = panel.start_index
    assets = []
    for bars, (overnight, within) in zip((panel.core, panel.satellite), changes, strict=True):
        closes, opens = bars.close.copy(), bars.open.copy()
        logs = np.log(closes[first]) + np.cumsum(overnight + within)
        closes[first + 1 :] = np.exp(logs)
        opens[first + 1 :] = np.exp(logs - within)
        assets.append(
            Bars(
                bars.symbol,
                opens,
                np.maximum(opens, closes),
                np.minimum(opens, closes),
                closes,
                np.full(len(closes), np.nan),
            )
        )
    core, satellite = assets
    return PricePanel(
        panel.sessions, core, satellite, panel.start_index, panel.price_basis, simulated=True
    )
