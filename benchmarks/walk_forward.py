"""A whole walk-forward: every fold searched, the stitched run and what is beside it."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.job import panel
from benchmarks.processes import study_of
from benchmarks.report import Part, Table, seconds_text, spread_text
from benchmarks.timing import clocked, side_by_side
from engine.pipeline.walking import walk_forward
from engine.study.models import Study

TRAIN = 1260
WINDOWS = ("rolling", "anchored")


def study(sets: int, folds: int, windows: str) -> Study:
    """Return the study of the job with so many folds over its prices."""
    section = {"windows": windows, "train": TRAIN, "test": -(-(len(panel()) - TRAIN) // folds)}
    given: dict[str, Any] = {**study_of(sets), "walk_forward": section}
    given["data"] = {"source": "simulated", **_pair()}
    return Study.model_validate(given)


def _pair() -> dict[str, str]:
    core, satellite = panel().symbols
    return {"core": core, "satellite": satellite}


def walks(sets: int, folds: int, rounds: int, workers: int) -> Part:
    """Time walk-forwards with prices in memory and the kernel compiled."""
    run = partial(walk_forward, panel=panel(), workers=workers)
    jobs = {kind: clocked(partial(run, study(sets, folds, kind))) for kind in WINDOWS}
    taken = side_by_side(jobs, rounds)
    rows = []
    for kind in WINDOWS:
        found = run(study(sets, folds, kind))
        searched = seconds_text(found.timings["choosing_seconds"])
        rows.append(
            (kind, f"{len(found.folds)}", f"{found.sets:,}", spread_text(taken[kind]), searched)
        )
    columns = ("Windows", "Folds", "Sets", "Time", "of it the search")
    note = (
        "Every fold searches the whole grid on its training window, and measures it again on its "
        "test. The rest is the stitched run, the study's own parameters, the best set in hindsight "
        "and the benchmarks on Backtrader, and 2,000 resampled histories."
    )
    figures = {f"walk-forward {folds}": taken["rolling"].median}
    return Part((Table("Walk-forward", columns, rows, (note,)),), figures)
