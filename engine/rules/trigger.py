"""The trigger algebra: causal yes/no questions about features, as small hashable expressions.

A trigger is a comparison ``feature ⋈ threshold`` or a combination of triggers with ``&`` and
``|``. ``~`` negates by turning every comparison round, so that a feature in warm-up (NaN)
triggers nothing, negated or not. The text of a trigger is the expression a study file would use.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import RuleError
from engine.signals.catalogue import SIGNALS, Argument, Closes, Parameter

Values = NDArray[np.float64]
Answers = NDArray[np.bool_]

COMPARISONS: dict[str, Callable[[Values, float | Values], Answers]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
_OPPOSITE = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "==": "!=", "!=": "=="}


class Known(Protocol):
    """What triggers are evaluated on: feature values by feature."""

    def feature(self, feature: Feature) -> Values:
        """Return the values of a feature at every close, shape (n,)."""


@dataclass(frozen=True)
class Feature:
    """A signal with its arguments: a number known at every close.

    Raises
    ------
    RuleError
        If there is no such signal, or the arguments are not what it takes.
    """

    name: str
    arguments: tuple[Argument, ...] = ()

    def __post_init__(self) -> None:
        signal = SIGNALS.get(self.name)
        if signal is None:
            raise RuleError(f"there is no feature {self.name} (allowed {', '.join(SIGNALS)})")
        form = next((f for f in signal.forms if len(f) == len(self.arguments)), None)
        if form is None:
            usage = " or ".join(_usage(self.name, form) for form in signal.forms)
            raise RuleError(f"{self} has {len(self.arguments)} arguments; write {usage}")
        for parameter, argument in zip(form, self.arguments, strict=True):
            _check_argument(self, parameter, argument)

    def __str__(self) -> str:
        if not self.arguments:
            return self.name
        return f"{self.name}({', '.join(str(argument) for argument in self.arguments)})"

    def values(self, closes: Closes) -> Values:
        """Compute the feature from closes, shape (n,); NaN while it warms up."""
        return SIGNALS[self.name].compute(closes, *self.arguments)

    def __ge__(self, threshold: float | Feature) -> Comparison:
        return Comparison(self, ">=", threshold)

    def __gt__(self, threshold: float | Feature) -> Comparison:
        return Comparison(self, ">", threshold)

    def __le__(self, threshold: float | Feature) -> Comparison:
        return Comparison(self, "<=", threshold)

    def __lt__(self, threshold: float | Feature) -> Comparison:
        return Comparison(self, "<", threshold)

    def equals(self, threshold: float) -> Comparison:
        """Return the trigger ``feature == threshold`` (``==`` itself compares features)."""
        return Comparison(self, "==", threshold)


def _usage(name: str, form: tuple[Parameter, ...]) -> str:
    return f"{name}({', '.join(p.name for p in form)})" if form else name


def _check_argument(feature: Feature, parameter: Parameter, argument: Argument) -> None:
    if parameter.kind == "asset":
        if argument not in parameter.assets:
            allowed = ", ".join(parameter.assets)
            raise RuleError(f"{feature}: {argument} is no {parameter.name} (allowed {allowed})")
    elif isinstance(argument, bool) or not isinstance(argument, int):
        raise RuleError(f"{feature}: {parameter.name} must be a whole number, not {argument!r}")
    elif argument < parameter.least:
        raise RuleError(f"{feature}: {parameter.name} must be at least {parameter.least}")


class Trigger:
    """A causal yes/no at every close. Combine with ``&``, ``|`` and ``~``."""

    def __and__(self, other: Trigger) -> Trigger:
        return Every((*_parts(self, Every), *_parts(other, Every)))

    def __or__(self, other: Trigger) -> Trigger:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> Trigger:
        raise NotImplementedError

    def __bool__(self) -> bool:
        raise TypeError("combine triggers with &, | and ~, not with and, or, not")

    def answers(self, known: Known, n: int) -> Answers:
        """Return the answer at each of n closes, shape (n,); False while features warm up."""
        raise NotImplementedError

    def comparisons(self) -> Iterator[Comparison]:
        """Yield every comparison the trigger is made of, from left to right."""
        return iter(())


def _parts(trigger: Trigger, kind: type[Every] | type[AnyOf]) -> tuple[Trigger, ...]:
    return trigger.parts if isinstance(trigger, kind) else (trigger,)


@dataclass(frozen=True)
class Comparison(Trigger):
    """``feature ⋈ threshold``; the threshold is a number or another feature."""

    feature: Feature
    comparison: str
    threshold: float | Feature

    def __str__(self) -> str:
        return f"{self.feature} {self.comparison} {_plain(self.threshold)}"

    def __invert__(self) -> Trigger:
        return Comparison(self.feature, _OPPOSITE[self.comparison], self.threshold)

    def answers(self, known: Known, n: int) -> Answers:
        values = known.feature(self.feature)
        other = self.threshold
        bound = known.feature(other) if isinstance(other, Feature) else other
        found = COMPARISONS[self.comparison](values, bound)
        if self.comparison == "!=":  # the only one that is true of NaN; warm-up must not be
            found &= ~(np.isnan(values) | np.isnan(bound))
        return found

    def comparisons(self) -> Iterator[Comparison]:
        yield self

    def features(self) -> Iterator[Feature]:
        """Yield the one or two features compared."""
        yield self.feature
        if isinstance(self.threshold, Feature):
            yield self.threshold


@dataclass(frozen=True)
class _Combination(Trigger):
    parts: tuple[Trigger, ...]

    def comparisons(self) -> Iterator[Comparison]:
        for part in self.parts:
            yield from part.comparisons()


@dataclass(frozen=True)
class Every(_Combination):
    """True where all parts are."""

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, AnyOf) else str(p) for p in self.parts)

    def __invert__(self) -> Trigger:
        return AnyOf(tuple(~part for part in self.parts))

    def answers(self, known: Known, n: int) -> Answers:
        answers = [part.answers(known, n) for part in self.parts]
        return np.asarray(np.logical_and.reduce(answers))


@dataclass(frozen=True)
class AnyOf(_Combination):
    """True where at least one part is."""

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)

    def __invert__(self) -> Trigger:
        return Every(tuple(~part for part in self.parts))

    def answers(self, known: Known, n: int) -> Answers:
        answers = [part.answers(known, n) for part in self.parts]
        return np.asarray(np.logical_or.reduce(answers))


@dataclass(frozen=True)
class Constant(Trigger):
    """The same answer at every close: `ALWAYS` or `NEVER`."""

    answer: bool

    def __str__(self) -> str:
        return "always" if self.answer else "never"

    def __invert__(self) -> Trigger:
        return Constant(not self.answer)

    def answers(self, known: Known, n: int) -> Answers:
        return np.full(n, self.answer)


ALWAYS = Constant(True)
NEVER = Constant(False)


def _plain(threshold: float | Feature) -> str:
    if isinstance(threshold, Feature):
        return str(threshold)
    number = threshold + 0.0  # no "-0"
    short = f"{number:.15g}"
    return short if float(short) == number else repr(number)  # what reads back the same
