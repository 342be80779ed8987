"""What the report of a run says, against the stored files it says it from."""

import csv
import dataclasses
import io
import json

import numpy as np
import pandas as pd
import pytest
from panels import random_panel
from reported import told
from reports import Page, stored_run
from short_studies import SHORT, study_in_memory

from engine.errors import StoreError, UsageError
from engine.pipeline import replaying
from engine.pipeline.reporting import document_of, run_report, write_report
from engine.pipeline.running import run
from engine.pipeline.saving import save_run
from engine.report.chapters import run_document
from engine.report.writing import report_files
from engine.store.folders import Stored

TWO_SESSIONS = ("data.start=2001-03-29",)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_run(tmp_path_factory.mktemp("run"))


def test_the_verdict_is_that_of_the_equity(stored, said):
    chapters = said[0]["chapters"]
    equity = pd.read_parquet(stored.path / "equity.parquet")
    ahead = equity["equity"].iloc[-1] > equity["benchmark core"].iloc[-1]
    assert chapters["verdict"]["beats_core_after_costs"] is bool(ahead)
    active = chapters["verdict"]["intervals"]["active_return"]
    stored_metrics = json.loads(stored.read("metrics.json"))["rule"]["metrics"]
    assert active["estimate"] == pytest.approx(stored_metrics["active_return"], rel=1e-9)
    assert active["low"] < active["estimate"] < active["high"]
    answer = ("Yes: after costs it beat" if ahead else "No: after costs it trailed") + " LARGE held"
    assert (("class", "answer") in [i for a, _ in said[1].all("p") for i in a.items()]) is True
    assert answer in [text for a, text in said[1].all("p") if a.get("class") == "answer"]


def test_facts_stand_under_the_verdict(stored, said):
    facts = said[0]["chapters"]["verdict"]["facts"]
    assert facts["Rejected orders"] == "0"
    assert facts["Fill"] == "next_open"
    assert facts["Costs per side"] == "commission 1 bp, slippage LARGE 1 bp, SMALL 2 bp"
    assert facts["Prices"] == "total_return, from simulated market, seed 1"
    assert stored.manifest["data"]["sha256"].startswith(facts["Prices, SHA-256"].rstrip("…"))


def test_key_figures_are_the_stored_metrics_and_cash(stored, said):
    figures = said[0]["chapters"]["key-figures"]
    metrics = json.loads(stored.read("metrics.json"))
    assert figures["streak"] == metrics["rule"]["metrics"]
    assert figures["50/50"] == metrics["benchmarks"]["50/50"]["metrics"]
    assert (figures["cash"]["cagr"], figures["cash"]["sharpe"]) == (0.0, None)
    heads, *lines = said[1].table("figures")
    assert heads == [
        *("Figure", "streak", "95 % interval"),
        *("LARGE held", "SMALL held", "50/50", "cash"),
    ]
    assert [line[0] for line in lines][:3] == ["Final equity", "Total return", "CAGR"]


def test_cash_earns_its_rate_and_takes_no_part_in_the_contest(tmp_path):
    figures, page, _ = told(stored_run(tmp_path, "execution.cash_rate=0.05"))
    cash = figures["chapters"]["key-figures"]["cash"]
    assert cash["cagr"] == pytest.approx((1 + 0.05 / 252) ** 252 - 1, rel=1e-9)
    assert all("(best)" not in line[-1] for line in page.table("figures"))
    assert any("(best)" in cell for line in page.table("figures") for cell in line)


def test_the_table_of_months_holds_the_months(said):
    chapter = said[0]["chapters"]["risk"]
    heads, first, *_ = said[1].table("monthly")
    assert heads[:3] + heads[13:] == ["Year", "Jan", "Feb", "Year", "LARGE held"]
    assert first[0] == "2000"
    assert first[1] == f"{chapter['monthly_returns'][0][0] * 100:.1f}".replace("-", "−")
    assert said[1].table("monthly")[2][4] == ""  # April 2001 has no session


