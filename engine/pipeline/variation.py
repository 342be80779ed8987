"""Variations of a study: what a parameter set of a sweep changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from engine.study.faults import misfits_of, without_lines
from engine.study.models import RuleSection, Study


def varied(study: Study, values: Mapping[str, Any]) -> Study:
    """Return the study with swept keys set; the values have been checked as those of axes.

    Parameters
    ----------
    study : Study
    values : mapping of str to value
        Dotted key → value: ``rule.entry_streak``, ``execution.slippage_bps.IWM``,
        ``data.price_basis``, ``rule.parameters.guard``.

    Raises
    ------
    StudyError
        If values, each of them right by itself, do not go together: an end before its start.
    """
    for key, value in values.items():
        section, _, rest = key.partition(".")
        if not rest:
            study = study.model_copy(update={section: value})
        elif section == "rule":
            study = study.model_copy(update={"rule": _with_parameter(study.rule, rest, value)})
        else:
            part = getattr(study, section)
            name, _, inner = rest.partition(".")
            changed = {**getattr(part, name), inner: value} if inner else value
            whole = _section(type(part), {**dict(part), name: changed}, study.folder)
            study = study.model_copy(update={section: whole})
    return study


def _section(model: type[BaseModel], given: dict[str, Any], folder: Path | None) -> BaseModel:
    """Return a section; a path in it is relative to the study file, as everywhere."""
    try:
        return model.model_validate(given, context={"folder": folder})
    except ValidationError as error:
        raise without_lines(misfits_of(error, model, given)) from None


def _with_parameter(rule: RuleSection, name: str, value: Any) -> RuleSection:
    outer, _, inner = name.partition(".")
    if inner:
        value = {**rule.parameters.get(outer, {}), inner: value}
    given = {key: part for key in RuleSection.model_fields if (part := getattr(rule, key))}
    return RuleSection.model_validate({**given, **rule.parameters, outer: value})


def axis_column(values: Sequence[Any]) -> NDArray[Any]:
    """Return values as one column: of their type; numbers and text together are text."""
    text = any(isinstance(value, str) for value in values)
    mixed = text and not all(isinstance(value, str) for value in values)
    if not mixed and None not in values:
        return np.array(values)
    return np.array([str(v) if text and v is not None else v for v in values], dtype=object)
