"""From the rule section of a study to a rule with its parameters."""

import json

import pytest
from short_studies import RULE_FILE, SHORT, write_study

from engine.errors import RuleError, StudyError
from engine.rules.registry import rule_from_file, rule_named
from engine.rules.resolve import ResolvedRule, resolve
from engine.rules.studies import load_study, read_study
from engine.study.models import RuleSection

HEAD = SHORT[: SHORT.index("rule:")]


def section(**given):
    return RuleSection.model_validate(given)


def study_with(folder, rule, name="study.yaml"):
    path = folder / name
    path.write_text(f"{HEAD}{rule}", "utf-8")
    return path


def faults_of(folder, rule, **options):
    """Return what is wrong with a study as ``line: key: message``, the rule section on line 8."""
    with pytest.raises(StudyError) as caught:
        read_study(study_with(folder, rule), **options)
    return [str(f).removeprefix(str(folder / "study.yaml")) for f in caught.value.faults]


def test_a_shipped_rule_gets_its_defaults():
    found = resolve(section(name="streak", entry_streak=7))
    assert found.rule is rule_named("streak")
    assert (found.params.entry_streak, found.params.exit_streak) == (7, 2)


def test_the_description_of_a_switching_rule_is_ready_for_json():
    described = resolve(section(name="streak", max_holding=None, cooldown=2)).describe()
    assert json.loads(json.dumps(described)) == {
        "name": "streak",
        "parameters": {
            "max_holding": None,
            "cooldown": 2,
            "entry_streak": 5,
            "exit_streak": 2,
            "rsi_period": 14,
            "overbought": 75.0,
        },
        "enter": "streak >= 5",
        "leave": "streak <= -2 or rsi(satellite, 14) >= 75",
        "max_holding": None,
        "cooldown": 2,
    }


def test_the_description_of_a_weighting_rule_has_no_triggers():
    assert resolve(section(name="random_rotation")).describe() == {
        "name": "random_rotation",
        "parameters": {"rotations": 100, "holding": 10, "seed": 1},
    }


def test_expressions_are_described_with_their_numbers_filled_in():
    found = resolve(
        section(
            enter="streak >= entry and rsi(core, 9) < 2 * half",
            leave="streak <= -1",
            max_holding="entry",
            cooldown=3,
            parameters={"entry": 4, "half": 30},
        )
    )
    described = found.describe()
    assert described["enter"] == "streak >= 4 and rsi(core, 9) < 60"
    assert (described["max_holding"], described["cooldown"]) == (4, 3)
    assert described["parameters"] == {"entry": 4, "half": 30}


def test_what_is_wrong_with_a_section_is_said_at_once():
    with pytest.raises(RuleError) as caught:
        resolve(section(name="streak", entry_streak=0, exit_strek=1, overbought=40))
    assert str(caught.value).splitlines() == [
        "rule.entry_streak: is 0, but must be at least 1",
        "rule.overbought: is 40, but must be greater than 50",
        "rule.exit_strek: no such key (allowed max_holding, cooldown, entry_streak, exit_streak, "
        'rsi_period, overbought; did you mean "exit_streak"?)',
    ]


def test_an_unknown_rule_is_refused_with_the_nearest_name(tmp_path):
    (fault,) = faults_of(tmp_path, "rule:\n  name: rsi_treshold\n")
    assert fault.startswith(':9: rule.name: there is no rule "rsi_treshold" (allowed buy_and_hold')
    assert fault.endswith('did you mean "rsi_threshold"?)')


# faults with lines

EXPRESSIONS = """\
rule:
  enter: {enter}
  leave: {leave}
  max_holding: {max_holding}
  parameters: {{entry: 4, hold: 21}}
"""
GOOD = {"enter": "streak >= entry", "leave": "streak <= -1", "max_holding": "hold"}


def test_good_expressions_have_no_faults(tmp_path):
    study = load_study(study_with(tmp_path, EXPRESSIONS.format(**GOOD)))
    assert resolve(study.rule).rule.name == "expression"


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (
            {"enter": "streek >= entry"},
            ':9: rule.enter: there is no feature or parameter "streek"',
        ),
        ({"enter": "streak >= entri"}, ':9: rule.enter: there is no feature or parameter "entri"'),
        ({"leave": "rsi(satelite, 14) > 70"}, ":10: rule.leave: there is no asset or parameter"),
        ({"leave": "rsi(satellite) > 70"}, ":10: rule.leave: rsi(satellite) has 1 arguments"),
        ({"leave": "streak >="}, ':10: rule.leave: "streak >=" is not an expression'),
        ({"leave": "__import__('os')"}, ":10: rule.leave: "),
        ({"max_holding": "0"}, ":11: rule.max_holding: is 0, but max_holding must be a whole"),
        ({"max_holding": "hald"}, ':11: rule.max_holding: there is no parameter "hald"'),
        ({"max_holding": "1.5"}, ":11: rule.max_holding: is 1.5, but max_holding must be a whole"),
    ],
)
def test_a_wrong_expression_is_a_fault_on_its_line(tmp_path, wrong, fault):
    (found,) = faults_of(tmp_path, EXPRESSIONS.format(**{**GOOD, **wrong}))
    assert found.startswith(fault)


