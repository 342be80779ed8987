"""``streak sweep --dry-run``, and grids that are too large."""

import json
import re
import tracemalloc
from pathlib import Path

import pytest
from command_line import streak
from short_studies import PAIR, SHORT, write_study

from engine.pipeline.sweeping import forecast

AXES = """\
sweep:
  rule.entry_streak: [1, 2, 3]
  execution.slippage_bps.SMALL: [0, 5]
  rule.max_holding: [null, 2]
"""
HUGE = (
    "sweep:\n  rule.entry_streak: {from: 1, to: 1000000}\n  rule.cooldown: {from: 1, to: 1000000}\n"
)
MANY = "sweep:\n  rule.cooldown: {from: 0, to: 7071}\n  rule.max_holding: {from: 1, to: 7072}\n"


def sweep(folder, axes, *options):
    study = write_study(folder, text=SHORT + axes)
    return streak("sweep", study, "--workers", "1", "--results", folder / "results", *options)


def test_a_dry_run_counts_without_running(tmp_path):
    code, out, err = sweep(tmp_path, AXES, "--dry-run")
    assert (code, err) == (0, "")
    *lines, estimate = out.splitlines()
    assert lines == [
        "12 parameter sets",
        "  rule.entry_streak: 3 values, 1 to 3",
        "  execution.slippage_bps.SMALL: 2 values, 0 to 5",
        "  rule.max_holding: 2 values, null to 2",
        "first: entry_streak 1, slippage_bps.SMALL 0, max_holding null",
        "last: entry_streak 3, slippage_bps.SMALL 5, max_holding 2",
    ]
    found = re.fullmatch(
        r"estimate from a pilot of (\d+) sets \(events engine\): [\d.]+ s, \d+ MB of memory, "
        r"at most [\d.]+ kB on disk; confirmations take a few seconds more",
        estimate,
    )
    assert found is not None, estimate
    assert 1 <= int(found[1]) <= 12
    assert not (tmp_path / "results").exists()


def test_a_dry_run_for_machines(tmp_path):
    code, out, err = sweep(tmp_path, AXES, "--dry-run", "--json")
    told = json.loads(out, parse_constant=pytest.fail)
    assert (code, err) == (0, "")
    assert (told["sets"], told["engine"], told["refused"]) == (12, "events", None)
    assert told["axes"]["rule.entry_streak"] == {"values": 3, "first": 1, "last": 3}
    assert told["first"]["rule.max_holding"] is None
    assert told["last"]["rule.max_holding"] == 2
    assert told["seconds"] > 0
    assert told["seconds"] == pytest.approx(12 * told["pilot"]["seconds"] / told["pilot"]["sets"])
    assert told["memory_bytes"] > 10e6
    assert told["disk_bytes"] > 0


def test_the_disk_is_not_underestimated(tmp_path):
    axes = "sweep:\n  rule.cooldown: {from: 0, to: 59}\n  rule.max_holding: {from: 1, to: 60}\n"
    foreseen = json.loads(sweep(tmp_path, axes, "--dry-run", "--json").out)
    done = json.loads(sweep(tmp_path, axes, "--no-confirm", "--json").out)
    size = (Path(done["path"]) / "trials.parquet").stat().st_size
    assert size < 1.5 * foreseen["disk_bytes"] < 15 * size


def test_prices_that_are_missing_leave_only_the_count(tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(f"{PAIR}sweep:\n  rule.entry_streak: [1, 2, 3]\n", "utf-8")
    code, out, err = streak("sweep", study, "--dry-run")
    assert (code, err) == (0, "")
    assert "3 parameter sets" in out
    assert "no estimate: " in out


def test_a_pilot_costs_the_same_for_every_grid(tmp_path, monkeypatch):
    """The values of an axis are not expanded: sixteen of them are enough."""
    seen = []
    sound = forecast._piloted

    def piloted(plan):
        seen.append(plan.sizes)
        return sound(plan)

    monkeypatch.setattr(forecast, "_piloted", piloted)
    told = json.loads(sweep(tmp_path, MANY, "--dry-run", "--json").out)
    assert seen == [(16, 16)]
    assert told["sets"] == 7072 * 7072
    assert told["pilot"]["sets"] <= 256
    assert "or say --yes" in told["refused"]


def test_many_sets_must_be_meant(tmp_path):
    code, out, err = sweep(tmp_path, MANY)
    assert (code, out) == (3, "")
    assert err == (
        "streak: the grid has 50,013,184 parameter sets (rule.cooldown 7,072, "
        "rule.max_holding 7,072); shorten an axis, or say --yes to sweep more than 50,000,000\n"
    )
    assert not (tmp_path / "results").exists()


def test_yes_means_them(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.pipeline.sweeping.plan.MANY", 11)
    refused = sweep(tmp_path, AXES, "--no-confirm", "--quiet")
    assert refused.code == 3
    assert "12 parameter sets (rule.entry_streak 3, execution" in refused.err
    assert sweep(tmp_path, AXES, "--no-confirm", "--quiet", "--yes").code == 0


@pytest.mark.parametrize("options", [(), ("--yes",)])
def test_a_huge_grid_is_refused_at_once(tmp_path, options):
    tracemalloc.start()
    code, out, err = sweep(tmp_path, HUGE, *options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (code, out) == (3, "")
    assert "1,000,000,000,000 parameter sets (rule.entry_streak 1,000,000" in err
    assert "fewer than 1,000,000,000,000 can be swept: shorten an axis" in err
    assert err.count("\n") == 1
    assert peak < 30e6  # the values of one axis alone would take more


def test_a_huge_grid_is_counted_at_once(tmp_path):
    code, out, _ = sweep(tmp_path, HUGE, "--dry-run")
    assert code == 0
    assert out.startswith("1,000,000,000,000 parameter sets\n")
    assert "not to be run: the grid has" in out
    assert "no estimate: such a grid cannot be swept" in out
