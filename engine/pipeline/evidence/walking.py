"""The walk-forward of a sweep's study: had the search been made again and again on the past."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.errors import StudyError
from engine.pipeline.sweeping.plan import Numbers, Plan
from engine.pipeline.walking import walk_forward
from engine.pipeline.walking.choosing import check_walk, of_rule_alone, of_trader, windows_of
from engine.store.walk_forwards import WalkForward
from engine.study.grid import Grid

MOST = {"events": 30_000_000, "bars": 1_000_000, "backtrader": 1_000}
"""Sets over all folds, by engine, beyond which it is made only where it is asked for."""


def walked(
    plan: Plan,
    allowed: Numbers,
    asked: bool | None,
    workers: int,
    say: Callable[[str], None],
) -> WalkForward | str:
    """Choose among the sets of a sweep as its study's walk-forward would, and trade the choices.

    Swept prices and terms keep the study's own values.

    Parameters
    ----------
    plan : Plan
        Of the sweep.
    allowed : int64 array, shape (sets,)
        Numbers of the sets that the rule allows.
    asked : bool or None
        None: where it takes no more than `MOST`.
    workers : int
        Threads; they change no bit.
    say : callable
        Is told in a few words what is being done.

    Returns
    -------
    WalkForward or str
        Why there is none, as the end of a sentence, where there is none.
    """
    if asked is False:
        return "it was not asked for"
    if not _leaves_a_choice(plan, allowed):
        return "the sets differ in no parameter of the rule, so there is nothing to choose"
    study = of_rule_alone(plan.study).model_copy(update={"benchmarks": ("core",)})
    try:
        check_walk(study, in_memory=True)
        folds = len(windows_of(study, plan.panel))
    except StudyError as error:
        return str(error).removeprefix(f'study "{study.name}": ')
    sets = Grid(study.sweep).count
    if asked is None and sets * folds > MOST[plan.engine]:
        return f"{sets:,} sets in {folds:,} folds take long; --walk-forward asks for it"
    return walk_forward(study, plan.panel, workers=workers, progress=say)


def _leaves_a_choice(plan: Plan, allowed: Numbers) -> bool:
    """Return whether the sets differ in anything that a trader chooses."""
    chosen = (plan.digits(allowed, key) for key in plan.keys if of_trader(key))
    return any(np.ptp(digits) > 0 for digits in chosen)
