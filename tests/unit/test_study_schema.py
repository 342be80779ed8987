"""The JSON Schema of study files, judged by a small validator of the keywords it uses."""

import datetime as dt
import json
import re

import pytest
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML
from study_texts import DESIGN, EXPRESSIONS, MINIMAL

from engine.study.models import AXIS_SCHEMA, Execution, FileData, SimulatedData, Study
from engine.study.schema import study_schema

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}
ANNOTATIONS = {"title", "description", "default", "$schema", "$defs", "format", "unit"}


def has_type(value, name):
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


def fits(value, schema, root):
    """Tell whether a value satisfies a JSON Schema; an unknown keyword is a KeyError."""
    if isinstance(schema, bool):
        return schema
    return all(
        RULES[keyword](value, argument, schema, root)
        for keyword, argument in schema.items()
        if keyword not in ANNOTATIONS
    )


def properties_fit(value, properties, schema, root):
    return not isinstance(value, dict) or all(
        fits(value[key], inner, root) for key, inner in properties.items() if key in value
    )


def others_fit(value, inner, schema, root):
    return not isinstance(value, dict) or all(
        fits(item, inner, root)
        for key, item in value.items()
        if key not in schema.get("properties", {})
    )


def number(check):
    return lambda v, bound, s, r: not has_type(v, "number") or check(v, bound)


RULES = {
    "type": lambda v, names, s, r: any(
        has_type(v, name) for name in ([names] if isinstance(names, str) else names)
    ),
    "enum": lambda v, allowed, s, r: v in allowed,
    "const": lambda v, only, s, r: v == only,
    "pattern": lambda v, p, s, r: not isinstance(v, str) or re.search(p, v) is not None,
    "maxLength": lambda v, n, s, r: not isinstance(v, str) or len(v) <= n,
    "minimum": number(lambda v, bound: v >= bound),
    "maximum": number(lambda v, bound: v <= bound),
    "exclusiveMinimum": number(lambda v, bound: v > bound),
    "exclusiveMaximum": number(lambda v, bound: v < bound),
    "minItems": lambda v, n, s, r: not isinstance(v, list) or len(v) >= n,
    "items": lambda v, i, s, r: not isinstance(v, list) or all(fits(x, i, r) for x in v),
    "required": lambda v, keys, s, r: not isinstance(v, dict) or set(keys) <= set(v),
    "properties": properties_fit,
    "additionalProperties": others_fit,
    "propertyNames": lambda v, i, s, r: all(fits(key, i, r) for key in v),
    "anyOf": lambda v, options, s, r: any(fits(v, o, r) for o in options),
    "oneOf": lambda v, options, s, r: sum(fits(v, o, r) for o in options) == 1,
    "not": lambda v, inner, s, r: not fits(v, inner, r),
    "$ref": lambda v, ref, s, r: fits(v, r["$defs"][ref.removeprefix("#/$defs/")], r),
}


