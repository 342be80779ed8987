"""How much of a sweep's winner may be luck, in sentences and tables.

Everything is told from what ``metrics.json`` holds (:mod:`engine.store.evidence`), so that stored
evidence says word for word what it said when it was made.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.evaluation.definitions import Unit, find_metric
from engine.evaluation.inference.verdict import CRITERIA, Verdict
from engine.market.calendar import SESSIONS_PER_YEAR
from engine.report.evidence import percent_whole, verdict_text
from engine.report.format import (
    UNDEFINED,
    format_interval,
    format_metric,
    format_number,
    format_value,
)
from engine.report.labels import axis_label, set_label
from engine.report.sections import Section
from engine.report.stability import stability_sections
from engine.report.sweeps import core_label
from engine.report.walk_forward_brief import walk_forward_section
from engine.store.evidence import evidence_of
from engine.store.files import csv_bytes
from engine.store.folders import Stored
from engine.store.run_reading import stored_intervals, stored_verdict
from engine.store.stored_runs import setting_of, stored_metrics

Told = Mapping[str, Any]
"""The evidence, as JSON holds it."""

_Figure = tuple[str, Any, Unit]
_METHODS = {"eigenvalues": "effective, by eigenvalues", "all": "all different strategies"}
_NULLS = {
    "bootstrap": "sessions drawn anew",
    "sign-flips": "winners of sessions drawn by a coin",
}
_DEFLATION = (
    "The deflated Sharpe ratio is the probability that the winner's true ratio is above what the "
    "best of so many trials without an edge would show; it is the one over the core, by effective "
    "trials, that is judged. Bailey and López de Prado (2014); trials are counted by the "
    "participation ratio of the eigenvalues of their correlations, Bretherton et al. (1999). With "
    "less history than the minimum length such a ratio is expected of luck alone: Bailey, Borwein, "
    "López de Prado and Zhu (2014)."
)
_CSCV = (
    "History is cut into blocks; in each way to choose half of them the best strategy is chosen "
    "there and looked up in the other half. Combinatorially symmetric cross-validation: Bailey, "
    "Borwein, López de Prado and Zhu (2017)."
)
_SPA = (
    "The strategy that leads the core by the most standard errors, against the best lead of all in "
    "resampled histories in which none leads. Hansen (2005); stationary bootstrap of Politis and "
    "Romano (1994)."
)
_SEARCH = (
    "The whole grid is searched again on every history, and the share of winners at least as good "
    "as ours is the p-value of the search. White (2000), with positions decided anew."
)


def evidence_sections(told: Told, core: str) -> list[Section]:
    """Return every section on a sweep's evidence; `core` is what the core benchmark is called."""
    sections = [
        verdict_section(told, core),
        alone_section(told, core),
        deflated_section(told, core),
        overfitting_section(told, core),
        superiority_section(told, core),
        searches_section(told),
        walk_forward_section(told, core),
        *([] if told["stability"] is None else stability_sections(told["stability"], core)),
    ]
    return [section for section in sections if section.lines]


def stored_evidence_sections(stored: Stored) -> list[Section]:
    """Return what stored evidence says, as it was when it was made."""
    return evidence_sections(stored_metrics(stored), core_label(setting_of(stored)))


def luck_of(sweep: Stored) -> list[Section]:
    """Return what the newest evidence on a stored sweep says, in a sentence; nothing without."""
    found = evidence_of(sweep)
    if found is None:
        return []
    lines = (f"{found.manifest['notes'][0]}.", f"All of it: streak show {found.name}")
    return [Section("How much of it is luck?", lines)]


def evidence_notes(told: Told, core: str) -> tuple[str, ...]:
    """Return the evidence in a few sentences, as a manifest keeps it."""
    return (verdict_text(_verdict_of(told), core), *_caveats(told))


def evidence_csv(told: Told, *, simulated: bool) -> bytes:
    """Return the figures that were judged as CSV, one line each, and the verdict's."""
    rows = [
        {**finding, **dict(zip(_NEEDED, finding["thresholds"], strict=True))}
        for finding in told["verdict"]["findings"]
    ]
    rows.append({"key": "verdict", "level": told["verdict"]["level"]})
    return csv_bytes(("key", "value", "level", *_NEEDED), rows, simulated=simulated)


