"""``evidence``: how much of a stored sweep's winner may be luck."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import UsageError
from engine.evaluation.definitions import find_metric
from engine.evaluation.inference.overfitting import BLOCKS, MOST_BLOCKS
from engine.evaluation.inference.resampling import block_length
from engine.evaluation.inference.uncertainty import Uncertainty, uncertainty_of
from engine.evaluation.inference.verdict import Verdict, judge
from engine.evaluation.no_edge import Null
from engine.evaluation.resampled_search import search_p_value
from engine.evaluation.search_evidence import Basis, SearchFindings, search_findings
from engine.evaluation.trial_keys import KEYS
from engine.pipeline.evidence.progress import Progress, Silence
from engine.pipeline.evidence.searching import (
    Resampling,
    kept_winners,
    resampled_winners,
    searches_of,
)
from engine.pipeline.evidence.strategies import Searched, SweptStrategies, Winner, searched
from engine.pipeline.evidence.walking import walked
from engine.pipeline.reloading import reload
from engine.pipeline.saving import save_evidence
from engine.pipeline.stability import StoredStability, set_stability, stability_told
from engine.pipeline.sweeping.plan import Plan
from engine.store.evidence import Evidence, ResampledSearch
from engine.store.folders import Stored
from engine.store.ranking import check_metric
from engine.store.stored_runs import setting_of, stored_metrics
from engine.store.unfinished import Unfinished
from engine.store.walk_forwards import WalkForward


@dataclass(frozen=True)
class Asked:
    """What is asked about a sweep.

    Attributes
    ----------
    metric : str or None
        What the winner is the best by; None: what the sweep was ranked by.
    blocks : int
        S of CSCV, even.
    histories : int
        Histories without an edge of each kind that the search is made again on.
    nulls : tuple of {"bootstrap", "sign-flips"}
        Kinds of such histories.
    block_length : float
        Mean length of the bootstrap's blocks in sessions. In longer ones than 1 what a streak says
        of the sessions after it is not cut everywhere, and the test finds less.
    seed : int or None
        None: that of the study.
    walk_forward : bool or None
        Whether the study's walk-forward is made over the grid; None: where it takes seconds.
    """

    metric: str | None = None
    blocks: int = BLOCKS
    histories: int = 0
    nulls: tuple[Null, ...] = ("bootstrap",)
    block_length: float = 1.0
    seed: int | None = None
    walk_forward: bool | None = None

    def __post_init__(self) -> None:
        if self.metric is not None:
            check_metric(self.metric, KEYS)
        if self.blocks % 2 or not 2 <= self.blocks <= MOST_BLOCKS:
            raise UsageError(
                f"history cannot be cut into {self.blocks} blocks: an even number is needed, from "
                f"2 to {MOST_BLOCKS}"
            )


def evidence(
    stored: Stored,
    asked: Asked,
    *,
    workers: int = 1,
    data_dir: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Evidence, Stored]:
    """Ask how much of a stored sweep's winner may be luck, and store what is found beside it.

    Parameters
    ----------
    stored : Stored
        A sweep.
    asked : Asked
    workers : int
        Threads; they change no bit.
    data_dir : Path, optional
        Where the prices are now, if not where they were.
    progress : Progress, optional

    Returns
    -------
    Evidence, Stored
        What was found, and where it is.

    Raises
    ------
    UsageError
        If the result is no sweep, the code has changed since, or the metric is undefined for
        every set.
    DataError
        If the prices are gone or have changed since.
    """
    progress = progress or Silence()
    if stored.manifest["kind"] != "sweep":
        raise UsageError(f"{stored.name} is a {stored.manifest['kind']}; evidence is of sweeps")
    started = time.perf_counter()
    progress.say(f"measuring {stored.name} again")
    plan = reload(stored, data_dir).plan(workers)
    metric = asked.metric or str(stored_metrics(stored)["metric"])
    seed = plan.study.seed if asked.seed is None else asked.seed
    sets = searched(plan, metric)
    findings = _findings(plan, sets, metric, asked.blocks, seed, progress)
    searches, kept = _searches(stored, plan, sets, metric, asked, seed, workers, progress)
    ahead = walked(plan, sets.allowed, asked.walk_forward, workers, progress.say)
    progress.say("resampling the winner, and changing one choice at a time")
    found = _gathered(stored, plan, sets, metric, seed, findings, searches, ahead)
    found = replace(found, seconds=time.perf_counter() - started)
    saved = save_evidence(found, stored.path.parent.parent)
    for one in kept:
        one.discard()
    return found, saved


def _gathered(
    stored: Stored,
    plan: Plan,
    sets: Searched,
    metric: str,
    seed: int,
    findings: SearchFindings,
    searches: tuple[ResampledSearch, ...],
    ahead: WalkForward | str,
) -> Evidence:
    """Return all that was found, with what the winner alone says, and the verdict."""
    uncertainty = _uncertainty(plan, sets.winner, seed)
    return Evidence(
        study=plan.study.name,
        seed=seed,
        config=stored.manifest["config"],
        sweep=stored.name,
        sweep_hash=stored.manifest["content_hash"],
        setting=setting_of(stored),
        axes=plan.keys,
        metric=metric,
        sets=len(sets.allowed),
        row=sets.winner.row,
        values=sets.winner.values,
        metrics=sets.winner.metrics,
        findings=findings,
        uncertainty=uncertainty,
        searches=searches,
        walk_forward=ahead,
        verdict=_verdict(uncertainty, findings, searches, ahead),
        stability=_stability(plan, sets, metric),
    )


def _findings(
    plan: Plan, sets: Searched, metric: str, blocks: int, seed: int, progress: Progress
) -> SearchFindings:
    strategies = SweptStrategies(plan, sets.distinct, seed)
    number = sets.winner.number
    relative = find_metric(metric).group == "against the benchmark"
    basis: Basis = "active" if relative else "excess"
    return search_findings(
        strategies,
        strategies.of(number),
        strategies.core(number),
        basis=basis,
        blocks=blocks,
        block_length=_block_length(plan),
        seed=seed,
        say=progress.say,
    )


def _block_length(plan: Plan) -> float:
    """Return the block length for what every active return is made of: satellite over core."""
    pair = (plan.panel.satellite, plan.panel.core)
    closes = (bars.close[plan.panel.start_index :] for bars in pair)
    satellite, core = (close[1:] / close[:-1] for close in closes)
    return block_length(satellite - core)


def _searches(
    stored: Stored,
    plan: Plan,
    sets: Searched,
    metric: str,
    asked: Asked,
    seed: int,
    workers: int,
    progress: Progress,
) -> tuple[tuple[ResampledSearch, ...], list[Unfinished]]:
    """Return the searches made again, and where their winners are kept meanwhile."""
    found: list[ResampledSearch] = []
    folders: list[Unfinished] = []
    if not asked.histories:
        return (), folders
    searches = searches_of(plan, sets.allowed)
    for null in asked.nulls:
        how = Resampling(null, asked.histories, asked.block_length, seed)
        kept = kept_winners(stored.path, stored.manifest["content_hash"], metric, how)
        won = resampled_winners(kept, searches, metric, how, workers, progress)
        p_value = search_p_value(sets.winner.metrics[metric], won, metric)
        found.append(ResampledSearch(null, how.block_length, seed, p_value, won))
        folders.append(kept)
    return tuple(found), folders


def _uncertainty(plan: Plan, winner: Winner, seed: int) -> Uncertainty:
    """Return how well the winner's figures are known, as if it had been the only set tried."""
    outer, inner = plan.split(np.array([winner.number]))
    part = plan.part(int(outer[0]))
    assert part is not None  # the winner is allowed
    ran = part.by_bars(int(inner[0]))
    return uncertainty_of(ran.equity, part.core.equity, ran.cash_returns, seed=seed)


def _stability(plan: Plan, sets: Searched, metric: str) -> dict[str, Any]:
    """Return what the winner depends on, JSON-ready."""
    winner = sets.winner
    found = set_stability(plan, winner.number, winner.row, metric, sets.measured)
    return stability_told(StoredStability(metric, winner.row, winner.values, found))


def _verdict(
    uncertainty: Uncertainty,
    findings: SearchFindings,
    searches: tuple[ResampledSearch, ...],
    ahead: WalkForward | str,
) -> Verdict:
    overfitting = findings.overfitting
    figures = {
        "active_probability": uncertainty.active_probability,
        "active_p_value": uncertainty.active_p_value,
        "deflated_sharpe": findings.deflated[0].estimates[0].probability,
        "overfitting_probability": math.nan if overfitting is None else overfitting.probability,
        "spa_p_value": findings.superiority.p_value,
    }
    if searches:
        figures["search_p_value"] = max(one.p_value for one in searches)
    if isinstance(ahead, WalkForward):
        figures["walk_forward_probability"] = ahead.uncertainty.active_probability
    return judge(figures)
