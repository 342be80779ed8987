"""No look-ahead in a walk-forward, and the same bytes whoever computes it.

What a fold chooses must not change when everything after its training window does, and what the
stitched run has decided and earned by a close must not change when everything after it does. The
future is replaced by random walks of another volatility, at every boundary a fold has.
"""

import dataclasses

import numpy as np
import pytest
from panels import bars_of, random_panel
from short_studies import snapshot, study_in_memory

from engine.market.panel import PricePanel
from engine.pipeline.sweeping.plan import Plan
from engine.pipeline.walking import walk_forward
from engine.pipeline.walking.choosing import windows_of
from engine.pipeline.walking.searching import Search
from engine.rules.studies import checked
from engine.store.walk_forwards import walk_forward_files

AXES = {"rule.entry_streak": [1, 2, 3], "rule.exit_streak": [1, 2], "rule.max_holding": [None, 3]}
PANEL = random_panel(17, 300, start_index=15)
SECTIONS = [
    {"train": 100, "test": 40},
    {"train": 100, "test": 40, "windows": "anchored", "purge": 11, "embargo": 6},
]


def walked(panel, section):
    return walk_forward(study_in_memory(sweep=AXES, walk_forward=section), panel)


def choices(panel, section, **sections):
    """Return what the folds choose, without the stitched run."""
    study = checked(study_in_memory(**({"sweep": AXES} | sections), walk_forward=section))
    search = Search(Plan(study, panel), "sharpe")
    return [search.choice(one) for one in windows_of(study, panel)]


def with_another_future(panel, cut, seed):
    """Replace all bars of traded sessions from `cut` on."""
    at = panel.start_index + cut
    rng = np.random.default_rng((seed, cut))
    assets = []
    for bars in (panel.core, panel.satellite):
        close, open_ = bars.close.copy(), bars.open.copy()
        close[at:] = 55.0 * np.exp(np.cumsum(rng.normal(0.0, 0.06, len(close) - at)))
        open_[at:] = close[at:] * np.exp(rng.normal(0.0, 0.02, len(close) - at))
        assets.append(bars_of(close, bars.symbol, open_))
    return PricePanel(panel.sessions, *assets, start_index=panel.start_index)


def told(choice):
    return repr((choice.number, choice.values, choice.in_sample, choice.trained_sets))


@pytest.mark.parametrize("section", SECTIONS, ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_choice_knows_nothing_after_its_training_window(section, seed):
    whole = choices(PANEL, section)
    changed = 0
    for cut in (choice.windows.train.stop for choice in whole):
        other = choices(with_another_future(PANEL, cut, seed), section)
        for one, same in zip(whole, other, strict=True):
            if one.windows.train.stop <= cut:
                assert told(one) == told(same)
            else:
                changed += told(one) != told(same)
    assert changed == len(whole) * (len(whole) - 1) / 2  # what does know of the change shows it


@pytest.mark.parametrize("section", SECTIONS, ids=str)
def test_the_stitched_run_knows_nothing_after_each_close(section):
    whole = walked(PANEL, section)
    first = whole.folds[0].choice.windows.test.first
    boundaries = [fold.choice.windows.test.first for fold in whole.folds]
    for cut in sorted({*boundaries[1:], *(b + 1 for b in boundaries)}):
        other = walked(with_another_future(PANEL, cut, 3), section)
        known = cut - first
        ours, theirs = whole.simulation, other.simulation
        assert theirs.equity[:known].tobytes() == ours.equity[:known].tobytes()
        decided = [repr(d) for d in ours.decisions if d.session < known]
        assert [repr(d) for d in theirs.decisions if d.session < known] == decided


def test_sessions_in_the_gap_change_nothing_of_the_choice():
    """A purge and an embargo keep training and test apart: what is between them is not read."""
    section = SECTIONS[1]
    whole = choices(PANEL, section)[0]
    assert whole.windows.test.first - whole.windows.train.stop == 17
    another = with_another_future(PANEL, whole.windows.train.stop, 4)
    assert told(choices(another, section)[0]) == told(whole)
    without_gap = {**section, "purge": 0, "embargo": 0}
    assert told(choices(another, without_gap)[0]) != told(choices(PANEL, without_gap)[0])


def test_what_came_before_the_traded_sessions_warms_features_up():
    """The first session of a window is not the first one its features see."""
    rule = {"name": "rsi_threshold", "rsi_period": 14, "oversold": 45, "overbought": 55}
    axes = {"rule.oversold": [35, 45], "rule.overbought": [55, 65]}
    cold = PricePanel(
        PANEL.sessions[15:],
        *(bars_of(b.close[15:], b.symbol, b.open[15:]) for b in (PANEL.core, PANEL.satellite)),
    )
    warm, without = (choices(one, SECTIONS[0], rule=rule, sweep=axes) for one in (PANEL, cold))
    assert told(warm[0]) != told(without[0])


def test_the_number_of_workers_changes_no_byte():
    study = study_in_memory(sweep=AXES, walk_forward=SECTIONS[0])
    alone = walk_forward_files(walk_forward(study, PANEL))
    assert walk_forward_files(walk_forward(study, PANEL, workers=3)) == alone


def test_the_panel_and_the_study_stay_as_they_are():
    before = snapshot(PANEL)
    study = study_in_memory(sweep=AXES, walk_forward=SECTIONS[0])
    dumped = study.model_dump_json(exclude={"sweep"})
    found = walk_forward(study, PANEL)
    assert snapshot(PANEL) == before
    assert study.model_dump_json(exclude={"sweep"}) == dumped
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.folds = ()
