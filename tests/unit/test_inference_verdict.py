"""The verdict: the lowest level of all, thresholds reached exactly, nothing strong unsearched."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.inference.verdict import CRITERIA, LEVELS, SINGLE_RUN, judge

SEARCH = {criterion.key for criterion in CRITERIA if criterion.of_search}
VALUES = st.one_of(st.floats(0.0, 1.0), st.just(math.nan))
FIGURES = st.dictionaries(st.sampled_from([c.key for c in CRITERIA]), VALUES, min_size=1)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.key)
def test_a_threshold_is_reached_exactly_at_it(criterion):
    nearly = [math.nextafter(t, -math.inf * criterion.direction) for t in criterion.thresholds]
    for reached, (at, below) in enumerate(zip(criterion.thresholds, nearly, strict=True), start=1):
        assert judge({criterion.key: at}).findings[0].level == LEVELS[reached]
        assert judge({criterion.key: below}).findings[0].level == LEVELS[reached - 1]
    assert list(criterion.thresholds) == sorted(
        criterion.thresholds, reverse=criterion.direction < 0
    )


@given(FIGURES)
def test_the_verdict_is_the_lowest_level_of_all(figures):
    verdict = judge(figures)
    assert {f.key: f.value for f in verdict.findings}.keys() == figures.keys()
    lowest = min(LEVELS.index(finding.level) for finding in verdict.findings)
    searched = bool(figures.keys() & SEARCH)
    assert LEVELS.index(verdict.level) == (lowest if searched else min(lowest, 2))
    assert verdict.caveat == (None if searched else SINGLE_RUN)
    order = [criterion.key for criterion in CRITERIA]
    keys = [finding.key for finding in verdict.findings]
    assert keys == sorted(keys, key=order.index)


@given(FIGURES, st.sampled_from(sorted(SEARCH)), VALUES)
def test_one_more_figure_of_the_search_never_makes_a_searched_verdict_better(figures, key, value):
    if figures.keys() & SEARCH and key not in figures:
        before, after = judge(figures), judge({**figures, key: value})
        assert LEVELS.index(after.level) <= LEVELS.index(before.level)


def test_a_single_run_is_never_strong():
    verdict = judge({"active_probability": 1.0, "active_p_value": 0.0})
    assert [finding.level for finding in verdict.findings] == ["strong", "strong"]
    assert (verdict.level, verdict.caveat) == ("moderate", SINGLE_RUN)
    assert judge({"active_probability": 1.0, "deflated_sharpe": 1.0}).level == "strong"


def test_what_is_undefined_is_no_evidence():
    assert judge({"deflated_sharpe": math.nan, "spa_p_value": 0.001}).level == "no evidence"


@pytest.mark.parametrize("figures", [{}, {"sharpe": 1.0}, {"deflated_sharpe": 1.0, "pbo": 0.0}])
def test_what_is_no_criterion_is_refused(figures):
    with pytest.raises(ValueError, match="give one or more of active_probability, "):
        judge(figures)


def test_every_criterion_is_explained_in_two_sentences_with_its_source():
    for criterion in CRITERIA:
        assert criterion.explanation.count("(") >= 1
        assert criterion.explanation.endswith(".")
        assert any(digit in criterion.explanation for digit in "12")
