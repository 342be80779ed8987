"""What the folds of a study choose, on whatever prices and terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import StudyError
from engine.evaluation.walk_forward.choosing import Choice
from engine.evaluation.walk_forward.windows import FoldWindows, fold_windows
from engine.market.panel import PricePanel
from engine.pipeline.bench import Progress, silent
from engine.pipeline.sweeping.plan import MANY, Plan, swept_in_memory
from engine.pipeline.walking.searching import Search
from engine.study.faults import without_lines
from engine.study.grid import Grid
from engine.study.misfit import Misfit
from engine.study.models import Study

TOLD = 10
"""Times that progress is told of, where it takes long."""
LONG = 2_000_000
"""Sets over all folds from which on it does."""


def check_walk(study: Study, *, in_memory: bool) -> None:
    """Refuse what cannot be walked before prices are read.

    Raises
    ------
    StudyError
        If the grid is too large.
    UsageError
        If data are swept, but the prices are in memory.
    """
    count = Grid(study.sweep).count
    if count > MANY:
        raise StudyError(
            f"the grid has {count:,} parameter sets; a walk-forward chooses among at most "
            f"{MANY:,} in each fold: shorten an axis"
        )
    if in_memory:
        swept_in_memory(study)


def choices_of(
    study: Study, panel: PricePanel, workers: int = 1, progress: Progress = silent
) -> tuple[Search, list[Choice]]:
    """Return the search of a study's grid on a panel, and what every fold chooses.

    Raises
    ------
    StudyError
        If no session is left to test.
    """
    section, windows = study.walk_forward, windows_of(study, panel)
    plan = Plan(of_rule_alone(study), panel, "auto", workers)
    search = Search(plan, section.metric, section.minimum_sets)
    return search, list(_choices(search, windows, progress))


def of_trader(key: str) -> bool:
    """Return whether a swept key is for a trader to choose: a parameter of the rule is."""
    return key.startswith("rule.")


def _refused(study: Study, key: str, message: str) -> StudyError:
    return without_lines([Misfit(("walk_forward", key), message)], f'study "{study.name}"')


def of_rule_alone(study: Study) -> Study:
    """Return the study with those axes alone that a trader chooses: those of the rule."""
    axes = {key: axis for key, axis in study.sweep.items() if of_trader(key)}
    return study.model_copy(update={"sweep": axes})


def windows_of(study: Study, panel: PricePanel) -> tuple[FoldWindows, ...]:
    """Return the windows of a study's folds; raises StudyError if no session is left to test."""
    section, sessions = study.walk_forward, len(panel.traded_sessions)
    windows = fold_windows(
        sessions,
        train=section.train_sessions,
        test=section.test_sessions,
        anchored=section.windows == "anchored",
        purge=section.purge,
        embargo=section.embargo,
    )
    if not windows:
        embargo = f" and an embargo of {section.embargo:,}" if section.embargo else ""
        message = (
            f"is {section.train_sessions:,} sessions{embargo}, but the data have {sessions:,}; "
            "a test needs at least 2 more"
        )
        raise _refused(study, "train", message)
    return windows


def _choices(
    search: Search, windows: Sequence[FoldWindows], progress: Progress
) -> Iterator[Choice]:
    sets, folds = search.plan.grid.count, len(windows)
    progress(f"choosing among {sets:,} sets in {folds:,} folds")
    every = max(folds // TOLD, 1) if sets * folds >= LONG else folds
    for done, one in enumerate(windows, 1):
        yield search.choice(one)
        if done % every == 0 and done < folds:
            progress(f"{done:,} of {folds:,} folds")
