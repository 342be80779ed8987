"""Axes over rules, in files and in studies made in Python: fitted, judged by extremes, refused."""

import datetime as dt
import tracemalloc

import numpy as np
import pytest
from short_studies import SHORT, study_in_memory, write_study

import engine as sl
from engine.errors import EXIT_STUDY, StudyError
from engine.rules.studies import checked, load_study
from engine.study.axis import LogAxis, WholeLogAxis
from engine.study.grid import Grid
from engine.study.models import Study

HEAD = SHORT[: SHORT.index("rule:")]
EXPRESSION = """\
rule:
  enter: streak >= entry and rsi(satellite, period) < guard
  leave: streak <= -1
  max_holding: hold
  cooldown: 1
  parameters: {entry: 2, period: 14, guard: 80, hold: 4}
"""
POWERS = [1, 2, 4, 8, 16, 32, 64, 128, 256]
TRILLION = 10**12
LOG = {"from": 1, "to": 256, "num": 9, "scale": "log"}
LOG_TEXT = "{from: 1, to: 256, num: 9, scale: log}"
SWEEPABLE = "parameters.entry, parameters.period, parameters.guard, parameters.hold"


def loaded(folder, rule, *axes, **options):
    text = f"{HEAD}{rule}sweep:\n" + "".join(f"  {axis}\n" for axis in axes)
    return load_study(write_study(folder, text=text), **options)


def refusals(folder, rule, *axes, **options):
    """Return what is wrong with a study, with the number of the axis in place of its line."""
    with pytest.raises(StudyError) as caught:
        loaded(folder, rule, *axes, **options)
    first = len((HEAD + rule).splitlines()) + 2
    return [
        (fault.line - first if fault.line else fault.origin, fault.key, fault.message)
        for fault in caught.value.faults
    ]


def made(**sections):
    return study_in_memory(**sections)


def refused(study):
    with pytest.raises(StudyError) as caught:
        checked(study)
    assert caught.value.exit_code == EXIT_STUDY
    return str(caught.value).splitlines()


# fitted to what they sweep


def test_a_log_axis_over_a_whole_number_is_in_whole_numbers(tmp_path):
    study = loaded(
        tmp_path,
        "rule: {name: streak}\n",
        f"rule.max_holding: {LOG_TEXT}",
        "rule.overbought: {from: 64, to: 100, num: 3, scale: log}",
        "rule.entry_streak: {from: 1, to: 10, num: 7, scale: log}",
        "data.seed: {from: 100, to: 1, num: 3, scale: log}",
        "execution.initial_cash: {from: 1, to: 100, num: 3, scale: log}",
    )
    values = {key: list(axis) for key, axis in study.sweep.items()}
    assert values == {
        "rule.max_holding": POWERS,
        "rule.overbought": [64.0, 80.0, 100.0],
        "rule.entry_streak": [1, 2, 3, 5, 7, 10],
        "data.seed": [100, 10, 1],
        "execution.initial_cash": [1.0, 10.0, 100.0],
    }
    kinds = {key: {type(value) for value in axis} for key, axis in values.items()}
    assert [kinds[key] for key in values] == [{int}, {float}, {int}, {int}, {float}]


def test_of_expressions_what_counts_sessions_is_in_whole_numbers(tmp_path):
    study = loaded(
        tmp_path,
        EXPRESSION,
        f"rule.parameters.hold: {LOG_TEXT}",
        "rule.parameters.period: {from: 2, to: 32, num: 3, scale: log}",
        "rule.cooldown: {from: 1, to: 9, num: 3, scale: log}",
        "rule.parameters.guard: {from: 16, to: 64, num: 3, scale: log}",
    )
    values = {key: list(axis) for key, axis in study.sweep.items()}
    assert values == {
        "rule.parameters.hold": POWERS,
        "rule.parameters.period": [2, 8, 32],
        "rule.cooldown": [1, 3, 9],
        "rule.parameters.guard": [16.0, 32.0, 64.0],
    }
    assert [type(axis[0]) for axis in values.values()] == [int, int, int, float]


def test_a_fitted_study_is_the_same_study_to_those_who_store_it(tmp_path):
    study = loaded(tmp_path, "rule: {name: streak}\n", f"rule.max_holding: {LOG_TEXT}")
    assert isinstance(study.sweep["rule.max_holding"], WholeLogAxis)
    assert study.model_dump()["sweep"] == {"rule.max_holding": LOG}
    again = checked(Study.model_validate(study.model_dump()))
    assert again.sweep == study.sweep
    assert checked(study) == study


