"""Which sets a rule allows: as if each were checked on its own, and yet hardly any is."""

import itertools
from typing import Annotated

import numpy as np
import pytest
from pydantic import AfterValidator, ValidationError, field_validator, model_validator

from engine.execution import admissible
from engine.execution.admissible import Admissible
from engine.rules import Rule, SwitchingParams, parameter

AXES = {
    "run": [1, 2, 3, 4, 5],
    "period": [3, 8, 2],
    "other": [2, 6, 7],
    "hot": [45.0, 60.0, 75.0, 101.0],
}


def number(default, **bounds):
    return parameter(default, unit="sessions", description="a number", **bounds)


class Free(SwitchingParams):
    run: int = number(1, ge=1)
    period: int = number(5, ge=2)
    other: int = number(3, ge=2)
    hot: float = number(60.0)


class Bounded(Free):
    hot: float = number(60.0, le=100)
    period: int = number(5, ge=3)


class Odd(Bounded):
    @field_validator("run")
    @classmethod
    def _odd(cls, run):
        if run % 2 == 0:
            raise ValueError("must be odd")
        return run


class Ordered(Bounded):
    @model_validator(mode="after")
    def _ordered(self):
        if self.run >= self.period:
            raise ValueError("run must be below period")
        return self


class Branching(Bounded):
    """What decides which parameter is read is itself read only for some values."""

    @model_validator(mode="after")
    def _branching(self):
        if self.run > 2 and (self.other > self.run if self.hot > 50 else self.period > 5):
            raise ValueError("no")
        return self


class Chained(Ordered):
    @model_validator(mode="after")
    def _chained(self):
        if self.other == 6 and self.hot == 60.0:
            raise ValueError("no")
        return self


class Dumping(Bounded):
    @model_validator(mode="after")
    def _dumping(self):
        if sum(v for v in self.model_dump().values() if v) > 80:
            raise ValueError("too much")
        return self


class Before(Bounded):
    @model_validator(mode="before")
    @classmethod
    def _before(cls, given):
        if given.get("run") == 3 and given.get("other") == 7:
            raise ValueError("no")
        return given


class Informed(Bounded):
    @field_validator("other")
    @classmethod
    def _informed(cls, other, info):
        if info.data.get("run") == other:
            raise ValueError("no")
        return other


def _not_six(value, info):
    if value == 6 and info.data.get("run", 0) > 3:
        raise ValueError("no")
    return value


class Annotation(Bounded):
    other: Annotated[int, AfterValidator(_not_six)] = number(3, ge=2)


class Initialised(Bounded):
    def model_post_init(self, context):
        if self.run == 4 and self.other == 2:
            raise ValueError("no")


KINDS = [
    Free, Bounded, Odd, Ordered, Branching, Chained, Dumping, Before, Informed, Annotation,
    Initialised,
]  # fmt: skip


def rule_of(params):
    return Rule("mine", params, lambda f, p: f.streak() >= p.run, lambda f, p: f.streak() <= -1)


def one_by_one(params, given):
    """Every set checked on its own, by pydantic."""
    verdicts = []
    for values in itertools.product(*AXES.values()):
        try:
            params.model_validate({**given, **dict(zip(AXES, values, strict=True))})
            verdicts.append(True)
        except ValidationError:
            verdicts.append(False)
    return verdicts


@pytest.mark.parametrize("params", KINDS)
@pytest.mark.parametrize("remembered", [2**22, 0])
def test_verdicts_are_those_of_every_set_alone(params, remembered, monkeypatch):
    monkeypatch.setattr(admissible, "REMEMBERED", remembered)
    given = dict(params())
    expected = one_by_one(params, given)
    assert any(expected)
    for size in (180, 1, 7):
        asked = Admissible(rule_of(params), given, AXES)
        found = [asked.of(np.arange(i, min(i + size, 180))) for i in range(0, 180, size)]
        assert np.concatenate(found).tolist() == expected
    shuffled = np.random.default_rng(1).permutation(180)
    assert asked.of(shuffled).tolist() == [expected[i] for i in shuffled]


def test_a_model_s_validator_is_asked_once_for_what_it_reads(monkeypatch):
    """A million sets, and as few questions as there are pairs of the two axes it reads."""
    asked = []

    class Counting(Free):
        @model_validator(mode="after")
        def _ordered(self):
            asked.append((self.run, self.period))
            if self.run > self.period:
                raise ValueError("no")
            return self

    axes = {
        "hot": [float(i) for i in range(100)],
        "run": list(range(1, 11)),
        "other": list(range(2, 102)),
        "period": list(range(2, 12)),
    }
    found = Admissible(rule_of(Counting), dict(Counting()), axes).of(np.arange(10**6))
    run, period = np.arange(1, 11), np.arange(2, 12)
    expected = np.broadcast_to((run[:, None] <= period)[None, :, None, :], (100, 10, 100, 10))
    np.testing.assert_array_equal(found.reshape(100, 10, 100, 10), expected)
    assert len(asked) < 500


def test_nothing_is_allowed_where_no_value_of_an_axis_is():
    axes = AXES | {"period": [1, 0]}
    assert not Admissible(rule_of(Ordered), dict(Ordered()), axes).of(np.arange(120)).any()


def test_a_grid_without_axes_has_one_set():
    assert Admissible(rule_of(Ordered), dict(Ordered()), {}).of(np.arange(1)).tolist() == [True]
