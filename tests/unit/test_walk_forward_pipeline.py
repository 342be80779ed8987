"""``walk_forward``: folds without a choice, odd grids and rules, and what is refused."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from panels import panel_of, random_panel, walk
from short_studies import study_in_memory

from engine.errors import StudyError, UsageError
from engine.pipeline.running import run
from engine.pipeline.walking import walk_forward
from engine.report.walk_forwards import walk_forward_sections, walk_forward_table
from engine.store.walk_forwards import walk_forward_files

AXES = {"rule.entry_streak": [1, 2], "rule.exit_streak": [1, 2]}
WINDOWS = {"train": 100, "test": 50}
PANEL = random_panel(5, 320, start_index=10)


def study(axes=AXES, section=WINDOWS, **sections):
    return study_in_memory(sweep=axes, walk_forward=section, **sections)


def with_ties(*spans):
    """Return a panel on which the satellite moves as the core does in some spans: no streaks."""
    rng = np.random.default_rng(8)
    core, satellite = walk(rng, 400), walk(rng, 400)
    moves = satellite[1:] / satellite[:-1]
    for first, stop in spans:
        moves[first:stop] = core[first + 1 : stop + 1] / core[first:stop]
    return panel_of(core, 100.0 * np.append(1.0, np.cumprod(moves)))


# folds without a choice


@pytest.fixture(scope="module")
def gaps():
    """Nothing can be won in the first and the fourth training window: no set has a hit rate."""
    panel = with_ties((0, 110), (190, 310))
    return walk_forward(study(section={**WINDOWS, "metric": "hit_rate"}), panel)


def test_a_fold_without_a_choice_leaves_the_one_before_in_force_and_first_the_core(gaps):
    made = [fold.choice.number is not None for fold in gaps.folds]
    assert made == [False, True, True, True, False, True]
    assert [fold.in_force for fold in gaps.folds] == [None, 2, 3, 4, 4, 6]
    idle = gaps.folds[0]
    assert (idle.choice.values, idle.choice.in_sample, idle.choice.trained_sets) == ({}, {}, 0)
    assert idle.stitched_return == idle.core_return
    assert idle.rotations == 0
    phases = gaps.subject.rule["parameters"]["phases"]
    starts = [str(gaps.sessions[f.choice.windows.test.first]) for f in gaps.folds]
    assert [p["start"] for p in phases] == [starts[k] for k in (1, 2, 3, 5)]


def test_it_says_so(gaps):
    table = walk_forward_table(gaps)
    (note,) = [note for note in table.notes if note.startswith("no choice in fold")]
    assert note.startswith("no choice in fold 1, 5: no set has Hit rate in the training")
    chosen, outcomes, _ = walk_forward_sections(gaps)
    in_force = ["the core", *["its choice"] * 3, "that of fold 4", "its choice"]
    assert [row[3] for row in chosen.rows] == in_force
    assert [row[4:] == ("–", "–") for row in chosen.rows] == [word[0] == "t" for word in in_force]
    assert outcomes.rows[0][1:8] == ("–",) * 7


def test_too_few_sets_are_no_choice():
    found = walk_forward(study(section={**WINDOWS, "minimum_sets": 5}), PANEL)
    assert [fold.in_force for fold in found.folds] == [None] * len(found.folds)
    core = found.benchmarks["core"].simulation
    assert found.simulation.equity.tobytes() == core.equity.tobytes()
    unknown = (found.summary.efficiency, found.summary.percentile, found.drifts[0].mean_step)
    assert all(map(math.isnan, unknown))
    assert found.verdict.level == "no evidence"
    assert [fold.choice.trained_sets for fold in found.folds] == [4] * len(found.folds)
    notes = walk_forward_table(found).notes
    assert any("1, 2, 3, 4, 5: fewer than 5 sets have Sharpe" in note for note in notes)
    assert walk_forward_files(found)["folds.csv"]


# few sessions, few folds, few sets


@pytest.mark.parametrize(
    ("section", "folds", "last"),
    [
        ({"train": 100, "test": 50}, 5, 10),
        ({"train": 100, "test": 105}, 2, 105),
        ({"train": 100, "test": 5000}, 1, 210),
        ({"train": 308, "test": 1}, 2, 1),
        ({"train": 2, "test": 300}, 2, 8),
    ],
)
def test_the_last_test_window_ends_with_the_data(section, folds, last):
    found = walk_forward(study(section=section), PANEL)
    tests = [fold.choice.windows.test for fold in found.folds]
    assert (len(tests), tests[-1].sessions, tests[-1].stop) == (folds, last, 310)
    short = last < section["test"]
    notes = walk_forward_table(found).notes
    assert any(note.startswith("the last test window has") for note in notes) == short


def test_a_last_close_with_nothing_after_it_decides_and_earns_nothing():
    found = walk_forward(study(section={"train": 308, "test": 1}), PANEL)
    last = found.folds[-1]
    assert last.choice.number is not None
    assert all(math.isnan(value) for value in last.choice.out_of_sample.values())
    assert math.isnan(last.stitched_return)
    assert last.choice.test_standing == (None, 0, pytest.approx(math.nan, nan_ok=True))


def test_one_set_is_the_study_itself_out_of_sample():
    found = walk_forward(study(axes={}), PANEL)
    alone = run(study(axes={}), PANEL.window(100))
    assert found.simulation.equity.tobytes() == alone.simulation.equity.tobytes()
    assert repr(found.metrics) == repr(alone.metrics)
    own = found.beside["own"].simulation.equity
    assert own.tobytes() == found.beside["hindsight"].simulation.equity.tobytes()
    assert (found.sets, found.drifts) == (1, ())
    notes = " ".join(walk_forward_table(found).notes)
    assert "the grid has one set, so nothing is chosen: name axes under sweep" in notes
    assert "of the other sets" not in notes
    assert own.tobytes() == alone.simulation.equity.tobytes()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            {"train": "5y"},
            'study "memory": walk_forward.train: is 1,260 sessions, but the data have 310; '
            "a test needs at least 2 more",
        ),
        (
            {"train": 300, "embargo": 9},
            'study "memory": walk_forward.train: is 300 sessions and an embargo of 9, but the data '
            "have 310; a test needs at least 2 more",
        ),
        (
            {**WINDOWS, "metric": "sharp"},
            'walk_forward.metric: is "sharp", which is not allowed (allowed '
            'final_equity, total_return, cagr, volatility, sharpe, …; did you mean "sharpe"?)',
        ),
        ({**WINDOWS, "metric": "rotations"}, 'is "rotations", which is not allowed (allowed'),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(section, message):
    with pytest.raises(StudyError) as caught:
        walk_forward(study(section=section), PANEL)
    (line,) = str(caught.value).splitlines()
    for part in message.split("…"):
        assert part in line
    assert caught.value.exit_code == 3


def test_a_grid_of_which_the_rule_allows_nothing_is_refused():
    rule = {"name": "rsi_threshold", "rsi_period": 3}
    axes = {"rule.oversold": [60, 70], "rule.overbought": [40, 50]}
    with pytest.raises(UsageError, match="the rule allows none of the 4 combinations"):
        walk_forward(study(axes=axes, rule=rule), PANEL)


def test_combinations_the_rule_refuses_are_left_out_and_counted():
    rule = {"name": "rsi_threshold", "rsi_period": 3}
    axes = {"rule.oversold": [30, 50], "rule.overbought": [40, 60]}
    found = walk_forward(study(axes=axes, rule=rule), PANEL)
    assert (found.sets, found.skipped) == (3, 1)
    assert all(fold.choice.trained_sets <= 3 for fold in found.folds)


def test_a_study_made_in_python_is_checked():
    broken = study().model_copy(update={"sweep": {"rule.entry": [1, 2]}})
    with pytest.raises(StudyError, match='the rule has no parameter "entry"'):
        walk_forward(broken, PANEL)


# other axes, other rules


def test_what_no_rule_can_choose_keeps_the_study_s_value():
    """Nobody chooses what trading costs: the cheapest would always win."""
    axes = {**AXES, "execution.commission_bps": [0.0, 7.0, 50.0]}
    execution = {"commission_bps": 7.0, "slippage_bps": 0.0}
    found = walk_forward(study(axes=axes, execution=execution), PANEL)
    alone = walk_forward(study(execution=execution), PANEL)
    assert found.simulation.equity.tobytes() == alone.simulation.equity.tobytes()
    assert found.held_fixed == ("execution.commission_bps",)
    assert found.axes == tuple(AXES)
    assert any(
        note.startswith("not chosen, as no rule can: execution.commission_bps; the study's own")
        for note in walk_forward_table(found).notes
    )


def test_every_other_term_has_a_walk_forward_of_its_own():
    """Choices included: each scenario is the walk-forward of a study with that value."""
    axes = {**AXES, "execution.commission_bps": [0.0, 7.0], "execution.fill": ["next_close"]}
    execution = {"commission_bps": 7.0, "slippage_bps": 1.0}
    found = walk_forward(study(axes=axes, execution=execution), PANEL)
    assert [s.values for s in found.scenarios] == [
        {"execution.commission_bps": bps, "execution.fill": "next_close"} for bps in (0.0, 7.0)
    ]
    for one in found.scenarios:
        own = {key.removeprefix("execution."): value for key, value in one.values.items()}
        alone = walk_forward(study(execution={**execution, **own}), PANEL)
        assert one.metrics.keys() == alone.metrics.keys()
        for key, value in alone.metrics.items():
            if isinstance(value, float):
                assert one.metrics[key] == pytest.approx(value, rel=1e-9, nan_ok=True), key
        assert one.summary.efficiency == pytest.approx(alone.summary.efficiency, rel=1e-9)
        assert one.summary.percentile == alone.summary.percentile
    section = walk_forward_sections(found)[-1]
    assert section.title == "On other terms"
    assert [row[:2] for row in section.rows] == [("0", "next_close"), ("7", "next_close")]
    files = walk_forward_files(found)
    assert files["scenarios.csv"].startswith(b"execution.commission_bps,execution.fill,")


def test_swept_prices_are_loaded_anew_and_what_leaves_no_test_is_left_out():
    data = {"source": "simulated", "end": dt.date(2001, 3, 30)}
    starts = [dt.date(2000, 3, 1), dt.date(2001, 1, 2)]
    axes = {**AXES, "data.start": starts, "data.price_basis": ["price", "total_return"]}
    found = walk_forward(study(axes=axes, data=data))
    assert [tuple(s.values.values()) for s in found.scenarios] == [
        (starts[0], "price"),
        (starts[0], "total_return"),
    ]
    alone = walk_forward(study(data={**data, "start": starts[0], "price_basis": "price"}))
    equity = found.scenarios[0].metrics["final_equity"]
    assert equity == pytest.approx(alone.metrics["final_equity"], rel=1e-9)
    with pytest.raises(UsageError, match=r"data\.start cannot be swept on a panel in memory"):
        walk_forward(study(axes=axes), PANEL)


def test_limits_of_a_rule_of_expressions_are_chosen_too():
    rule = {"enter": "streak >= entry", "leave": "streak <= -1", "parameters": {"entry": 1}}
    axes = {"rule.parameters.entry": [1, 2, 3], "rule.max_holding": [None, 1, 2]}
    found = walk_forward(study(axes=axes, rule=rule), PANEL)
    chosen = {fold.choice.values["rule.max_holding"] for fold in found.folds}
    assert len(chosen) > 1
    assert (found.sets, found.engine) == (9, "events")
    for fold in found.folds:
        window = PANEL.window(*fold.choice.windows.train)
        values = fold.choice.values
        entry, most = values["rule.parameters.entry"], values["rule.max_holding"]
        own = {**rule, "parameters": {"entry": entry}, "max_holding": most}
        alone = run(study_in_memory(rule=own), window)
        assert fold.choice.in_sample["sharpe"] == pytest.approx(alone.metrics["sharpe"], rel=1e-9)


@pytest.mark.parametrize("fractional", [True, False])
def test_schedules_of_weights_and_whole_shares_are_walked_too(fractional):
    axes = {"rule.satellite_weight": [0.0, 0.25, 0.5, 1.0]}
    found = walk_forward(
        study(
            axes=axes,
            rule={"name": "fixed_mix"},
            execution={"fractional_shares": fractional, "slippage_bps": 2.0},
        ),
        PANEL,
    )
    assert found.engine == "bars"
    aimed = found.simulation.target_weight
    for fold in found.folds:
        window, weight = fold.choice.windows.test, fold.choice.values["rule.satellite_weight"]
        inside = aimed[window.first + 1 - 100 : window.stop - 100]
        assert (inside == weight).all()
    assert found.summary.distinct_sets > 1


# what Python gets


def test_the_folds_and_the_equity_as_frames():
    found = walk_forward(study(), PANEL)
    table = found.table
    assert isinstance(table, pd.DataFrame)
    assert list(table["fold"]) == [1, 2, 3, 4, 5]
    assert table["train_first"][1] == str(PANEL.traded_sessions[50])
    assert table["test_last"][0] == str(PANEL.traded_sessions[149])
    assert found.equity.index[0] == pd.Timestamp(PANEL.traded_sessions[100])
    assert found.equity.iloc[-1] == found.metrics["final_equity"]


def test_the_prices_are_loaded_if_none_are_given():
    data = {"source": "simulated", "end": dt.date(2001, 3, 30)}
    assert walk_forward(study(data=data)).setting.data["last_session"] == "2001-03-30"
