"""From the rule section of a study to a rule with its parameters, or to what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.errors import RuleError
from engine.rules.expression import EXPRESSION_KEYS, expression_rule
from engine.rules.registry import rule_from_file, rule_named
from engine.rules.rule import Rule, RuleParams
from engine.study.axis import Axis
from engine.study.faults import misfits_of
from engine.study.misfit import Misfit, MisfitError, allowed_names, dotted, unknown_key
from engine.study.models import RuleSection
from engine.study.validation import Draft


@dataclass(frozen=True)
class ResolvedRule:
    """A rule with its parameters filled in."""

    rule: Rule
    params: RuleParams

    def describe(self) -> dict[str, Any]:
        """Return name, parameters and, for a switching rule, its triggers: JSON-ready."""
        description: dict[str, Any] = {
            "name": self.rule.name,
            "parameters": self.params.model_dump(mode="json"),
        }
        if self.rule.is_switching:
            switching = self.rule.switching(self.params)
            description |= {
                "enter": str(switching.enter),
                "leave": str(switching.leave),
                "max_holding": switching.max_holding or None,
                "cooldown": switching.cooldown,
            }
        return description


def resolve(section: RuleSection) -> ResolvedRule:
    """Return the rule a section names, with its parameters.

    Raises
    ------
    RuleError
        If something about it is wrong: everything that is, one line each.
    """
    try:
        return _resolved(section)
    except MisfitError as error:
        lines = (f"{dotted(('rule', *m.path))}: {m.message}" for m in error.misfits)
        raise RuleError("\n".join(lines)) from None


def check_rules(draft: Draft) -> Iterator[Misfit]:
    """Find what is wrong with the rules of a study and with the axes that sweep its rule.

    A check in the sense of :data:`engine.study.validation.Check`.
    """
    for path, section in draft.rules.items():
        try:
            _resolved(section)
        except MisfitError as error:
            yield from (Misfit((*path, *m.path), m.message) for m in error.misfits)
    swept = draft.rules.get(("rule",))
    rule = None if swept is None else _rule_if_any(swept)
    if swept is not None and rule is not None:
        for key, axis in draft.axes.items():
            if key.startswith("rule."):
                yield from _axis_misfits(swept, rule, key, axis)


def _resolved(section: RuleSection) -> ResolvedRule:
    """Return the rule with its parameters; raises MisfitError by key of the section."""
    rule = _rule_of(section)
    given = {} if section.enter is not None else section.parameters
    return ResolvedRule(rule, _params_of(rule, given))


def _rule_of(section: RuleSection) -> Rule:
    """Return the rule, whatever its parameters; raises MisfitError by key of the section."""
    if section.enter is not None and section.leave is not None:
        return _rule_of_expressions(section, section.parameters)
    key = "name" if section.name is not None else "file"
    try:
        return rule_named(section.name) if section.name is not None else _from_file(section)
    except RuleError as error:
        raise MisfitError(Misfit((key,), str(error))) from None


def _rule_if_any(section: RuleSection) -> Rule | None:
    """Return the rule; None where there is none, so that what it sweeps cannot be judged."""
    try:
        return _rule_of(section)
    except MisfitError:
        return None


def _from_file(section: RuleSection) -> Rule:
    assert section.file is not None  # RuleSection: exactly one of name, file, expressions
    return rule_from_file(section.file)


def _params_of(rule: Rule, given: Mapping[str, Any]) -> RuleParams:
    try:
        params = rule.parameters(given)
        if rule.is_switching:
            rule.switching(params)
    except ValidationError as error:
        raise MisfitError(*misfits_of(error, rule.params, dict(given))) from None
    except RuleError as error:
        raise MisfitError(Misfit((), str(error))) from None
    return params


def _rule_of_expressions(section: RuleSection, given: Mapping[str, Any]) -> Rule:
    allowed = ("enter", "leave", *EXPRESSION_KEYS)
    unknown = [unknown_key((key,), allowed) for key in given if key not in allowed]
    known = {key: value for key, value in given.items() if key in allowed}
    try:
        rule = expression_rule(str(section.enter), str(section.leave), **known)
    except MisfitError as error:
        raise MisfitError(*unknown, *error.misfits) from None
    if unknown:
        raise MisfitError(*unknown)
    return rule


def _axis_misfits(section: RuleSection, rule: Rule, key: str, axis: Axis) -> Iterator[Misfit]:
    """Find an axis that names no parameter, or has values the parameter may not have.

    Values that are wrong only together with others are no fault: a sweep leaves them out.
    """
    path = tuple(key.split(".")[1:])
    sweepable = _sweepable(section, rule)
    if ".".join(path) not in sweepable:
        name = ".".join(path)
        inner = f"parameters.{name}"  # how a parameter of expressions is swept
        nearest = inner if inner in sweepable else name
        message = f'the rule has no parameter "{name}" {allowed_names(nearest, sweepable)}'
        yield Misfit(("sweep", key), message)
        return
    for value in axis.extremes():
        wrong = _refusal(section, rule, path, value)
        if wrong is not None:
            yield Misfit(("sweep", key), wrong)
            return


def _sweepable(section: RuleSection, rule: Rule) -> tuple[str, ...]:
    if section.enter is None:
        return tuple(rule.params.model_fields)
    named = (f"parameters.{name}" for name in rule.params.model_fields)
    return (*named, "max_holding", "cooldown")


def _refusal(section: RuleSection, rule: Rule, path: tuple[str, ...], value: Any) -> str | None:
    """Return why a parameter may not have a value, whatever the others are; None if it may."""
    given = section.parameters
    try:
        if section.enter is None:
            _params_of(rule, {**given, path[0]: value})
        elif len(path) == 1:
            _rule_of_expressions(section, {**given, path[0]: value})
        else:
            parameters = {**given.get("parameters", {}), path[1]: value}
            _rule_of_expressions(section, {**given, "parameters": parameters})
    except MisfitError as error:
        own = [m.message for m in error.misfits if m.path == path]
        return own[0] if own else None
    return None
