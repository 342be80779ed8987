"""How many streaks were of which character, and what these were like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from engine.evaluation.streak_study.table import Streak

GROUPS: tuple[tuple[str, Callable[[Streak], str | None]], ...] = (
    ("character", lambda streak: streak.character.tag),
    ("volatility", lambda streak: streak.character.volatility),
    ("VIX", lambda streak: streak.character.vix),
    ("rates", lambda streak: streak.character.rate),
)
"""What streaks are told apart by, and the label each has of it; None where it is not known."""


@dataclass(frozen=True)
class Tally:
    """The streaks of one label.

    Attributes
    ----------
    group, label : str
        What is told apart, and how: ``"character"``, ``"risk-on"``.
    streaks : int
    longest : int
        Sessions.
    mean_length : float
        Sessions.
    mean_bps : float
        Mean over streaks of their mean per session, in bp.
    mean_outperformance : float
        Mean over streaks of the satellite's return less the core's (fraction).
    """

    group: str
    label: str
    streaks: int
    longest: int
    mean_length: float
    mean_bps: float
    mean_outperformance: float


def tallies(streaks: Sequence[Streak]) -> tuple[Tally, ...]:
    """Return the tallies of streaks by group, the commonest label of each first.

    Equally common labels are in alphabetical order; a label without streaks, and a group that is
    known of none, is left out.
    """
    found = []
    for group, label_of in GROUPS:
        labels = sorted({label for streak in streaks if (label := label_of(streak))})
        counted = [_tally(group, x, [s for s in streaks if label_of(s) == x]) for x in labels]
        found += sorted(counted, key=lambda tally: -tally.streaks)
    return tuple(found)


def _tally(group: str, label: str, streaks: Sequence[Streak]) -> Tally:
    return Tally(
        group=group,
        label=label,
        streaks=len(streaks),
        longest=max(streak.length for streak in streaks),
        mean_length=fmean(streak.length for streak in streaks),
        mean_bps=fmean(streak.mean_bps for streak in streaks),
        mean_outperformance=fmean(streak.outperformance for streak in streaks),
    )
