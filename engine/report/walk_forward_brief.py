"""The walk-forward of a sweep's study, in a few sentences and a short table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.definitions import find_metric
from engine.report.format import format_metric, format_value
from engine.report.labels import axis_label
from engine.report.sections import Section
from engine.report.walk_forwards import walk_forward_notes

Told = Mapping[str, Any]

RULE = "rule"
COLUMNS = ("cagr", "sharpe", "max_drawdown", "active_return", "information_ratio")


def runs_of(walk: Told) -> dict[str, Told]:
    """Return the stitched run and all beside it, by series, as JSON holds them."""
    return {RULE: walk["rule"], **walk["beside"], **walk["benchmarks"]}


def walk_forward_section(told: Told, core: str) -> Section:
    """Return what evidence says of the walk-forward; without sentences where there is none."""
    walk = told.get("walk_forward")
    if walk is None:
        return Section("")
    headings = ("Run", *(find_metric(key).label for key in COLUMNS))
    rows = tuple(
        (one["label"], *(format_metric(key, one["metrics"][key]) for key in COLUMNS))
        for one in runs_of(walk).values()
    )
    summary = walk["summary"]
    kept = format_value(summary["order_kept"], "ratio")
    lines = (
        f"Out of sample, {walk['first_session']} to {walk['last_session']}, the probability that "
        f"it beats {core} is {format_value(walk['probability'], 'fraction')}.",
        *_others(told),
        *(f"{note[:1].upper()}{note[1:]}." for note in walk_forward_notes(walk, core)),
        f"Rank correlation of all sets, training against test: {kept} on average over the folds.",
    )
    title = "The same search on the past alone: walk-forward"
    return Section(title, lines, headings, rows)


def _others(told: Told) -> tuple[str, ...]:
    """Return what is to be known where it is not the search of the sweep to the letter."""
    walk, found = told["walk_forward"], []
    terms = [axis for axis in told["winner"]["values"] if not axis.startswith("rule.")]
    if terms:
        names = ", ".join(map(axis_label, terms))
        found.append(f"On the study's own prices and terms: {names} cannot be chosen by a rule.")
    if walk["metric"] != told["metric"]:
        chose, won = (find_metric(key).label for key in (walk["metric"], told["metric"]))
        found.append(f"It chooses by {chose}; the winner of the sweep is the best by {won}.")
    return tuple(found)