_NEEDED = ("weak", "moderate", "strong")


def _verdict_of(told: Told) -> Verdict:
    found = stored_verdict(told)
    assert found is not None  # evidence always has one
    return found


def findings_section(told: Told) -> Section:
    """Return the figures that led to a verdict, and what each would need for a better one."""
    criteria = {criterion.key: criterion for criterion in CRITERIA}
    rows, notes = [], []
    for finding in told["verdict"]["findings"]:
        criterion = criteria[finding["key"]]
        bound = "≥" if criterion.direction > 0 else "≤"
        needed = (f"{bound} {format_value(t, criterion.unit)}" for t in finding["thresholds"])
        value = format_value(finding["value"], criterion.unit)
        rows.append((criterion.label, finding["level"], value, *needed))
        notes.append(f"{criterion.label}: {criterion.explanation}")
    headings = ("Figure", "Level", "Value", *map(str.capitalize, _NEEDED))
    line = "Every figure reaches a level of its own, and the lowest counts."
    return Section("What the verdict is made of", (line,), headings, tuple(rows), 2, tuple(notes))


def verdict_section(told: Told, core: str) -> Section:
    """Return the verdict on a sweep's winner and the figures that led to it."""
    found, winner = findings_section(told), told["winner"]
    best = format_metric(told["metric"], winner["metrics"][told["metric"]])
    lines = (
        f"{verdict_text(_verdict_of(told), core)}.",
        f"Winner by {find_metric(told['metric']).label} ({best}): {_label(told)}.",
        f"Sets: {told['sets']:,}; strategies that differ in what they held or on which terms: "
        f"{told['strategies']:,}.",
        *found.lines,
        *_caveats(told),
    )
    return replace(found, title="How much of it is luck?", lines=lines)


def _caveats(told: Told) -> list[str]:
    """Return what the figures leave out."""
    found = []
    others = [axis for axis in told["winner"]["values"] if not axis.startswith("rule.")]
    if others:
        names = ", ".join(map(axis_label, others))
        found.append(f"The winner has chosen its own prices or terms as well: {names}.")
    if told["correlated"] < told["strategies"]:
        drawn = f"{told['correlated']:,} strategies that were drawn"
        found.append(f"Effective trials: from the correlations of {drawn}.")
    chosen = told["overfitting"]
    if chosen is None:
        found.append(
            "Overfitting is undefined: it takes two strategies and two returns in every block."
        )
    elif chosen["strategies"] < told["strategies"]:
        found.append(f"Overfitting: among {chosen['strategies']:,} strategies that were drawn.")
    if not told["searches"]:
        found.append("The search was not made again on histories without an edge (--resample).")
    if told.get("no_walk_forward"):  # evidence of before it was looked into has no such entry
        found.append(f"No walk-forward: {told['no_walk_forward']}.")
    return found


def _label(told: Told) -> str:
    values = told["winner"]["values"]
    return set_label(tuple(values), values)


def alone_section(told: Told, core: str) -> Section:
    """Return what is known of the winner as if nothing else had been tried."""
    one = told["uncertainty"]
    errors, needed = one["sharpe_errors"], one["minimum_track_record"]
    enough = UNDEFINED if needed is None else format_value(math.ceil(needed), "sessions")
    rows = [
        ("Sharpe above 0, probability", format_value(one["sharpe_probability"], "fraction")),
        ("Sharpe, standard error", format_value(errors["non_normal"], "ratio")),
        (f"beating {core}, probability", format_value(one["active_probability"], "fraction")),
        (f"sessions needed to be 95 % sure of beating {core}", enough),
        ("sessions there are", format_value(one["returns"], "sessions")),
    ]
    for key, interval in stored_intervals(told).items():
        metric, level = find_metric(key), percent_whole(one["level"])
        ends = format_interval(interval.low, interval.high, metric.unit)
        rows.append((f"{metric.label}, {level} interval", ends))
    line = "As if nothing else had been tried: too kind to a winner of many."
    return Section("The winner alone", (line,), ("Figure", "Value"), tuple(rows))


