"""Several rules beside one another: against NumPy, and where nothing varies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import sessions_of, walk

from engine.evaluation.tear_sheet.several import correlations, several_rules


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(3, 80))
def test_correlations_are_numpys(seed, m, n):
    series = np.random.default_rng(seed).normal(size=(m, n))
    before = series.copy()
    found = correlations(series)
    np.testing.assert_allclose(found, np.atleast_2d(np.corrcoef(series)), atol=1e-12)
    np.testing.assert_array_equal(series, before)
    assert np.abs(found).max() <= 1.0
    assert (np.diag(found) == 1.0).all()


def test_what_never_varies_has_no_correlation():
    moving = np.array([0.01, -0.02, 0.005, 0.0])
    found = correlations(np.array([moving, np.zeros(4), np.full(4, 1e-3), -moving]))
    assert np.isnan(found[1:3]).all()
    assert np.isnan(found[:, 1:3]).all()
    assert found[0, 3] == pytest.approx(-1.0)


@pytest.mark.parametrize("shape", [(0, 0), (2, 0), (2, 1)])
def test_without_enough_values_nothing_is_defined(shape):
    found = correlations(np.zeros(shape))
    assert found.shape == (shape[0], shape[0])
    assert np.isnan(found).all()


def test_rows_are_set_against_the_core():
    rng, sessions = np.random.default_rng(1), sessions_of(600, 2)
    equities = {name: walk(rng, 600) for name in ("core", "one", "two")}
    found = several_rules(equities, sessions, "core")
    assert found.relative.keys() == found.active_yearly.keys() == {"one", "two"}
    np.testing.assert_array_equal(found.relative["one"], equities["one"] / equities["core"])
    for label in ("one", "two"):
        difference = found.yearly[label] - found.yearly["core"]
        np.testing.assert_array_equal(found.active_yearly[label], difference)
    returns = {k: np.diff(e) / e[:-1] for k, e in equities.items()}
    active = [returns[k] - returns["core"] for k in found.correlated]
    np.testing.assert_allclose(found.correlation, np.corrcoef(active), atol=1e-12)
    assert found.years.tolist() == sorted({int(str(s)[:4]) for s in sessions})


def test_without_the_core_returns_themselves_are_correlated():
    rng = np.random.default_rng(2)
    equities = {name: walk(rng, 50) for name in ("one", "two")}
    found = several_rules(equities, sessions_of(50), None)
    assert (found.relative, found.active_yearly) == ({}, {})
    returns = [np.diff(e) / e[:-1] for e in equities.values()]
    np.testing.assert_allclose(found.correlation, np.corrcoef(returns), atol=1e-12)