def test_drawdowns_are_listed_deepest_first(stored, said):
    worst = said[0]["chapters"]["equity"]["worst_drawdowns"]
    depths = [drawdown["depth"] for drawdown in worst]
    assert depths == sorted(depths)
    metrics = json.loads(stored.read("metrics.json"))["rule"]["metrics"]
    assert depths[0] == metrics["max_drawdown"]
    assert worst[0]["peak"] == metrics["max_drawdown_start"]
    assert len(said[1].table("drawdowns")) == len(worst) + 1


def test_the_log_lists_every_rotation(stored, said):
    rows = list(csv.DictReader(io.StringIO(stored.read("rotations.csv").decode())))
    listed = said[0]["chapters"]["rotations"]["rotations"]
    assert len(listed) == len(rows) == len(said[1].table("rotation-log")) - 1
    assert listed[3]["cost"] == float(rows[3]["cost"])
    assert listed[3]["stay_return"] == float(rows[3]["stay_return"])
    assert listed[3]["trigger"] == rows[3]["trigger"]


def test_the_log_says_what_came_of_each_rotation(stored, said):
    rows = list(csv.DictReader(io.StringIO(stored.read("rotations.csv").decode())))
    heads, *lines = said[1].table("rotation-log")
    at = [heads.index(name) for name in ("Sessions", "Return", "Active")]
    for row, line in zip(rows, lines, strict=True):
        sessions, *returns = (line[i] for i in at)
        assert sessions == row["stay_sessions"] + "+" * (row["stay_open"] == "True")
        for text, name in zip(returns, ("stay_return", "stay_active"), strict=True):
            shown = f"{float(row[name]) * 100:.2f} %"
            assert text == shown.replace("-0.00", "0.00").replace("-", "−")
    assert heads[-1] == "Cost"


def test_a_log_of_an_earlier_version_has_no_results_of_stays(stored):
    found = run_report(stored)
    without = [{k: v for k, v in r.items() if k[:4] != "stay"} for r in found.run.rotations]
    run = dataclasses.replace(found.run, rotations=tuple(without))
    document = run_document(dataclasses.replace(found, run=run))
    page = Page(report_files(document)["report.html"].decode())
    heads, first, *_ = page.table("rotation-log")
    assert heads[5:] == ["Sold at", "Bought at", "Cost"]
    assert len(first) == len(heads)


def test_marks_on_the_relative_line_tell_the_trigger(stored):
    (figure,) = next(c for c in document_of(stored).chapters if c.key == "relative").figures
    marks = {t["name"]: t for t in figure.plot["data"] if t.get("mode") == "markers"}
    rows = list(csv.DictReader(io.StringIO(stored.read("rotations.csv").decode())))
    into = [row for row in rows if row["to"] == "SMALL"]
    mark = marks["rotation into SMALL"]
    assert list(mark["x"]) == [row["fill_session"] for row in into]
    for text, row in zip(mark["text"], into, strict=True):
        assert row["trigger"].replace(">", "&gt;") in text  # and plotly finds no markup in it
        assert f"held {row['stay_sessions']} sessions" in text
    prices = pd.read_parquet(stored.path / "market.parquet")
    ratio = prices["satellite_close"] / prices["core_close"]
    at = prices["session"].astype(str).tolist().index(into[0]["fill_session"])
    assert mark["y"][0] == pytest.approx(ratio[at] / ratio[0], rel=1e-5)


def test_bands_are_as_long_as_their_streaks(stored):
    """From the close a streak began to run from to its last; never simplified to triangles."""
    (figure,) = next(c for c in document_of(stored).chapters if c.key == "relative").figures
    bands = [t for t in figure.plot["data"] if t.get("fill") == "toself"]
    streak = pd.read_parquet(stored.path / "market.parquet").set_index("session")["streak"]
    streak.index = streak.index.astype(str)
    drawn = {}
    for band in bands:
        assert band["line"]["simplify"] is False
        assert len(band["x"]) % 5 == 0
        for first, _, last, _, gap in zip(*[iter(band["x"])] * 5, strict=True):
            assert gap is None
            sessions = streak.loc[first:last].index
            drawn[last] = (len(sessions) - 1, band["name"].split()[0])
    ends = streak[(streak.abs() >= 5) & (streak.shift(-1).fillna(0).abs() <= 1)]
    assert drawn == {
        str(end): (abs(int(n)), "SMALL" if n > 0 else "LARGE") for end, n in ends.items()
    }


