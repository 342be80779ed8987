"""Files of claims: what they may say, and how every fault is reported."""

import datetime as dt
import textwrap
from pathlib import Path

import pytest

from engine.errors import StudyError
from engine.study.claims import KINDS, load_claims

SHIPPED = Path(__file__).parents[2] / "configs" / "claims" / "great_rotation_2026.yaml"
SAID = "    quote: they said so\n    source: someone\n"
DAY = "2020-01-08"
EXAMPLES = {
    "streak_length": {"as_of": DAY, "sessions": "13"},
    "record_streak": {"as_of": DAY},
    "mean_outperformance": {"as_of": DAY, "bps": "45"},
    "span_return": {"asset": "SPY", "first": "2020-01-02", "last": DAY, "value": "0.01"},
    "streak_return": {"symbols": "[RF]", "date": DAY, "at_least": "0.1"},
    "close_level": {"asset": "SPY", "date": DAY, "level": "270"},
    "session_return": {"asset": "SPY", "date": DAY, "value": "0.01"},
    "rsi_above": {"asset": "SPY", "date": DAY},
    "all_time_high": {"asset": "SPY", "date": DAY},
    "record_closes": {"asset": "SPY", "first": "2020-01-02", "last": DAY, "at_least": "8"},
    "character": {"date": DAY, "expected": "defensive"},
    "statement": {"why": "it is of the future"},
}


def claim(kind, **changes):
    keys = EXAMPLES.get(kind, {}) | {k: v for k, v in changes.items() if v is not None}
    for key, value in changes.items():
        if value is None:
            keys.pop(key)
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"  - kind: {kind}\n{SAID}{lines}"


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "claims.yaml"
        path.write_text(text if text.startswith("claims:") else textwrap.dedent(text), "utf-8")
        return path

    return write_text


def refusals(path):
    with pytest.raises(StudyError) as caught:
        load_claims(path)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_examples_cover_every_kind():
    assert set(EXAMPLES) == set(KINDS)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_kind_is_read(write, kind):
    (found,) = load_claims(write("claims:\n" + claim(kind)))
    assert (found.kind, found.quote, found.source) == (kind, "they said so", "someone")
    assert found.price_basis == "price"
    for key, value in EXAMPLES[kind].items():
        assert isinstance(getattr(found, key), dt.date) == (value[:4] == "2020")


@pytest.mark.parametrize(("kind", "key"), [(k, key) for k in EXAMPLES for key in EXAMPLES[k]])
def test_every_key_of_the_examples_is_needed(write, kind, key):
    (fault,) = refusals(write("claims:\n" + claim(kind, **{key: None})))
    if key == "at_least" and kind == "streak_return":
        assert (
            fault == "claims.yaml:2: claims.0: must have exactly one of: at_least, below_core: true"
        )
    else:
        assert fault.startswith("claims.yaml:2: claims.0")
        assert key in fault


def test_an_unknown_kind_names_its_line_and_the_nearest(write):
    (fault,) = refusals(write("claims:\n" + claim("statement") + claim("streak_lenght")))
    assert fault.startswith('claims.yaml:6: claims.1.kind: "streak_lenght" is no kind of claim')
    assert fault.endswith('; did you mean "streak_length"?)')
    assert all(kind in fault for kind in KINDS)


@pytest.mark.parametrize("kind", ["[streak_length]", "{a: b}", "7", "", "true"])
def test_a_kind_that_is_no_name_is_refused(write, kind):
    (fault,) = refusals(write(f"claims:\n  - kind: {kind}\n{SAID}"))
    assert fault.startswith("claims.yaml:2: claims.0.kind: ")
    assert "is no kind of claim (allowed streak_length, " in fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("claims:\n  - quote: a\n", "claims.0: is a claim without a kind (allowed streak_length, "),
        ("claims:\n  - just words\n", 'claims.0: is "just words", but must be a claim'),
        ("claims: []\n", "claims: must be a list of claims"),
        ("claims: {kind: statement}\n", "claims: must be a list of claims"),
        ("description: none\n", "claims: must be a list of claims"),
        (
            "claim:\n  - a\n",
            'claim: no such key (allowed description, claims; did you mean "claims"?)',
        ),
    ],
)
def test_what_is_no_list_of_claims(write, text, fault):
    assert any(fault in line for line in refusals(write(text)))


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("streak_length", {"sessions": "0"}, "sessions: is 0, but must be at least 1"),
        ("streak_length", {"as_of": "2020-02-30"}, "as_of"),
        ("streak_length", {"asof": DAY}, 'asof: no such key (allowed '),
        ("streak_length", {"price_basis": "prices"}, 'did you mean "price"?'),
        ("close_level", {"asset": '"../SPY"'}, "asset"),
        ("close_level", {"tolerance": "-1"}, "tolerance: is -1, but must be at least 0"),
        ("close_level", {"level": ".nan"}, "level"),
        ("session_return", {"value": "-1"}, "value: is -1, but must be greater than -1"),
        ("session_return", {"value": ".inf"}, "value"),
        ("rsi_above", {"level": "101"}, "level: is 101, but must be at most 100"),
        ("span_return", {"first": DAY}, f"first {DAY} is not before last {DAY}"),
        ("record_closes", {"first": "2020-01-09"}, f"first 2020-01-09 is after last {DAY}"),
        ("record_streak", {"since": DAY}, f"since {DAY} is not before as_of {DAY}"),
        ("record_streak", {"ties": "2020-01-09"}, f"ties 2020-01-09 is not before as_of {DAY}"),
        (
            "record_streak",
            {"since": "2020-01-02", "ties": "2020-01-02"},
            "must have at most one of: since, ties",
        ),
        ("streak_return", {"symbols": "[]"}, "symbols"),
        ("streak_return", {"below_core": "true"}, "must have exactly one of: at_least"),
        ("streak_return", {"as_of": "2020-01-07"}, f"date {DAY} is after as_of 2020-01-07"),
        ("character", {"expected": "defensiv"}, 'did you mean "defensive"?'),
        ("statement", {"quote": "''"}, "quote"),
    ],
)  # fmt: skip
def test_values_out_of_bounds(write, kind, changes, words):
    given = claim(kind, **changes)
    if "quote" in changes:
        given = given.replace("    quote: they said so\n", "")
    (fault,) = refusals(write("claims:\n" + given))
    assert fault.startswith("claims.yaml:")
    assert ": claims.0" in fault
    assert words in fault


def test_all_faults_are_reported_in_the_order_of_the_file(write):
    text = claim("streak_length", sessions="0") + claim("nothing") + claim("statement", why="''")
    faults = refusals(write(f"claims:\n{text}more: 1\n"))
    lines = [int(fault.split(":")[1]) for fault in faults]
    assert len(faults) == 4
    assert lines == sorted(lines)


def test_yaml_that_is_none_is_refused_with_its_line(write):
    (fault,) = refusals(write("claims:\n\t- a\n"))
    assert fault.startswith("claims.yaml:2: not valid YAML")


def test_a_missing_file_is_refused(tmp_path):
    assert refusals(tmp_path / "none.yaml") == ["none.yaml: there is no such file"]


def test_the_shipped_claims_are_all_that_was_said():
    claims = load_claims(SHIPPED)
    assert len(claims) == 16
    assert {claim.kind for claim in claims} == set(KINDS)
    assert {claim.price_basis for claim in claims} == {"price"}
