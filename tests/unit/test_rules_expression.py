"""Trigger expressions: what they mean, and every refusal in its words."""

import time

import pytest

from engine.errors import RuleError
from engine.rules.expression import MAX_LENGTH, Expression, expression_rule
from engine.rules.trigger import ALWAYS, NEVER, Comparison, Feature
from engine.study.misfit import MisfitError

SIGNALS = "streak, rsi, momentum, relative_momentum, distance_to_average, volatility"
STREAK = Feature("streak")
RSI = Feature("rsi", ("satellite", 14))


def parsed(text, **values):
    return Expression(text).trigger(values)


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("streak >= 5", STREAK >= 5),
        ("5 <= streak", STREAK >= 5),
        ("5 >= streak", STREAK <= 5),
        ("5 < streak", STREAK > 5),
        ("5 == streak", STREAK.equals(5)),
        ("5 != streak", ~STREAK.equals(5)),
        ("streak > -2", STREAK > -2),
        ("streak == 3", STREAK.equals(3)),
        ("streak != 3", ~STREAK.equals(3)),
        ("3 > streak", STREAK < 3),
        ("streak >= rsi(satellite, 14)", Comparison(STREAK, ">=", RSI)),
        ("1 < streak <= 5", (STREAK > 1) & (STREAK <= 5)),
        ("streak >= entry and rsi(satellite, period) < 70", (STREAK >= 4) & (RSI < 70)),
        ("streak <= -entry or streak >= 2 * entry + 1", (STREAK <= -4) | (STREAK >= 9)),
        ("streak >= 9 / 2 - 0.5", STREAK >= 4.0),
        ("not streak >= 5", STREAK < 5),
        ("not (streak >= 5 or streak <= -5)", (STREAK < 5) & (STREAK > -5)),
        (
            "streak > 1 or streak < -1 and streak > -5",
            (STREAK > 1) | ((STREAK < -1) & (STREAK > -5)),
        ),
        ("streak(core) > 0", Feature("streak", ("core",)) > 0),
        ("always", ALWAYS),
        ("not always", NEVER),
        ("streak\n  >=\t5", STREAK >= 5),
    ],
)
def test_what_an_expression_means(text, trigger):
    assert parsed(text, entry=4, period=14) == trigger


NOT_AN_EXPRESSION = (
    '"{}" is not an expression; write for example: streak >= 5 and rsi(satellite, 14) < 70'
)
NO_ANSWER = '"{}" answers neither yes nor no; compare it with something, for example: streak >= 5'
NOT_ALLOWED = (
    '"{}" is not allowed; an expression is made of features, numbers, parameters, comparisons, '
    "and, or, not"
)
NOT_A_NUMBER = '"{}" is not a number'
TWO_NUMBERS = '"{}" compares two numbers; one side must be a feature'

