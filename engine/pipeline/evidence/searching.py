"""The whole search of a sweep, made again on histories without an edge; to be resumed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.evaluation.no_edge import Null
from engine.evaluation.resampled_search import Search, winners
from engine.market.quotes import FloatArray
from engine.pipeline.evidence.progress import Progress
from engine.pipeline.sweeping.plan import Numbers, Plan
from engine.store.folders import json_bytes
from engine.store.provenance import library_versions
from engine.store.unfinished import SUFFIX, Unfinished

BATCH = 20
"""Histories searched before their winners are written to the disk."""

_WINNER = "winner"


@dataclass(frozen=True)
class Resampling:
    """How histories without an edge are made, and how many.

    Attributes
    ----------
    null : {"bootstrap", "sign-flips"}
    histories : int
    block_length : float
        Mean length of the blocks of the bootstrap, sessions.
    seed : int
    """

    null: Null
    histories: int
    block_length: float
    seed: int


def searches_of(plan: Plan, allowed: Numbers) -> list[Search]:
    """Return the search of each combination of swept prices and terms."""
    outer, inner = plan.split(allowed)
    found = []
    for one in np.unique(outer).tolist():
        part = plan.part(one)
        assert part is not None  # only allowed sets are searched
        found.append(part.search(inner[outer == one]))
    return found


def kept_winners(folder: Path, content_hash: str, metric: str, how: Resampling) -> Unfinished:
    """Return where the winners of a search are kept as they come: a folder inside `folder`.

    Asked for again, it is the same folder with what is there; `content_hash` is that of what is
    searched: study, prices and code.
    """
    about: dict[str, Any] = {
        "searched": content_hash,
        "versions": library_versions(),
        "metric": metric,
        "null": how.null,
        "block_length": how.block_length,
        "seed": how.seed,
        "batch": BATCH,
    }
    name = f"winners-{how.null}-{hashlib.sha256(json_bytes(about)).hexdigest()[:10]}{SUFFIX}"
    return Unfinished.resume(folder / name, about)


def resampled_winners(
    kept: Unfinished,
    searches: Sequence[Search],
    metric: str,
    how: Resampling,
    workers: int,
    progress: Progress,
) -> FloatArray:
    """Return the winner's metric on every history, shape (histories,).

    Parameters
    ----------
    kept : Unfinished
        Whole batches of winners are taken from there, and written there as they come.
    searches : sequence of Search
    metric : str
    how : Resampling
    workers : int
        Threads; they change no bit.
    progress : Progress

    Raises
    ------
    UsageError
        If another process is at the same search.
    KeyboardInterrupt
        With a sentence on how to go on.
    """
    with kept.held():
        try:
            return _in_batches(kept, searches, metric, how, workers, progress)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                "interrupted; the winners found so far are kept: say the same again to go on"
            ) from None


def _in_batches(
    kept: Unfinished,
    searches: Sequence[Search],
    metric: str,
    how: Resampling,
    workers: int,
    progress: Progress,
) -> FloatArray:
    parts, fresh, started = [], 0, time.monotonic()
    searched = kept.about["searched"]
    for batch, first in enumerate(range(0, how.histories, BATCH)):
        numbers = range(first, first + BATCH)  # a whole batch always, so that it can be kept
        columns = kept.read_part(batch, searched)
        if columns is None:
            columns = {
                _WINNER: winners(
                    searches,
                    metric,
                    how.null,
                    numbers,
                    length=how.block_length,
                    seed=how.seed,
                    workers=workers,
                )
            }
            kept.write_part(batch, columns, searched)
            fresh += BATCH
        parts.append(columns[_WINNER])
        rate = fresh / max(time.monotonic() - started, 1e-9)
        progress.searched(how.null, min(first + BATCH, how.histories), how.histories, rate)
    return np.concatenate(parts)[: how.histories]
