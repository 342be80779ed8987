"""``streak evidence``: what it prints, stores and refuses; nothing but the seed matters."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import streak
from short_studies import SHORT, write_pair, write_study

from engine.cli.evidence import NULLS
from engine.evaluation import no_edge
from engine.evaluation.inference.verdict import judge
from engine.evaluation.resampled_search import search_p_value

AXES = """\
sweep:
  rule.entry_streak: [1, 2, 3]
  execution.slippage_bps.SMALL: [0, 5]
  rule.max_holding: [null, 2, 3]
"""
FILES = ("metrics.json", "winners.csv", "choices.csv", "summary.csv", "summary.md")
PAIR_STUDY = """\
name: pair
data: {source: csv, directory: .}
rule: {name: streak}
sweep: {rule.entry_streak: [1, 2]}
"""


def swept(folder, text=SHORT + AXES):
    study, results = write_study(folder, text=text), folder / "results"
    ran = streak("sweep", study, "--no-confirm", "--workers", "1", "--results", results, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def evidence(results, *options):
    return streak("evidence", "--workers", "1", "--results", results, *options)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return swept(tmp_path_factory.mktemp("evidence"))


@pytest.fixture(scope="module")
def results(sweep):
    return Path(sweep["path"]).parents[1]


@pytest.fixture(scope="module")
def told(sweep, results):
    options = ("--resample", "30", "--null", "bootstrap", "--null", "sign-flips", "--blocks", "8")
    ran = evidence(results, sweep["run"], *options, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def rows_of(told, name):
    return list(csv.DictReader(io.StringIO((Path(told["path"]) / name).read_text("utf-8"))))


def test_it_is_about_the_sweep_and_its_winner(told, sweep):
    assert told["sweep"]["run"] == sweep["run"]
    assert (told["metric"], told["sets"]) == ("sharpe", sweep["sets"])
    best = sweep["best"]
    assert told["winner"]["row"] == best["row"]
    assert told["winner"]["metrics"] == {key: best[key] for key in told["winner"]["metrics"]}
    assert told["winner"]["values"] == {key: best[key] for key in told["winner"]["values"]}
    assert told["notice"].startswith("SIMULATED")


def test_the_verdict_is_that_of_the_figures(told):
    figures = {
        "active_probability": told["uncertainty"]["active_probability"],
        "active_p_value": told["uncertainty"]["active_p_value"],
        "deflated_sharpe": told["deflated"][0]["estimates"][0]["probability"],
        "overfitting_probability": told["overfitting"]["probability"],
        "spa_p_value": told["superiority"]["p_value"],
        "search_p_value": max(search["p_value"] for search in told["searches"]),
    }
    assert told["deflated"][0]["basis"] == "active"
    assert told["deflated"][0]["estimates"][0]["method"] == "eigenvalues"
    verdict = judge(figures)
    assert told["verdict"]["level"] == verdict.level
    found = {finding["key"]: finding["value"] for finding in told["verdict"]["findings"]}
    assert found == figures


def test_the_winner_is_shown_to_be_stable_or_not(told, sweep, results):
    ran = streak("stability", sweep["run"], "--results", results, "--json")
    found = json.loads(ran.out)
    assert {key: found[key] for key in told["stability"]} == told["stability"]
    assert told["stability"]["row"] == told["winner"]["row"]


def test_searches_are_kept_in_full_and_in_short(told):
    rows = rows_of(told, "winners.csv")
    assert [row["data"] for row in rows] == ["simulated"] * 60
    for search in told["searches"]:
        own = [row for row in rows if row["null"] == search["null"]]
        assert [int(row["history"]) for row in own] == list(range(30))
        values = np.array([float(row["sharpe"]) for row in own])
        assert search["own"] == told["winner"]["metrics"]["sharpe"]
        assert search["p_value"] == search_p_value(search["own"], values, "sharpe")
        assert search["percentiles"]["95"] == pytest.approx(np.percentile(values, 95))
        assert sum(search["histogram"]["counts"]) == 30
        assert (search["lowest"], search["highest"]) == (values.min(), values.max())
    assert [search["null"] for search in told["searches"]] == ["bootstrap", "sign-flips"]


def test_choices_are_one_line_for_each_combination(told):
    rows = rows_of(told, "choices.csv")
    one = told["overfitting"]
    assert (one["blocks"], one["combinations"]) == (8, 70)
    assert len(rows) == 70 - one["undefined"] == sum(one["logits"]["counts"])
    inside, outside, logits = (
        np.array([float(row[key]) for row in rows])
        for key in ("in_sample", "out_of_sample", "logit")
    )
    assert one["probability"] == np.mean(logits <= 0.0)
    slope, intercept = np.polyfit(inside, outside, 1)
    assert (one["slope"], one["intercept"]) == pytest.approx((slope, intercept))
    assert one["loss"] == np.mean(outside < 0.0)


def test_the_summary_holds_what_was_judged(told):
    rows = rows_of(told, "summary.csv")
    assert [row["key"] for row in rows][:-1] == [f["key"] for f in told["verdict"]["findings"]]
    assert (rows[-1]["key"], rows[-1]["level"]) == ("verdict", told["verdict"]["level"])
    page = (Path(told["path"]) / "summary.md").read_text("utf-8")
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles[:6] == [
        "## How much of it is luck?",
        "## The winner alone",
        "## Deflated Sharpe ratio",
        "## Chosen in one half, looked up in the other",
        "## Test for superior predictive ability",
        "## The same search on histories without an edge",
    ]
    assert [title.split()[1] for title in titles[6:]] == ["Stability", "Neighbours"]
    assert page.count("SIMULATED DATA") == 1


def test_the_same_question_gives_the_same_bytes(told, sweep, results):
    options = ("--resample", "30", "--null", "bootstrap", "--null", "sign-flips", "--blocks", "8")
    again = streak(
        "evidence", sweep["path"], *options, "--workers", "3", "--results", results, "--json"
    )
    other = json.loads(again.out)
    for name in FILES:
        assert (Path(other["path"]) / name).read_bytes() == (Path(told["path"]) / name).read_bytes()
    manifests = [json.loads((Path(t["path"]) / "manifest.json").read_text()) for t in (told, other)]
    assert manifests[0]["content_hash"] == manifests[1]["content_hash"]
    assert list(Path(sweep["path"]).glob("winners-*")) == []
    changed = json.loads(evidence(results, sweep["run"], *options, "--seed", "8", "--json").out)
    assert changed["superiority"]["p_value"] != told["superiority"]["p_value"]
    assert changed["searches"][0]["percentiles"] != told["searches"][0]["percentiles"]


def test_what_is_printed_is_shown_again(sweep, results):
    ran = evidence(results, sweep["run"], "--by", "information_ratio", "-q")
    assert ran.err == ""
    *text, path = ran.out.splitlines()
    name = "/".join(Path(path).parts[-2:])
    shown = streak("show", name, "--results", results)
    assert shown.out.startswith("\n".join(text))
    assert "information_ratio" not in text[0]
    assert "Winner by Information ratio" in ran.out
    assert "over LARGE held" in ran.out[ran.out.index("CHOSEN IN ONE HALF") :]
    assert "not made again on histories without an edge" in ran.out
    assert "its own prices or terms as well: slippage_bps.SMALL." in ran.out
    listed = streak("ls", "--results", results).out
    line = next(line for line in listed.splitlines() if name in line)
    assert "evidence" in line.split()
    assert "no evidence" in line
    of_sweep = streak("show", sweep["run"], "--results", results).out
    assert f"All of it: streak show {name}" in of_sweep
    assert "no evidence of an edge over LARGE held:" in of_sweep


@pytest.mark.parametrize(("within", "wanted"), [("", "."), ("..", "{name}"), ("parts", "..")])
def test_a_sweep_is_known_by_any_path(sweep, results, tmp_path, monkeypatch, within, wanted):
    copied = tmp_path / "results" / "short" / Path(sweep["path"]).name
    shutil.copytree(sweep["path"], copied)
    (copied / "parts").mkdir()
    monkeypatch.chdir(copied / within)
    ran = streak("evidence", wanted.format(name=copied.name), "--workers", "1", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["sweep"]["run"] == sweep["run"]
    assert Path(told["path"]).resolve().parent == copied.parent


def test_a_sweep_may_be_weighed_at_once(tmp_path):
    study = write_study(tmp_path, text=SHORT + AXES)
    options = ("--no-confirm", "--evidence", "--results", tmp_path / "results", "-q")
    ran = streak("sweep", study, *options)
    assert ran.code == 0, ran.err
    *text, sweep, evidence_path = ran.out.splitlines()
    assert "HOW MUCH OF IT IS LUCK?" in text
    manifest = json.loads((Path(evidence_path) / "manifest.json").read_text())
    assert manifest["sweep"]["run"] == "/".join(Path(sweep).parts[-2:])
    whole = json.loads(streak("sweep", study, *options, "--json").out)
    assert whole["evidence"]["sweep"]["run"] == whole["run"]
    assert whole["evidence"]["verdict"]["level"] == manifest["verdict"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--blocks", "7"), "an even number is needed, from 2 to 22"),
        (("--blocks", "24"), "an even number is needed, from 2 to 22"),
        (("--by", "sharp"), 'did you mean "sharpe"?'),
        (("--null", "coin"), "bootstrap"),
        (("--resample", "-1"), "range"),
    ],
)
def test_what_makes_no_sense_is_refused(sweep, results, options, told):
    before = sorted(Path(sweep["path"]).parent.iterdir())
    ran = evidence(results, sweep["run"], *options)
    assert ran.code == 2
    assert told in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert sorted(Path(sweep["path"]).parent.iterdir()) == before


def test_all_kinds_of_histories_can_be_asked_for():
    assert NULLS == no_edge.NULLS


def test_only_sweeps_have_evidence(shared):
    name = json.loads(streak("show", "--results", shared.results, "--json").out)["run"]
    ran = evidence(shared.results, name)
    assert ran.code == 2
    assert "is of sweeps" in ran.err


def test_changed_prices_are_refused(tmp_path):
    write_pair(tmp_path)
    told = swept(tmp_path, text=PAIR_STUDY)
    results = tmp_path / "results"
    assert evidence(results, told["run"]).code == 0
    path = tmp_path / "IWM.csv"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([first, *rest[:-1]]) + "\n")
    before = sorted((results / "pair").iterdir())
    ran = evidence(results, told["run"])
    assert ran.code == 4
    assert "have changed since" in ran.err
    assert sorted((results / "pair").iterdir()) == before


def test_prices_may_have_moved(tmp_path):
    write_pair(tmp_path)
    told = swept(tmp_path, text=PAIR_STUDY)
    (tmp_path / "elsewhere").mkdir()
    for symbol in ("SPY", "IWM"):
        (tmp_path / f"{symbol}.csv").rename(tmp_path / "elsewhere" / f"{symbol}.csv")
    assert evidence(tmp_path / "results", told["run"]).code == 4
    ran = evidence(tmp_path / "results", told["run"], "--data-dir", tmp_path / "elsewhere")
    assert ran.code == 0, ran.err


def test_two_sessions_and_one_set_have_no_figures(tmp_path):
    """What cannot be known is a dash and no evidence; it is neither 0 nor an error."""
    text = SHORT.replace("end: 2001-03-30", "end: 2000-02-10\n  start: 2000-01-31")
    told = swept(tmp_path, text=text + "sweep:\n  rule.entry_streak: [3]\n")
    ran = evidence(tmp_path / "results", told["run"], "--by", "cagr", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["overfitting"] is None
    assert found["superiority"]["p_value"] is None
    assert found["verdict"]["level"] == "no evidence"
    printed = streak("show", found["run"], "--results", tmp_path / "results")
    assert printed.code == 0
    assert "Overfitting is undefined" in printed.out
    assert "nan" not in printed.out.lower().replace("finance", "")