def test_near_misses_of_names_are_pointed_out(tmp_path):
    rule = EXPRESSIONS.format(enter="streek >= 3", leave="rsi(satelite, 2) > 1", max_holding="hald")
    hints = [fault.rpartition("did you mean ")[2] for fault in faults_of(tmp_path, rule)]
    assert hints == ['"streak"?)', '"satellite"?)', '"hold"?)']


def test_all_faults_of_a_study_are_told_at_once(tmp_path):
    rule = EXPRESSIONS.format(enter="streek > 1", leave="leave", max_holding="-1")
    rule += (
        "  cooldwn: 3\nexecution: {fil: next_open}\ncompare:\n  - {name: streak, exit_streak: 0}\n"
    )
    faults = faults_of(tmp_path, rule)
    assert [fault.split(": ")[:2] for fault in faults] == [
        [":9", "rule.enter"],
        [":10", "rule.leave"],
        [":11", "rule.max_holding"],
        [":13", "rule.cooldwn"],
        [":14", "execution.fil"],
        [":16", "compare.0.exit_streak"],
    ]


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ("{streak: 3}", ":11: rule.parameters.streak: has a meaning of its own"),
        ("{max_holding: 3}", ":11: rule.parameters.max_holding: has a meaning of its own"),
        ("{limits: 3}", ":11: rule.parameters.limits: has a meaning of its own"),
        ("{model_dump: 3}", ":11: rule.parameters.model_dump: has a meaning of its own"),
        ("{a-b: 3}", ":11: rule.parameters.a-b: cannot name a parameter"),
        ("{_a: 3}", ":11: rule.parameters._a: cannot name a parameter"),
        ("{and: 3}", ":11: rule.parameters.and: cannot name a parameter"),
        ("{1: 3}", ":11: rule.parameters.1: cannot name a parameter"),
        ("{n: five}", ':11: rule.parameters.n: is "five", but must be a number'),
        ("{n: true}", ":11: rule.parameters.n: is true, but must be a number"),
        ("{n: .inf}", ":11: rule.parameters.n: "),
        ("{n: null}", ":11: rule.parameters.n: is empty, but must be a number"),
        ("[1, 2]", ":11: rule.parameters: "),
        ("5", ":11: rule.parameters: is 5, but must be names with numbers"),
    ],
)
def test_wrong_parameters_of_expressions(tmp_path, parameters, fault):
    rule = f"rule:\n  enter: streak >= 3\n  leave: streak < 0\n  parameters: {parameters}\n"
    (found,) = faults_of(tmp_path, rule)
    assert found.startswith(fault)


def test_a_limit_given_by_a_parameter_is_the_parameters_fault(tmp_path):
    rule = EXPRESSIONS.format(**GOOD).replace("hold: 21", "hold: 2.5")
    (fault,) = faults_of(tmp_path, rule)
    assert fault.startswith(":12: rule.parameters.hold: is 2.5, but max_holding must be a whole")


def test_an_override_of_a_rule_is_named_as_the_user_gave_it(tmp_path):
    faults = faults_of(
        tmp_path, "rule: {name: streak}\n", overrides=["rule.entry_streak=0", "rule.exitstreak=2"]
    )
    assert [fault.split(": ")[0] for fault in faults] == [
        "--set rule.entry_streak",
        "--set rule.exitstreak",
    ]


# axes

SWEPT = "rule: {{name: streak}}\nsweep:\n  {key}: {values}\n"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("rule.entry_streak", "{from: 1, to: 13}"),
        ("rule.max_holding", "[5, null]"),
        ("rule.overbought", "{from: 51, to: 100, step: 0.5}"),
    ],
)
def test_axes_of_parameters_are_accepted(tmp_path, key, values):
    assert key in load_study(study_with(tmp_path, SWEPT.format(key=key, values=values))).sweep


@pytest.mark.parametrize(
    ("key", "values", "fault"),
    [
        ("rule.entry_strek", "[1]", 'the rule has no parameter "entry_strek"'),
        ("rule.name", "[streak]", 'the rule has no parameter "name"'),
        ("rule.parameters.entry", "[1]", 'the rule has no parameter "parameters.entry"'),
        ("rule.entry_streak", "{from: 0, to: 5}", "is 0, but must be at least 1"),
        ("rule.overbought", "{from: 60, to: 105, step: 5}", "is 105, but must be at most 100"),
        ("rule.entry_streak", "[2, three]", 'is "three", but must be a whole number'),
        ("rule.entry_streak", "[2, 2.5]", "is 2.5, but must be a whole number"),
        ("rule.entry_streak", "[2, null]", "is empty, but must be a whole number"),
    ],
)
def test_axes_that_name_no_parameter_or_leave_its_bounds(tmp_path, key, values, fault):
    (found,) = faults_of(tmp_path, SWEPT.format(key=key, values=values))
    assert found.startswith(f":10: sweep.{key}: {fault}")


def test_the_nearest_parameter_of_an_axis_is_offered(tmp_path):
    (fault,) = faults_of(tmp_path, SWEPT.format(key="rule.entry_strek", values="[1]"))
    assert fault.endswith('did you mean "entry_streak"?)')


