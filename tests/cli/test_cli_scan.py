"""``streak scan`` and ``streak now``: what they print and write."""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys

import pandas as pd
import pytest
from command_line import streak
from scanning import CONTEXT, FILES, contents, folder_of, json_of, scan, without_path
from streak_markets import STUDY, write_random_market, write_study


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    days = write_random_market(folder)
    return write_study(folder, **CONTEXT), days


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    text = "name: sim\ndata: {source: simulated, end: 2001-03-30}\nrule: {name: streak}\n"
    return write_study(folder, text + "scan: {resamples: 100}\n")


def test_json_has_what_machines_need(market, tmp_path):
    study, days = market
    found = json_of(study, tmp_path)
    assert {"streaks", "current", "rarity", "continuation", "events"} <= found.keys()
    keys = {
        *("start", "end", "length", "open", "mean_bps", "satellite_return", "core_return"),
        *("character", "largest_share", "rsi", "rank_by_length", "rank_by_outperformance"),
        *("sessions_since_as_long", "volatility_regime", "vix_regime", "rate_regime"),
    }
    assert all(keys <= row.keys() for row in [*found["streaks"], found["current"]])
    assert (found["study"], found["price_basis"], found["simulated"]) == (
        "small-streaks",
        "price",
        False,
    )
    assert found["run"] == "/".join(folder_of(tmp_path).parts[-2:])
    assert found["current"]["end"] == str(days[-1])
    assert {row["rate_regime"] for row in found["streaks"][-50:]} <= {"higher", None}
    assert "higher" in {row["rate_regime"] for row in found["streaks"]}
    assert {"calm", "normal", "stressed"} == {row["vix_regime"] for row in found["streaks"]}
    assert [row["symbol"] for row in found["anatomy"]][-1] == "NONE"
    assert found["anatomy"][-1]["problem"].startswith("no file NONE.csv")


def test_the_table_is_what_pandas_finds(market, tmp_path):
    study, _ = market
    found = json_of(study, tmp_path, "--min-length", "1")
    frames = {s: pd.read_csv(study.parent / f"{s}.csv", index_col="Date") for s in ("BIG", "SMALL")}
    close = pd.DataFrame({s: frame["Close"] for s, frame in frames.items()})
    returns = close.pct_change(fill_method=None)
    lead = (returns["SMALL"] - returns["BIG"]).dropna()
    group = ((lead > 0) != (lead > 0).shift()).cumsum()
    runs = [run for _, run in lead.groupby(group) if (run > 0).all()]
    assert len(found["streaks"]) == len(runs)
    by_start = {row["start"]: row for row in found["streaks"]}
    for run in runs:
        row = by_start[run.index[0]]
        assert (row["end"], row["length"]) == (run.index[-1], len(run))
        assert row["mean_bps"] == pytest.approx(run.mean() * 1e4, rel=1e-9)
        before = close.shift().loc[run.index[0]]
        total = close.loc[run.index[-1]] / before - 1
        assert row["satellite_return"] == pytest.approx(total["SMALL"], rel=1e-9)
        assert row["core_return"] == pytest.approx(total["BIG"], rel=1e-9)
    lengths = [row["length"] for row in found["streaks"]]
    assert lengths == sorted(lengths, reverse=True)
    table = pd.read_csv(folder_of(tmp_path) / "streaks.csv")
    assert set(table["kind"]) == {
        *("outperformance", "underperformance", "satellite_up", "satellite_down"),
        *("core_up", "core_down"),
    }


def test_options_choose_what_is_listed(market, tmp_path):
    study, _ = market
    every = json_of(study, tmp_path / "a", "--min-length", "1")["streaks"]
    default = json_of(study, tmp_path / "b")["streaks"]
    assert [s for s in every if s["length"] >= 2] == default
    top = json_of(study, tmp_path / "c", "--min-length", "3", "--top", "4")["streaks"]
    assert top == [s for s in every if s["length"] >= 3][:4]
    assert len(top) == 4
    falls = json_of(study, tmp_path / "d", "--kind", "core_down")["streaks"]
    assert {s["kind"] for s in falls} == {"core_down"}
    assert all(s["mean_bps"] < 0 for s in falls)
    text = scan(study, tmp_path / "e", "--kind", "core_down", "--min-length", "30")
    assert "LONGEST STREAKS OF CORE DOWN\nNone is that long.\n" in text


