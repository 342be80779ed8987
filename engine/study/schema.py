"""The JSON Schema of study files, for editors that complete and check them while one types."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from engine.study.models import GROUPED_DIGITS, RuleSection, Study

DIALECT = "http://json-schema.org/draft-07/schema#"
SWEPT_PATTERN = r"^(rule|execution|data)\..+$"


def study_schema(rule_variants: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of a study file.

    Parameters
    ----------
    rule_variants : mapping of str to mapping, optional
        Name of a rule → JSON Schema of its parameters (``Params.model_json_schema()``). Without
        it every rule name and every parameter is accepted.

    Notes
    -----
    A schema cannot say everything the loader checks: that costs name traded symbols, that start
    comes before end, or that a swept key exists.
    """
    schema = Study.model_json_schema()
    definitions = schema["$defs"]
    definitions["RuleSection"] = _rule_schema(rule_variants, definitions)
    cash = definitions["Execution"]["properties"]["initial_cash"]
    number = {key: cash.pop(key) for key in ("type", "exclusiveMinimum")}
    # Editors read YAML without grouped digits: to them 100_000 is text.
    cash["anyOf"] = [number, {"type": "string", "pattern": GROUPED_DIGITS}]
    sweep = schema["properties"]["sweep"]
    sweep["propertyNames"] = {"pattern": SWEPT_PATTERN}
    schema["title"] = "Streaklab study"
    return {"$schema": DIALECT, **schema}


def _rule_schema(
    variants: Mapping[str, Mapping[str, Any]] | None, definitions: dict[str, Any]
) -> dict[str, Any]:
    describe = {
        key: {"type": "string", "description": field.description}
        for key, field in RuleSection.model_fields.items()
    }
    if variants is None:
        named = [_variant({"name": describe["name"]}, ["name"], open_=True)]
    else:
        named = [_named(name, given, definitions) for name, given in variants.items()]
    by_file = _variant({"file": describe["file"]}, ["file"], open_=True)
    by_expression = _variant(
        {
            "enter": describe["enter"],
            "leave": describe["leave"],
            "max_holding": {
                "description": "longest stay in the satellite, in sessions, or a parameter's name",
                "type": ["integer", "string", "null"],
            },
            "cooldown": {
                "description": "sessions after leaving in which entries are ignored, or a "
                "parameter's name",
                "type": ["integer", "string"],
            },
            "parameters": {
                "description": "the numbers that enter and leave name",
                "type": "object",
                "additionalProperties": {"type": "number"},
            },
        },
        ["enter", "leave"],
    )
    return {
        "title": "Rule",
        "description": "a shipped rule by name, a rule file, or two expressions",
        "oneOf": [*named, by_file, by_expression],
    }


def _named(name: str, given: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the variant of one rule; definitions of its own move to those of the study."""
    parameters = copy.deepcopy(dict(given))
    definitions.update(parameters.pop("$defs", {}))
    properties = {"name": {"const": name}, **parameters.get("properties", {})}
    variant = _variant(properties, ["name", *parameters.get("required", ())])
    if "description" in parameters:
        variant["description"] = parameters["description"]
    return variant


def _variant(
    properties: dict[str, Any], required: list[str], *, open_: bool = False
) -> dict[str, Any]:
    """Return an object schema; an open one takes any other key but those of other variants."""
    variant: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": open_,
    }
    if open_:
        others = [key for key in RuleSection.model_fields if key not in properties]
        variant["not"] = {"anyOf": [{"required": [key]} for key in others]}
    return variant
