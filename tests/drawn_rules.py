"""Rules with parameters drawn from what their models say of themselves, and terms of trading."""

import math
from types import NoneType
from typing import Literal, get_args, get_origin

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import assume
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.execution.bars import history_of
from engine.execution.costs import AssetCosts, Terms
from engine.rules.registry import shipped_rules
from engine.rules.rule import Rule, RuleParams, SwitchingParams
from engine.rules.trigger import Trigger

SHIPPED = sorted(shipped_rules())


def _bounds(metadata):
    low, high = -math.inf, math.inf
    open_low = open_high = False
    for bound in metadata:
        match bound:
            case Ge(ge=low):
                pass
            case Gt(gt=low):
                open_low = True
            case Le(le=high):
                pass
            case Lt(lt=high):
                open_high = True
    return low, high, open_low, open_high


def _numbers(kind, metadata):
    """Draw a number within its bounds: mostly near the lower one, where rules are busy."""
    low, high, open_low, open_high = _bounds(metadata)
    assert low > -math.inf, "a parameter without a lower bound: teach this helper to draw it"
    if kind is int:
        least = int(low) + open_low
        most = int(min(high, 1e9)) - (open_high and high < 1e9)
        near, far = min(least + 6, most), min(least + 200, most)
        return st.integers(least, near) | st.integers(least, far)
    top = low + 1.0 if high == math.inf else high
    whole = st.floats(low, top, exclude_min=open_low, exclude_max=open_high and high == top)
    near = st.floats(low, low + (top - low) * 0.05, exclude_min=open_low)
    return whole | near | st.sampled_from([round(low + (top - low) / 2, 1)])


def _values(annotation, metadata):
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation is bool:
        return st.booleans()
    if annotation in (int, float):
        return _numbers(annotation, metadata)
    kinds = get_args(annotation)
    assert NoneType in kinds, f"a parameter of type {annotation}: teach this helper to draw it"
    (kind,) = (k for k in kinds if k is not NoneType)
    return st.none() | _values(kind, metadata)


@st.composite
def parameters_of(draw, rule):
    """Draw parameters of a rule; combinations its own validators refuse are discarded."""
    fields = rule.params.model_fields.items()
    given = {name: draw(_values(field.annotation, field.metadata)) for name, field in fields}
    try:
        return rule.parameters(given)
    except ValidationError:
        assume(False)


def assume_fits(panel, rule, params):
    """Discard what a weighting rule refuses: a plan that does not fit into so few sessions."""
    if not rule.is_switching:
        try:
            rule.weights(history_of(panel), params)
        except ValueError:
            assume(False)


_costs = st.builds(
    AssetCosts,
    commission=st.sampled_from([0.0, 1e-4, 0.01]),
    slippage=st.sampled_from([0.0, 2e-4, 0.02]),
)


@st.composite
def terms_for(draw, n):
    """Draw terms of trading for a panel of n sessions."""
    rate = draw(st.sampled_from([None, 0.0, 1e-4, -1e-4]))
    wobble = np.linspace(0.5, 1.5, n)
    return Terms(
        core=draw(_costs),
        satellite=draw(_costs),
        fill=draw(st.sampled_from(["next_open", "next_close"])),
        fractional_shares=draw(st.booleans()),
        initial_cash=draw(st.sampled_from([100_000.0, 12_345.67, 1e9])),
        overnight_rates=None if rate is None else rate * wobble,
    )


class PlantedParams(SwitchingParams):
    """No parameters but those every switching rule has."""


class Planted(Trigger):
    """A trigger that fires where it is told to."""

    def __init__(self, answers):
        self._answers = np.asarray(answers, dtype=bool)

    def __str__(self):
        return "planted"

    def answers(self, known, n):
        return self._answers[:n]


def planted_rule(enter, leave):
    """Return a rule that enters and leaves exactly at the given closes."""
    return Rule("planted", PlantedParams, lambda f, p: Planted(enter), lambda f, p: Planted(leave))


def weighted_rule(weights):
    """Return a rule with the given weights decided at each close; NaN where nothing is."""
    return Rule("weighted", RuleParams, weights=lambda h, p: np.array(weights)[: len(h.sessions)])
