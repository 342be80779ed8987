"""The walk-forward in the evidence on a sweep: as ``streak walk-forward`` has it, or why not."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import streak
from short_studies import SHORT, write_study

from engine.pipeline.evidence import walking
from engine.store.run_reading import BENCHMARK

AXES = """\
sweep:
  rule.entry_streak: [1, 2, 3]
  rule.max_holding: [null, 2, 3]
"""
WALK = "walk_forward: {train: 100, test: 35, embargo: 2, metric: cagr}\n"
METRICS = ("cagr", "sharpe", "max_drawdown", "active_return", "information_ratio")


def asked(folder, text, *options):
    """Sweep a study, ask for the evidence on it, and return it with the path of the study."""
    study, results = write_study(folder, text=text), folder / "results"
    ran = streak("sweep", study, "--no-confirm", "--workers", "1", "--results", results, "--json")
    assert ran.code == 0, ran.err
    return evidence(results, *options), study


def evidence(results, *options):
    ran = streak("evidence", "short", "--workers", "1", "--results", results, *options, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walked")
    told, study = asked(folder, SHORT + AXES + WALK)
    ran = streak("walk-forward", study, "--results", folder / "walks", "--json", "-q")
    assert ran.code == 0, ran.err
    return folder, told, json.loads(ran.out)


def test_it_is_that_of_the_study(place):
    _, told, whole = place
    walk = told["walk_forward"]
    for key in ("metric", "windows", "axes", "sets", "folds", "drift", "summary"):
        assert walk[key] == whole[key]
    assert len(walk["folds"]) >= 4
    assert (walk["first_session"], walk["last_session"]) == (
        whole["first_session"],
        whole["last_session"],
    )
    for key in METRICS:
        assert walk["rule"]["metrics"][key] == whole["metrics"][key]
        for kind in ("beside", "benchmarks"):
            for name, run in walk[kind].items():
                assert run["metrics"][key] == whole[kind][name][key]
    assert list(walk["beside"]) == ["own", "hindsight"]
    assert list(walk["benchmarks"]) == ["core"]
    assert told["no_walk_forward"] is None


def test_the_verdict_knows_it(place):
    _, told, whole = place
    probability = whole["uncertainty"]["active_probability"]
    assert told["walk_forward"]["probability"] == probability
    values = {finding["key"]: finding["value"] for finding in told["verdict"]["findings"]}
    assert values["walk_forward_probability"] == probability


def test_wealth_is_drawn_from_the_first_session_to_the_last(place):
    _, told, whole = place
    drawn = told["walk_forward"]["equity"]
    table = pq.read_table(Path(whole["path"]) / "equity.parquet").to_pydict()
    names = {"rule": "equity", "own": "own", "hindsight": "hindsight", "core": f"{BENCHMARK}core"}
    assert drawn.keys() == {"sessions", *names}
    assert len(drawn["sessions"]) == whole["sessions"]  # as few as that are all drawn
    for key, name in names.items():
        assert drawn[key] == table[name]


def test_it_is_printed_and_shown_again(place):
    folder, told, _ = place
    shown = streak("show", told["run"], "--results", folder / "results").out
    section = shown[shown.index("THE SAME SEARCH ON THE PAST ALONE") :]
    assert "best of 9 sets by CAGR in the last 100 sessions (embargo 2)" in section
    assert "chooses by CAGR; the winner of the sweep is the best by Sharpe." in section
    assert "slippage" not in section.split("STABILITY")[0]
    runs = section.split("STABILITY")[0].splitlines()
    for label in ("walk-forward", "own parameters", "hindsight", "LARGE held"):
        assert sum(line.startswith(label) and "%" in line for line in runs) == 1
    page = (Path(told["path"]) / "summary.md").read_text("utf-8")
    assert "## The same search on the past alone: walk-forward" in page


def test_the_same_bytes_whoever_works(place):
    folder, told, _ = place
    again = evidence(folder / "results", "--workers", "3", "--walk-forward")
    for name in ("metrics.json", "summary.md", "summary.csv"):
        assert (Path(again["path"]) / name).read_bytes() == (Path(told["path"]) / name).read_bytes()


def test_it_can_be_left_out(place):
    folder, told, _ = place
    without = evidence(folder / "results", "--no-walk-forward")
    assert without["walk_forward"] is None
    assert without["no_walk_forward"] == "it was not asked for"
    keys = [finding["key"] for finding in without["verdict"]["findings"]]
    assert keys == [f["key"] for f in told["verdict"]["findings"] if "walk" not in f["key"]]
    hashes = {
        json.loads((Path(t["path"]) / "manifest.json").read_text())["content_hash"]
        for t in (told, without)
    }
    assert len(hashes) == 2
    shown = streak("show", without["run"], "--results", folder / "results").out
    assert "No walk-forward: it was not asked for." in shown
    assert "ON THE PAST ALONE" not in shown


def test_many_sets_are_walked_only_where_that_is_asked_for(place, monkeypatch):
    folder, told, _ = place
    folds = len(told["walk_forward"]["folds"])
    monkeypatch.setitem(walking.MOST, "events", 9 * folds)
    assert evidence(folder / "results")["walk_forward"] == told["walk_forward"]
    monkeypatch.setitem(walking.MOST, "events", 9 * folds - 1)
    without = evidence(folder / "results")
    assert without["no_walk_forward"] == (
        f"9 sets in {folds} folds take long; --walk-forward asks for it"
    )
    asked_for = evidence(folder / "results", "--walk-forward")
    assert asked_for["walk_forward"] == told["walk_forward"]


def test_sets_that_are_run_bar_by_bar_are_walked_if_they_are_fewer(tmp_path, monkeypatch):
    whole = SHORT.replace("execution:\n", "execution:\n  fractional_shares: false\n")
    told, _ = asked(tmp_path, whole + AXES + WALK)
    assert told["walk_forward"]["engine"] == "bars"
    monkeypatch.setitem(walking.MOST, "bars", 9)
    assert evidence(tmp_path / "results")["walk_forward"] is None
    assert walking.MOST["bars"] < walking.MOST["events"]


@pytest.mark.parametrize("options", [(), ("--walk-forward",)])
def test_a_short_history_is_a_caveat_and_no_error(tmp_path, options):
    told, _ = asked(tmp_path, SHORT + AXES, *options)
    assert told["walk_forward"] is None
    assert told["no_walk_forward"].startswith("walk_forward.train: is 1,260 sessions, but the data")
    notes = json.loads((Path(told["path"]) / "manifest.json").read_text())["notes"]
    assert f"No walk-forward: {told['no_walk_forward']}." in notes


def test_two_sessions_out_of_sample_have_no_figures_and_are_reported(tmp_path):
    told, _ = asked(tmp_path, f"{SHORT}{AXES}walk_forward: {{train: 312, minimum_sets: 10}}\n")
    walk = told["walk_forward"]
    assert len(walk["equity"]["sessions"]) == 2
    assert walk["probability"] is None
    assert list(walk["beside"]) == ["own"]  # no set has a Sharpe ratio there
    assert {f["key"]: f["level"] for f in told["verdict"]["findings"]}[
        "walk_forward_probability"
    ] == "no evidence"
    ran = streak("report", "short", "--results", tmp_path / "results")
    assert ran.code == 0, ran.err
    page = (Path(told["path"]) / "summary.md").read_text("utf-8")
    assert "nan" not in page.lower().replace("finance", "")


@pytest.mark.parametrize(
    "axes",
    ["rule.entry_streak: [2]", "execution.commission_bps: [0, 5]", "data.price_basis: [price]"],
)
def test_where_nothing_can_be_chosen_there_is_none(tmp_path, axes):
    told, _ = asked(tmp_path, f"{SHORT}sweep:\n  {axes}\n{WALK}", "--walk-forward")
    assert told["walk_forward"] is None
    assert "nothing to choose" in told["no_walk_forward"]


def test_swept_prices_and_terms_keep_the_study_s_own(place, tmp_path):
    others = (
        AXES + "  data.price_basis: [price, total_return]\n  execution.commission_bps: [0, 1]\n"
    )
    told, _ = asked(tmp_path, SHORT + others + WALK, "--no-walk-forward")
    told = evidence(tmp_path / "results", "--walk-forward")
    whole = place[1]["walk_forward"]
    walk = told["walk_forward"]
    assert {key: walk[key] for key in whole} == whole
    shown = streak("show", told["run"], "--results", tmp_path / "results").out
    assert "price_basis, commission_bps cannot be chosen by a rule" in shown
