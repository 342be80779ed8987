"""Does the p-value of a search tell the truth? ``make calibrate``.

A small grid is searched on many simulated markets, and searched again on histories of each that
were resampled so as to have no edge, just as ``streak evidence`` does it. Where the markets have
no edge, the 5 % test must reject about one market in twenty; where one is planted, most of them.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.job import COMMISSION_BPS, SLIPPAGE_BPS, TERMS, count_of, rule
from benchmarks.report import Table, to_markdown
from engine.evaluation.no_edge import Null, changes_of, rebuilt
from engine.evaluation.resampled_search import Search, search_p_value, winners
from engine.market.adjust import adjusted_bars
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.market.sources.simulated import simulated_quotes

RESULTS = Path(__file__).parent / "CALIBRATION.md"
WARM_UP = 250
"""Sessions before the first that is traded."""
RUN = 3
"""Sessions in a row after which a planted edge sets in."""
AXES: dict[str, list[Any]] = {
    "entry_streak": [2, 3, 4, 5, 7],
    "exit_streak": [1, 2, 3],
    "max_holding": [None, 10],
}
LEVELS = (0.05, 0.10, 0.20)


@dataclass(frozen=True)
class Way:
    """A way to make histories without an edge: by which null, in blocks of what mean length."""

    null: Null
    length: float = 1.0

    @property
    def label(self) -> str:
        """What it is called in tables."""
        if self.null != "bootstrap":
            return self.null
        single = self.length == 1.0
        return f"bootstrap, {'session by session' if single else f'mean block {self.length:g}'}"


WAYS = (Way("bootstrap"), Way("sign-flips"), Way("bootstrap", 10.0))


@dataclass(frozen=True)
class Sizes:
    """How much is simulated.

    Attributes
    ----------
    markets, planted_markets : int
        Without an edge, and with each of `edges`.
    edges : tuple of float
        Log return (fraction) by which a session after a run is moved.
    sessions, histories : int
        Traded sessions of each market; resampled histories of each.
    """

    markets: int = 400
    planted_markets: int = 100
    edges: tuple[float, ...] = (0.0010, 0.0015)
    sessions: int = 2520
    histories: int = 99


SMALL = Sizes(markets=4, planted_markets=2, edges=(0.002,), sessions=300, histories=9)
"""Enough to see that everything works; the figures mean nothing."""


def market(seed: int, sessions: int, edge: float = 0.0) -> PricePanel:
    """Return a simulated market of its own for each seed.

    The streak that the simulator plants at the end of its history is not in it. With an `edge`,
    the satellite gains so much more (log return, fraction) within each session after it has won
    `RUN` or more in a row, and so much less after it has lost as many.
    """
    n = WARM_UP + sessions
    quotes = [simulated_quotes(s, seed, is_satellite=s == "SMALL") for s in ("LARGE", "SMALL")]
    core, satellite = (adjusted_bars(one, "total_return").head(n) for one in quotes)
    panel = PricePanel(quotes[0].sessions[:n], core, satellite, WARM_UP, simulated=True)
    return planted(panel, edge) if edge else panel


def planted(panel: PricePanel, edge: float) -> PricePanel:
    """Return a market in which runs of the satellite go on; see :func:`market`."""
    core, satellite = changes_of(panel)
    within = satellite[1].copy()
    leads = (satellite - core).sum(axis=0)
    run = 0
    for t, lead in enumerate(leads.tolist()):
        shift = math.copysign(edge, run) if abs(run) >= RUN else 0.0
        within[t] += shift
        won = 1 if lead + shift > 0.0 else -1
        run = run + won if run * won > 0 else won
    return rebuilt(panel, np.stack([core, np.stack([satellite[0], within])]))


def p_values(
    seed: int, edge: float, sizes: Sizes, metric: str, ways: Sequence[Way] = WAYS
) -> list[float]:
    """Return the p-value of the search on one market, by each way to resample it."""
    panel = market(seed, sizes.sessions, edge)
    given = dict(rule().parameters({}))
    search = Search(panel, rule(), given, AXES, TERMS, np.arange(count_of(AXES)))
    found = search.best(metric)
    numbers = range(sizes.histories)
    return [
        search_p_value(
            found,
            winners([search], metric, way.null, numbers, length=way.length, seed=seed),
            metric,
        )
        for way in ways
    ]


def repeated(
    seeds: Sequence[int], edge: float, sizes: Sizes, metric: str, workers: int
) -> FloatArray:
    """Return the p-values on many markets, shape (seeds, ways); workers change no bit."""
    one = partial(p_values, edge=edge, sizes=sizes, metric=metric)
    if workers == 1:
        return np.array(list(map(one, seeds)))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return np.array(list(pool.map(one, seeds, chunksize=4)))


def tables(sizes: Sizes, metrics: Sequence[str], workers: int) -> Iterator[Table]:
    """Simulate, and yield what came of it, a table for each metric and kind of market."""
    for metric in metrics:
        found = repeated(range(1, sizes.markets + 1), 0.0, sizes, metric, workers)
        yield null_table(found, metric)
        power = {
            edge: repeated(range(1, sizes.planted_markets + 1), edge, sizes, metric, workers)
            for edge in sizes.edges
        }
        yield power_table(power, metric)


def null_table(found: FloatArray, metric: str) -> Table:
    """Return how often markets without an edge were rejected, by way."""
    n = len(found)
    rows = [
        (way.label, *(f"{100 * share_at(p, level):.1f} %" for level in LEVELS), f"{p.mean():.3f}")
        for way, p in zip(WAYS, found.T, strict=True)
    ]
    errors = " · ".join(f"{100 * math.sqrt(p * (1 - p) / n):.1f} %" for p in LEVELS)
    columns = ("Histories", *(f"at {100 * level:.0f} %" for level in LEVELS), "Mean p")
    note = f"{n:,} markets. Standard errors of shares that are right: {errors}. A right mean is ½."
    return Table(f"No edge, best {metric}: markets rejected", columns, rows, (note,))


def power_table(found: Mapping[float, FloatArray], metric: str) -> Table:
    """Return how often markets with a planted edge were rejected at 5 %, by way."""
    rows = [
        (way.label, *(f"{100 * share_at(p[:, i], 0.05):.0f} %" for p in found.values()))
        for i, way in enumerate(WAYS)
    ]
    columns = ("Histories", *(f"{1e4 * edge:.0f} bp" for edge in found))
    n = len(next(iter(found.values())))
    note = (
        f"{n:,} markets each. The satellite moves so much in favour of its run in each session "
        f"after {RUN} or more in a row."
    )
    return Table(f"Planted edge, best {metric}: markets rejected at 5 %", columns, rows, (note,))


def share_at(p: FloatArray, level: float) -> float:
    """Return the fraction of p-values at or below a level."""
    return float((p <= level + 1e-12).mean())


def main(arguments: list[str] | None = None) -> None:
    """Simulate, print, and write ``CALIBRATION.md`` if all was done in full size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--metrics", nargs="*", default=["sharpe"])
    parser.add_argument("--small", action="store_true", help="tiny sizes, to try it out")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--output", type=Path, help="file for the results")
    asked = parser.parse_args(arguments)
    sizes = SMALL if asked.small else Sizes()
    made = []
    for table in tables(sizes, asked.metrics, asked.workers):
        made.append(to_markdown(table))
        print("\n" + made[-1], flush=True)
    output = asked.output or (None if asked.small else RESULTS)
    if output:
        output.write_text("\n".join([introduction(sizes), *made]), "utf-8")
        print(f"written: {output}")


def introduction(sizes: Sizes) -> str:
    """Return what stands above the tables."""
    return f"""# Does the p-value of a search tell the truth?

Written by `make calibrate`; do not edit. On each simulated market ({sizes.sessions:,} sessions with
clusters of volatility and fat tails) the streak rule is searched over {count_of(AXES)} parameter
sets (commission {COMMISSION_BPS:g} bp, slippage {SLIPPAGE_BPS[0]:g} and {SLIPPAGE_BPS[1]:g} bp per
side). The whole search is made again on {sizes.histories} histories of that market without an edge;
the p-value is the share of winners there that are as good. See
[docs/evidence.md](../docs/evidence.md).
"""


if __name__ == "__main__":
    main()
