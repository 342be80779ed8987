"""The side of a peer: a process that reads the job from a file and sweeps when it is told to.

Runs in the peers' own virtual environment, so nothing here may import the engine. One JSON object
a line: first ``{"versions", "configuration"}``, then for every line ``{"sets": m}`` on stdin
``{"seconds", "final_equity", "sharpe", "max_drawdown"}`` of the first m parameter sets.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache, partial
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np

METRICS = ("final_equity", "sharpe", "max_drawdown")
TUNED_ON = 400
"""Parameter sets on which configurations are compared."""


class Job(NamedTuple):
    """The job as it was handed over.

    ``open`` and ``close`` have shape (n, 2), core and satellite; ``positions`` has shape (m, n):
    whether a set's target at each close is the satellite. ``commission`` and ``slippage`` are
    fractions per side, core and satellite.
    """

    open: Any
    close: Any
    positions: Any
    commission: Any
    slippage: Any
    initial_cash: float


Measure = Callable[[Job, int, int], Any]
"""Sweeps some sets, from the first to before the last; returns shape (3, sets): `METRICS`."""


@cache
def job_from(path: str) -> Job:
    """Read the job; each process reads it once."""
    with np.load(path) as stored:
        sessions = stored["open"].shape[0]
        positions = np.unpackbits(stored["positions"], axis=1, count=sessions).astype(np.bool_)
        rest = (stored["commission"], stored["slippage"], float(stored["initial_cash"]))
        return Job(stored["open"], stored["close"], positions, *rest)


def serve(
    measure: Measure, libraries: Iterable[str], batches: Sequence[int], *, has_threads: bool
) -> None:
    """Find the fastest configuration among batch sizes, then answer.

    The command line holds the job's file and the number of processes. A library with threads of
    its own is tried with one process, too.
    """
    path, workers = sys.argv[1], int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints, here or in another process, is no answer
    processes = {1, workers} if has_threads else {workers}
    sets = len(job_from(path).positions)
    with ExitStack() as stack:
        pools = {n: stack.enter_context(_pool(n)) for n in processes}
        tuned = min(TUNED_ON, sets)
        trials = {}
        for n, pool in pools.items():
            _sweep(pool, measure, path, tuned, batch=min(batches))  # warm
            for size in batches:
                trials[n, size] = _sweep(pool, measure, path, tuned, batch=size)[0]
        count, size = min(trials, key=lambda pair: trials[pair])
        hello = {
            "versions": {name: importlib.metadata.version(name) for name in libraries},
            "configuration": f"{count} process{'es' * (count > 1)}, {size} sets at once",
        }
        print(json.dumps(hello), file=answers, flush=True)
        for line in sys.stdin:
            asked = json.loads(line)["sets"]
            seconds, found = _sweep(pools[count], measure, path, asked, batch=size)
            named = dict(zip(METRICS, found.tolist(), strict=True))
            print(json.dumps({"seconds": seconds, **named}), file=answers, flush=True)


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, get_context("spawn"))


def _sweep(
    pool: ProcessPoolExecutor, measure: Measure, path: str, sets: int, *, batch: int
) -> tuple[float, Any]:
    """Return the seconds that sweeping the first sets took, and their metrics, shape (3, sets)."""
    firsts = range(0, sets, batch)
    lasts = [min(first + batch, sets) for first in firsts]
    started = time.perf_counter()
    parts = list(pool.map(partial(_part, measure, path), firsts, lasts))
    return time.perf_counter() - started, np.concatenate(parts, axis=1)


def _part(measure: Measure, path: str, first: int, last: int) -> Any:
    return measure(job_from(path), first, last)