REFUSED = [
    ("", NOT_AN_EXPRESSION.format("")),
    ("streak = 5", NOT_AN_EXPRESSION.format("streak = 5")),
    ("streak >= 5; x", NOT_AN_EXPRESSION.format("streak >= 5; x")),
    ("import os", NOT_AN_EXPRESSION.format("import os")),
    ("streak > 1\0", NOT_AN_EXPRESSION.format("streak > 1\0")),
    ("streak", NO_ANSWER.format("streak")),
    ("5", NO_ANSWER.format("5")),
    ("True", NO_ANSWER.format("True")),
    ("streak > 1 or 5", NO_ANSWER.format("5")),
    ("not streak", NO_ANSWER.format("streak")),
    ("streak.__class__", NO_ANSWER.format("streak.__class__")),
    ("(streak > 1) & (streak < 3)", NO_ANSWER.format("(streak > 1) & (streak < 3)")),
    ("~(streak > 1)", NO_ANSWER.format("~(streak > 1)")),
    ("lambda: streak > 1", NO_ANSWER.format("lambda: streak > 1")),
    ("[streak > 1 for x in (1,)]", NO_ANSWER.format("[streak > 1 for x in (1,)]")),
    ("(x := 1)", NO_ANSWER.format("(x := 1)")),
    ("streak > 1 if 1 else 2", NO_ANSWER.format("streak > 1 if 1 else 2")),
    ("await streak", NO_ANSWER.format("await streak")),
    ("__import__('os').system('true')", NO_ANSWER.format("__import__('os').system('true')")),
    ("streak >= True", NOT_ALLOWED.format("True")),
    ("streak >= '5'", NOT_ALLOWED.format("'5'")),
    ("streak >= None", NOT_ALLOWED.format("None")),
    ("streak >= 1j", NOT_ALLOWED.format("1j")),
    ("streak >= f'{1}'", NOT_ALLOWED.format("f'{1}'")),
    ("streak >= (x := 1)", NOT_ALLOWED.format("(x := 1)")),
    ("streak >= [1][0]", NOT_ALLOWED.format("[1][0]")),
    ("streak >= entry.real", NOT_ALLOWED.format("entry.real")),
    ("streak >= 2 ** 3", NOT_ALLOWED.format("2 ** 3")),
    ("streak >= 9 ** 9 ** 9", NOT_ALLOWED.format("9 ** 9 ** 9")),
    ("streak >= 9 // 2", NOT_ALLOWED.format("9 // 2")),
    ("streak >= 1 << 99", NOT_ALLOWED.format("1 << 99")),
    ("streak >= +1", NOT_ALLOWED.format("+1")),
    ("(streak > 1) > 1", NOT_ALLOWED.format("streak > 1")),
    ("rsi('core', 14) > 1", NOT_ALLOWED.format("'core'")),
    ("rsi(core, *[3]) > 1", NOT_ALLOWED.format("*[3]")),
    ("streak >= 1 / 0", NOT_A_NUMBER.format("1 / 0")),
    ("streak >= 1e999", NOT_A_NUMBER.format("1e309")),
    ("streak >= 1e999 - 1e999", NOT_A_NUMBER.format("1e309 - 1e309")),
    ("streak >= 1e308 * 10", NOT_A_NUMBER.format("1e+308 * 10")),
    (f"streak >= 1{'0' * 400}", NOT_A_NUMBER.format(f"1{'0' * 400}")),
    ("1 < 2", TWO_NUMBERS.format("1 < 2")),
    ("entry > 3", TWO_NUMBERS.format("entry > 3")),
    ("streak >= 5 >= 3", TWO_NUMBERS.format("streak >= 5 >= 3")),
    ("streak is 1", '"streak is 1": allowed are >=, >, <=, <, ==, !='),
    ("streak in rsi(core, 2)", '"streak in rsi(core, 2)": allowed are >=, >, <=, <, ==, !='),
    (
        "streek >= 5",
        'there is no feature or parameter "streek" '
        f'(allowed entry, period, {SIGNALS}; did you mean "streak"?)',
    ),
    (
        "streak >= entri",
        'there is no feature or parameter "entri" '
        f'(allowed entry, period, {SIGNALS}; did you mean "entry"?)',
    ),
    (
        "momentun(core, 2) > 1",
        f'there is no feature "momentun" (allowed {SIGNALS}; did you mean "momentum"?)',
    ),
    ("max(1, 2) < streak", f'there is no feature "max" (allowed {SIGNALS})'),
    ("(lambda: 1)() < streak", f'there is no feature "lambda: 1" (allowed {SIGNALS})'),
    (
        "rsi(cor, 14) > 1",
        'there is no asset or parameter "cor" '
        '(allowed core, satellite, ratio, entry, period; did you mean "core"?)',
    ),
    ("rsi(core, period=3) > 1", '"rsi(core, period=3)": arguments are given by position'),
    ("rsi > 5", "rsi has 0 arguments; write rsi(asset, period)"),
    ("streak(core, 3) > 5", "streak(core, 3) has 2 arguments; write streak or streak(asset)"),
    ("streak(ratio) > 1", "streak(ratio): ratio is no asset (allowed core, satellite)"),
    ("rsi(core, 14.0) > 1", "rsi(core, 14.0): period must be a whole number, not 14.0"),
    ("rsi(core, core) > 1", "rsi(core, core): period must be a whole number, not 'core'"),
    ("rsi(core, 1) > 1", "rsi(core, 1): period must be at least 2"),
    ("rsi(14, core) > 1", "rsi(14, core): 14 is no asset (allowed core, satellite, ratio)"),
    (
        "streak > 1 # and the rest",
        "an expression has no comments; what follows the # would be lost",
    ),
    (
        "(" * 10_000 + "streak > 1" + ")" * 10_000,
        f"an expression has at most {MAX_LENGTH} characters, not 20010",
    ),
    ("(" * 900 + "streak > 1" + ")" * 900, NOT_AN_EXPRESSION.format("(" * 80)),
    ("-" * 1900 + "1 < streak", f'"{"-" * 80}" is nested too deeply'),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_and_why(text, message):
    started = time.process_time()
    with pytest.raises(RuleError) as raised:
        parsed(text, entry=4, period=14)
    if "\0" not in text:
        assert str(raised.value) == message
    assert time.process_time() - started < 1.0, "a refusal takes no computing"


def test_nothing_is_executed(tmp_path, monkeypatch):
    """Whatever the expression, no code of it runs."""
    victim = tmp_path / "victim"
    calls = [
        "__import__('pathlib').Path({!r}).touch()",
        "open({!r}, 'w')",
        "(lambda: open({!r}, 'w'))()",
        "[open({!r}, 'w') for _ in (1,)][0]",
        "f\"{{open({!r}, 'w')}}\"",
        "exec({!r})",
    ]
    monkeypatch.chdir(tmp_path)
    for call in calls:
        code = call.format(str(victim))
        for text in (code, f"streak >= {code}", f"rsi(core, {code}) > 1", f"{code} < streak"):
            with pytest.raises(RuleError):
                parsed(text)
    assert list(tmp_path.iterdir()) == []


def misfits(*args, **kwargs):
    with pytest.raises(MisfitError) as raised:
        expression_rule(*args, **kwargs)
    return {".".join(map(str, path)): message for path, message in raised.value.misfits}


def test_a_rule_of_expressions():
    rule = expression_rule(
        "streak >= entry",
        "streak <= -exit_run",
        {"entry": 5, "exit_run": 2, "hold": 21},
        max_holding="hold",
        cooldown=3,
    )
    switching = rule.switching(rule.parameters({"entry": 7, "hold": 9}))
    assert switching.enter == (STREAK >= 7)
    assert switching.leave == (STREAK <= -2)
    assert (switching.max_holding, switching.cooldown) == (9, 3)
    defaults = rule.switching(rule.parameters({}))
    assert (defaults.enter, defaults.max_holding) == (STREAK >= 5, 21)
    expected = "Rule of expressions.\n\nenter: streak >= entry\nleave: streak <= -exit_run"
    assert rule.explanation == expected


def test_a_rule_of_expressions_without_limits():
    switching = (rule := expression_rule("always", "never")).switching(rule.parameters({}))
    assert (switching.max_holding, switching.cooldown) == (0, 0)


def test_all_that_is_wrong_is_said_at_once():
    found = misfits("streek > 1", "1 < 2", {"hold": 0}, max_holding="hold", cooldown=-1)
    assert found == {
        "enter": 'there is no feature or parameter "streek" '
        f'(allowed hold, {SIGNALS}; did you mean "streak"?)',
        "leave": TWO_NUMBERS.format("1 < 2"),
        "parameters.hold": "is 0, but max_holding must be a whole number of sessions, at least 1",
        "cooldown": "is -1, but cooldown must be a whole number of sessions, at least 0",
    }


MEANS_SOMETHING = "has a meaning of its own; give the parameter another name"
NO_NAME = "cannot name a parameter; use letters, digits and _"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rsi", MEANS_SOMETHING),
        ("core", MEANS_SOMETHING),
        ("always", MEANS_SOMETHING),
        ("max_holding", MEANS_SOMETHING),
        ("model_dump", MEANS_SOMETHING),
        ("limits", MEANS_SOMETHING),
        ("copy", MEANS_SOMETHING),
        ("_hidden", NO_NAME),
        ("__class__", NO_NAME),
        ("entry-streak", NO_NAME),
        ("5th", NO_NAME),
        ("not", NO_NAME),
        ("", NO_NAME),
    ],
)
def test_names_that_parameters_cannot_have(name, message):
    assert misfits("streak > 1", "streak < 1", {name: 5}) == {f"parameters.{name}": message}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("5", 'is "5"'),
        (None, "is empty"),
        (True, "is true"),
        ([1], "is a list"),
        (float("inf"), "is inf"),
        (float("nan"), "is nan"),
    ],
    ids=str,
)
def test_parameters_are_numbers(value, said):
    found = misfits("streak > entry", "streak < 1", {"entry": value})
    assert found == {"parameters.entry": f"{said}, but must be a number"}