def as_an_editor_reads(text):
    """Return YAML as editors do: dates and grouped digits are text."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.isoformat() if isinstance(value, dt.date) else value

    grouped = re.sub(r"(\d+_[\d_]+)", r'"\1"', text)
    return plain(YAML(typ="safe", pure=True).load(grouped))


class StreakParams(BaseModel):
    """The momentum rule."""

    model_config = ConfigDict(extra="forbid")
    entry_streak: int = Field(5, ge=1, description="sessions that rotate into the satellite")
    exit_streak: int = Field(2, ge=1)
    rsi_period: int = 14
    overbought: float = 75
    max_holding: int | None = None


VARIANTS = {"streak": StreakParams.model_json_schema(), "still": {"properties": {}}}


def accepts(text, **options):
    schema = study_schema(**options)
    return fits(as_an_editor_reads(text), schema, schema)


@pytest.mark.parametrize("text", [DESIGN, EXPRESSIONS, MINIMAL])
@pytest.mark.parametrize("variants", [None, VARIANTS])
def test_good_studies_are_accepted(text, variants):
    assert accepts(text, rule_variants=variants)


@pytest.mark.parametrize(
    "axis",
    [
        "[1, 2.5, a, null, true]",
        "{from: 1, to: 2}",
        "{from: 1, to: 2, step: 0.5}",
        "{from: 1, to: 2, num: 5}",
        "{from: 1, to: 2, num: 5, scale: log}",
    ],
)
def test_every_form_of_an_axis_is_accepted(axis):
    assert accepts(f"{MINIMAL}sweep: {{rule.x: {axis}}}")


@pytest.mark.parametrize(
    "addition",
    [
        "descripton: x",
        "seed: -1",
        "seed: a",
        "benchmarks: [SPY]",
        "execution: {fill: next}",
        "execution: {comission_bps: 1}",
        "execution: {slippage_bps: -1}",
        "execution: {slippage_bps: {IWM: x}}",
        "execution: {initial_cash: 0}",
        "execution: {initial_cash: lots}",
        "execution: {cash_rate: 4}",
        "compare: [5]",
        "compare: [{name: a, file: b}]",
        "sweep: {rule.x: 5}",
        "sweep: {rule.x: []}",
        "sweep: {rule.x: {from: 1}}",
        "sweep: {rule.x: {from: 1, to: 2, step: 1, num: 3}}",
        "sweep: {rule.x: {from: 1, to: 2, scale: log}}",
        "sweep: {name: [1]}",
    ],
)
def test_bad_additions_are_refused(addition):
    assert not accepts(MINIMAL + addition)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "a b"),
        ("data", "{source: cvs}"),
        ("data", "{}"),
        ("data", "{source: csv, seed: 1}"),
        ("data", "{source: simulated, directory: x}"),
        ("rule", "{}"),
        ("rule", "{name: a, enter: always}"),
        ("rule", "{enter: always}"),
        ("rule", "{enter: always, leave: never, x: 1}"),
    ],
)
def test_bad_sections_are_refused(key, value):
    lines = [line for line in MINIMAL.splitlines() if not line.startswith(key)]
    assert not accepts("\n".join([*lines, f"{key}: {value}"]))


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        ("{name: streak}", True),
        ("{name: streak, max_holding: null}", True),
        ("{name: still}", True),
        ("{file: mine.py, anything: 1}", True),
        ("{name: streak, entry_streak: 0}", False),
        ("{name: streak, entry_streek: 1}", False),
        ("{name: streek}", False),
        ("{name: still, entry_streak: 1}", False),
    ],
)
def test_with_the_rules_known_their_parameters_are_checked(rule, good):
    text = MINIMAL.replace("{name: streak}", rule)
    assert accepts(text, rule_variants=VARIANTS) is good
    assert accepts(f"{MINIMAL}compare: [{rule}]", rule_variants=VARIANTS) is good


def test_without_them_any_rule_and_parameter_is_accepted():
    assert accepts(MINIMAL.replace("streak", "mine, anything: 5"))


def test_definitions_of_a_rules_own_are_carried_over():
    class Inner(BaseModel):
        x: int

    class Params(BaseModel):
        inner: Inner

    variants = {"deep": Params.model_json_schema()}
    text = MINIMAL.replace("{name: streak}", "{name: deep, inner: {x: %s}}")
    assert accepts(text % 1, rule_variants=variants)
    assert not accepts(text % "a", rule_variants=variants)
    assert "$defs" in variants["deep"]  # the caller's schema is left as it was


def test_every_key_is_described_and_the_schema_is_plain_json():
    schema = study_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert schema == study_schema()
    for model in (Study, FileData, SimulatedData, Execution):
        undescribed = [key for key, field in model.model_fields.items() if not field.description]
        assert undescribed == []


def test_making_a_schema_changes_no_model():
    before = json.dumps([Study.model_json_schema(), AXIS_SCHEMA])
    study_schema(VARIANTS)
    assert json.dumps([Study.model_json_schema(), AXIS_SCHEMA]) == before