def test_analogues_and_anatomy_are_of_the_streaks_asked_for(market, tmp_path):
    study, _ = market
    rows = json_of(study, tmp_path / "a", "--min-length", "3")["streaks"][3:6]
    dates = [row["start"] for row in rows[:2]]
    options = [x for date in dates for x in ("--analogue", date)]
    text = scan(study, tmp_path / "b", *options, "--anatomy", rows[2]["end"])
    paths = pd.read_parquet(folder_of(tmp_path / "b") / "analogues.parquet")
    starts = pd.Series(paths["streak_start"]).astype(str)
    assert list(dict.fromkeys(starts)) == dates
    assert set(paths["offset"]) == set(range(-21, 253))
    section = text[text.index("ANATOMY") :]
    assert f"Winners and losers of {rows[2]['start']} to {rows[2]['end']}." in section
    assert section.index("BANK") < section.index("NONE")
    assert "no file NONE.csv" in section


def test_symbols_that_begin_too_late_are_said(market, tmp_path):
    study, days = market
    first = json_of(study, tmp_path / "a", "--min-length", "3", "--as-of", str(days[150]))
    part = next(row for row in first["anatomy"] if row["symbol"] == "PART")
    assert (part["streak_return"], part["rank"]) == (None, None)
    assert part["problem"]
    table = pd.read_csv(folder_of(tmp_path / "a") / "anatomy.csv")
    assert set(table["symbol"]) == {"BANK", "PART", "NONE"}


def test_every_file_is_there_and_the_same_twice(market, tmp_path):
    study, _ = market
    one, two = (scan(study, tmp_path / name) for name in "ab")
    assert without_path(one) == without_path(two)
    assert {p.name for p in folder_of(tmp_path / "a").iterdir()} == FILES
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    manifest = json.loads((folder_of(tmp_path / "a") / "manifest.json").read_bytes())
    assert (manifest["kind"], manifest["status"], manifest["seed"]) == ("scan", "complete", 3)
    for name, digest in manifest["files"].items():
        content = (folder_of(tmp_path / "a") / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    assert set(manifest["files"]) == FILES - {"manifest.json"}


def test_hash_seed_time_zone_and_locale_do_not_matter(market, tmp_path):
    study, _ = market
    surroundings = {"PYTHONHASHSEED": "77", "TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8"}
    entry = "from engine.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", entry, "scan", study, "--results", tmp_path / "there"],
        capture_output=True,
        check=True,
        env={**os.environ, **surroundings},
    )
    here = scan(study, tmp_path / "here")
    assert without_path(ran.stdout.decode()) == without_path(here)
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_now_for_machines(market):
    study, days = market
    found = json.loads(streak("now", study, "--json").out)
    assert found["session"] == str(days[-1])
    assert (found["price_basis"], found["simulated"]) == ("price", False)
    assert found["streak"]["end"] == str(days[-1])
    assert {"length", "character", "aftermath"} <= found["nearest"][0].keys()
    (rule,) = found["rules"]
    assert rule.keys() == {"label", "held_weight", "since", "decided"}
    assert 0 <= found["rsi_percentile"] <= 1


def test_a_named_file_changes_only_its_regime(market, tmp_path):
    study, _ = market
    options = ["--set", "data.vix=null", "--set", "data.fed_funds=null"]
    bare, full = json_of(study, tmp_path / "a", *options), json_of(study, tmp_path / "b")
    assert {row["vix_regime"] for row in bare["streaks"]} == {None}
    for one, other in zip(bare["streaks"], full["streaks"], strict=True):
        assert {k for k in one if one[k] != other[k]} <= {"vix_regime", "rate_regime"}
    assert bare["events"] == full["events"]


