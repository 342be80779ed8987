"""Every kind of claim, supported, contradicted and not testable, on a market made by hand."""

import datetime as dt

import numpy as np
import pytest
from streak_markets import STUDY, closes_of, sessions_from, write_prices, write_study

from engine.errors import DataError
from engine.pipeline.claiming import check_claims
from engine.rules.studies import load_study
from engine.study.claims import KINDS

# (BIG's, SMALL's return) by session; session 0 has none
RISK_ON = [(0.0, 0.01)] * 4  # sessions 1..4, SMALL beats by 100 bp
BROKEN = [(0.0, -0.02)]  # 5; with its dividend, SMALL gained
DEFENSIVE = [(-0.02, -0.01)] * 3  # 6..8
TIE = [(0.01, 0.01)]  # 9
BOTH_UP = [(0.01, 0.02)] * 4  # 10..13
TRAILED = [(0.0, -0.01)]  # 14
OPEN = [(0.0, 0.01)] * 5  # 15..19
RETURNS = np.array([*RISK_ON, *BROKEN, *DEFENSIVE, *TIE, *BOTH_UP, *TRAILED, *OPEN])
DAYS = sessions_from("2020-01-02", 20)
EARLIER = sessions_from("2019-12-24", 5)  # on which only BIG was quoted
DAY = [dt.date.fromisoformat(str(day)) for day in DAYS]


def write_market(folder):
    big, small = closes_of(RETURNS[:, 0]), closes_of(RETURNS[:, 1], 50.0)
    peak = np.array([90.0, 150.0, 120.0, 110.0, 105.0])
    write_prices(folder, "BIG", np.concatenate([EARLIER, DAYS]), np.concatenate([peak, big]))
    adjusted = small * np.where(np.arange(20) < 5, 0.95, 1.0)  # a dividend of 5 % in session 5
    write_prices(folder, "SMALL", DAYS, small, adjusted)
    write_prices(folder, "BANK", DAYS, closes_of([0.05] * 19))
    write_prices(folder, "CHIP", DAYS, closes_of([-0.03] * 19))
    write_prices(folder, "LATE", DAYS[12:], closes_of([0.05] * 7))
    write_prices(folder, "BAD", DAYS, closes_of([0.0] * 19) * np.where(np.arange(20) == 3, -1, 1))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    write_market(folder)
    return load_study(write_study(folder))


def verdict_of(study, kind, **keys):
    said = {"kind": kind, "quote": "so they say", "source": "someone", **keys}
    (result,) = check_claims(study, [KINDS[kind].model_validate(said)])
    assert (result.quote, result.source, result.kind) == ("so they say", "someone", kind)
    assert result.price_basis == keys.get("price_basis", "price")
    return result


