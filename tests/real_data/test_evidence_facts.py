"""What real prices say of the shipped searches: their winners are what luck alone would find."""

import json
import os
from pathlib import Path

import pytest
from command_line import streak

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
CONFIGS = Path(__file__).parents[2] / "configs"
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")
END = "2026-08-21"


def weighed(study, folder):
    """Return the evidence on a shipped sweep, its invented market replaced by SPY and IWM."""
    text = (CONFIGS / study).read_text("utf-8").replace("SMALL", "IWM").replace("LARGE", "SPY")
    source = f"source: csv\n  core: SPY\n  satellite: IWM\n  end: {END}"
    (folder / study).write_text(text.replace("source: simulated", source), "utf-8")
    options = ("--results", folder / "results", "--quiet")
    ran = streak("sweep", folder / study, "--no-confirm", "--data-dir", FOLDER, *options)
    assert ran.code == 0, ran.err
    nulls = ("--null", "bootstrap", "--null", "sign-flips")
    ran = streak("evidence", "latest", "--resample", "40", *nulls, *options, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


@pytest.mark.parametrize(
    ("study", "winner", "strategies", "walked"),
    [
        ("sweep_streak.yaml", {"sharpe": 0.5518, "active_return": 0.0052}, 3061, (0.0939, 0.2025)),
        ("sweep_rsi.yaml", {"sharpe": 0.5863, "active_return": 0.0295}, 570, (0.1048, 0.4764)),
    ],
)
def test_shipped_searches_find_nothing_that_luck_would_not(
    study, winner, strategies, walked, tmp_path
):
    told = weighed(study, tmp_path)
    assert told["strategies"] == strategies
    for key, value in winner.items():
        assert told["winner"]["metrics"][key] == pytest.approx(value, abs=5e-5)
    assert told["uncertainty"]["active_probability"] > 0.9  # alone it would look well
    effective, counted = told["deflated"][0]["estimates"]
    assert 2.0 < effective["trials"] < 10.0
    assert counted["probability"] < 0.3
    assert effective["probability"] < 0.9
    assert told["overfitting"]["behind"] > 0.6
    assert told["superiority"]["p_value"] > 0.3
    assert all(search["p_value"] > 0.3 for search in told["searches"])
    walk = told["walk_forward"]
    growth = walk["rule"]["metrics"]["cagr"]
    assert (growth, walk["probability"]) == pytest.approx(walked, abs=5e-5)
    assert growth < walk["benchmarks"]["core"]["metrics"]["cagr"] == pytest.approx(0.1117, abs=5e-5)
    assert told["verdict"]["level"] == "no evidence"
