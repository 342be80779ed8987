"""How stable a parameter set is, in sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.evaluation.definitions import find_metric
from engine.report.format import format_metric, format_number
from engine.report.grids import neighbours_section
from engine.report.labels import axis_label, set_label
from engine.report.sections import Section

Told = Mapping[str, Any]
"""A stability ready for JSON; see :func:`engine.store.stability.stability_json`."""

_PHRASES = {
    "costs": "at {ahead} of {of} other costs",
    "fill": "with {ahead} of {of} other fills",
    "start": "from {ahead} of {of} later first sessions",
    "price basis": "on {ahead} of {of} other price bases",
}
_NOTE = (
    "One choice is changed at a time. Costs and fills: the same decisions, traded on other terms, "
    "costs as multiples of the study's own. First session, price basis: decided anew, beginning in "
    "the core. Every row is beside the core held on the same terms over the same sessions; later "
    "first sessions share their end, so they are no independent tries."
)


def stability_sections(told: Told, core: str) -> list[Section]:
    """Return what a stability says.

    Parameters
    ----------
    told : mapping
        Of :func:`engine.store.stability.stability_json`; for a set of a sweep also ``metric`` and
        ``values``.
    core : str
        What the core benchmark is called.
    """
    sections = [_variations(told, core)]
    if told["neighbourhood"] is not None:
        sections.append(_neighbours(told, core))
    return sections


def break_even_text(break_even_bps: float | None, beats_without_costs: bool, core: str) -> str:
    """Return the sentence on the cost at which a rule ends level with the core."""
    if break_even_bps is not None and math.isfinite(break_even_bps):
        return (
            f"It ends level with {core} at a cost of {format_number(break_even_bps, 1)} bp "
            "per side, all in: cheaper trading leaves it ahead, dearer trading behind."
        )
    if beats_without_costs:
        return f"No cost that was looked at takes its lead over {core}."
    return f"It does not beat {core} even where trading is free, so there is no break-even cost."


def set_name(told: Told) -> str:
    """Return what the set is called: its swept values, or the name of the rule."""
    values = told.get("values") or {}
    return set_label(tuple(values), values) if values else str(told["rule"]["name"])


def _variations(told: Told, core: str) -> Section:
    shown = list(told["table"][0]["metrics"])
    headings = ("Variation", "Sessions", *(find_metric(key).label for key in shown))
    rows = tuple(_row(one, shown) for one in told["table"])
    lines = (
        break_even_text(told["break_even_bps"], told["beats_without_costs"], core),
        _ahead(told["ahead"], core),
    )
    return Section(
        f"Stability of {set_name(told)}",
        tuple(line for line in lines if line),
        (*headings, f"{core}: final equity", "CAGR", "Sharpe"),
        rows,
        1,
        (_NOTE, *(f"Left out: {reason}" for reason in told["left_out"])),
    )


def _row(one: Told, shown: list[str]) -> tuple[str, ...]:
    own = (format_metric(key, one["metrics"][key]) for key in shown)
    core = (format_metric(key, value) for key, value in one["core"].items())
    return (_label(one), format_number(one["sessions"], 0), *own, *core)


def _label(one: Told) -> str:
    match one["kind"]:
        case "costs":
            return f"costs × {one['value']:g}" if one["value"] else "without costs"
        case "fill":
            return f"fill {one['value']}"
        case "start":
            return f"from {one['value']}"
        case "price basis":
            return f"price basis {one['value']}"
    return str(one["kind"])


def _ahead(ahead: Told, core: str) -> str:
    parts = [phrase.format(**ahead[kind]) for kind, phrase in _PHRASES.items() if kind in ahead]
    others = f"{', '.join(parts)}"
    if ahead["as run"]["ahead"]:
        return f"It ends above {core} as it was run, {others}."
    return f"It does not end above {core} as it was run; it does {others}."


def _neighbours(told: Told, core: str) -> Section:
    near = told["neighbourhood"]
    values = near["values"]
    grid = {"metric": told["metric"], "axes": tuple(values), "neighbourhoods": [near]}
    lines = ["How the sets did that are one step from it along one axis of the grid."]
    if near["at_edge"]:
        names = ", ".join(map(axis_label, near["at_edge"]))
        lines.append(f"It is at the edge of {names}: better ones may lie beyond the grid.")
    section = neighbours_section(grid, core)
    return replace(section, title="Neighbours in the grid", lines=tuple(lines))