def test_parameters_of_expressions_are_swept_under_their_names(tmp_path):
    rule = EXPRESSIONS.format(**GOOD)
    good = "sweep:\n  rule.parameters.entry: {from: 2, to: 9}\n  rule.max_holding: [3, null]\n"
    assert len(load_study(study_with(tmp_path, rule + good)).sweep) == 2
    wrong = (
        "sweep:\n  rule.parameters.entri: [2]\n  rule.parameters.hold: [5, 0]\n  rule.entry: [1]\n"
    )
    faults = faults_of(tmp_path, rule + wrong)
    assert [fault.split(": ")[:2] for fault in faults] == [
        [":14", "sweep.rule.parameters.entri"],
        [":15", "sweep.rule.parameters.hold"],
        [":16", "sweep.rule.entry"],
    ]
    assert 'did you mean "parameters.entry"?' in faults[0]
    assert "is 0, but max_holding must be a whole number of sessions, at least 1" in faults[1]
    assert 'did you mean "parameters.entry"?' in faults[2]


def test_values_that_are_wrong_only_together_are_left_to_the_sweep(tmp_path):
    """``guard`` at or above ``overbought`` is refused in a study; a grid may contain it."""
    rule = "rule: {name: streak_rsi, guard: 65, overbought: 75}\n"
    study = load_study(study_with(tmp_path, rule + "sweep:\n  rule.guard: [60, 80]\n"))
    assert "rule.guard" in study.sweep
    (fault,) = faults_of(tmp_path, rule.replace("65", "80"))
    assert "guard" in fault


# rule files


def test_a_rule_file_is_found_from_the_study_not_from_the_working_directory(tmp_path, monkeypatch):
    studies, elsewhere = tmp_path / "studies", tmp_path / "elsewhere"
    studies.mkdir()
    elsewhere.mkdir()
    (tmp_path / "my_rule.py").write_text(RULE_FILE, "utf-8")
    path = study_with(studies, "rule: {file: ../my_rule.py, run: 4}\n")
    monkeypatch.chdir(elsewhere)
    found = resolve(load_study(path).rule)
    assert found.describe()["enter"] == "streak >= 4"
    monkeypatch.chdir(tmp_path)
    assert resolve(load_study("studies/study.yaml").rule).rule is found.rule


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("run: 0", ":8: rule.run: is 0, but must be at least 1"),
        ("run: 21", ":8: rule.run: is 21, but must be at most 20"),
        ("rum: 4", ":8: rule.rum: no such key (allowed max_holding, cooldown, run; did you mean"),
    ],
)
def test_parameters_of_a_rule_file_are_checked(tmp_path, rule, fault):
    (tmp_path / "my_rule.py").write_text(RULE_FILE, "utf-8")
    (found,) = faults_of(tmp_path, f"rule: {{file: my_rule.py, {rule}}}\n")
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = ", "my_rule.py:1: the rule file fails: SyntaxError"),
        ("\n\nimport nowhere_to_be_found\n", "my_rule.py:3: the rule file fails: ModuleNotFound"),
        ("x = 1\n", "my_rule.py defines no rule; end the file with RULE = Rule("),
        ("RULE = 'streak'\n", "my_rule.py defines no rule"),
        (
            RULE_FILE.replace("p.run", "p.rum"),
            "rule mine fails: AttributeError: 'Params' object has no attribute 'rum'",
        ),
        (
            RULE_FILE.replace("parameter(3, ", "parameter(..., "),
            "rule mine: every parameter needs a default; run has none",
        ),
        (RULE_FILE.replace("f.streak() <= -1", "f.rsi('gold', 3) < 1"), "gold is no asset"),
    ],
)
def test_a_rule_file_that_fails_is_a_fault_of_the_study(tmp_path, content, message):
    (tmp_path / "my_rule.py").write_text(content, "utf-8")
    (fault,) = faults_of(tmp_path, "rule:\n  file: my_rule.py\n")
    assert fault.startswith((":8: rule: ", ":9: rule.file: "))
    assert message in fault


def test_a_missing_rule_file_is_a_fault_of_the_study(tmp_path):
    (fault,) = faults_of(tmp_path, "rule:\n  file: absent.py\n")
    assert fault.startswith(":9: rule.file: ")
    assert fault.endswith("absent.py: cannot read the rule file: No such file or directory")


def test_a_rule_file_that_changed_is_read_again(tmp_path):
    path = tmp_path / "my_rule.py"
    path.write_text(RULE_FILE, "utf-8")
    first = rule_from_file(path)
    assert rule_from_file(path) is first
    path.write_text(RULE_FILE.replace("<= -1", "<= -2"), "utf-8")
    changed = rule_from_file(path)
    leave = ResolvedRule(changed, changed.parameters({})).describe()["leave"]
    assert leave == "streak <= -2"


def test_a_study_keeps_the_places_of_its_keys(tmp_path):
    loaded = read_study(write_study(tmp_path))
    assert loaded.places.of(("rule", "exit_streak")) == (str(tmp_path / "study.yaml"), 11)
