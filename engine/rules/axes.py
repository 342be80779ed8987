"""Axes over a rule: whether they name its parameters, with values that those may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.rules.resolve import params_of, rule_of, rule_of_expressions
from engine.rules.rule import Rule
from engine.study.axis import Axis, LogAxis, Scalar, fitted
from engine.study.misfit import Misfit, MisfitError, allowed_names, dotted, shown
from engine.study.models import RuleSection, Study
from engine.study.validation import Draft, Refusal, SectionRefusals, refused_values

RULE = "rule."
LIMITS = ("max_holding", "cooldown")


def check_axes(draft: Draft) -> Iterator[Misfit]:
    """Find axes that name no parameter of the rule, or have values the parameter may not have.

    Values that are wrong only together with others are no fault: a sweep leaves them out. A check
    in the sense of :data:`engine.study.validation.Check`.
    """
    section = draft.rules.get(("rule",))
    rule = None if section is None else _rule_if_any(section)
    if section is None or rule is None:
        return
    sweepable = _sweepable(section, rule)
    for key, axis in draft.axes.items():
        name = key.removeprefix(RULE)
        if name not in sweepable and name != key:
            yield Misfit(("sweep", key), _no_such_parameter(name, sweepable))
        elif name != key:
            yield from refused_values(key, axis, _refusal(section, rule, name))
    yield from _limits_swept_twice(section, draft)


def with_fitted_axes(study: Study) -> Study:
    """Return a checked study whose log axes are whole numbers where it takes no others.

    See :func:`engine.study.axis.fitted`.
    """
    if not any(isinstance(axis, LogAxis) for axis in study.sweep.values()):
        return study
    rule = rule_of(study.rule)
    sections = SectionRefusals(study.model_dump(exclude={"sweep"}))

    def refusal(key: str) -> Refusal:
        if key.startswith(RULE):
            return _refusal(study.rule, rule, key.removeprefix(RULE))
        return sections.of(key)

    axes: dict[str, Axis] = {key: fitted(axis, refusal(key)) for key, axis in study.sweep.items()}
    return study.model_copy(update={"sweep": axes})


def _rule_if_any(section: RuleSection) -> Rule | None:
    """Return the rule; None where there is none, so that what it sweeps cannot be judged."""
    try:
        return rule_of(section)
    except MisfitError:
        return None


def _sweepable(section: RuleSection, rule: Rule) -> tuple[str, ...]:
    if section.enter is None:
        return tuple(rule.params.model_fields)
    return (*(f"parameters.{name}" for name in rule.params.model_fields), *LIMITS)


def _no_such_parameter(name: str, sweepable: tuple[str, ...]) -> str:
    inner = f"parameters.{name}"  # how a parameter of expressions is swept
    nearest = inner if inner in sweepable else name
    return f'the rule has no parameter "{name}" {allowed_names(nearest, sweepable)}'


def _refusal(section: RuleSection, rule: Rule, name: str) -> Refusal:
    """Return why a parameter may not have a value, whatever other parameters are."""
    given = section.parameters
    path = tuple(name.split("."))

    def refusal(value: Scalar) -> str | None:
        try:
            if section.enter is None:
                params_of(rule, {**given, name: value})
            else:
                rule_of_expressions(section, _replaced(given, path, value))
        except MisfitError as error:
            own = [m.message for m in error.misfits if m.path == path]
            if own or section.enter is None:
                return own[0] if own else None
            at, message = error.misfits[0]
            return f"is {shown(value)}, with which {dotted(('rule', *at))} is wrong: {message}"
        return None

    return refusal


def _replaced(given: dict[str, Any], path: tuple[str, ...], value: Scalar) -> dict[str, Any]:
    """Return the keys beside expressions with another value of a limit or of a parameter."""
    if len(path) == 1:
        return {**given, path[0]: value}
    return {**given, path[0]: {**given.get(path[0], {}), path[1]: value}}


def _limits_swept_twice(section: RuleSection, draft: Draft) -> Iterator[Misfit]:
    """Find a limit that is swept itself and through the parameter that it names."""
    for limit in LIMITS:
        key, named = f"{RULE}{limit}", f"{RULE}parameters.{section.parameters.get(limit)}"
        if section.enter is not None and key in draft.axes and named in draft.axes:
            yield Misfit(("sweep", key), f"is swept already, as {named}")