SUPPORTED = [
    ("streak_length", {"as_of": DAY[4], "sessions": 4}, "4 sessions"),
    ("streak_length", {"as_of": DAY[2], "sessions": 2}, "2 sessions"),
    ("streak_length", {"as_of": DAY[8], "sessions": 3}, "3 sessions"),
    # the dividend makes session 5 a win: one streak of eight sessions
    ("streak_length", {"as_of": DAY[8], "sessions": 8, "price_basis": "total_return"}, "8 sess"),
    ("record_streak", {"as_of": DAY[4]}, "4 sessions; the longest other in all the data had 0"),
    ("record_streak", {"as_of": DAY[19]}, "5 sessions; the longest other in all the data had 4"),
    ("record_streak", {"as_of": DAY[12], "since": DAY[9]}, "had 0"),
    ("record_streak", {"as_of": DAY[13], "since": DAY[5]}, "since 2020-01-09 had 3"),
    ("record_streak", {"as_of": DAY[13], "ties": DAY[2]}, "2020-01-03 to 2020-01-08 had 4"),
    ("mean_outperformance", {"as_of": DAY[4], "bps": 104.9}, "100.0 bp a session"),
    ("mean_outperformance", {"as_of": DAY[7], "bps": 95.1}, "100.0 bp a session"),
    ("span_return", {"asset": "SMALL", "first": DAY[0], "last": DAY[2], "value": 0.02}, "+2.01 %"),
    ("span_return", {"asset": "BANK", "first": DAY[0], "last": DAY[1], "value": 0.05}, "+5.00 %"),
    ("streak_return", {"symbols": ["BANK"], "date": DAY[2], "at_least": 0.2155}, "BANK +21.55 %"),
    ("streak_return", {"symbols": ["BANK"], "date": DAY[17], "at_least": 0.27}, "BANK +27.63 %"),
    (
        "streak_return",
        {"symbols": ["BANK"], "date": DAY[16], "as_of": DAY[16], "at_least": 0.1025},
        "BANK +10.25 %",
    ),
    ("streak_return", {"symbols": ["CHIP"], "date": DAY[7], "below_core": True}, "CHIP −8.73 %"),
    ("close_level", {"asset": "SMALL", "date": DAY[1], "level": 50.504}, "50.50"),
    ("session_return", {"asset": "SMALL", "date": DAY[5], "value": -0.02}, "−2.00 %"),
    (
        "session_return",
        {"asset": "SMALL", "date": DAY[5], "value": 0.0316, "price_basis": "total_return"},
        "+3.16 %",
    ),
    ("rsi_above", {"asset": "SMALL", "date": DAY[4], "period": 3}, "RSI(3) = 100.00"),
    ("all_time_high", {"asset": "SMALL", "date": DAY[4]}, "close 52.03; highest until then 52.03"),
    ("record_closes", {"asset": "SMALL", "first": DAY[1], "last": DAY[9], "at_least": 4}, "4"),
    ("record_closes", {"asset": "SMALL", "first": DAY[0], "last": DAY[4], "at_least": 4}, "4"),
    ("record_closes", {"asset": "SMALL", "first": DAY[4], "last": DAY[4], "at_least": 1}, "1"),
    ("character", {"date": DAY[1], "expected": "risk-on"}, "risk-on"),
    ("character", {"date": DAY[8], "expected": "defensive"}, "defensive"),
]
CONTRADICTED = [
    ("streak_length", {"as_of": DAY[4], "sessions": 3}, "4 sessions"),
    ("streak_length", {"as_of": DAY[5], "sessions": 4}, "0 sessions"),
    ("streak_length", {"as_of": DAY[9], "sessions": 4}, "0 sessions"),
    ("record_streak", {"as_of": DAY[13]}, "4 sessions; the longest other in all the data had 4"),
    ("record_streak", {"as_of": DAY[8], "since": DAY[4]}, "had 4"),
    ("record_streak", {"as_of": DAY[9]}, f"no streak as of {DAY[9]}"),
    ("record_streak", {"as_of": DAY[19], "ties": DAY[2]}, "5 sessions; 2020-01-03 to"),
    ("record_streak", {"as_of": DAY[8], "ties": DAY[2]}, "3 sessions"),
    ("record_streak", {"as_of": DAY[19], "ties": DAY[7]}, "2020-01-10 to 2020-01-14 had 3"),
    ("record_streak", {"as_of": DAY[13], "ties": DAY[5]}, f"no earlier streak on {DAY[5]}"),
    ("record_streak", {"as_of": DAY[13], "ties": DAY[12]}, f"no earlier streak on {DAY[12]}"),
    ("mean_outperformance", {"as_of": DAY[4], "bps": 105.1}, "100.0 bp a session"),
    ("mean_outperformance", {"as_of": DAY[9], "bps": 100}, f"no streak as of {DAY[9]}"),
    ("span_return", {"asset": "SMALL", "first": DAY[0], "last": DAY[2], "value": 0.03}, "+2.01 %"),
    ("streak_return", {"symbols": ["BANK"], "date": DAY[2], "at_least": 0.2156}, "+21.55 %"),
    (
        "streak_return",
        {"symbols": ["CHIP", "BANK"], "date": DAY[7], "below_core": True},
        "BANK +15.76 %, CHIP −8.73 %",
    ),
    ("streak_return", {"symbols": ["BANK"], "date": DAY[9], "at_least": 0.0}, f"none on {DAY[9]}"),
    ("close_level", {"asset": "SMALL", "date": DAY[1], "level": 50.51}, "50.50"),
    ("session_return", {"asset": "SMALL", "date": DAY[5], "value": 0.02}, "−2.00 %"),
    ("rsi_above", {"asset": "SMALL", "date": DAY[8], "period": 3}, "RSI(3) = "),
    ("all_time_high", {"asset": "SMALL", "date": DAY[5]}, "close 50.99; highest until then 52.03"),
    # BIG had been at 150 on Boxing Day, before SMALL was quoted
    ("all_time_high", {"asset": "BIG", "date": DAY[13]}, "highest until then 150.00"),
    ("record_closes", {"asset": "SMALL", "first": DAY[1], "last": DAY[9], "at_least": 5}, "4"),
    ("record_closes", {"asset": "BIG", "first": DAY[1], "last": DAY[19], "at_least": 1}, "0"),
    ("character", {"date": DAY[8], "expected": "risk-on"}, "defensive"),
    ("character", {"date": DAY[9], "expected": "risk-on"}, "no streak of outperformance on 2020"),
]  # fmt: skip
UNTESTABLE = [
    ("statement", {"why": "nobody knows"}, "nobody knows"),
    ("span_return", {"asset": "NONE", "first": DAY[0], "last": DAY[2], "value": 0.1}, "NONE.csv"),
    ("close_level", {"asset": "BAD", "date": DAY[5], "level": 100}, "line 5, 2020-01-07"),
    ("session_return", {"asset": "NONE", "date": DAY[5], "value": 0.1}, "NONE.csv"),
    ("all_time_high", {"asset": "SMALL", "date": DAY[0]}, "is the first session of SMALL"),
    ("record_closes", {"asset": "NONE", "first": DAY[1], "last": DAY[2], "at_least": 1}, "NONE"),
    ("rsi_above", {"asset": "SMALL", "date": DAY[13]}, "RSI(14) needs 14 sessions before"),
    (
        "streak_return",
        {"symbols": ["BANK", "LATE"], "date": DAY[12], "at_least": 0.0},
        "LATE: starts on 2020-01-21, after",
    ),
    ("streak_return", {"symbols": ["NONE"], "date": DAY[2], "below_core": True}, "NONE.csv"),
]


