"""The rules of a rotation give the same compiled as they give in plain Python, to the last bit."""

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine.execution.kernel.bars  # noqa: F401  # makes them compilable
from engine.rotation.costs import orders, quote
from engine.rotation.switching import State, step


@numba.njit(error_model="numpy")
def compiled_orders(weight, shares, cash, prices, slippage, commission, fractional):
    core = quote(prices[0], slippage, commission)
    satellite = quote(prices[1], slippage, commission)
    return orders(weight, shares, cash, (core, satellite), fractional), core, satellite


@numba.njit(error_model="numpy")
def compiled_step(state, t, enter, leave, max_holding, cooldown):
    return step(state, t, enter, leave, max_holding, cooldown)


rates = st.sampled_from([0.0, 1e-4, 0.05])
prices = st.floats(1e-4, 1e6)
held = st.just(0.0) | st.floats(1e-3, 1e12)
weights = st.sampled_from([0.0, 1.0, 0.5]) | st.floats(0.0, 1.0)


def assert_same_orders(weight, shares, cash, at, slippage, commission, fractional):
    quotes = tuple(quote(price, slippage, commission) for price in at)
    sizes, core, satellite = compiled_orders(
        weight, shares, cash, at, slippage, commission, fractional
    )
    assert (core, satellite) == quotes
    assert sizes == orders(weight, shares, cash, quotes, fractional)
    return sizes


@settings(max_examples=500)
@given(weights, st.tuples(held, held), held, st.tuples(prices, prices), rates, rates, st.booleans())
def test_orders(weight, shares, cash, at, slippage, commission, fractional):
    assert_same_orders(weight, shares, cash, at, slippage, commission, fractional)


@pytest.mark.parametrize("cash", [10.0, 1e18, 1e25, 1e300])
def test_whole_shares_beyond_whole_numbers_of_64_bits(cash):
    core, satellite = assert_same_orders(1.0, (0.0, 0.0), cash, (1.0, 1e-3), 0.0, 0.0, False)
    assert core == 0.0
    assert satellite == pytest.approx(cash * 1000.0, rel=1e-3)
    (sold, _) = assert_same_orders(0.5, (satellite, 0.0), 0.0, (1.0, 1.0), 0.0, 0.0, False)
    assert sold == pytest.approx(-satellite / 2, rel=1e-3)


@settings(max_examples=500)
@given(
    st.booleans(),
    st.integers(0, 6),
    st.integers(0, 8),
    st.integers(0, 10),
    st.booleans(),
    st.booleans(),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_steps(inside, since, eligible, ahead, enter, leave, max_holding, cooldown):
    state = State(inside, since, eligible, 0)
    plain = step(state, since + ahead, enter, leave, max_holding, cooldown)
    assert compiled_step(state, since + ahead, enter, leave, max_holding, cooldown) == plain
