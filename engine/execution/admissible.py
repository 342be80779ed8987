"""Which parameter sets a rule's own validators allow, each question asked once.

A validator is asked once for every distinct combination of the axes it can see: a field's for each
value of its axis, a model's for each combination of the axes it was observed to read.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from engine.errors import RuleError
from engine.rules.reading import names_read, noting
from engine.rules.rule import Rule, RuleParams

Numbers = NDArray[np.int64]
Digits = tuple[int, ...]

SETTLED = 1_000
"""Axes of up to so many values are asked about as a whole, so that most need no look-up at all."""
REMEMBERED = 2**22
"""Combinations whose verdicts are kept; beyond, each chunk of a grid asks again."""


class Admissible:
    """The verdicts of a rule's validators on the sets of an inner grid.

    Parameters
    ----------
    rule : Rule
    given : mapping
        Parameters the study sets; axes replace some of them.
    axes : mapping of str to sequence
        Parameter name → its values; the last axis runs fastest.
    """

    def __init__(
        self, rule: Rule, given: Mapping[str, Any], axes: Mapping[str, Sequence[Any]]
    ) -> None:
        self._rule, self._given = rule, dict(given)
        self._names = tuple(axes)
        self._values = tuple(axes.values())
        self._sizes = tuple(len(values) for values in axes.values())
        self._params = noting(rule.params)
        self._alone = [
            _Verdicts(self._sizes, (axis,), self._value_verdict(axis)) for axis in range(len(axes))
        ]
        alone = not _sees_everything(rule.params)  # then a field's verdict is its own
        self._fields = self._alone if alone else []
        self._read = () if alone else tuple(range(len(axes)))
        for verdicts in self._fields:
            verdicts.settle()
        self._joint = self._new_joint() if _looks_at_several(rule.params) else None

    def of(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Return which sets of the inner grid are allowed, shape (m,).

        Raises
        ------
        RuleError
            If a validator changes a parameter instead of refusing it.
        """
        allowed = np.ones(len(numbers), dtype=bool)
        for verdicts in self._fields:
            if not verdicts.all_true:
                allowed &= verdicts.of(numbers)
        if self._joint is not None and allowed.any():
            allowed[allowed] = self._together(numbers[allowed])
        return allowed

    def _together(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Ask the model's validators; what they read may grow with every answer."""
        assert self._joint is not None
        seen = names_read()
        while True:
            seen.clear()
            found = self._joint.of(numbers)
            read = tuple(i for i, name in enumerate(self._names) if i in self._read or name in seen)
            if read == self._read:
                return found
            self._read = read
            self._joint = self._new_joint()

    def _new_joint(self) -> _Verdicts:
        axes = self._read

        def verdict(digits: Digits) -> bool:
            usual = {
                name: values[self._alone[i].first_true]
                for i, (name, values) in enumerate(zip(self._names, self._values, strict=True))
                if i not in axes
            }
            chosen = {self._names[i]: self._values[i][d] for i, d in zip(axes, digits, strict=True)}
            return self._accepted({**self._given, **usual, **chosen}) is None

        return _Verdicts(self._sizes, axes, verdict)

    def _value_verdict(self, axis: int) -> Callable[[Digits], bool]:
        """Return how to ask whether a value is refused for itself, whatever the others are."""
        name, values = self._names[axis], self._values[axis]

        def verdict(digits: Digits) -> bool:
            refused = self._accepted({**self._given, name: values[digits[0]]})
            return refused is None or all(e["loc"][:1] != (name,) for e in refused.errors())

        return verdict

    def _accepted(self, parameters: Mapping[str, Any]) -> ValidationError | None:
        try:
            accepted = self._params.model_validate(dict(parameters))
        except ValidationError as error:
            return error
        if object.__getattribute__(accepted, "__dict__") != dict(parameters):
            raise RuleError(
                f"rule {self._rule.name}: its validators change parameters; to be swept they may "
                "only refuse them"
            )
        return None


class _Verdicts:
    """Answers by combination of some axes, asked for when they are first needed."""

    def __init__(
        self, sizes: tuple[int, ...], axes: tuple[int, ...], ask: Callable[[Digits], bool]
    ) -> None:
        self._ask = ask
        self._shape = tuple(sizes[axis] for axis in axes)
        self._strides = [(math.prod(sizes[axis + 1 :]), sizes[axis]) for axis in axes]
        size = math.prod(self._shape)
        self._known = np.full(size, -1, dtype=np.int8) if size <= REMEMBERED else None

    def settle(self) -> None:
        """Ask all there is to ask, if that is little."""
        if self._known is not None and len(self._known) <= SETTLED:
            for code in range(len(self._known)):
                self._answer(code)

    @property
    def all_true(self) -> bool:
        """Whether all that could be asked was, and allowed."""
        return self._known is not None and bool((self._known == 1).all())

    @property
    def first_true(self) -> int:
        """The first combination that is allowed; 0 where none is."""
        answers = (i for i in range(math.prod(self._shape)) if self._answer(i))
        return next(answers, 0)

    def of(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Return the verdicts on sets of the inner grid, shape (m,)."""
        codes = np.zeros(len(numbers), dtype=np.int64)
        for stride, size in self._strides:
            codes = codes * size + numbers // stride % size
        if self._known is None:
            distinct, inverse = np.unique(codes, return_inverse=True)
            answers = np.array([self._answer(code) for code in distinct.tolist()], dtype=bool)
            return np.asarray(answers[inverse.ravel()])
        for code in np.unique(codes[self._known[codes] < 0]).tolist():
            self._answer(code)
        return np.asarray(self._known[codes] == 1)

    def _answer(self, code: int) -> bool:
        if self._known is not None and self._known[code] >= 0:
            return bool(self._known[code])
        digits = np.unravel_index(code, self._shape) if self._shape else ()
        answer = self._ask(tuple(int(digit) for digit in digits))
        if self._known is not None:
            self._known[code] = answer
        return answer


def _looks_at_several(params: type[RuleParams]) -> bool:
    """Return whether any validator may look at several parameters at once."""
    decorators = params.__pydantic_decorators__
    after = params.model_post_init is not BaseModel.model_post_init
    return bool(decorators.model_validators or after) or _sees_everything(params)


def _sees_everything(params: type[RuleParams]) -> bool:
    """Return whether any validator sees parameters in a way that cannot be observed."""
    decorators = params.__pydantic_decorators__
    before = any(v.info.mode != "after" for v in decorators.model_validators.values())
    informed = any(
        len(inspect.signature(v.func).parameters) > (2 if v.info.mode == "wrap" else 1)
        for v in decorators.field_validators.values()
    )
    annotated = any(
        type(extra).__module__ == "pydantic.functional_validators"
        for field in params.model_fields.values()
        for extra in field.metadata
    )
    return bool(before or informed or annotated or decorators.root_validators)
