"""Prices have no unit: quoting one asset in another currency changes no feature."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import walk

from engine.rules.trigger import Feature
from engine.signals.catalogue import SIGNALS, Closes

FEATURES = [
    Feature(signal.name, arguments)
    for signal in SIGNALS.values()
    for form in signal.forms
    for arguments in product(*(p.assets if p.kind == "asset" else (2, 14) for p in form))
]


def closes(seed):
    rng = np.random.default_rng(seed)
    return Closes(walk(rng, 90), walk(rng, 90))


def scaled(known, asset, factor):
    return known._replace(**{asset: getattr(known, asset) * factor})


every_feature = pytest.mark.parametrize("feature", FEATURES, ids=str)
assets = st.sampled_from(["core", "satellite"])


@every_feature
@settings(max_examples=20)
@given(st.integers(0, 1000), assets, st.integers(-40, 40))
def test_by_a_power_of_two_exactly(feature, seed, asset, power):
    known = closes(seed)
    other = feature.values(scaled(known, asset, 2.0**power))
    np.testing.assert_array_equal(feature.values(known), other)


@every_feature
@settings(max_examples=20)
@given(st.integers(0, 1000), assets, st.floats(1e-6, 1e6))
def test_by_any_factor_to_rounding(feature, seed, asset, factor):
    known = closes(seed)
    other = feature.values(scaled(known, asset, factor))
    np.testing.assert_allclose(feature.values(known), other, rtol=1e-8, atol=1e-11)