@pytest.mark.parametrize(("kind", "keys", "measured"), SUPPORTED)
def test_supported(study, kind, keys, measured):
    result = verdict_of(study, kind, **keys)
    assert (result.verdict, measured in result.measured) == ("supported", True), result


@pytest.mark.parametrize(("kind", "keys", "measured"), CONTRADICTED)
def test_contradicted(study, kind, keys, measured):
    result = verdict_of(study, kind, **keys)
    assert (result.verdict, measured in result.measured) == ("contradicted", True), result


@pytest.mark.parametrize(("kind", "keys", "why"), UNTESTABLE)
def test_not_testable(study, kind, keys, why):
    result = verdict_of(study, kind, **keys)
    assert result.verdict == "not testable with this data"
    assert (result.claimed, result.measured, why in result.remark) == ("", "", True), result


def test_every_kind_is_tried_both_ways():
    testable = set(KINDS) - {"statement"}
    assert {kind for kind, *_ in SUPPORTED} == {kind for kind, *_ in CONTRADICTED} == testable


def test_the_record_of_later_streaks_is_not_known_yet(study):
    """As of session 4 nothing of the longer streak at the end is used."""
    assert verdict_of(study, "record_streak", as_of=DAY[4]).verdict == "supported"
    assert verdict_of(study, "record_streak", as_of=DAY[4]).measured.endswith("had 0")


def test_a_remark_says_which_record_was_the_real_one(study):
    result = verdict_of(study, "record_streak", as_of=DAY[19], ties=DAY[7])
    assert result.remark == "the longest before had 4"


