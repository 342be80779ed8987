"""Checks of a whole study: the models, what spans sections, and what higher layers know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.errors import did_you_mean
from engine.study.axis import Axis, Scalar, fitted
from engine.study.axis_parsing import parse_axis
from engine.study.faults import misfits_of
from engine.study.misfit import KeyPath, Misfit, MisfitError, dotted, shown
from engine.study.models import (
    COSTS,
    SOURCES,
    DataSection,
    Execution,
    RuleSection,
    SimulatedData,
    Study,
    misplaced_costs,
    repeated_benchmarks,
)
from engine.study.overrides import locate, replaced

SWEPT = ("rule", "execution", "data")
"""Where a swept key may begin."""
UNTRADED = ("data.others", "data.vix", "data.fed_funds")
"""Keys that no backtest reads: sweeping them would give the same result again and again."""


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
    doubled = tuple(_axes_within_axes(draft.axes))
    yield from doubled
    refusals = SectionRefusals(draft.plain)
    for key, axis in draft.axes.items():
        if any(misfit.path == ("sweep", key) for misfit in doubled):
            continue
        section, dot, _ = key.partition(".")
        if section not in SWEPT or not dot:
            yield Misfit(("sweep", key), _no_such_axis(key))
        elif key in UNTRADED:
            yield Misfit(("sweep", key), "cannot be swept: no backtest depends on it")
        elif section != "rule":
            yield from refused_values(key, axis, refusals.of(key))


def _no_such_axis(key: str) -> str:
    section, dot, _ = key.partition(".")
    hint = did_you_mean(section, SWEPT)
    if not dot and not hint and key not in Study.model_fields:
        hint = f"; a parameter of the rule is rule.{key}"
    return f"cannot be swept (allowed rule.…, execution.…, data.…{hint})"


Refusal = Callable[[Scalar], str | None]
"""Says why a swept key may not have a value, whatever other axes do; None if it may."""


def refused_values(key: str, axis: Axis, refusal: Refusal) -> Iterator[Misfit]:
    """Yield why a swept key may not have one of the values at the ends of its axis."""
    for value in fitted(axis, refusal).extremes():
        message = refusal(value)
        if message is not None:
            yield Misfit(("sweep", key), message)
            return


class SectionRefusals:
    """What a study refuses only because a swept key of its sections has some value.

    Parameters
    ----------
    plain : mapping
        The whole study as given.
    """

    def __init__(self, plain: Mapping[str, Any]) -> None:
        execution = plain.get("execution", {})
        if isinstance(execution, Mapping):  # a symbol's cost is swept where costs are per symbol
            defaults = {key: Execution.model_fields[key].default for key in COSTS}
            execution = {**defaults, **execution}
        self._base = {**plain, "sweep": {}, "execution": execution}
        self._known = frozenset(validated(self._base)[1])

    def of(self, key: str) -> Refusal:
        """Return why a swept key may not have a value."""
        path = locate(self._base, key)

        def refusal(value: Scalar) -> str | None:
            try:
                swept = replaced(self._base, path, value)
            except MisfitError as error:
                return error.misfits[0].message
            new = (misfit for misfit in validated(swept)[1] if misfit not in self._known)
            return next((_because_of(value, path, misfit) for misfit in new), None)

        return refusal


def _because_of(value: Scalar, path: KeyPath, misfit: Misfit) -> str:
    """Return what is wrong with the value of a swept key, or with another key because of it."""
    if misfit.path == path:
        return misfit.message
    return f"is {shown(value)}, with which {dotted(misfit.path)} {misfit.message}"


def _axes_within_axes(axes: Mapping[str, Axis]) -> Iterator[Misfit]:
    for key in axes:
        steps = key.split(".")
        for length in range(1, len(steps)):
            outer = ".".join(steps[:length])
            if outer in axes:
                yield Misfit(("sweep", key), f"is swept already, as part of {outer}")
