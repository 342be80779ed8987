"""The sentences about luck: exactly as readers see them."""

import math
from dataclasses import replace

import pytest

from engine.evaluation.inference.bootstrap import Interval
from engine.evaluation.inference.rules import Difference, RuleTests
from engine.evaluation.inference.superiority import Superiority
from engine.evaluation.inference.uncertainty import SharpeErrors, Uncertainty
from engine.evaluation.inference.verdict import judge
from engine.report.evidence import rule_test_notes, uncertainty_notes, verdict_text

NAN = math.nan
KNOWN = Uncertainty(
    returns=6451,
    level=0.95,
    block_length=140.3,
    resamples=2000,
    seed=1,
    intervals={
        "cagr": Interval(0.0688, -0.009, 0.1337, "BCa"),
        "sharpe": Interval(0.438, 0.051, 0.797, "BCa"),
        "max_drawdown": Interval(-0.5757, -0.7787, -0.3275, "percentile"),
        "active_return": Interval(-0.013, -0.0264, 0.0005, "BCa"),
    },
    sharpe_errors=SharpeErrors(0.198, 0.199, 0.179),
    sharpe_probability=0.9866,
    active_probability=0.0069,
    active_p_value=0.9725,
    minimum_track_record=NAN,
)
TESTS = RuleTests(
    benchmark="SPY held",
    level=0.95,
    size=0.05,
    block_length=150.0,
    resamples=2000,
    seed=1,
    differences=(
        Difference(
            "streak",
            "SPY held",
            Interval(-0.075, -0.145, -0.009, "BCa"),
            Interval(-0.0147, -0.0293, -0.0008, "BCa"),
        ),
        Difference("streak", "50/50", *[Interval(0.0, 0.0, 0.0, "BCa")] * 2),
    ),
    superiority=Superiority(1, 0, 0.4, 0.3, 0.284, 0.4),
    superior=(),
    confidence_set={"streak": 0.03, "SPY held": 0.6, "50/50": 1.0},
)
SINGLE = "; a single run says nothing about how many rules were tried"


def judged(active_probability, active_p_value):
    return judge({"active_probability": active_probability, "active_p_value": active_p_value})


def test_a_run_has_three_notes():
    assert uncertainty_notes(KNOWN, judged(0.0069, 0.9725), "SPY held") == (
        "95 % intervals (2,000 resampled histories, mean block 140.3 sessions): "
        "CAGR −0.90 % to 13.37 %, Sharpe 0.051 to 0.797, Max drawdown −77.87 % to −32.75 %, "
        "Active return −2.64 % to 0.05 %",
        "Sharpe 0.438 ± 0.199 (standard error), above 0 with probability 98.66 %",
        "no evidence of an edge over SPY held: probability of beating the benchmark 0.69 %, "
        f"bootstrap p 0.973{SINGLE}",
    )


def test_where_the_benchmark_is_beaten_the_needed_record_is_told():
    better = replace(KNOWN, minimum_track_record=9876.1)
    note = uncertainty_notes(better, judged(0.92, 0.08), "SPY held")[1]
    assert note.endswith(
        "98.66 %; to be 95 % sure of beating SPY held at this rate, 9,877 sessions are needed"
    )


def test_a_short_record_says_so():
    note, *_ = uncertainty_notes(replace(KNOWN, returns=20, block_length=NAN), judged(NAN, NAN), "")
    assert note == "no 95 % intervals: 20 returns are too few to resample"


@pytest.mark.parametrize(
    ("figures", "beginning"),
    [
        ((0.93, 0.07), "weak evidence of an edge over SPY held: "),
        ((0.999, 0.001), "moderate evidence of an edge over SPY held: "),
        ((NAN, NAN), "no evidence of an edge over SPY held: "),
    ],
)
def test_the_verdict_begins_with_its_level(figures, beginning):
    text = verdict_text(judged(*figures), "SPY held")
    assert text.startswith(beginning)
    assert text.endswith(SINGLE)
    assert ("–" in text) == math.isnan(figures[0])


def test_a_search_has_its_figures_and_no_caveat():
    verdict = judge(
        {"deflated_sharpe": 0.9912, "overfitting_probability": 0.04, "spa_p_value": 0.0021}
    )
    assert verdict_text(verdict, "SPY held") == (
        "strong evidence of an edge over SPY held: deflated Sharpe ratio 99.12 %, "
        "probability of overfitting 4.00 %, SPA p 0.002"
    )


def test_a_comparison_has_a_note_for_every_rule_and_one_for_all():
    assert rule_test_notes(TESTS) == (
        "streak against SPY held: difference in Sharpe −0.075 (95 % interval −0.145 to −0.009), "
        "in CAGR −1.47 % (−2.93 % to −0.08 %)",
        "p that no rule beats SPY held (SPA) 0.284; rules that beat it (StepM, 5 %): none; "
        "not told from the best (MCS, 5 %): SPY held, 50/50",
    )


def test_without_the_core_only_the_set_is_told():
    alone = replace(TESTS, benchmark=None, superiority=None, superior=None)
    assert rule_test_notes(alone) == ("not told from the best (MCS, 5 %): SPY held, 50/50",)


def test_too_few_returns_are_said_to_be():
    assert rule_test_notes(replace(TESTS, block_length=NAN)) == (
        "no tests of differences: there are too few returns to resample",
    )
