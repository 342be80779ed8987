"""What a whole grid says, in words and tables: spread, neighbours, axes, halves of history.

Everything is told from what ``metrics.json`` holds (:mod:`engine.store.grid_findings`), so that a
stored sweep says word for word what it said when it was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.evaluation.definitions import find_metric
from engine.report.format import UNDEFINED, counted, format_metric, format_number, format_value
from engine.report.labels import axis_label, set_label, value_text
from engine.report.sections import Section

Told = Mapping[str, Any]
"""The findings, as JSON holds them."""

PROFILE_SHOWN = 15
"""Values of an axis that are shown around the best set."""


def grid_notes(grid: Told, core: str) -> list[str]:
    """Return the findings in a few sentences, for below a table; `core` names the benchmark."""
    name = find_metric(grid["metric"]).label
    notes = [_spread_note(grid, name, core)]
    if grid["neighbourhoods"]:
        notes.append(_neighbours_note(grid))
    if grid["halves"] and grid["halves"]["sets"]:
        notes.append(_halves_note(grid))
    return notes


def grid_sections(grid: Told, core: str) -> list[Section]:
    """Return every section on a grid, in the order a reader asks."""
    sections = [
        spread_section(grid, core),
        neighbours_section(grid, core),
        profiles_section(grid),
        axes_section(grid),
        halves_section(grid, core),
    ]
    return [section for section in sections if section.lines]


def _spread_note(grid: Told, name: str, core: str) -> str:
    spread = grid["spread"]
    if spread["sets"] == spread["undefined"]:
        return f"{name} is undefined for every set"
    shares = (("10", "a tenth"), ("50", "half"), ("90", "nine tenths"))
    below = ", ".join(
        f"{word} below {format_metric(grid['metric'], spread['percentiles'][percent])}"
        for percent, word in shares
    )
    beaten = _beaten(grid, core)
    beating = f"; {beaten}" if beaten else ""
    return f"{name} over all sets: {below}{beating}; the best of many is partly luck"


def _beaten(grid: Told, core: str) -> str:
    better = grid["spread"]["better_than"].get("core")
    if better is None:
        return ""
    reference = format_metric(grid["metric"], grid["references"]["core"])
    return f"{format_value(better, 'fraction')} {_beat(grid)} {core} ({reference})"


def _beat(grid: Told) -> str:
    """Return what sets do that are better than another; where neither way is, the larger lead."""
    return "beat" if find_metric(grid["metric"]).direction else "exceed"


def _neighbours_note(grid: Told) -> str:
    best = grid["neighbourhoods"][0]
    steps = best["steps"]
    if not steps["sets"]:
        return "the best set has no neighbours to hold it against"
    median, worst = (format_metric(grid["metric"], steps[key]) for key in ("median", "worst"))
    return (
        f"{counted(steps['sets'], 'set')} one step from the best: median {median}, worst {worst}, "
        f"{format_value(steps['near'], 'fraction')} within a tenth of it; plateau "
        f"{_number(best['plateau'], 2)} (1: as good as the best, 0: like any set)"
    )


def _halves_note(grid: Told) -> str:
    halves, chosen = grid["halves"], grid["halves"]["first_winner"]
    second = format_metric(grid["metric"], chosen["second"])
    among = f"{'a sample of ' if halves['is_sample'] else ''}{halves['sets']:,}"
    return (
        f"first half of history against the second: rank correlation "
        f"{_number(halves['correlation'], 2)}; what was best before {halves['second_start']} "
        f"ranked {_rank(chosen['second_rank'])} of {among} after it ({second}, "
        f"the middle set {format_metric(grid['metric'], halves['second_median'])})"
    )


def spread_section(grid: Told, core: str) -> Section:
    """Return how the metric is spread over the grid; `core` names the benchmark."""
    spread, key = grid["spread"], grid["metric"]
    name = find_metric(key).label
    defined = spread["sets"] - spread["undefined"]
    about = "about " if grid["paths_error"] else ""
    paths = f"{about}{counted(grid['paths'], 'different position path')}"
    lines = [
        f"How {name} is spread over {counted(defined, 'set')} ({paths}): "
        "something is best in every grid, so look at the middle first."
    ]
    if spread["undefined"]:
        lines.append(f"{counted(spread['undefined'], 'set')} more: {name} is undefined.")
    for reference, label in (("core", core), ("own", "the study's own parameters")):
        share = spread["better_than"].get(reference)
        if share is not None:
            value = format_metric(key, grid["references"][reference])
            share_text = format_value(share, "fraction")
            lines.append(f"{share_text} of the sets {_beat(grid)} {label} ({value}).")
    percents = spread["percentiles"]
    headings = ("Lowest", *(f"{p} %" for p in percents), "Highest", "Mean", "Std. deviation")
    values = (
        spread["lowest"],
        *percents.values(),
        spread["highest"],
        spread["mean"],
        spread["deviation"],
    )
    row = tuple(format_metric(key, value) for value in values)
    error = spread["relative_error"]
    notes = (f"Percentiles are within {error:.0e} of their value.",) if error else ()
    return Section(f"{name} over the grid", tuple(lines), headings, (row,), 0, notes)


def neighbours_section(grid: Told, core: str) -> Section:
    """Return how the sets beside some did; `grid` holds metric, axes and neighbourhoods."""
    key = grid["metric"]
    name = find_metric(key).label
    headings = (
        "Set",
        name,
        "Neighbours",
        "Same path",
        "Median",
        "Worst",
        "Within a tenth",
        f"{_beat(grid).capitalize()} {core}",
        "Plateau",
        "In the box",
        "Median there",
        "Worst there",
    )
    rows = tuple(
        (
            set_label(grid["axes"], one["values"]),
            format_metric(key, one["metric"]),
            *_ring(key, one["steps"]),
            _fraction(one["steps"]["near"]),
            _fraction(one["steps"]["better_than_core"]),
            _number(one["plateau"], 2),
            *_box(key, one["box"]),
        )
        for one in grid["neighbourhoods"]
    )
    lines = (
        "How the sets did that are one step along one axis from each of the best: a good set "
        "among good ones is less likely to be a lucky draw.",
        *_edge_lines(grid),
    )
    notes = (
        "Same path: neighbours that held the very same positions, whose agreement proves nothing. "
        "Within a tenth: better, or worse by at most a tenth of the set's own value. "
        "Plateau: (median of the neighbours − median of the grid) / (the set − median of the "
        "grid); 1 is as good as the set, 0 is like any set of the grid. "
        "The box: all sets at most one step away along every axis.",
    )
    return Section("Neighbours of the best sets", lines if rows else (), headings, rows, 1, notes)


def _edge_lines(grid: Told) -> Iterator[str]:
    """Yield a warning where the best set has a first or a last value."""
    edges = grid["neighbourhoods"][0]["at_edge"] if grid["neighbourhoods"] else ()
    if edges:
        names = ", ".join(map(axis_label, edges))
        yield f"The best set is at the edge of {names}: better ones may lie beyond the grid."


def _ring(key: str, ring: Told) -> tuple[str, ...]:
    return (
        f"{ring['sets']:,}",
        f"{ring['same_path']:,}",
        format_metric(key, ring["median"]),
        format_metric(key, ring["worst"]),
    )


def _box(key: str, box: Told | None) -> tuple[str, ...]:
    if box is None:
        return (UNDEFINED,) * 3
    sets, _, median, worst = _ring(key, box)
    return sets, median, worst


def profiles_section(grid: Told) -> Section:
    """Return the metric along each axis through the best set; without sentences if empty."""
    rows = tuple(
        (axis_label(one["axis"]), ", ".join(_along_profile(grid["metric"], one)))
        for one in grid["profiles"]
    )
    name = find_metric(grid["metric"]).label
    lines = (
        f"{name} along each axis, all others as in the best set, which a star marks: good sets "
        "side by side rise and fall smoothly.",
    )
    return Section("Through the best set", lines if rows else (), ("Axis", "Values"), rows, 2)


def _along_profile(key: str, one: Told) -> Iterator[str]:
    """Yield value and metric along an axis, as many as are shown."""
    size = len(one["values"])
    first = min(max(one["best"] - PROFILE_SHOWN // 2, 0), max(size - PROFILE_SHOWN, 0))
    shown = range(first, min(first + PROFILE_SHOWN, size))
    if first:
        yield "…"
    for i in shown:
        star = "*" if i == one["best"] else ""
        yield f"{value_text(one['values'][i])}: {star}{format_metric(key, one['metric'][i])}"
    if shown and shown[-1] < size - 1:
        yield "…"


def axes_section(grid: Told) -> Section:
    """Return how much each axis matters on average; without sentences where there is none."""
    headings = ("Axis", "Values", "Highest mean", "At", "Lowest mean", "At", "Range of means")
    rows = tuple(_axis_row(grid["metric"], one) for one in grid["along"])
    name = find_metric(grid["metric"]).label
    lines = (
        f"Mean of {name} for each value of an axis, over all values of the others: how much the "
        "choice of that value matters on average.",
    )
    return Section("What each axis matters", lines if rows else (), headings, rows, 1)


def _axis_row(key: str, one: Told) -> tuple[str, ...]:
    known = [i for i, mean in enumerate(one["mean"]) if mean is not None]
    ends: list[str] = []
    for choose in (max, min):
        if known:
            at = choose(known, key=one["mean"].__getitem__)
            ends += [format_metric(key, one["mean"][at]), bin_text(one["from"][at], one["to"][at])]
        else:
            ends += [UNDEFINED, UNDEFINED]
    span = f"{value_text(one['from'][0])} to {value_text(one['to'][-1])}"
    return (axis_label(one["axis"]), span, *ends, format_metric(key, one["range_of_means"]))


def bin_text(first: Any, last: Any) -> str:
    """Return a bin of an axis for readers: its value, or its first and last."""
    texts = [value_text(first), value_text(last)]
    return texts[0] if texts[0] == texts[1] else " to ".join(texts)


def halves_section(grid: Told, core: str) -> Section:
    """Return how sets did in both halves of history."""
    title = "First half against second half of history"
    halves, key = grid["halves"], grid["metric"]
    if halves is None:
        return Section(title, ("History is too short to be halved.",))
    sets = counted(halves["sets"], "set")
    among = f"a seeded sample of {sets}" if halves["is_sample"] else sets
    lines = (
        f"Whether what was good before {halves['second_start']} was good after it: each half is a "
        f"backtest of its own, over {among}.",
        f"Rank correlation (Spearman) of the two halves: {_number(halves['correlation'], 3)}; with "
        f"one set for each of {halves['paths']:,} position paths: "
        f"{_number(halves['path_correlation'], 3)}. 1: the order stays, 0: the first half says "
        "nothing about the second.",
        "Only the first line was chosen without a look at the second half; the best sets of all "
        "of history were chosen with both in view.",
    )
    headings = ("Set", "Whole", "First half", "Rank", "Second half", "Rank")
    chosen = halves["first_winner"]
    rows = [_half_row(grid, one) for one in ([chosen] if chosen else [])]
    rows = [(f"best of the first half: {label}", *rest) for label, *rest in rows]
    rows += [_half_row(grid, one) for one in halves["leaders"]]
    middle = (grid["spread"]["percentiles"]["50"], halves["first_median"], halves["second_median"])
    rows.append(_reference_row(key, "the middle set", middle))
    for reference, label in (("core", core), ("own", "the study's own parameters")):
        if reference in grid["references"]:
            spans = (grid["references"], halves["first_references"], halves["second_references"])
            rows.append(_reference_row(key, label, [span[reference] for span in spans]))
    return Section(title, lines, headings, tuple(rows))


def _half_row(grid: Told, one: Told) -> tuple[str, ...]:
    whole, first, second = (format_metric(grid["metric"], one[k]) for k in _SPANS)
    ranks = (_rank(one["first_rank"]), _rank(one["second_rank"]))
    return (set_label(grid["axes"], one["values"]), whole, first, ranks[0], second, ranks[1])


_SPANS = ("whole", "first", "second")


def _reference_row(key: str, label: str, values: Sequence[float | None]) -> tuple[str, ...]:
    whole, first, second = (format_metric(key, value) for value in values)
    return (label, whole, first, UNDEFINED, second, UNDEFINED)


def _number(value: float | None, decimals: int) -> str:
    return UNDEFINED if value is None else format_number(value, decimals)


def _fraction(value: float | None) -> str:
    return format_value(value, "fraction")


def _rank(rank: int | None) -> str:
    return UNDEFINED if rank is None else f"{rank:,}"
