"""The sweep section of a study file: every axis that is wrong, in these words, at this line."""

import pytest
from study_texts import MINIMAL, Files, with_line

EXECUTION_KEYS = "fill, commission_bps, slippage_bps, fractional_shares, initial_cash, cash_rate"


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


WRONG = [
    ("sweep: 5", "sweep: is 5, but must be a section of keys"),
    ("sweep:", "sweep: is empty, but must be a section of keys"),
    (
        "sweep: {rule.x: 5}",
        "sweep.rule.x: is 5, but must be a list such as [1, 2, 3] or a range such as "
        "{from: 1, to: 9, step: 2}",
    ),
    ("sweep: {rule.x: {from: 1}}", "sweep.rule.x.to: is missing"),
    ("sweep: {rule.x: [1, 1]}", "sweep.rule.x.1: 1 is listed twice"),
    (
        "sweep: {name: [a]}",
        "sweep.name: cannot be swept (allowed rule.…, execution.…, data.…)",
    ),
    (
        "sweep: {rules.x: [1]}",
        "sweep.rules.x: cannot be swept (allowed rule.…, execution.…, data.…; "
        'did you mean "rule"?)',
    ),
    (
        "sweep: {rule: [1]}",
        'sweep.rule: cannot be swept (allowed rule.…, execution.…, data.…; did you mean "rule"?)',
    ),
    (
        "sweep: {execution.comission_bps: [1]}",
        f"sweep.execution.comission_bps: no such key (allowed {EXECUTION_KEYS}; "
        'did you mean "commission_bps"?)',
    ),
    (
        "sweep: {execution.commission_bps: {from: 0, to: 2000}}",
        "sweep.execution.commission_bps: is 2000, but must be at most 1000",
    ),
    (
        "sweep: {execution.slippage_bps.IWM: [1]}",
        "sweep.execution.slippage_bps.IWM: execution.slippage_bps is 0.0 here, so there is no "
        "IWM in it",
    ),
    (
        "sweep: {entry_streak: [1]}",
        "sweep.entry_streak: cannot be swept (allowed rule.…, execution.…, data.…; "
        "a parameter of the rule is rule.entry_streak)",
    ),
    ("sweep: {seed: [1]}", "sweep.seed: cannot be swept (allowed rule.…, execution.…, data.…)"),
    (
        "sweep: {benchmarks.0: [core]}",
        "sweep.benchmarks.0: cannot be swept (allowed rule.…, execution.…, data.…)",
    ),
    ("sweep: {data.vix: [VIX]}", "sweep.data.vix: cannot be swept: no backtest depends on it"),
    (
        "sweep: {data.price_basis: [total_return, prices]}",
        'sweep.data.price_basis: is "prices", which is not allowed (allowed total_return, price; '
        'did you mean "price"?)',
    ),
    (
        "sweep: {execution.fractional_shares: [true, 1]}",
        "sweep.execution.fractional_shares: is 1, but must be true or false",
    ),
    (
        "sweep: {data.start: [null, 2020-01-02, 2020]}",
        "sweep.data.start: is 2020, but must be a date such as 2026-01-22",
    ),
    (
        "sweep: {execution.initial_cash: {from: 0, to: 1_000_000_000_000}}",
        "sweep.execution.initial_cash: is 0, but must be greater than 0",
    ),
    (
        "sweep: {data.satellite: [QQQ, SPY]}",
        "sweep.data.satellite: is SPY, as core is; they must differ",
    ),
    (
        "sweep: {execution.slippage_bps: [1], execution.slippage_bps.IWM: [1]}",
        "sweep.execution.slippage_bps.IWM: is swept already, as part of execution.slippage_bps",
    ),
    (
        "sweep: {rule: {entry_streak: [1]}}",
        "sweep.rule: is a section that is no range such as {from: 1, to: 9, step: 2}; the key of "
        "an axis is written in one, with dots",
    ),
]


@pytest.mark.parametrize(("line", "message"), WRONG, ids=[line[:50] for line, _ in WRONG])
def test_a_wrong_axis_is_refused_in_these_words(files, line, message):
    text = with_line(MINIMAL, line)
    at = text.splitlines().index(line) + 1
    assert files.refusals(text) == [f"study.yaml:{at}: {message}"]