def deflated_section(told: Told, core: str) -> Section:
    """Return the deflated Sharpe ratios."""
    over = {"active": core, "excess": "cash"}
    rows = [
        (
            over[one["basis"]],
            _METHODS[estimate["method"]],
            _number(estimate["trials"], 1),
            _ratio(one["sharpe"]),
            _ratio(one["deviation"]),
            _ratio(estimate["expected_best"]),
            format_value(estimate["probability"], "fraction"),
            _years(estimate["minimum_length"]),
        )
        for one in told["deflated"]
        for estimate in one["estimates"]
    ]
    headings = (
        *("Over", "Trials", "Number", "Ratio of the winner", "Spread of all"),
        *("Best by luck", "Deflated", "Minimum years"),
    )
    years = _years(told["returns"] / SESSIONS_PER_YEAR)
    line = f"Annual Sharpe ratios over the core and over cash; there are {years} years of history."
    return Section("Deflated Sharpe ratio", (line,), headings, tuple(rows), 2, (_DEFLATION,))


def overfitting_section(told: Told, core: str) -> Section:
    """Return how choices of one half did in the other; without sentences where undefined."""
    one = told["overfitting"]
    if one is None:
        return Section("")
    ranked = {"excess": "over cash", "active": f"over {core}"}[one["basis"]]
    line = (
        f"{one['combinations']:,} ways to choose half of {one['blocks']} blocks; the best of "
        f"{one['strategies']:,} strategies by their Sharpe ratio {ranked}."
    )
    rows: list[_Figure] = [
        ("in the worse half outside (probability of overfitting)", one["probability"], "fraction"),
        (f"behind {core} outside", one["behind"], "fraction"),
        ("negative ratio outside (probability of loss)", one["loss"], "fraction"),
        ("ratio outside for each 1 of ratio inside (slope)", one["slope"], "ratio"),
        ("R² of that line", one["r_squared"], "ratio"),
    ]
    left_out = (
        (f"{one['undefined']:,} ways are left out: the best had no ratio.",)
        if one["undefined"]
        else ()
    )
    return _figures("Chosen in one half, looked up in the other", line, rows, (_CSCV, *left_out))


def superiority_section(told: Told, core: str) -> Section:
    """Return the test of all strategies against the core."""
    one = told["superiority"]
    line = (
        f"All strategies against {core}, resampled in blocks of "
        f"{_number(one['block_length'], 1)} sessions on average."
    )
    rows: list[_Figure] = [
        ("p-value (consistent)", one["p_value"], "ratio"),
        ("its lower bound", one["lower"], "ratio"),
        ("its upper bound", one["upper"], "ratio"),
        ("largest lead, standard errors", one["statistic"], "ratio"),
        ("strategies that differ from the core", one["rules"], "count"),
    ]
    return _figures("Test for superior predictive ability", line, rows, (_SPA,))


def _figures(title: str, line: str, rows: Sequence[_Figure], notes: tuple[str, ...]) -> Section:
    cells = tuple((label, format_value(value, unit)) for label, value, unit in rows)
    return Section(title, (line,), ("Figure", "Value"), cells, 1, notes)


def searches_section(told: Told) -> Section:
    """Return the searches on histories without an edge; without sentences where none was made."""
    metric = told["metric"]
    shown = ("5", "50", "95", "99")
    rows = [
        (
            f"{one['null']}: {_NULLS[one['null']]}",
            format_value(one["histories"], "count"),
            *(format_metric(metric, one["percentiles"][percent]) for percent in shown),
            format_metric(metric, one["highest"]),
            format_metric(metric, one["own"]),
            format_value(one["p_value"], "ratio"),
        )
        for one in told["searches"]
    ]
    if not rows:
        return Section("")
    drawn = [one for one in told["searches"] if one["null"] == "bootstrap"]
    blocks = "".join(f" Mean block, in sessions: {one['block_length']:g}." for one in drawn)
    line = f"{find_metric(metric).label} of the winner where there is nothing to be found.{blocks}"
    headings = (
        *("Histories", "Number", *(f"{percent} %" for percent in shown)),
        *("Highest", "Ours", "p"),
    )
    title = "The same search on histories without an edge"
    return Section(title, (line,), headings, tuple(rows), 1, (_SEARCH,))


def _ratio(value: float | None) -> str:
    return format_value(value, "ratio")


def _years(value: float | None) -> str:
    return _number(value, 1)


def _number(value: float | None, decimals: int) -> str:
    return UNDEFINED if value is None else format_number(value, decimals)
