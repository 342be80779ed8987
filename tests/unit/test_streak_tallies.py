"""The tally of streaks by character, against pandas."""

import numpy as np
import pandas as pd
import pytest
from panels import random_panel

from engine.evaluation.streak_study.table import streak_table
from engine.evaluation.streak_study.tallies import tallies


@pytest.fixture(scope="module")
def streaks():
    vix = np.random.default_rng(3).uniform(10.0, 30.0, 900)
    return streak_table(random_panel(3, 900), "outperformance", vix=vix)


def test_it_is_what_pandas_counts(streaks):
    frame = pd.DataFrame([s.as_row() for s in streaks])
    columns = {"character": "character", "volatility": "volatility_regime", "VIX": "vix_regime"}
    found = tallies(streaks)
    assert {t.group for t in found} == set(columns)
    for group, column in columns.items():
        own = [t for t in found if t.group == group]
        counted = frame.groupby(column).agg(
            streaks=("length", "size"),
            longest=("length", "max"),
            mean_length=("length", "mean"),
            mean_bps=("mean_bps", "mean"),
            mean_outperformance=("outperformance", "mean"),
        )
        assert {t.label for t in own} == set(counted.index)
        for tally in own:
            for name, value in counted.loc[tally.label].items():
                assert getattr(tally, name) == pytest.approx(value, rel=1e-9)
        assert [t.streaks for t in own] == sorted((t.streaks for t in own), reverse=True)


def test_of_nothing_there_is_no_tally():
    assert tallies(()) == ()
