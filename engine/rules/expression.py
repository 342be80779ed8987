"""Rules written in a study file: trigger expressions, parsed from a whitelist, never evaluated.

An expression compares features with numbers, with each other, or with named parameters, and
combines comparisons with ``and``, ``or``, ``not`` and parentheses::

    streak >= entry and rsi(satellite, 14) < guard
    streak <= -exit or 30 < rsi(ratio, period) <= 2 * floor
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from pydantic import create_model

from engine.errors import RuleError, did_you_mean
from engine.rules.features import Features
from engine.rules.rule import Rule, RuleParams
from engine.rules.trigger import ALWAYS, NEVER, Comparison, Feature, Trigger
from engine.signals.catalogue import SIGNALS
from engine.study.misfit import Misfit, MisfitError, allowed_names, shown

ASSETS = ("core", "satellite", "ratio")
CONSTANTS = {"always": ALWAYS, "never": NEVER}
RESERVED = (*SIGNALS, *ASSETS, *CONSTANTS, "max_holding", "cooldown", "parameters")
EXPRESSION_KEYS = ("parameters", "max_holding", "cooldown")
MAX_LENGTH = 2000

Number = int | float

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.GtE: ">=",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.Lt: "<",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_TURNED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "==": "==", "!=": "!="}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class Expression:
    """One trigger expression with named parameters left open.

    Raises
    ------
    RuleError
        If the text is not an expression of the language.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise RuleError(f"an expression has at most {MAX_LENGTH} characters, not {len(text)}")
        if "#" in text:
            raise RuleError("an expression has no comments; what follows the # would be lost")
        self.text = " ".join(text.split())
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise RuleError(f'"{self.text[:80]}" is not an expression; {self._advice()}') from None

    def _advice(self) -> str:
        if self.text.count("(") > self.text.count(")"):
            return "a ( has no ): within {…} a text that holds a comma belongs in quotes"
        return "write for example: streak >= 5 and rsi(satellite, 14) < 70"

    def trigger(self, values: Mapping[str, Number]) -> Trigger:
        """Return the trigger with parameters filled in; raises RuleError where it is wrong."""
        try:
            return _Builder(values).trigger(self._tree)
        except RecursionError:
            raise RuleError(f'"{self.text[:80]}" is nested too deeply') from None


