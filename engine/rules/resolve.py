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
from engine.study.faults import misfits_of
from engine.study.misfit import Misfit, MisfitError, dotted, unknown_key
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
    """Find what is wrong with the rules of a study.

    A check in the sense of :data:`engine.study.validation.Check`.
    """
    for path, section in draft.rules.items():
        try:
            _resolved(section)
        except MisfitError as error:
            yield from (Misfit((*path, *m.path), m.message) for m in error.misfits)


def _resolved(section: RuleSection) -> ResolvedRule:
    """Return the rule with its parameters; raises MisfitError by key of the section."""
    rule = rule_of(section)
    given = {} if section.enter is not None else section.parameters
    return ResolvedRule(rule, params_of(rule, given))


def rule_of(section: RuleSection) -> Rule:
    """Return the rule, whatever its parameters; raises MisfitError by key of the section."""
    if section.enter is not None and section.leave is not None:
        return rule_of_expressions(section, section.parameters)
    key = "name" if section.name is not None else "file"
    try:
        return rule_named(section.name) if section.name is not None else _from_file(section)
    except RuleError as error:
        raise MisfitError(Misfit((key,), str(error))) from None


def _from_file(section: RuleSection) -> Rule:
    assert section.file is not None  # RuleSection: exactly one of name, file, expressions
    return rule_from_file(section.file)


def params_of(rule: Rule, given: Mapping[str, Any]) -> RuleParams:
    """Return checked parameters with defaults; raises MisfitError by key of the section."""
    try:
        params = rule.parameters(given)
        if rule.is_switching:
            rule.switching(params)
    except ValidationError as error:
        raise MisfitError(*misfits_of(error, rule.params, dict(given))) from None
    except RuleError as error:
        raise MisfitError(Misfit((), str(error))) from None
    return params


def rule_of_expressions(section: RuleSection, given: Mapping[str, Any]) -> Rule:
    """Return a rule of expressions with other keys beside them; raises MisfitError by key."""
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