def test_what_reproduces_the_run_does(stored, said, tmp_path):
    """The resolved study is a study file: it gives the same result."""
    chapter = said[0]["chapters"]["reproduce"]
    again = stored_run(tmp_path, text=chapter["resolved"])
    assert again.manifest["content_hash"] == stored.manifest["content_hash"]
    assert again.read("metrics.json") == stored.read("metrics.json")
    assert chapter["study"] == stored.read("study.yaml").decode()


def test_markdown_has_the_same_chapters(said):
    titles = [line for line in said[2].splitlines() if line.startswith("## ")]
    assert titles == [f"## {chapter['title']}" for chapter in said[0]["chapters"].values()]
    assert said[2].startswith("# short\n\n**SIMULATED DATA, not market history**\n")


def test_stored_intervals_are_told_beside_their_figures(stored, said):
    intervals = json.loads(stored.read("metrics.json"))["uncertainty"]["intervals"]
    assert said[0]["chapters"]["verdict"]["intervals"] == intervals
    heads, *lines = said[1].table("figures")
    assert heads[:3] == ["Figure", "streak", "95 % interval"]
    told_of = {line[0]: line[2] for line in lines if line[2]}
    assert told_of.keys() == {"CAGR", "Sharpe", "Max drawdown", "Active return"}
    low, high = intervals["sharpe"]["low"], intervals["sharpe"]["high"]
    assert told_of["Sharpe"] == f"{low:.3f} to {high:.3f}".replace("-", "−")
    active = intervals["active_return"]
    bounds = [f"{active[key] * 100:.2f} %".replace("-", "−") for key in ("low", "high")]
    assert f"interval from {bounds[0]} to {bounds[1]} (2,000 histories" in said[2]


def test_the_verdict_on_luck_is_the_stored_one(stored, said):
    found = json.loads(stored.read("metrics.json"))["verdict"]
    assert said[0]["chapters"]["verdict"]["evidence"] == found
    sentence = f"{found['level'].capitalize()} of an edge over LARGE held"
    assert said[2].count(sentence) == 1
    assert found["caveat"] in said[2]


def test_what_the_verdict_rests_on_follows_the_key_figures(stored, said):
    """Each figure with its level and thresholds, and how well the run's figures are known."""
    metrics = json.loads(stored.read("metrics.json"))
    chapters = list(said[0]["chapters"])
    assert chapters.index("luck") == chapters.index("key-figures") + 1
    luck = said[0]["chapters"]["luck"]
    assert {key: luck[key] for key in ("uncertainty", "verdict")} == {
        key: metrics[key] for key in ("uncertainty", "verdict")
    }
    _, *judged = said[1].table("judged")
    assert [line[1] for line in judged] == [f["level"] for f in metrics["verdict"]["findings"]]
    known = dict(said[1].table("known")[1:])
    one = metrics["uncertainty"]
    assert known["Sharpe above 0, probability"] == f"{one['sharpe_probability'] * 100:.2f} %"
    assert known["Sharpe, standard error"] == f"{one['sharpe_errors']['non_normal']:.3f}"
    assert f"blocks of {one['block_length']:.1f} sessions" in said[2]


def test_a_win_by_luck_is_said_to_be_one(tmp_path):
    """Five sessions of a rising market in the satellite: it beat the core, and means nothing."""
    for entry in range(1, 8):
        stored = stored_run(tmp_path, f"rule.entry_streak={entry}", "execution.slippage_bps=0")
        verdict = told(stored)[0]["chapters"]["verdict"]
        if verdict["beats_core_after_costs"]:
            assert verdict["evidence"]["level"] == "no evidence"
            assert verdict["answer"].endswith(
                "LARGE held, but nothing says that was more than luck"
            )
            return
    raise AssertionError("no rule beat the core")


