"""Whatever a file or an option says, it gives a study or a StudyError in plain words."""

import json
import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from study_texts import DESIGN

from engine.errors import StudyError
from engine.study.loader import load_study
from engine.study.models import FileData, SimulatedData, Study

KEYS = st.sampled_from(
    [
        *("fill", "slippage_bps", "cash_rate", "IWM", "SPY", "enter", "leave", "file"),
        *("from", "to", "step", "num", "scale", "rule.x", "execution.fill"),
        *{**Study.model_fields, **FileData.model_fields, **SimulatedData.model_fields},
    ]
) | st.text(max_size=5)
JARGON = ("Input should", "function-", "pydantic", "<number>", "FileData", "SimulatedData")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["csv", "simulated", "core", "IWM", "next_open", "log", "2020-01-01"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def assert_study_or_refusal(path, **options):
    try:
        load_study(path, **options)
    except StudyError as error:
        refusal = str(error)
    else:
        return
    assert refusal.startswith((str(path), "--set "))
    assert not any(word in refusal for word in JARGON), refusal


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_any_sections_give_a_study_or_a_study_error(tmp_path_factory, sections, complete):
    base = {"name": "a", "data": {"source": "csv"}, "rule": {"name": "x"}} if complete else {}
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(json.dumps({**base, **sections}, allow_nan=True), "utf-8")
    assert_study_or_refusal(path)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(DESIGN)), st.integers(0, 9), st.text(" \n\t:-[]{}&*!#'\"a1", max_size=3))
def test_a_damaged_study_gives_a_study_or_a_study_error(tmp_path_factory, at, cut, text):
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    path.write_text(DESIGN[:at] + text + DESIGN[at + cut :], "utf-8")
    assert_study_or_refusal(path)


@settings(max_examples=150, deadline=None)
@given(st.text("rule.ads0=[]{}: xyz,", max_size=12), KEYS, KEYS, SCALARS)
def test_any_override_gives_a_study_or_a_study_error(tmp_path_factory, text, a, b, value):
    path = tmp_path_factory.getbasetemp() / "set.yaml"
    path.write_text(DESIGN, "utf-8")
    assert_study_or_refusal(path, overrides=[text, f"{a}.{b}={value}"], data_dir=os.curdir)
