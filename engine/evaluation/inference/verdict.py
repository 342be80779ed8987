"""One word on how much evidence there is, from stated thresholds.

Every figure that is known reaches a level of its own; the verdict is the lowest of them, so that
one good figure never hides a bad one. Nothing is *strong* that does not account for how many rules
were tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["no evidence", "weak", "moderate", "strong"]
LEVELS: tuple[Level, ...] = ("no evidence", "weak", "moderate", "strong")

_PROBABILITIES = (0.90, 0.95, 0.99)
_P_VALUES = (0.10, 0.05, 0.01)


@dataclass(frozen=True)
class Criterion:
    """A figure that evidence is judged by.

    Attributes
    ----------
    key : str
        Its name in JSON.
    label : str
        Its name for readers.
    unit : str
        How readers see it: probabilities as ``fraction`` (percent), p-values as ``ratio``.
    direction : {+1, −1}
        +1 where higher is better.
    thresholds : tuple of 3 floats
        What is needed at least (at most) for *weak*, *moderate* and *strong*; fractions.
    of_search : bool
        Whether it accounts for how many rules were tried.
    explanation : str
        What it is, in two sentences, with its source.
    """

    key: str
    label: str
    unit: Literal["fraction", "ratio"]
    direction: Literal[-1, 1]
    thresholds: tuple[float, float, float]
    of_search: bool
    explanation: str


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "active_probability",
        "probability of beating the benchmark",
        "fraction",
        1,
        _PROBABILITIES,
        False,
        "Probabilistic Sharpe ratio of returns over the benchmark: how sure one is, given length, "
        "skew and fat tails of the record, that the true ratio is above 0. Bailey and López de "
        "Prado (2012).",
    ),
    Criterion(
        "active_p_value",
        "bootstrap p",
        "ratio",
        -1,
        _P_VALUES,
        False,
        "How often histories resampled in blocks exceed the active return by as much as it exceeds "
        "0. Stationary bootstrap, Politis and Romano (1994).",
    ),
    Criterion(
        "deflated_sharpe",
        "deflated Sharpe ratio",
        "fraction",
        1,
        _PROBABILITIES,
        True,
        "Probability that the true Sharpe ratio of the best trial is above what the best of so "
        "many trials without an edge would show. Bailey and López de Prado (2014).",
    ),
    Criterion(
        "overfitting_probability",
        "probability of overfitting",
        "fraction",
        -1,
        (0.50, 0.20, 0.05),
        True,
        "How often the best in one half of the sessions is in the worse half of all trials in the "
        "other half. Bailey, Borwein, López de Prado and Zhu (2017).",
    ),
    Criterion(
        "spa_p_value",
        "SPA p",
        "ratio",
        -1,
        _P_VALUES,
        True,
        "How often the best of all trials would be that good against the benchmark if none were "
        "better than it. Hansen (2005).",
    ),
    Criterion(
        "search_p_value",
        "search p",
        "ratio",
        -1,
        _P_VALUES,
        True,
        "How often the same search finds as good a winner on resampled histories that have no "
        "edge. White (2000), with the whole grid searched again each time.",
    ),
    Criterion(
        "walk_forward_probability",
        "walk-forward probability",
        "fraction",
        1,
        _PROBABILITIES,
        True,
        "Probabilistic Sharpe ratio of the stitched out-of-sample returns over the benchmark: "
        "parameters were always chosen before the sessions they are judged by. Pardo (1992); "
        "Bailey and López de Prado (2012).",
    ),
)
"""Every criterion, in the order readers meet them."""

_BY_KEY = {criterion.key: criterion for criterion in CRITERIA}

SINGLE_RUN = "a single run says nothing about how many rules were tried"


@dataclass(frozen=True)
class Finding:
    """One figure and the level it reaches; ``value`` may be NaN: that is no evidence."""

    key: str
    value: float
    level: Level
    thresholds: tuple[float, float, float]


@dataclass(frozen=True)
class Verdict:
    """How much evidence there is, and why.

    Attributes
    ----------
    level : str
        ``"no evidence"``, ``"weak"``, ``"moderate"`` or ``"strong"``.
    findings : tuple of Finding
        The figures that led to it, in the order of `CRITERIA`.
    caveat : str or None
        What the figures cannot say.
    """

    level: Level
    findings: tuple[Finding, ...]
    caveat: str | None


def judge(figures: Mapping[str, float]) -> Verdict:
    """Return the verdict on what is known.

    Parameters
    ----------
    figures : mapping of str to float
        Values of some of the `CRITERIA` by key (fractions); leave out what was not computed. NaN,
        computed but undefined, is no evidence.

    Raises
    ------
    ValueError
        If there is nothing to judge by, or a key is none of a criterion.
    """
    unknown = sorted(figures.keys() - _BY_KEY.keys())
    if unknown or not figures:
        raise ValueError(f"cannot judge by {unknown}: give one or more of {', '.join(_BY_KEY)}")
    known = [criterion for criterion in CRITERIA if criterion.key in figures]
    findings = tuple(_finding(criterion, float(figures[criterion.key])) for criterion in known)
    reached = min(LEVELS.index(finding.level) for finding in findings)
    searched = any(criterion.of_search for criterion in known)
    if not searched:
        reached = min(reached, LEVELS.index("moderate"))
    return Verdict(LEVELS[reached], findings, None if searched else SINGLE_RUN)


def _finding(criterion: Criterion, value: float) -> Finding:
    passed = 0
    if not math.isnan(value):
        sign = criterion.direction
        passed = sum(sign * value >= sign * needed for needed in criterion.thresholds)
    return Finding(criterion.key, value, LEVELS[passed], criterion.thresholds)