# runs that have little to say


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["rule.entry_streak=60"], "the rule never made a difference"),
        (TWO_SESSIONS, "in all"),
        (["benchmarks=[]"], "names no core benchmark"),
        (["benchmarks=[satellite]"], "names no core benchmark"),
        (["rule={name: fixed_mix}"], "The rule never rotated."),
        (["execution.fill=next_close"], "next_close"),
        (["execution.fractional_shares=false", "execution.cash_rate=0.03"], "After costs"),
    ],
)
def test_other_runs_are_reported_as_well(tmp_path, overrides, sentence):
    figures, page, markdown = told(stored_run(tmp_path, *overrides))
    assert sentence in markdown
    assert "nan" not in markdown.lower().replace("finance", "").replace("financial", "")
    assert figures["chapters"].keys() >= {"verdict", "key-figures", "equity", "risk"}
    assert [attributes["id"] for attributes, _ in page.all("section")] == list(figures["chapters"])


def test_a_market_that_never_moves(tmp_path):
    """No return differs from 0: nothing is divided by it, and nothing is coloured."""
    panel = random_panel(1, 30)
    flat = np.full(30, 10.0)
    core, satellite = (
        type(bars)(bars.symbol, flat, flat, flat, flat, flat)
        for bars in (panel.core, panel.satellite)
    )
    still = type(panel)(panel.sessions, core, satellite)
    costless = {"commission_bps": 0.0, "slippage_bps": 0.0}
    result = run(study_in_memory(execution=costless), still)
    figures, _, markdown = told(save_run(result, b"", tmp_path))
    assert figures["chapters"]["verdict"]["beats_core_after_costs"] is None
    assert figures["chapters"]["equity"]["worst_drawdowns"] == []
    assert "was never below an earlier high" in markdown


# what is stored, and what is missing


def test_a_run_without_stored_prices_says_what_is_left_out(stored):
    files = {k: v for k, v in stored.manifest["files"].items() if k != "market.parquet"}
    earlier = Stored(stored.path, {**stored.manifest, "files": files})
    figures, _, markdown = told(earlier)
    assert "relative" not in figures["chapters"]
    assert figures["chapters"]["risk"]["sensitivity"] is None
    assert "run the study again" in markdown


def test_a_run_without_stored_intervals_says_so(stored):
    found = run_report(stored)
    metrics = {k: v for k, v in found.run.metrics.items() if k not in ("uncertainty", "verdict")}
    run = dataclasses.replace(found.run, metrics=metrics)
    document = run_document(dataclasses.replace(found, run=run))
    markdown = report_files(document)["report.md"].decode()
    assert "no intervals were stored with this run" in markdown
    assert "95 % interval |" not in markdown
    assert "How much of this is luck?" not in markdown


def test_a_run_is_traded_again_from_its_folder(stored):
    again = replaying.replay(run_report(stored).run)
    equity = pd.read_parquet(stored.path / "equity.parquet")["equity"].to_numpy()
    np.testing.assert_allclose(again.simulation.equity, equity, rtol=1e-12)


def test_prices_that_do_not_give_the_stored_equity_are_refused(stored):
    found = run_report(stored).run
    wrong = {**found.market, "core_close": found.market["core_close"] * 1.001}
    changed = dataclasses.replace(found, market=wrong)
    with pytest.raises(StoreError, match="does not give its equity"):
        replaying.replay(changed)


def test_the_report_lies_beside_the_result_which_stays_what_it_was(tmp_path):
    stored = stored_run(tmp_path)
    before = {p.name: p.read_bytes() for p in stored.path.iterdir()}
    page = write_report(stored)
    after = {p.name: p.read_bytes() for p in stored.path.iterdir()}
    assert page == stored.path / "report.html"
    assert after.keys() - before.keys() == {"report.html", "report.md", "report.json"}
    assert {name: after[name] for name in before} == before
    assert write_report(stored).read_bytes() == after["report.html"]


def test_other_results_have_no_report_yet(stored):
    other = Stored(stored.path, {**stored.manifest, "kind": "novel"})
    with pytest.raises(UsageError, match=r"is a novel; reports are made of .*run"):
        document_of(other)


def test_formulas_of_a_label_stay_text(tmp_path):
    text = SHORT.replace("A year of an invented market.", '"=cmd()"')
    _, page, _ = told(stored_run(tmp_path, text=text))
    assert "=cmd()" in [t for a, t in page.all("p") if a.get("class") == "subtitle"]
