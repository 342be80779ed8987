"""A stored streak study is read back as the record it was, on markets of every shape."""

import dataclasses
import datetime as dt
import json
import math

import numpy as np
import pytest
from panels import panel_of, random_panel
from streak_markets import SHAPES

from engine.errors import StoreError, UsageError
from engine.evaluation.streak_study import claims
from engine.evaluation.streak_study.anatomy import Mover
from engine.evaluation.streak_study.study import Context, StreakStudy, study_streaks
from engine.store.folders import save
from engine.store.scan_reading import ADDED, read_scan
from engine.store.scans import scan_files
from engine.study.scan import ScanSection

SCAN = ScanSection(min_length=2, thresholds=(2, 3), horizons=(1, 5), resamples=100)
CLAIM = claims.Tested(
    '=cmd(), "so"', "who; where", "statement", "price", "", "", "", "supported", "why"
)
MANIFEST = {"data": {}, "execution": {}, "warnings": [], "notes": [], "simulated": True}


def stored(folder, found, tested=(), kind="scan", **files):
    own = {
        "study.yaml": b"name: s\n",
        **scan_files(found, (), tested, simulated=True),
        **files,
    }
    return save(folder, "s", "0" * 64, own, {"kind": kind, **MANIFEST})


def assert_same(one, two):
    """Compare records figure by figure: NaN equals NaN, arrays compare by value and type."""
    assert type(one) is type(two)
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(two, field.name))
    elif isinstance(one, np.ndarray):
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)
    elif isinstance(one, dict):
        assert one.keys() == two.keys()
        for key, value in one.items():
            assert_same(value, two[key])
    elif isinstance(one, tuple | list):
        assert len(one) == len(two)
        for pair in zip(one, two, strict=True):
            assert_same(*pair)
    else:
        assert one == two or (math.isnan(one) and math.isnan(two))


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_read_is_what_was_found(shape, tmp_path):
    core, satellite = (np.asarray(c) * 100.0 for c in SHAPES[shape])
    found = study_streaks(panel_of(core, satellite), SCAN, 1, Context())
    read = read_scan(stored(tmp_path, found, (CLAIM,)))
    assert_same(read.found, found)
    assert read.claims == (CLAIM,)
    assert read.study_text == b"name: s\n"


@pytest.mark.parametrize("seed", range(3))
def test_a_rich_study_loses_nothing(seed, tmp_path):
    panel = random_panel(seed, 700)
    vix = np.random.default_rng(seed).uniform(10.0, 30.0, 700)
    vix[:300] = np.nan
    found = study_streaks(panel, SCAN, seed, Context(vix=vix, fed_funds=vix / 1e3))
    day = found.streaks["outperformance"][3].start.astype(dt.date)
    found = study_streaks(panel, SCAN, seed, Context(vix=vix, fed_funds=vix / 1e3), [day], day)
    movers = (Mover("=A1", 0.1, 0.2, 1, ""), Mover("B", math.nan, math.nan, None, "no file"))
    assert_same(
        read_scan(stored(tmp_path, dataclasses.replace(found, anatomy=movers))).found,
        dataclasses.replace(found, anatomy=movers),
    )
    assert isinstance(found, StreakStudy)


def test_another_kind_of_result_is_no_scan(tmp_path):
    found = study_streaks(random_panel(1, 60), SCAN, 1, Context())
    with pytest.raises(UsageError, match="is no scan"):
        read_scan(stored(tmp_path, found, kind="run"))


@pytest.mark.parametrize("key", ADDED)
def test_a_study_of_an_earlier_version_is_refused(key, tmp_path):
    found = study_streaks(random_panel(1, 60), SCAN, 1, Context())
    metrics = json.loads(scan_files(found, (), simulated=True)["metrics.json"])
    del metrics[key]
    old = stored(tmp_path, found, **{"metrics.json": json.dumps(metrics).encode()})
    with pytest.raises(StoreError, match="from an earlier version; scan the study again"):
        read_scan(old)
