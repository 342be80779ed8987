"""The walk-forward section: its forms, its bounds, and how it is overridden."""

from typing import get_args

import pytest
from study_texts import MINIMAL, Files

from engine.errors import StudyError
from engine.evaluation.definitions import find_metric
from engine.evaluation.trial_keys import KEYS
from engine.study.walk_forward import ChoosingMetric, WalkForwardSection, sessions_in


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


@pytest.mark.parametrize(
    ("length", "sessions"), [(2, 2), (1260, 1260), ("5y", 1260), ("1y", 252), ("18m", 378)]
)
def test_lengths_are_sessions_or_years_or_months(length, sessions):
    assert sessions_in(length) == sessions
    assert WalkForwardSection(train=length).train_sessions == sessions
    assert WalkForwardSection(test=length).test_sessions == sessions


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{train: 1}", "walk_forward.train: is 1, of which 1 session is left"),
        ("{train: 5 y}", 'walk_forward.train: is "5 y", but must be a number of sessions'),
        ("{train: 5d}", 'walk_forward.train: is "5d", but must be a number of sessions'),
        ("{train: 0y}", 'walk_forward.train: is "0y", but must be a number of sessions'),
        ("{test: 1.5}", "walk_forward.test: is 1.5, but must be a number of sessions"),
        ("{test: true}", "walk_forward.test: is true, but must be a number of sessions"),
        ("{test: null}", "walk_forward.test: is empty, but must be a number of sessions"),
        ("{test: 0}", "walk_forward.test: is 0, but must be 1 to 252,000 sessions"),
        ("{test: -5}", "walk_forward.test: is -5, but must be 1 to 252,000 sessions"),
        ("{test: 99999y}", 'walk_forward.test: is "99999y", but must be 1 to 252,000 sessions'),
        ("{purge: -1}", "walk_forward.purge: is -1, but must be at least 0"),
        ("{embargo: 1.0}", "walk_forward.embargo: is 1.0, but must be a whole number"),
        ("{minimum_sets: 0}", "walk_forward.minimum_sets: is 0, but must be at least 1"),
        ("{metric: sharp}", "which is not allowed (allowed final_equity, total_return, cagr, vol"),
        ("{metric: rotations}", 'walk_forward.metric: is "rotations", which is not allowed'),
        ("{windows: roling}", 'which is not allowed (allowed rolling, anchored; did you mean "ro'),
        ("{trian: 5y}", "walk_forward.trian: no such key (allowed windows, train, test, purge, em"),
        ("5y", 'walk_forward: is "5y", but must be a section of keys'),
        ("{train: 1y, purge: 251}", 'walk_forward.train: is "1y", of which 1 session is left'),
        ("{train: 10, purge: 11}", "walk_forward.train: is 10, of which 0 sessions are left"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(files, section, message):
    with pytest.raises(StudyError) as caught:
        files.load(f"{MINIMAL}walk_forward: {section}\n")
    (fault,) = caught.value.faults
    assert message in str(fault)
    assert fault.line == 4


def test_it_is_overridden_like_everything_else(files):
    text = f"{MINIMAL}walk_forward: {{train: 3y, purge: 5}}\n"
    loaded = files.load(
        text, overrides=["walk_forward.train=250", "walk_forward.windows=anchored"]
    ).study.walk_forward
    assert (loaded.train, loaded.purge, loaded.windows) == (250, 5, "anchored")
    with pytest.raises(StudyError, match=r"--set walk_forward.test: is \"x\", but must be"):
        files.load(text, overrides=["walk_forward.test=x"])


def test_every_study_has_one(files):
    assert files.load(MINIMAL).study.walk_forward == WalkForwardSection()


def test_those_metrics_of_a_sweep_can_choose_of_which_more_or_less_is_better():
    able = tuple(key for key in KEYS if find_metric(key).direction)
    assert get_args(ChoosingMetric) == able
