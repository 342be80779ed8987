"""Checks of a whole study: the models, what spans sections, and what higher layers know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import did_you_mean
from engine.study.axis import Axis, Scalar, parse_axis
from engine.study.faults import misfits_of
from engine.study.misfit import KeyPath, Misfit, MisfitError, dotted, shown
from engine.study.models import (
    SOURCES,
    DataSection,
    RuleSection,
    SimulatedData,
    Study,
    misplaced_costs,
    repeated_benchmarks,
)
from engine.study.overrides import locate, replaced

SWEPT = ("rule", "execution", "data", "seed")
"""Where a swept key may begin."""


@dataclass(frozen=True)
class Draft:
    """What is already valid of a study, for checks that know more than the models.

    Attributes
    ----------
    plain : mapping
        The whole study as given, overrides applied; nothing in it can be relied upon.
    rules : mapping of KeyPath to RuleSection
        Every valid rule section by where it stands: ``("rule",)``, ``("compare", 0)``, …
    axes : mapping of str to Axis
        Every valid axis by its dotted key: ``rule.entry_streak``.
    """

    plain: Mapping[str, Any]
    rules: Mapping[KeyPath, RuleSection]
    axes: Mapping[str, Axis]


Check = Callable[[Draft], Iterable[Misfit]]
"""A check finds everything wrong that it can see and returns it by key; it does not raise."""


def validated(
    plain: dict[str, Any], folder: Path | None = None, checks: Iterable[Check] = ()
) -> tuple[Study | None, list[Misfit]]:
    """Return the study, or None and everything that is wrong with it.

    Parameters
    ----------
    plain : dict
        The study as plain data.
    folder : Path, optional
        What relative paths are relative to; by default they stay relative.
    checks : iterable of Check
        Of higher layers; called once each, even where the models have complaints.
    """
    study, misfits = _modelled(plain, folder)
    draft = _draft_of(plain, folder)
    for check in (_costs_name_the_pair, _benchmarks_differ, _axes_fit_the_study, *checks):
        misfits += check(draft)
    misfits = list(dict.fromkeys(misfits))
    return (None if misfits else study), misfits


def _modelled(plain: dict[str, Any], folder: Path | None) -> tuple[Study | None, list[Misfit]]:
    try:
        return Study.model_validate(plain, context={"folder": folder}), []
    except ValidationError as error:
        return None, misfits_of(error, Study, plain)


def _draft_of(plain: Mapping[str, Any], folder: Path | None) -> Draft:
    compared = plain.get("compare")
    places: dict[KeyPath, Any] = {("rule",): plain.get("rule")}
    if isinstance(compared, list):
        places |= {("compare", index): given for index, given in enumerate(compared)}
    rules = {path: _rule(given, folder) for path, given in places.items()}
    axes = {key: _axis(given) for key, given in _section(plain, "sweep").items()}
    return Draft(
        plain,
        {path: rule for path, rule in rules.items() if rule is not None},
        {key: axis for key, axis in axes.items() if axis is not None},
    )


def _rule(given: Any, folder: Path | None) -> RuleSection | None:
    try:
        return RuleSection.model_validate(given, context={"folder": folder})
    except ValidationError:
        return None


def _axis(given: Any) -> Axis | None:
    try:
        return parse_axis(given)
    except MisfitError:
        return None


def _section(plain: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = plain.get(key)
    return section if isinstance(section, Mapping) else {}


def _costs_name_the_pair(draft: Draft) -> Iterable[Misfit]:
    """Find costs of symbols that are not traded, whatever else is wrong in their section."""
    pair = _pair(draft.plain)
    return misplaced_costs(pair, _section(draft.plain, "execution")) if pair else ()


def _benchmarks_differ(draft: Draft) -> Iterable[Misfit]:
    """Find repeated benchmarks, whatever else is wrong with the list."""
    names = draft.plain.get("benchmarks")
    return repeated_benchmarks(names) if isinstance(names, list) else ()


def _pair(plain: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the symbols of core and satellite where the data section leaves no doubt of them."""
    data = _section(plain, "data")
    if data.get("source") not in SOURCES:
        return None
    model: type[DataSection] = SimulatedData if data["source"] == "simulated" else DataSection
    fields = model.model_fields
    core, satellite = (data.get(key, fields[key].default) for key in ("core", "satellite"))
    return (core, satellite) if isinstance(core, str) and isinstance(satellite, str) else None


def _axes_fit_the_study(draft: Draft) -> Iterator[Misfit]:
    """Find axes that sweep what a study does not have, or values that it would refuse.

    Parameters of rules are left to the layer that knows rules.
    """
    if not draft.axes:
        return
    base = {**draft.plain, "sweep": {}}
    known = set(validated(base)[1])
    for key, axis in draft.axes.items():
        section, dot, _ = key.partition(".")
        if section not in SWEPT or (section != "seed" and not dot) or (section == "seed" and dot):
            yield Misfit(("sweep", key), _no_such_axis(section))
        elif section != "rule":
            yield from _values_refused(base, key, axis, known)
    yield from _axes_within_axes(draft.axes)


def _no_such_axis(section: str) -> str:
    hint = did_you_mean(section, SWEPT)
    return f"cannot be swept (allowed rule.…, execution.…, data.…, seed{hint})"


def _values_refused(
    base: dict[str, Any], key: str, axis: Axis, known: set[Misfit]
) -> Iterator[Misfit]:
    """Yield what is wrong with a study only because a swept key has one of its values."""
    for value in axis.extremes():
        refusal = _refusal(base, key, value, known)
        if refusal is not None:
            yield Misfit(("sweep", key), refusal)
            return


def _refusal(base: dict[str, Any], key: str, value: Scalar, known: set[Misfit]) -> str | None:
    path = locate(base, key)
    try:
        swept = replaced(base, path, value)
    except MisfitError as error:
        return error.misfits[0].message
    new = [misfit for misfit in validated(swept)[1] if misfit not in known]
    if not new:
        return None
    at, message = new[0]
    if at == path:
        return message
    return f"has the value {shown(value)}, with which {dotted(at)} {message}"


def _axes_within_axes(axes: Mapping[str, Axis]) -> Iterator[Misfit]:
    for key in axes:
        steps = key.split(".")
        for length in range(1, len(steps)):
            outer = ".".join(steps[:length])
            if outer in axes:
                yield Misfit(("sweep", key), f"is swept already, as part of {outer}")