@pytest.mark.parametrize("value", [10**400, -(10**5000)], ids=["long", "longer than text"])
def test_parameters_are_numbers_that_floats_can_hold(value):
    found = misfits("streak > entry", "streak < 1", {"entry": value})
    large = "is a whole number of more than 60 digits, but must be one that a float can hold"
    assert found == {"parameters.entry": large}


def test_parameters_are_names_with_numbers():
    found = misfits("streak > 1", "streak < 1", [5])
    assert found == {"parameters": "is a list, but must be names with numbers"}


@pytest.mark.parametrize(
    ("limits", "key", "message"),
    [
        (
            {"max_holding": "hould"},
            "max_holding",
            'there is no parameter "hould" (allowed hold; did you mean "hold"?)',
        ),
        (
            {"max_holding": 0},
            "max_holding",
            "is 0, but max_holding must be a whole number of sessions, at least 1",
        ),
        (
            {"max_holding": 2.5},
            "max_holding",
            "is 2.5, but max_holding must be a whole number of sessions, at least 1",
        ),
        (
            {"max_holding": True},
            "max_holding",
            "is true, but max_holding must be a whole number of sessions, at least 1",
        ),
        (
            {"cooldown": None},
            "cooldown",
            "is empty, but cooldown must be a whole number of sessions, at least 0",
        ),
    ],
)
def test_limits_are_sessions(limits, key, message):
    assert misfits("streak > 1", "streak < 1", {"hold": 5}, **limits) == {key: message}


def test_a_limit_that_names_nothing():
    found = misfits("streak > 1", "streak < 1", max_holding="hold")
    assert found == {"max_holding": 'there is no parameter "hold" (there are none)'}
