"""The whole search, re-run on histories without an edge.

A grid search always finds something. How good its find is, is told by what the same search finds
where there is nothing to be found: the share of such histories on which the best of the whole
grid is at least as good is the p-value of the search itself (White's reality check, *Econometrica*
68 (2000), with the positions decided anew on every history instead of resampled returns).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.definitions import find_metric
from engine.evaluation.no_edge import Null, history
from engine.evaluation.trial_metrics import trial_metrics
from engine.execution.bar_sweeping import BarSweepEngine
from engine.execution.costs import Terms
from engine.execution.sweeping import SweepEngine
from engine.market.panel import PricePanel
from engine.market.quotes import FloatArray
from engine.rules.rule import Rule


@dataclass(frozen=True, eq=False)
class Search:
    """Part of a search: the sets of a grid that share prices and terms.

    ``given`` are the parameters of the rule that the study sets, ``axes`` those that are searched,
    ``numbers`` (int64) the sets of their grid that the rule allows.
    """

    panel: PricePanel
    rule: Rule
    given: Mapping[str, Any]
    axes: Mapping[str, Sequence[Any]]
    terms: Terms
    numbers: NDArray[np.int64]

    def best(self, metric: str, panel: PricePanel | None = None) -> float:
        """Return the best value of a metric on the own or another history; NaN if none has one."""
        panel = panel or self.panel
        events = self.rule.is_switching and self.terms.fractional_shares
        kernel = SweepEngine if events else BarSweepEngine
        engine = kernel(panel, self.rule, self.given, self.axes, self.terms)
        returns = len(panel) - panel.start_index - 1
        trials = engine.run(self.numbers)
        values = trial_metrics(trials, returns, self.terms.initial_cash)[metric]
        return best_of(values, metric)


def best_of(values: Sequence[float] | FloatArray, metric: str) -> float:
    """Return the best of some values, undefined ones left out; NaN if none is defined."""
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return float("nan")
    return float(known.max() if find_metric(metric).direction >= 0 else known.min())


def winners(
    searches: Sequence[Search],
    metric: str,
    null: Null,
    numbers: Sequence[int],
    *,
    length: float,
    seed: int,
    workers: int = 1,
) -> FloatArray:
    """Return the winner's metric on each of some histories without an edge.

    Parameters
    ----------
    searches : sequence of Search
        All parts of the search; parts on the same sessions are given the same draw.
    metric : str
    null : {"bootstrap", "sign-flips"}
    numbers : sequence of int
        Of the histories: equal numbers give equal winners, whatever the workers.
    length : float
        Mean length of the blocks of the bootstrap, in sessions.
    seed : int
    workers : int
        Threads.

    Returns
    -------
    float64 array, shape (numbers,)
    """

    def winner(number: int) -> float:
        histories: dict[int, PricePanel] = {}
        found = []
        for search in searches:
            key = id(search.panel)
            if key not in histories:
                histories[key] = history(search.panel, null, number, length=length, seed=seed)
            found.append(search.best(metric, histories[key]))
        return best_of(found, metric)

    with ThreadPoolExecutor(workers) as pool:
        return np.array(list(pool.map(winner, numbers)), dtype=np.float64)


def search_p_value(winner: float, without_edge: FloatArray, metric: str) -> float:
    """Return the share of winners without an edge that are at least as good as the one found.

    ``(1 + count) / (1 + histories)``: the history itself counts as one (Davison and Hinkley,
    *Bootstrap Methods and their Application*, 1997, section 4.2.3). Histories on which no set has
    a value count as worse. NaN if the winner is undefined.
    """
    if np.isnan(winner):
        return float("nan")
    known = without_edge[~np.isnan(without_edge)]
    as_good = known >= winner if find_metric(metric).direction >= 0 else known <= winner
    return (1.0 + int(as_good.sum())) / (1.0 + len(without_edge))
