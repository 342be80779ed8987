"""Finding rules: shipped ones by name, a user's own by path."""

import pickle

import pytest

from engine.errors import RuleError
from engine.rules.registry import rule_from_file, rule_named, rule_names, shipped_rules

NAMES = (
    "buy_and_hold",
    "fixed_mix",
    "random_rotation",
    "ratio_trend",
    "relative_momentum",
    "rsi_threshold",
    "streak",
    "streak_reversal",
    "streak_rsi",
)

MINE = '''"""Hold the satellite after it rose.

Because.
"""
from engine.rules import Rule, SwitchingParams, parameter


class Params(SwitchingParams):
    run: int = parameter({run}, ge=1, unit="sessions", description="run of rises")


def enter(f, p):
    return f.streak("satellite") >= p.run


def leave(f, p):
    return f.streak("satellite") < 0


RULE = Rule("mine", Params, enter, leave)
'''


@pytest.fixture
def write(tmp_path):
    def written(text, name="my_rule.py"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return written


def refusal(path):
    with pytest.raises(RuleError) as raised:
        rule_from_file(path)
    return str(raised.value)


def test_the_rules_the_issue_asks_for_are_there():
    assert set(rule_names()) >= set(NAMES)
    assert tuple(shipped_rules()) == rule_names()


def test_an_unknown_name():
    with pytest.raises(RuleError) as raised:
        rule_named("streek")
    allowed = ", ".join(rule_names())
    assert str(raised.value) == (
        f'there is no rule "streek" (allowed {allowed}; did you mean "streak"?)'
    )


@pytest.mark.parametrize("name", ["", "../streak", "strategies.streak", "__init__", "os"])
def test_a_name_is_not_a_path(name):
    with pytest.raises(RuleError, match=r"^there is no rule "):
        rule_named(name)


def test_a_rule_file(write):
    rule = rule_from_file(write(MINE.format(run=3)))
    assert (rule.name, rule.summary) == ("mine", "Hold the satellite after it rose.")
    assert str(rule.switching(rule.parameters({})).enter) == "streak(satellite) >= 3"


def test_a_rule_file_is_read_once(write):
    path = write(MINE.format(run=3))
    assert rule_from_file(path) is rule_from_file(path)


def test_an_edited_rule_file_is_picked_up(write):
    first = rule_from_file(write(MINE.format(run=3)))
    second = rule_from_file(write(MINE.format(run=4)))
    assert (first.parameters({}).run, second.parameters({}).run) == (3, 4)
    assert first.parameters({}).run == 3


def test_two_files_of_one_name_are_two_rules(write, tmp_path):
    (tmp_path / "other").mkdir()
    one, other = write(MINE.format(run=3)), write(MINE.format(run=3), "other/my_rule.py")
    assert rule_from_file(one) is not rule_from_file(other)


def test_a_rule_of_a_file_is_picklable(write):
    rule = rule_from_file(write(MINE.format(run=3)))
    params = rule.parameters({"run": 8})
    assert pickle.loads(pickle.dumps(params)) == params


def test_a_missing_file(tmp_path):
    path = tmp_path / "nowhere.py"
    assert refusal(path) == f"{path}: cannot read the rule file: No such file or directory"


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: cannot read the rule file: Is a directory"


def test_a_file_without_a_rule(write):
    path = write("x = 1\n")
    assert refusal(path) == f'{path} defines no rule; end the file with RULE = Rule("name", …)'
    other = write("RULE = 'streak'\n", "other.py")
    assert refusal(other) == f'{other} defines no rule; end the file with RULE = Rule("name", …)'


def test_a_syntax_error_is_named_with_its_line(write):
    path = write("x = 1\ny = (\n")
    assert refusal(path).startswith(f"{path}:2: the rule file fails: SyntaxError: '(' was never")


def test_a_failure_is_named_with_its_line(write):
    path = write("x = 1\n\n\ny = x / 0\n")
    assert refusal(path) == f"{path}:4: the rule file fails: ZeroDivisionError: division by zero"


def test_a_failure_below_names_the_users_own_line(write):
    path = write("import json\n\ndef load():\n    return json.loads('{')\n\nx = load()\n")
    assert refusal(path).startswith(f"{path}:4: the rule file fails: JSONDecodeError: ")


def test_a_file_that_exits_does_not_end_the_command(write):
    path = write("import sys\nsys.exit(0)\n")
    assert refusal(path) == f"{path}:2: the rule file fails: SystemExit: 0"


def test_a_wrong_import_is_named(write):
    path = write("from engine.rules import Ruel\n")
    assert refusal(path).startswith(
        f"{path}:1: the rule file fails: ImportError: cannot import name 'Ruel'"
    )


def test_a_file_that_failed_is_tried_again(write):
    path = write("1 / 0\n")
    assert refusal(path) == refusal(path)


def test_a_file_of_other_bytes(tmp_path):
    path = tmp_path / "bytes.py"
    path.write_bytes(b"x = '\xff'\n")
    assert refusal(path).startswith(f"{path}:")
    assert "SyntaxError" in refusal(path)
