"""The JSON Schema of a study file with the parameters of every shipped rule."""

from __future__ import annotations

from typing import Any

from engine.rules.registry import shipped_rules
from engine.study.schema import study_schema


def full_schema() -> dict[str, Any]:
    """Return the schema ``configs/schema.json`` holds: what editors check studies against."""
    variants = {}
    for name, rule in shipped_rules().items():
        schema = rule.params.model_json_schema()
        variants[name] = {**schema, "description": rule.summary}
    return study_schema(variants)