def test_simulated_prices_are_named_in_every_form(simulated, tmp_path):
    notice = "SIMULATED DATA, not market history"
    assert scan(simulated, tmp_path / "a").startswith(f"{notice}\n\n")
    assert json_of(simulated, tmp_path / "b")["simulated"] is True
    folder = folder_of(tmp_path / "a")
    assert f"**{notice}**" in (folder / "study.md").read_text("utf-8")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert (manifest["simulated"], manifest["notice"]) == (True, notice)
    for path in folder.glob("*.csv"):
        frame = pd.read_csv(path)
        assert (frame["data"] == "simulated").all(), path.name
    assert streak("now", simulated).out.startswith(f"{notice}\n\n")
    assert json.loads(streak("now", simulated, "--json").out)["simulated"] is True


def test_market_prices_are_not_called_simulated(market, tmp_path):
    study, _ = market
    text = scan(study, tmp_path)
    assert "SIMULATED" not in text
    assert "SIMULATED" not in (folder_of(tmp_path) / "study.md").read_text("utf-8")
    assert set(pd.read_csv(folder_of(tmp_path) / "rarity.csv")["data"]) == {"market"}


def test_a_scan_is_shown_and_listed_again(market, tmp_path):
    study, days = market
    printed = scan(study, tmp_path, "--top", 3)
    folder = folder_of(tmp_path)
    shown = streak("show", "latest", "--results", tmp_path)
    assert shown.code == 0
    table, facts = shown.out.split("\nfolder   ")
    assert table == printed.removesuffix(f"\n{folder}\n")
    assert facts.startswith(f"{folder}\ncreated  ")
    as_json = json.loads(streak("show", "--results", tmp_path, "--json").out)
    assert as_json["manifest"]["kind"] == "scan"
    assert as_json["verdicts"]["outperformance"].startswith("SMALL's longest run")
    _, row = streak("ls", "--results", tmp_path).out.splitlines()
    assert row.split() == [
        *(f"small-streaks/{folder.name}", "scan", "–", "420", str(days[0]), str(days[-1])),
        "market",
    ]
    (listed,) = json.loads(streak("ls", "--results", tmp_path, "--json").out)
    assert (listed["kind"], listed["study"]) == ("scan", "small-streaks")


def test_quiet_says_nothing_but_the_result(market, tmp_path):
    study, _ = market
    outcome = streak("scan", study, "--results", tmp_path, "--quiet")
    assert (outcome.code, outcome.err) == (0, "")


def test_cells_cannot_be_formulas(market, tmp_path):
    """A symbol's trouble is told in the words of its file; they must stay words."""
    study, _ = market
    scan(study, tmp_path)
    for path in folder_of(tmp_path).glob("*.csv"):
        for column in pd.read_csv(path, dtype=str).select_dtypes(["object", "string"]):
            cells = pd.read_csv(path, dtype=str)[column].dropna()
            text = cells[pd.to_numeric(cells, errors="coerce").isna()]
            assert not text.str.startswith(("=", "+", "-", "@")).any(), (path.name, column)


def test_the_page_and_the_screen_tell_the_same(market, tmp_path):
    study, _ = market
    text = scan(study, tmp_path, "--top", "3")
    page = (folder_of(tmp_path) / "study.md").read_text("utf-8")
    titles = [line[3:].upper() for line in page.splitlines() if line.startswith("## ")]
    assert titles == [t for t in text.splitlines() if t in titles]
    assert titles == [
        *("STREAKS", "LONGEST STREAKS OF OUTPERFORMANCE", "HOW STREAKS ARE TAGGED", "HOW RARE?"),
        *("DOES IT GO ON?", "WHAT FOLLOWED", "ANALOGUES", "ANATOMY"),
    ]
    assert text.count("price basis price") == page.count("price basis price") == 1
    assert "A longest run is called remarkable where the coin" in text


def test_the_study_is_kept_as_given(market, tmp_path):
    study, _ = market
    scan(study, tmp_path, "--as-of", dt.date(2019, 12, 31))
    folder = folder_of(tmp_path)
    assert (folder / "study.yaml").read_bytes() == study.read_bytes()
    config = json.loads((folder / "manifest.json").read_bytes())["config"]
    assert config["data"]["end"] == "2019-12-31"
    assert STUDY.startswith(f"name: {config['name']}\n")
