"""The whole streak study: its parts fit together, on markets of every shape."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from panels import panel_of, random_panel
from streak_markets import FLAT, SHAPES, UP, N

from engine.errors import UsageError
from engine.evaluation.streak_study.study import (
    Context,
    character_rules,
    current_of,
    signed_length,
    streaks_of_all_kinds,
    study_streaks,
)
from engine.evaluation.streak_study.table import KINDS
from engine.report.sections import sections_markdown, sections_text
from engine.report.streaks import scan_sections
from engine.signals.streaks import outperformance_streak
from engine.store.scans import scan_files, scan_json
from engine.study.scan import ScanSection

SCAN = ScanSection(min_length=2, thresholds=(2, 3), horizons=(1, 5), resamples=100)


def study(panel, seed=1, **more):
    return study_streaks(panel, SCAN, seed, Context(), **more)


def csv_of(found, name):
    return pd.read_csv(io.BytesIO(scan_files(found, (), simulated=False)[name]))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_market_of_any_shape_is_studied_told_and_written(shape):
    core, satellite = (np.asarray(c) * 100.0 for c in SHAPES[shape])
    panel = panel_of(core, satellite)
    found = study(panel)
    sections = scan_sections(panel, found, kind="outperformance", min_length=2, top=None)
    assert sections_text(sections, simulated=True).startswith("SIMULATED DATA")
    assert sections_markdown("s", sections, simulated=False).startswith("# s\n")
    for name, content in scan_files(found, (), simulated=False).items():
        if name.endswith(".csv"):
            assert pd.read_csv(io.BytesIO(content)).shape[1] > 3, name
    for side, lengths in (
        ("outperformance", satellite / core),
        ("underperformance", core / satellite),
    ):
        moves = lengths[1:] / lengths[:-1] > 1 + 1e-11
        assert sum(s.length for s in found.streaks[side]) == moves.sum()


def test_without_rows_a_file_still_says_what_there_would_be():
    with_rows = study(random_panel(1, 60))
    without = study(panel_of(FLAT, FLAT))
    assert not any(without.streaks.values())
    for name in ("streaks.csv", "anatomy.csv", "rarity.csv", "survival.csv", "events.csv"):
        full = csv_of(with_rows, name)
        assert list(csv_of(without, name).columns) == list(full.columns), name
    assert list(csv_of(with_rows, "anatomy.csv").columns)[:2] == ["symbol", "streak_return"]


def test_the_current_streak_is_of_either_side():
    up, down = study(panel_of(FLAT, UP)), study(panel_of(UP, FLAT))
    assert (up.current.kind, signed_length(up.current)) == ("outperformance", N - 1)
    assert (down.current.kind, signed_length(down.current)) == ("underperformance", -(N - 1))
    tied = study(panel_of(*SHAPES["a tie at the end"]))
    assert tied.current is None
    assert signed_length(tied.current) == tied.outlook.streak == 0
    assert current_of(dict.fromkeys(KINDS, ())) is None


def test_rarity_and_table_count_the_same_runs():
    found = study(random_panel(3, 400, start_index=50))
    for side, rarity in found.rarity.items():
        lengths = np.array([s.length for s in found.streaks[side] if s.start_index > 50])
        first = [s for s in found.streaks[side] if s.start_index <= 50]
        assert len(first) <= 1
        for row in rarity.rows:
            # a streak under way at the start counts in the table whole, in the runs from there on
            part = sum(s.end_index - 49 >= row.k for s in first)
            assert row.observed == (lengths >= row.k).sum() + part


def test_warm_up_is_no_part_of_what_is_counted():
    panel = random_panel(3, 400, start_index=50)
    found = study(panel)
    signed = outperformance_streak(panel.core.close, panel.satellite.close)[50:]
    won = int((signed > 0).sum())
    assert found.rarity["outperformance"].wins == won
    counted = {row.streak: row for row in found.continuation}
    assert counted[1].n == (signed[:-1] == 1).sum()
    assert counted[1].coin == won / 350


def test_the_seed_moves_the_bootstraps_and_nothing_else():
    panel = random_panel(4, 400)
    one, same, other = (scan_json(study(panel, seed), ()) for seed in (1, 1, 2))
    assert one == same
    resampled = {"bootstrap_mean", "bootstrap_low", "bootstrap_high", "bootstrap_probability"}
    inferred = {"low", "high", "p_value", "p_holm", "verdict"}
    for found in (one, other):
        assert {sample.pop("seed") for sample in found["samples"].values()} == {
            1 if found is one else 2
        }
    for key in one.keys() - {"rarity", "events"}:
        assert one[key] == other[key], key
    for key, moving in (("rarity", resampled), ("events", inferred)):
        assert one[key] != other[key]
        for a, b in zip(one[key], other[key], strict=True):
            assert {k for k in a if a[k] != b[k]} <= moving


def test_nothing_is_written_to_the_panel():
    panel = random_panel(5, 100)
    before = panel.content_hash
    study(panel)
    assert dataclasses.replace(panel).content_hash == before


def test_analogue_and_anatomy_dates_choose_their_streaks():
    panel = random_panel(6, 200)
    streaks = study(panel).streaks["outperformance"]
    one, two = streaks[3], streaks[-4]
    dates = [s.start.astype(object) for s in (two, one, two)]
    found = study(panel, analogue_dates=dates, dissect=dates[1])
    assert [a.streak for a in found.analogues] == [two, one]
    assert found.dissected == one
    tie = next(
        day for t, day in enumerate(panel.sessions)
        if t and not any(s.start_index <= t <= s.end_index for s in streaks)
    ).astype(object)  # fmt: skip
    with pytest.raises(UsageError, match=f"{tie} is on no streak; the nearest"):
        study(panel, analogue_dates=[tie])
    with pytest.raises(UsageError, match=f"{tie} is on no streak; the nearest"):
        study(panel, dissect=tie)


def test_by_default_a_long_streak_under_way_is_dissected_else_the_longest():
    moves = np.array([0.0, 1, 1, 1, -1, 1, 1]) * 0.01
    ended = study(panel_of(np.ones(7), np.cumprod(1 + moves)))
    assert (ended.dissected.length, ended.dissected.open) == (2, True)
    short = panel_of(np.ones(6), np.cumprod(1 + moves[:6]))
    assert study(short).dissected.length == 3
    assert study(panel_of(UP, FLAT)).dissected is None


def test_progress_is_told():
    told = []
    study(random_panel(7, 60), progress=told.append)
    assert told == ["resampling 100 histories", "studying what followed"]


def test_rules_of_the_study_reach_the_tags():
    assert character_rules(ScanSection(character={"vix_calm": 12.5})).vix_calm == 12.5
    panel = random_panel(8, 200)
    all_flat = ScanSection(character={"flat": 0.9})

    def tags(scan):
        tables = streaks_of_all_kinds(panel, scan, Context())
        return [streak.character.tag for streak in tables["outperformance"]]

    assert set(tags(SCAN)) == {"risk-on", "defensive", "mixed"}
    assert set(tags(all_flat)) == {"mixed"}


def test_analogues_as_parquet_hold_the_paths_from_21_before_to_252_after():
    found = study(random_panel(9, 700))
    content = scan_files(found, (), simulated=True)["analogues.parquet"]
    table = pq.read_table(io.BytesIO(content))
    assert table.schema.metadata[b"data"] == b"simulated"
    frame = table.to_pandas()
    assert frame["offset"].tolist() == [*range(-21, 253)] * len(found.analogues)
    assert (frame.loc[frame.offset == 0, ["relative", "satellite", "core"]] == 1.0).all().all()