OUTSIDE = dt.date(2020, 3, 2)
BEFORE = dt.date(2018, 1, 2)
SUNDAY = dt.date(2020, 1, 12)  # within the defensive streak
UNKNOWN = f"{OUTSIDE} is outside of the data of "
CLOSED = f"{SUNDAY} is no session of "
BANK = {"symbols": ["BANK"], "at_least": 0}
WRONG_DATES = [
    ("streak_length", {"as_of": OUTSIDE, "sessions": 1}, f"{UNKNOWN}BIG/SMALL, 2020-01-02 to"),
    ("streak_length", {"as_of": SUNDAY, "sessions": 1}, f"{CLOSED}BIG/SMALL; the next one is"),
    ("record_streak", {"as_of": DAY[8], "since": BEFORE}, f"{BEFORE} is before the data, which"),
    ("record_streak", {"as_of": DAY[8], "ties": BEFORE}, f"{BEFORE} is outside"),
    ("mean_outperformance", {"as_of": OUTSIDE, "bps": 1}, f"{UNKNOWN}BIG/SMALL"),
    (
        "span_return",
        {"asset": "SMALL", "first": DAY[0], "last": OUTSIDE, "value": 0.1},
        f"{UNKNOWN}SMALL",
    ),
    ("streak_return", {**BANK, "date": OUTSIDE}, f"{UNKNOWN}BIG/SMALL"),
    ("streak_return", {**BANK, "date": SUNDAY}, f"{CLOSED}BIG/SMALL"),
    ("close_level", {"asset": "LATE", "date": DAY[1], "level": 1}, "2020-01-03 is outside of the"),
    ("session_return", {"asset": "SMALL", "date": SUNDAY, "value": 0}, f"{CLOSED}SMALL"),
    ("session_return", {"asset": "SMALL", "date": DAY[0], "value": 0}, f"{DAY[0]} is the first"),
    ("rsi_above", {"asset": "BIG", "date": OUTSIDE}, f"{UNKNOWN}BIG, 2019-12-24 to"),
    ("all_time_high", {"asset": "SMALL", "date": BEFORE}, f"{BEFORE} is outside"),
    (
        "record_closes",
        {"asset": "SMALL", "first": SUNDAY, "last": DAY[12], "at_least": 1},
        f"{CLOSED}SMALL",
    ),
    ("character", {"date": OUTSIDE, "expected": "mixed"}, f"{UNKNOWN}BIG/SMALL"),
    ("character", {"date": SUNDAY, "expected": "mixed"}, f"{CLOSED}BIG/SMALL"),
]


@pytest.mark.parametrize(("kind", "keys", "message"), WRONG_DATES)
def test_dates_that_cannot_be(study, kind, keys, message):
    with pytest.raises(DataError) as caught:
        verdict_of(study, kind, **keys)
    assert str(caught.value).startswith(f"claim “so they say”: {message}")
    assert caught.value.exit_code == 4


def test_the_end_of_the_study_holds(study):
    ended = study.model_copy(update={"data": study.data.model_copy(update={"end": DAY[10]})})
    assert verdict_of(ended, "streak_length", as_of=DAY[10], sessions=1).verdict == "supported"
    for asset in ("SMALL", "BANK"):
        with pytest.raises(DataError, match=f"outside of the data of {asset}"):
            verdict_of(ended, "close_level", asset=asset, date=DAY[11], level=50)


def test_the_start_of_the_study_holds_for_streaks(study):
    """Warm-up is looked at for prices, but its streaks are none of the study's."""
    later = study.model_copy(update={"data": study.data.model_copy(update={"start": DAY[10]})})
    result = verdict_of(later, "record_streak", as_of=DAY[13])
    assert (result.verdict, result.measured[-5:]) == ("supported", "had 0")
    with pytest.raises(DataError, match=f"{DAY[2]} is outside of the data of BIG/SMALL"):
        verdict_of(later, "character", date=DAY[2], expected="risk-on")
    assert verdict_of(later, "all_time_high", asset="SMALL", date=DAY[5]).verdict == "contradicted"


def test_prices_nobody_can_trust_stop_everything(tmp_path):
    write_market(tmp_path)
    write_prices(tmp_path, "BIG", DAYS, closes_of([0.0] * 19) * np.where(np.arange(20) == 3, -1, 1))
    study = load_study(write_study(tmp_path, STUDY))
    with pytest.raises(DataError, match=r"BIG\.csv:5: 2020-01-07"):
        verdict_of(study, "close_level", asset="BANK", date=DAY[1], level=105)


def test_a_simulated_market_has_no_banks(study):
    text = {"name": "s", "data": {"source": "simulated"}, "rule": {"name": "streak"}}
    simulated = type(study).model_validate(text)
    day = dt.date(2026, 1, 21)
    result = verdict_of(simulated, "close_level", asset="HBAN", date=day, level=17.0)
    assert result.verdict == "not testable with this data"
    assert result.remark == "HBAN: the simulated market has only LARGE, SMALL"
    assert verdict_of(simulated, "streak_length", as_of=day, sessions=13).verdict == "supported"