# values of every kind


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        ("rule.max_holding: [5, null]", [5, None]),
        ("execution.fractional_shares: [true, false]", [True, False]),
        ("data.price_basis: [total_return, price]", ["total_return", "price"]),
        ("execution.fill: [next_open, next_close]", ["next_open", "next_close"]),
        ("execution.commission_bps: {from: 0, to: 1, step: 0.25}", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("execution.slippage_bps.SMALL: {from: 0, to: 9, num: 4}", [0, 3, 6, 9]),
    ],
)
def test_axes_of_every_kind_are_accepted(tmp_path, axis, values):
    rule = SHORT[len(HEAD) :]
    (found,) = loaded(tmp_path, rule, axis).sweep.values()
    assert list(found) == values


def test_dates_are_swept(tmp_path):
    study = loaded(tmp_path, "rule: {name: streak}\n", "data.start: [null, 2000-06-01]")
    assert [str(value) for value in study.sweep["data.start"]] == ["None", "2000-06-01"]


# refused in a file


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("rule.entry_streak: {from: 1, to: 3, step: 0.5}", "is 1.5, but must be a whole number"),
        ("rule.entry_streak: {from: 1, to: 2, num: 3}", "is 1.5, but must be a whole number"),
        ("rule.entry_streak: [true]", "is true, but must be a whole number"),
        ("rule.entry_streak: [2000-01-01]", "is 2000-01-01, but must be a whole number"),
        (
            "rule.max_holding: {from: 1.5, to: 24, num: 3, scale: log}",
            "is 1.5, but must be a whole number",
        ),
        (
            f"rule.overbought: {{from: 60, to: {TRILLION}}}",
            f"is {TRILLION}, but must be at most 100",
        ),
        (
            f"rule.overbought: {{from: 1, to: {TRILLION}, num: {TRILLION}, scale: log}}",
            "is 1, but must be greater than 50",
        ),
    ],
)
def test_a_wrong_axis_of_a_shipped_rule(tmp_path, axis, message):
    key = f"sweep.{axis.partition(':')[0]}"
    assert refusals(tmp_path, "rule: {name: streak}\n", axis) == [(0, key, message)]


def test_wrong_axes_of_a_rule_of_expressions(tmp_path):
    wanted = "but max_holding must be a whole number of sessions, at least 1"
    assert refusals(
        tmp_path,
        EXPRESSION,
        "rule.parameters.period: {from: 1, to: 30}",
        "rule.parameters.hold: [2, 2.5]",
        "rule.cooldown: [0, -1]",
        "rule.max_hold: [3]",
        "rule.enter: [always]",
    ) == [
        (
            0,
            "sweep.rule.parameters.period",
            "is 1, with which rule.enter is wrong: rsi(satellite, 1): period must be at least 2",
        ),
        (1, "sweep.rule.parameters.hold", f"is 2.5, {wanted}"),
        (
            2,
            "sweep.rule.cooldown",
            "is -1, but cooldown must be a whole number of sessions, at least 0",
        ),
        (
            3,
            "sweep.rule.max_hold",
            f'the rule has no parameter "max_hold" (allowed {SWEEPABLE}, max_holding, cooldown; '
            'did you mean "max_holding"?)',
        ),
        (
            4,
            "sweep.rule.enter",
            f'the rule has no parameter "enter" (allowed {SWEEPABLE}, max_holding, cooldown)',
        ),
    ]


def test_a_limit_is_not_swept_under_two_names(tmp_path):
    axes = ("rule.parameters.hold: [2, 3]", "rule.max_holding: [4]")
    message = "is swept already, as rule.parameters.hold"
    assert refusals(tmp_path, EXPRESSION, *axes) == [(1, "sweep.rule.max_holding", message)]
    assert len(loaded(tmp_path, EXPRESSION, axes[0], "rule.cooldown: [0]").sweep) == 2


