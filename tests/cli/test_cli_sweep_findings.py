"""``streak sweep`` and ``streak show``: what the grid says, printed, written, and shown again."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import streak
from short_studies import SHORT, write_study

from engine.errors import EXIT_OK

AXES = """\
sweep:
  rule.entry_streak: [1, 2, 3]
  execution.slippage_bps.SMALL: [0, 5]
  rule.max_holding: [null, 2]
"""


def sweep(folder, *options, axes=AXES, **replacements):
    study = write_study(folder, text=SHORT + axes, **replacements)
    ran = streak(
        "sweep", study, "--workers", "1", "--results", folder / "results", "--no-confirm", *options
    )
    assert ran.code == EXIT_OK, ran.err
    return ran


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """What a sweep printed, and the folder it was written to."""
    ran = sweep(tmp_path_factory.mktemp("swept"))
    return ran, Path(ran.out.splitlines()[-1])


def rows_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / name).read_text("utf-8"))))


def test_the_terminal_says_it_in_three_notes(swept):
    out = " ".join(swept[0].out.split())
    assert "beat LARGE held (" in out
    assert "one step from the best: median" in out
    assert "first half of history against the second: rank correlation" in out
    assert "NEIGHBOURS" not in out


def test_the_page_says_all(swept):
    page = (swept[1] / "summary.md").read_text("utf-8")
    assert page.startswith("# short\n\n**SIMULATED DATA")
    assert page.count("SIMULATED DATA") == 1
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Sharpe over the grid",
        "## Neighbours of the best sets",
        "## Through the best set",
        "## What each axis matters",
        "## First half against second half of history",
    ]


def test_showing_it_says_the_same_again_without_the_table_of_all_sets(swept, tmp_path):
    folder = swept[1]
    trials = (folder / "trials.parquet").read_bytes()
    (folder / "trials.parquet").unlink()  # however large it is, it is not read
    code, out, _ = streak("show", folder)
    (folder / "trials.parquet").write_bytes(trials)
    assert code == EXIT_OK
    assert out.startswith(swept[0].out[: swept[0].out.rindex("\n\n")])
    page = (folder / "summary.md").read_text("utf-8")
    for section in page.split("## ")[1:]:
        title, _, rest = section.partition("\n")
        assert title.upper() in out
        sentence = rest.strip().split("\n")[0]
        assert sentence.split("(")[0] in out


def test_the_summary_file_holds_sets_references_and_the_spread(swept):
    rows = rows_of(swept[1], "summary.csv")
    kinds = [row["kind"] for row in rows]
    told = json.loads((swept[1] / "metrics.json").read_bytes())
    best, beside = told["top"], {one["row"]: one for one in told["grid"]["neighbourhoods"]}
    assert kinds == ["rule"] * (len(best) + 1) + ["benchmark"] * 3 + ["grid"] * 13
    table = pq.read_table(swept[1] / "trials.parquet").to_pylist()
    for row, wanted in zip(rows, best, strict=False):
        own = table[wanted["row"]]
        assert float(row["sharpe"]) == own["sharpe"]
        assert row["rule.entry_streak"] == str(own["rule.entry_streak"])
        assert row["rule.max_holding"] == str(own["rule.max_holding"] or "")
        steps = beside[wanted["row"]]["steps"]
        assert int(row["neighbours"]) == steps["sets"]
        assert float(row["neighbours_median"]) == steps["median"]
        assert float(row["neighbours_worst"]) == steps["worst"]
        (half,) = [h for h in told["grid"]["halves"]["leaders"] if h["number"] == wanted["row"]]
        assert float(row["first_half"]) == half["first"]
        assert float(row["second_half"]) == half["second"]
        assert int(row["second_half_rank"]) == half["second_rank"]
    own, core = rows[len(best)], rows[len(best) + 1]
    assert own["label"] == "streak, as in the study"
    assert core["label"] == "LARGE held"
    for row in (own, core, rows[-1]):
        assert row["neighbours"] == row["first_half"] == row["rule.entry_streak"] == ""
    spread = {row["label"]: row for row in rows if row["kind"] == "grid"}
    sharpe = sorted(row["sharpe"] for row in table)
    assert float(spread["lowest"]["sharpe"]) == sharpe[0]
    assert float(spread["percentile 50"]["sharpe"]) == pytest.approx((sharpe[5] + sharpe[6]) / 2)
    assert spread["percentile 50"]["cagr"] == ""
    assert {row["data"] for row in rows} == {"simulated"}


def test_heat_maps_are_written(swept):
    rows = rows_of(swept[1], "heatmap.csv")
    assert len(rows) == 3 * 2 + 3 * 2 + 2 * 2
    assert sum(int(row["sets"]) for row in rows) == 3 * 12


def test_the_metric_asked_for_is_the_one_that_is_told(tmp_path):
    ran = sweep(tmp_path, "--by", "volatility")
    told = json.loads((Path(ran.out.splitlines()[-1]) / "metrics.json").read_bytes())
    assert told["grid"]["metric"] == "volatility"
    assert "Volatility over all sets" in ran.out
    best = told["grid"]["neighbourhoods"][0]
    assert best["metric"] == told["grid"]["spread"]["lowest"]  # the less the better
    names = {row["label"]: row for row in rows_of(Path(ran.out.splitlines()[-1]), "summary.csv")}
    assert float(names["lowest"]["volatility"]) == best["metric"]


@pytest.mark.parametrize("metric", ["hit_rate", "average_holding"])
def test_metrics_that_are_undefined_are_told_as_such(tmp_path, metric):
    """Nobody ever trades: the streak never gets that long."""
    axes = "sweep:\n  rule.entry_streak: [200, 250]\n"
    ran = sweep(tmp_path, "--by", metric, axes=axes)
    folder = Path(ran.out.splitlines()[-1])
    assert "is undefined for every set" in ran.out
    shown = streak("show", folder)
    assert shown.code == EXIT_OK
    assert "nan" not in shown.out.lower()
    assert rows_of(folder, "heatmap.csv")[0]["mean"] == ""


def test_a_grid_of_one_axis_has_its_map_too(tmp_path):
    ran = sweep(tmp_path, axes="sweep:\n  rule.entry_streak: [1, 2, 3]\n")
    rows = rows_of(Path(ran.out.splitlines()[-1]), "heatmap.csv")
    assert [(row["axis_x"], row["x"], row["axis_y"], row["y"]) for row in rows] == [
        ("rule.entry_streak", str(entry), "", "") for entry in (1, 2, 3)
    ]


def test_without_axes_there_is_no_map(tmp_path):
    ran = sweep(tmp_path, axes="")
    folder = Path(ran.out.splitlines()[-1])
    assert (folder / "heatmap.csv").read_text("utf-8").count("\n") == 1
    assert "the best set has no neighbours" in ran.out
    assert streak("show", folder).code == EXIT_OK


def test_the_same_sweep_writes_the_same_bytes(swept, tmp_path):
    ran = sweep(tmp_path, "--workers", "2")
    folder = Path(ran.out.splitlines()[-1])
    for name in ("heatmap.csv", "summary.csv", "summary.md", "metrics.json"):
        assert (folder / name).read_bytes() == (swept[1] / name).read_bytes()
