"""What a rule says of itself: parameters with bounds and units, and its triggers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from engine.rules.rule import Rule
from engine.signals.catalogue import SIGNALS


def describe_rule(rule: Rule) -> dict[str, Any]:
    """Return name, summary, explanation, parameters and default triggers of a rule: JSON-ready."""
    switching = rule.switching(rule.parameters({})) if rule.is_switching else None
    return {
        "name": rule.name,
        "summary": rule.summary,
        "explanation": rule.explanation,
        "enter": None if switching is None else str(switching.enter),
        "leave": None if switching is None else str(switching.leave),
        "parameters": [_parameter(name, field) for name, field in rule.params.model_fields.items()],
    }


def _parameter(name: str, field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    unit = extra.get("unit", "") if isinstance(extra, dict) else ""
    return {
        "name": name,
        "default": field.get_default(call_default_factory=True),
        "unit": unit,
        "allowed": allowed(field),
        "description": field.description or "",
    }


def allowed(field: FieldInfo) -> str:
    """Return what a parameter may be, in words: its bounds, or its choices."""
    choices = [str(c) for kind in _kinds(field.annotation) for c in get_args(kind)]
    bounds = []
    for bound in field.metadata:
        match bound:
            case Ge(ge=least):
                bounds.append(f"≥ {least}")
            case Gt(gt=least):
                bounds.append(f"> {least}")
            case Le(le=most):
                bounds.append(f"≤ {most}")
            case Lt(lt=most):
                bounds.append(f"< {most}")
    null = "null" if type(None) in get_args(field.annotation) else ""
    return ", or ".join(filter(None, (", ".join(choices), " and ".join(bounds), null)))


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield the Literal types in an annotation."""
    if get_origin(annotation) is Literal:
        yield annotation
        return
    for part in get_args(annotation):
        yield from _kinds(part)


def describe_signals() -> list[tuple[str, str, str]]:
    """Return usage, unit and meaning of every feature that expressions know."""
    rows = []
    for signal in SIGNALS.values():
        forms = (", ".join(p.name for p in form) for form in signal.forms)
        usage = " or ".join(f"{signal.name}({form})" if form else signal.name for form in forms)
        rows.append((usage, signal.unit, signal.meaning))
    return rows