def test_an_axis_given_twice_is_refused_and_one_set_anew_is_one_axis(tmp_path):
    rule = "rule: {name: streak}\n"
    axes = ("rule.entry_streak: [2, 3]", "rule.exit_streak: [1]")
    (twice,) = refusals(tmp_path, rule, *axes, '"rule.entry_streak": [4]')
    assert twice[1] == "sweep.rule.entry_streak"
    assert twice[2].startswith("is given twice (first on line ")
    study = loaded(tmp_path, rule, *axes, overrides=["sweep.rule.entry_streak=[5, 6, 7]"])
    assert {key: list(axis) for key, axis in study.sweep.items()} == {
        "rule.entry_streak": [5, 6, 7],
        "rule.exit_streak": [1],
    }
    (spelled,) = refusals(tmp_path, rule, *axes, overrides=["sweep.Rule.entry_streak=[5]"])
    assert spelled[:1] == ("--set sweep.Rule.entry_streak",)
    assert spelled[2].endswith('did you mean "rule"?)')


def test_a_grid_beyond_all_bounds_is_judged_at_once(tmp_path):
    axes = [
        f"rule.{name}: {{from: 1, to: {TRILLION}}}" for name in ("entry_streak", "exit_streak")
    ] + [f"rule.max_holding: {{from: 1, to: {TRILLION}, num: {TRILLION}, scale: log}}"]
    wrong = f"rule.overbought: {{from: 51, to: {TRILLION}, step: 0.5}}"
    study = loaded(tmp_path, "rule: {name: streak}\n", *axes)
    tracemalloc.start()
    try:
        study = loaded(tmp_path, "rule: {name: streak}\n", *axes)
        assert len(refusals(tmp_path, "rule: {name: streak}\n", *axes, wrong)) == 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert Grid(study.sweep).count > 10**34
    assert peak < 5_000_000


# made in Python


def test_axes_made_in_python_are_refused_in_the_words_of_files():
    assert refused(made(sweep={"rule.entry_strek": [1], "seed": [2], "rule.max_holding": [0]})) == [
        'study "memory": sweep.seed: cannot be swept (allowed rule.…, execution.…, data.…)',
        'study "memory": sweep.rule.entry_strek: the rule has no parameter "entry_strek" (allowed '
        "max_holding, cooldown, entry_streak, exit_streak, rsi_period, overbought; did you mean "
        '"entry_streak"?)',
        'study "memory": sweep.rule.max_holding: is 0, but must be at least 1',
    ]


def test_an_axis_that_is_none_is_refused_when_the_study_is_made():
    with pytest.raises(StudyError) as caught:
        sl.Study(
            name="memory",
            data={"source": "simulated"},
            rule={"name": "streak"},
            sweep={"rule.entry_streak": {"from": 1, "to": 3, "step": 0}, "rule.max_holding": []},
        )
    assert str(caught.value).splitlines() == [
        "study: sweep.rule.entry_streak.step: is 0, but must lead from one value to the next",
        "study: sweep.rule.max_holding: is an empty list, but must have at least one value",
    ]


def test_axes_that_were_never_validated_are_read_and_fitted():
    raw = {"rule.max_holding": LOG, "rule.entry_streak": np.arange(2, 4)}
    study = checked(made().model_copy(update={"sweep": raw}))
    assert {key: list(axis) for key, axis in study.sweep.items()} == {
        "rule.max_holding": POWERS,
        "rule.entry_streak": [2, 3],
    }
    wrong = made().model_copy(update={"sweep": {"rule.max_holding": [1, 1]}})
    assert refused(wrong) == ['study "memory": sweep.rule.max_holding.1: 1 is listed twice']
    assert type(made(sweep={"rule.max_holding": LOG}).sweep["rule.max_holding"]) is LogAxis


def test_a_sweep_checks_its_study_before_anything_else(monkeypatch):
    monkeypatch.setattr(
        "engine.pipeline.sweeping.plan.load_panel", lambda data: pytest.fail("loaded")
    )
    with pytest.raises(StudyError, match=r"sweep\.rule\.exit_streak: is 0, but must be at least 1"):
        sl.sweep(made(sweep={"rule.exit_streak": [1, 0]}))


def test_a_sweep_fits_the_axes_of_a_study_made_in_python():
    study = made(
        data={"source": "simulated", "end": dt.date(2000, 12, 29)},
        sweep={"rule.max_holding": {"from": 1, "to": 16, "num": 3, "scale": "log"}},
    )
    found = sl.sweep(study, confirm=0)
    assert found.columns["rule.max_holding"].tolist() == [1, 4, 16]
