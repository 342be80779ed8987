"""What is known of the luck in a sweep's winner, and the files that say so."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.evaluation.grid_study.cloud import cloud_of
from engine.evaluation.inference.overfitting import Overfitting
from engine.evaluation.inference.uncertainty import Uncertainty
from engine.evaluation.inference.verdict import Verdict
from engine.evaluation.metrics import to_json_value
from engine.evaluation.search_evidence import SearchFindings
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.market.quotes import FloatArray
from engine.store.files import csv_bytes, inference_json, notice_of
from engine.store.folders import Stored, json_bytes, stored_results
from engine.store.grid_findings import axis_value
from engine.store.provenance import content_hash
from engine.store.records import Setting
from engine.store.walk_forward_brief import walk_forward_brief
from engine.store.walk_forwards import WalkForward

KIND = "evidence"
WINNERS = "winners.csv"
CHOICES = "choices.csv"
PERCENTS = (1, 5, 25, 50, 75, 95, 99)
BINS = 40
"""Of the distributions that are drawn."""
CLOUD_BINS = 30
"""Of each side of the choices of CSCV."""


@dataclass(frozen=True, eq=False)
class ResampledSearch:
    """The search made again on histories without an edge.

    Attributes
    ----------
    null : {"bootstrap", "sign-flips"}
    block_length : float
        Mean length of the blocks of the bootstrap, sessions.
    seed : int
    p_value : float
        Of the search itself (fraction).
    winners : float64 array, shape (histories,)
        The winner's metric on each; NaN where no set had one.
    """

    null: str
    block_length: float
    seed: int
    p_value: float
    winners: FloatArray


@dataclass(frozen=True, eq=False)
class Evidence:
    """How much of a sweep's winner may be luck.

    Attributes
    ----------
    study : str
    seed : int
    config : dict
        The study, resolved.
    sweep, sweep_hash : str
        Name and content hash of the sweep.
    setting : Setting
    axes : tuple of str
    metric : str
        What the winner is the best by.
    sets : int
        Sets of the sweep that the rule allows.
    row : int
        Of the winner in the sweep's table.
    values : mapping
        Its swept values.
    metrics : mapping
    findings : SearchFindings
    uncertainty : Uncertainty
        Of the winner alone, as if nothing else had been tried.
    searches : tuple of ResampledSearch
    walk_forward : WalkForward or str
        Of the same grid; why there is none, as the end of a sentence, where there is none.
    verdict : Verdict
    stability : dict or None
        What the winner depends on, JSON-ready: :func:`engine.store.stability.stability_json` and
        which set it is.
    seconds : float
    """

    study: str
    seed: int
    config: dict[str, Any]
    sweep: str
    sweep_hash: str
    setting: Setting
    axes: tuple[str, ...]
    metric: str
    sets: int
    row: int
    values: Mapping[str, Any]
    metrics: Mapping[str, float]
    findings: SearchFindings
    uncertainty: Uncertainty
    searches: tuple[ResampledSearch, ...]
    walk_forward: WalkForward | str
    verdict: Verdict
    stability: dict[str, Any] | None
    seconds: float = 0.0

    @property
    def walks(self) -> bool:
        """Whether there is a walk-forward."""
        return isinstance(self.walk_forward, WalkForward)

    @property
    def content_hash(self) -> str:
        """Hash of the sweep and of what was asked about it."""
        asked: list[Any] = [self.metric, self.findings.blocks, self.seed, self.walks]
        asked += [[s.null, len(s.winners), s.block_length, s.seed] for s in self.searches]
        return content_hash(json.dumps(asked), self.sweep_hash)


def evidence_json(found: Evidence) -> dict[str, Any]:
    """Return ``metrics.json``: fractions, annual ratios, lengths in sessions, null: undefined."""
    findings = found.findings
    told = {
        **notice_of(found.setting.simulated),
        "sweep": {"run": found.sweep, "content_hash": found.sweep_hash},
        "metric": found.metric,
        "sets": found.sets,
        "strategies": findings.strategies,
        "correlated": findings.correlated,
        "returns": findings.returns,
        "winner": {
            "row": found.row,
            "values": {key: axis_value(value) for key, value in found.values.items()},
            "metrics": dict(found.metrics),
        },
        "uncertainty": inference_json(found.uncertainty),
        "deflated": [asdict(one) for one in findings.deflated],
        "overfitting": _overfitting_json(findings),
        "superiority": {**asdict(findings.superiority), "block_length": findings.block_length},
        "searches": [_search_json(one, found.metrics[found.metric]) for one in found.searches],
        **_walk_forward_json(found.walk_forward),
        "stability": found.stability,
        "verdict": inference_json(found.verdict),
    }
    converted: dict[str, Any] = to_json_value(told)
    return converted


def _walk_forward_json(found: WalkForward | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"walk_forward": None, "no_walk_forward": found}
    return {"walk_forward": walk_forward_brief(found), "no_walk_forward": None}


def _overfitting_json(findings: SearchFindings) -> dict[str, Any] | None:
    one = findings.overfitting
    if one is None:
        return None
    cloud = cloud_of(one.in_sample * _ROOT, one.out_of_sample * _ROOT, CLOUD_BINS)
    return {
        "basis": findings.overfitting_basis,
        "blocks": one.blocks,
        "strategies": one.strategies,
        "combinations": one.combinations,
        "undefined": one.undefined,
        "probability": one.probability,
        "loss": one.loss,
        "behind": one.behind,
        "slope": one.slope,
        "intercept": one.intercept * _ROOT,
        "r_squared": one.r_squared,
        "logits": _histogram(one.logits),
        "cloud": cloud and asdict(cloud),
    }


def _search_json(one: ResampledSearch, own: float) -> dict[str, Any]:
    known = one.winners[~np.isnan(one.winners)]
    some = len(known) > 0
    return {
        "null": one.null,
        "histories": len(one.winners),
        "undefined": len(one.winners) - len(known),
        "block_length": one.block_length,
        "seed": one.seed,
        "own": own,
        "p_value": one.p_value,
        "lowest": float(known.min()) if some else math.nan,
        "percentiles": {
            str(percent): float(np.percentile(known, percent)) if some else math.nan
            for percent in PERCENTS
        },
        "highest": float(known.max()) if some else math.nan,
        "histogram": _histogram(known),
    }


def _histogram(values: FloatArray) -> dict[str, list[float]]:
    """Return the edges of equally wide bins and how many values each holds."""
    counts, edges = np.histogram(values, bins=BINS) if len(values) else (np.zeros(0), np.zeros(0))
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def evidence_files(found: Evidence) -> dict[str, bytes]:
    """Return the data files by name: figures, winners without an edge, choices of CSCV."""
    simulated = found.setting.simulated
    drawn = [
        {"null": one.null, "history": number, found.metric: value}
        for one in found.searches
        for number, value in enumerate(one.winners.tolist())
    ]
    choices = _choices(found.findings.overfitting)
    return {
        "metrics.json": json_bytes(evidence_json(found)),
        WINNERS: csv_bytes(["null", "history", found.metric], drawn, simulated=simulated),
        CHOICES: csv_bytes(
            ["in_sample", "out_of_sample", "logit"],
            choices,
            simulated=simulated,
        ),
    }


def _choices(found: Overfitting | None) -> list[dict[str, float]]:
    """Return the best in-sample of every combination of CSCV: annual ratios, and the logit."""
    if found is None:
        return []
    columns = zip(found.in_sample * _ROOT, found.out_of_sample * _ROOT, found.logits, strict=True)
    return [
        {"in_sample": float(inside), "out_of_sample": float(outside), "logit": float(logit)}
        for inside, outside, logit in columns
    ]


_ROOT = math.sqrt(SESSIONS_PER_YEAR)


def evidence_of(stored: Stored) -> Stored | None:
    """Return the newest evidence on a stored sweep, from beside it; None where there is none."""
    found = [
        result
        for result in stored_results(stored.path.parent.parent)
        if result.manifest["kind"] == KIND
        and result.manifest["sweep"]["run"] == stored.name
        and result.manifest["sweep"]["content_hash"] == stored.manifest["content_hash"]
    ]
    return found[-1] if found else None