class _Builder:
    """Turns a syntax tree into a trigger, node by node; what is not listed here is refused."""

    def __init__(self, values: Mapping[str, Number]) -> None:
        self._values = values

    def trigger(self, node: ast.expr) -> Trigger:
        if isinstance(node, ast.BoolOp):
            parts = [self.trigger(value) for value in node.values]
            whole = parts[0]
            for part in parts[1:]:
                whole = whole & part if isinstance(node.op, ast.And) else whole | part
            return whole
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.trigger(node.operand)
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Name) and node.id in CONSTANTS:
            return CONSTANTS[node.id]
        raise RuleError(
            f'"{ast.unparse(node)}" answers neither yes nor no; compare it with something, '
            "for example: streak >= 5"
        )

    def _comparison(self, node: ast.Compare) -> Trigger:
        sides = [self._side(side) for side in (node.left, *node.comparators)]
        whole: Trigger | None = None
        for left, comparison, right in zip(sides, node.ops, sides[1:], strict=False):
            part = self._compare(node, left, comparison, right)
            whole = part if whole is None else whole & part
        assert whole is not None  # a comparison has at least one operator
        return whole

    def _compare(
        self, node: ast.Compare, left: Number | Feature, op: ast.cmpop, right: Number | Feature
    ) -> Trigger:
        text = _COMPARISONS.get(type(op))
        if text is None:
            raise RuleError(f'"{ast.unparse(node)}": allowed are {", ".join(_TURNED)}')
        if isinstance(left, Feature):
            return Comparison(left, text, right)
        if isinstance(right, Feature):
            return Comparison(right, _TURNED[text], left)
        raise RuleError(f'"{ast.unparse(node)}" compares two numbers; one side must be a feature')

    def _side(self, node: ast.expr) -> Number | Feature:
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Name) and node.id in SIGNALS:
            return Feature(node.id)
        number = self._number(node)
        if not _is_number(number):
            raise RuleError(f'"{ast.unparse(node)}" is not a number')
        return number

    def _number(self, node: ast.expr) -> Number:
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._number(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                try:
                    return _ARITHMETIC[type(op)](self._number(left), self._number(right))
                except (ZeroDivisionError, OverflowError):
                    raise RuleError(f'"{ast.unparse(node)}" is not a number') from None
            case ast.Name(id=name) if name in self._values:
                return self._values[name]
            case ast.Name(id=name):
                known = (*self._values, *SIGNALS)
                raise RuleError(
                    f'there is no feature or parameter "{name}" '
                    f"(allowed {', '.join(known)}{did_you_mean(name, known)})"
                )
        raise RuleError(
            f'"{ast.unparse(node)}" is not allowed; an expression is made of features, numbers, '
            "parameters, comparisons, and, or, not"
        )

    def _call(self, node: ast.Call) -> Feature:
        if not isinstance(node.func, ast.Name) or node.func.id not in SIGNALS:
            name = ast.unparse(node.func)
            raise RuleError(
                f'there is no feature "{name}" '
                f"(allowed {', '.join(SIGNALS)}{did_you_mean(name, tuple(SIGNALS))})"
            )
        if node.keywords:
            raise RuleError(f'"{ast.unparse(node)}": arguments are given by position')
        return Feature(node.func.id, tuple(self._argument(argument) for argument in node.args))

    def _argument(self, node: ast.expr) -> str | int:
        if isinstance(node, ast.Name) and node.id in ASSETS:
            return node.id
        if isinstance(node, ast.Name) and node.id not in self._values:
            known = (*ASSETS, *self._values)
            raise RuleError(
                f'there is no asset or parameter "{node.id}" '
                f"(allowed {', '.join(known)}{did_you_mean(node.id, known)})"
            )
        return self._number(node)  # type: ignore[return-value]  # Feature refuses fractions


class ExpressionParams(RuleParams):
    """Base of the parameters of a rule of expressions: the names its study declares."""

    limits: ClassVar[Mapping[str, str | int | None]] = {}

    def _limit(self, name: str) -> Any:
        limit = self.limits.get(name)
        return getattr(self, limit) if isinstance(limit, str) else limit

    @property
    def max_holding(self) -> int | None:
        """Longest stay in the satellite (sessions)."""
        limit: int | None = self._limit("max_holding")
        return limit

    @property
    def cooldown(self) -> int:
        """Sessions after leaving in which entries are ignored."""
        return self._limit("cooldown") or 0


def expression_rule(
    enter: str,
    leave: str,
    parameters: Mapping[str, Number] | None = None,
    max_holding: int | str | None = None,
    cooldown: int | str = 0,
) -> Rule:
    """Return a rule from trigger expressions.

    Parameters
    ----------
    enter, leave : str
        Trigger expressions.
    parameters : mapping of str to number, optional
        The names the expressions use, with their values.
    max_holding, cooldown : int or str
        Sessions, or the name of a parameter.

    Raises
    ------
    MisfitError
        If expressions, names or limits are wrong: everything that is, each under its key.
    """
    values = {} if parameters is None else parameters
    misfits = list(_name_misfits(values))
    if not misfits:
        texts = {"enter": enter, "leave": leave}
        misfits += [m for key, text in texts.items() for m in _text_misfits(key, text, values)]
        misfits += _limit_misfits("max_holding", max_holding, 1, values)
        misfits += _limit_misfits("cooldown", cooldown, 0, values)
    if misfits:
        raise MisfitError(*misfits)
    triggers = {"enter": Expression(enter), "leave": Expression(leave)}
    fields: dict[str, Any] = {name: (Number, value) for name, value in values.items()}
    params = create_model("Params", __base__=ExpressionParams, **fields)
    params.limits = {"max_holding": max_holding, "cooldown": cooldown}

    def build(side: str) -> Callable[[Features, Any], Trigger]:
        return lambda _, p: triggers[side].trigger({name: getattr(p, name) for name in fields})

    explanation = (
        f"Rule of expressions.\n\nenter: {triggers['enter'].text}\nleave: {triggers['leave'].text}"
    )
    return Rule("expression", params, build("enter"), build("leave"), explanation=explanation)


def _name_misfits(parameters: Any) -> Iterator[Misfit]:
    if not isinstance(parameters, Mapping):
        yield Misfit(("parameters",), f"is {shown(parameters)}, but must be names with numbers")
        return
    for name, value in parameters.items():
        path = ("parameters", name)
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            yield Misfit(path, "cannot name a parameter; use letters, digits and _")
        elif name in RESERVED or hasattr(ExpressionParams, name):
            yield Misfit(path, "has a meaning of its own; give the parameter another name")
        elif not _is_number(value):
            wanted = "one that a float can hold" if type(value) is int else "a number"
            yield Misfit(path, f"is {shown(value)}, but must be {wanted}")


def _text_misfits(key: str, text: str, values: Mapping[str, Number]) -> Iterator[Misfit]:
    try:
        Expression(text).trigger(values)
    except RuleError as error:
        yield Misfit((key,), str(error))


def _limit_misfits(
    key: str, limit: Any, least: int, values: Mapping[str, Number]
) -> Iterator[Misfit]:
    value: Any = limit
    path: tuple[str, ...] = (key,)
    if isinstance(limit, str):
        if limit not in values:
            known = allowed_names(limit, tuple(values)) if values else "(there are none)"
            yield Misfit(path, f'there is no parameter "{limit}" {known}')
            return
        value, path = values[limit], ("parameters", limit)
    if value is None and key == "max_holding":
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        wanted = f"a whole number of sessions, at least {least}"
        yield Misfit(path, f"is {shown(value)}, but {key} must be {wanted}")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False
