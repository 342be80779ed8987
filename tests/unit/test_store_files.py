"""What a run leaves on disk: every file, recomputed from the others or from the run itself."""

import csv
import dataclasses
import io
import itertools
import json
import math
from hashlib import sha256

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from panels import random_panel
from short_studies import END, SHORT, study_in_memory, write_study

from engine.evaluation.backtest import completed_trades
from engine.evaluation.definitions import METRICS
from engine.market.load import load_panel
from engine.pipeline.running import run
from engine.pipeline.saving import save_run
from engine.rules.studies import read_study
from engine.store.files import csv_bytes, run_files
from engine.store.logs import ROTATION_COLUMNS, TRADE_COLUMNS

PARQUET = ("equity.parquet", "market.parquet", "signals.parquet")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of the short study as (result, stored folder, panel)."""
    folder = tmp_path_factory.mktemp("files")
    loaded = read_study(write_study(folder))
    panel = load_panel(loaded.study.data)
    result = run(loaded.study, panel)
    return result, save_run(result, loaded.content, folder / "results"), panel


def rows_of(stored, name):
    return list(csv.DictReader(io.StringIO((stored.path / name).read_text("utf-8"))))


def table_of(stored, name):
    return pd.read_parquet(stored.path / name)


def test_the_folder_holds_exactly_these_files(made):
    _, stored, _ = made
    assert sorted(p.name for p in stored.path.iterdir()) == [
        "equity.parquet",
        "manifest.json",
        "market.parquet",
        "metrics.json",
        "rotations.csv",
        "signals.parquet",
        "study.yaml",
        "summary.csv",
        "summary.md",
        "trades.csv",
    ]


def test_the_manifest_says_what_made_the_result(made):
    result, stored, panel = made
    manifest = json.loads((stored.path / "manifest.json").read_bytes())
    assert manifest["schema_version"] == 1
    assert (manifest["status"], manifest["kind"], manifest["study"]) == ("complete", "run", "short")
    assert manifest["config"]["rule"] == {
        "name": "streak",
        "entry_streak": 3,
        "exit_streak": 1,
        "max_holding": 4,
    }
    assert manifest["config"]["data"]["end"] == END
    assert manifest["config"]["execution"]["initial_cash"] == 100_000.0  # a default, written out
    assert manifest["execution"] == manifest["config"]["execution"]
    assert manifest["data"]["sha256"] == panel.content_hash
    assert manifest["data"]["sessions"] == len(panel)
    assert manifest["data"]["last_session"] == END
    assert [s["symbol"] for s in manifest["data"]["sources"]] == ["LARGE", "SMALL"]
    assert manifest["seed"] == 7
    assert manifest["price_basis"] == "total_return"
    assert manifest["simulated"] is True
    assert manifest["notice"] == "SIMULATED DATA, not market history"
    assert manifest["warnings"] == list(result.warnings)
    assert manifest["rejected_orders"] == 0
    assert manifest["engines"]["max_difference"] == result.max_difference < 1e-9
    assert {"streaklab", "python", "backtrader", "numpy", "pandas"} <= manifest["versions"].keys()
    for key in ("content_hash", "code_hash", "config_hash"):
        assert len(manifest[key]) == 64
        assert int(manifest[key], 16)
    assert manifest["rule"]["enter"] == "streak >= 3"
    assert manifest["timings"].keys() == {
        "benchmarks_seconds",
        "rule_seconds",
        "inference_seconds",
    }
    assert all(seconds > 0.0 for seconds in manifest["timings"].values())


def test_the_manifest_holds_the_hash_of_every_other_file(made):
    _, stored, _ = made
    found = {
        p.name: sha256(p.read_bytes()).hexdigest()
        for p in stored.path.iterdir()
        if p.name != "manifest.json"
    }
    assert stored.manifest["files"] == found


def test_the_study_is_kept_byte_for_byte(tmp_path):
    text = SHORT.replace("\n", "\r\n").encode() + "# Größe, tail without end of line".encode()
    path = tmp_path / "study.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text)
    loaded = read_study(path, overrides=["rule.entry_streak=4"])
    result = run(loaded.study, load_panel(loaded.study.data))
    stored = save_run(result, loaded.content, tmp_path / "results")
    assert stored.read("study.yaml") == path.read_bytes()
    assert stored.manifest["config"]["rule"]["entry_streak"] == 4


def test_metrics_are_all_there_and_undefined_ones_are_null(made):
    result, stored, _ = made
    metrics = json.loads(stored.read("metrics.json"))
    assert metrics["rule"]["metrics"].keys() == {m.key for m in METRICS}
    assert list(metrics["benchmarks"]) == ["core", "satellite", "50/50"]
    assert metrics["benchmarks"]["core"]["metrics"]["hit_rate"] is None
    assert metrics["benchmarks"]["core"]["label"] == "LARGE held"
    for key, value in metrics["rule"]["metrics"].items():
        given = result.metrics[key]
        assert value == (None if isinstance(given, float) and math.isnan(given) else given)
    assert metrics["rule"]["against"].keys() == {"core", "satellite", "50/50"}


def test_equity_by_session(made):
    result, stored, panel = made
    table = table_of(stored, "equity.parquet")
    assert list(table.columns) == [
        "session",
        "equity",
        "cash",
        "core_shares",
        "satellite_shares",
        "target_weight",
        "cash_return",
        "benchmark core",
        "benchmark satellite",
        "benchmark 50/50",
    ]
    assert len(table) == len(panel)
    assert np.array_equal(table["session"].to_numpy().astype("datetime64[D]"), panel.sessions)
    assert table["equity"].tolist() == result.equity.tolist()
    wealth = (
        table["cash"]
        + table["core_shares"] * panel.core.close
        + table["satellite_shares"] * panel.satellite.close
    )
    np.testing.assert_allclose(wealth, table["equity"], rtol=1e-12)
    assert math.isnan(table["cash_return"][0])
    assert table["cash_return"][1:].tolist() == result.simulation.cash_returns.tolist()
    held = result.benchmarks["satellite"].simulation.equity
    assert table["benchmark satellite"].tolist() == held.tolist()


def test_signals_by_session(made):
    result, stored, panel = made
    table = table_of(stored, "signals.parquet")
    assert list(table.columns) == [
        "session",
        "streak",
        "rsi(satellite, 14)",
        "enter",
        "leave",
        "decided_weight",
    ]
    assert len(table) == len(panel)
    assert (table["enter"] == (table["streak"] >= 3)).all()
    broken = (table["streak"] <= -1) | (table["rsi(satellite, 14)"] >= 75)
    assert (table["leave"] == broken).all()
    decided = table["decided_weight"].dropna()
    assert decided.to_dict() == {d.session: d.weight for d in result.simulation.decisions}


def test_the_market_by_session(made):
    """What a report needs when the prices are gone."""
    _, stored, panel = made
    table = table_of(stored, "market.parquet")
    assert list(table.columns) == [
        "session",
        "core_open",
        "core_close",
        "satellite_open",
        "satellite_close",
        "streak",
        "overnight_rate",
    ]
    assert table["core_open"].tolist() == panel.core.open.tolist()
    assert table["satellite_close"].tolist() == panel.satellite.close.tolist()
    signals = table_of(stored, "signals.parquet")
    assert table["streak"].equals(signals["streak"])
    assert set(table["overnight_rate"]) == {0.0}


def test_one_row_per_rotation(made):
    result, stored, panel = made
    rows = rows_of(stored, "rotations.csv")
    assert tuple(rows[0]) == (*ROTATION_COLUMNS, "data")
    assert len(rows) == result.metrics["rotations"] > 20
    sessions = [str(s) for s in panel.sessions]
    opens = {"LARGE": panel.core.open, "SMALL": panel.satellite.open}
    for row, later in zip(rows, [*rows[1:], None], strict=True):
        fill = sessions.index(row["fill_session"])
        assert sessions[fill - 1] == row["decision_session"]
        assert {row["from"], row["to"]} == {"LARGE", "SMALL"}
        assert float(row["sold_at"]) == opens[row["from"]][fill]
        assert float(row["bought_at"]) == opens[row["to"]][fill]
        if later is not None:
            assert later["from"] == row["to"]
            assert float(later["sold_shares"]) == float(row["bought_shares"])
    assert rows[0]["from"] == "LARGE"


def test_what_came_of_each_rotation_stands_beside_it(made):
    """In the satellite it is the return of the trade; the core's stays are the core, less costs."""
    result, stored, panel = made
    rows = rows_of(stored, "rotations.csv")
    returns, lengths = completed_trades(result.simulation)
    inside = [row for row in rows if row["to"] == "SMALL" and row["stay_open"] == "False"]
    assert [float(row["stay_return"]) for row in inside] == pytest.approx(returns, rel=1e-9)
    assert [float(row["stay_sessions"]) for row in inside] == lengths.tolist()
    opens = {str(s): float(o) for s, o in zip(panel.sessions, panel.core.open, strict=True)}
    for row, later in itertools.pairwise(rows):
        core = opens[later["fill_session"]] / opens[row["fill_session"]] - 1
        active = float(row["stay_return"]) - core
        assert float(row["stay_active"]) == pytest.approx(active, abs=1e-12)
        if row["to"] == "LARGE":
            assert -6e-4 < active < 0.0
    assert [row["stay_open"] for row in rows] == ["False"] * (len(rows) - 1) + ["True"]


def test_the_costs_of_a_rotation_are_those_of_its_trades(made):
    _, stored, _ = made
    trades = rows_of(stored, "trades.csv")
    assert tuple(trades[0]) == (*TRADE_COLUMNS, "data")
    for row in rows_of(stored, "rotations.csv"):
        of_session = [t for t in trades if t["fill_session"] == row["fill_session"]]
        assert len(of_session) == 2
        assert float(of_session[0]["shares"]) < 0.0 < float(of_session[1]["shares"])
        assert float(row["cost"]) == sum(float(t["cost"]) for t in of_session) > 0.0
        assert {t["reason"] for t in of_session} == {row["trigger"]}


def test_trades_cost_what_the_terms_say(made):
    """Slippage and 1 bp of commission on the slipped price; the first purchase pays, too."""
    _, stored, _ = made
    slippage = {"LARGE": 1e-4, "SMALL": 2e-4}
    trades = rows_of(stored, "trades.csv")
    assert (trades[0]["symbol"], trades[0]["reason"]) == ("LARGE", "the core is held by default")
    for trade in trades:
        shares, quote, s = float(trade["shares"]), float(trade["quote"]), slippage[trade["symbol"]]
        per_share = (1 + s) * (1 + 1e-4) - 1 if shares > 0 else 1 - (1 - s) * (1 - 1e-4)
        assert float(trade["cost"]) == pytest.approx(abs(shares) * quote * per_share, rel=1e-9)


def test_the_trigger_and_the_features_of_a_rotation_are_true(made):
    """The reasons in the log, against the signals at the deciding close."""
    _, stored, panel = made
    signals = table_of(stored, "signals.parquet")
    sessions = [str(s) for s in panel.sessions]
    reasons = set()
    entered = 0
    for row in rows_of(stored, "rotations.csv"):
        t = sessions.index(row["decision_session"])
        known = signals.iloc[t]
        facts = dict(part.split(" = ") for part in row["features"].split("; "))
        reasons.add(row["trigger"])
        if row["to"] == "SMALL":
            entered = t
            assert row["trigger"] == "streak >= 3"
            assert facts == {"streak": f"{known['streak']:.6g}"}
            assert known["enter"]
            assert not known["leave"]
        elif row["trigger"] == "max_holding 4":
            assert facts == {"held": "4"}
            assert t - entered == 4
            assert not known["leave"]
        else:
            assert facts == {
                name: f"{known[name]:.6g}" for name in ("streak", "rsi(satellite, 14)")
            }
            fired = [
                text
                for text, is_true in (
                    ("streak <= -1", known["streak"] <= -1),
                    ("rsi(satellite, 14) >= 75", known["rsi(satellite, 14)"] >= 75),
                )
                if is_true
            ]
            assert row["trigger"] == "; ".join(fired)
    assert {"streak >= 3", "streak <= -1", "max_holding 4"} <= reasons


def test_the_summaries_say_that_prices_are_invented(made):
    _, stored, _ = made
    assert "**SIMULATED DATA, not market history**" in stored.read("summary.md").decode()
    assert stored.read("summary.md").decode().startswith("# short\n")
    rows = rows_of(stored, "summary.csv")
    assert [(r["label"], r["kind"], r["data"]) for r in rows] == [
        ("streak", "rule", "simulated"),
        ("LARGE held", "benchmark", "simulated"),
        ("SMALL held", "benchmark", "simulated"),
        ("50/50", "benchmark", "simulated"),
    ]


def test_every_file_says_that_prices_are_invented(made):
    _, stored, _ = made
    for name in ("rotations.csv", "trades.csv", "summary.csv"):
        assert {row["data"] for row in rows_of(stored, name)} == {"simulated"}
    notice = "SIMULATED DATA, not market history"
    assert json.loads(stored.read("metrics.json"))["notice"] == notice
    for name in PARQUET:
        metadata = pq.read_schema(stored.path / name).metadata
        assert metadata[b"data"] == b"simulated"
        assert metadata[b"notice"] == notice.encode()


def test_no_file_of_market_prices_says_so(tmp_path):
    stored = save_run(run(study_in_memory(), random_panel(3, 60)), b"", tmp_path)
    manifest = json.loads((stored.path / "manifest.json").read_bytes())
    assert (manifest["simulated"], manifest["notice"]) == (False, None)
    for name in manifest["files"]:
        assert b"simulated" not in stored.read(name).lower(), name
    for name in ("rotations.csv", "trades.csv", "summary.csv"):
        assert {row["data"] for row in rows_of(stored, name)} == {"market"}
    assert json.loads(stored.read("metrics.json"))["notice"] is None
    assert pq.read_schema(stored.path / "equity.parquet").metadata == {b"data": b"market"}


# CSV


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_text_that_a_spreadsheet_would_execute_is_guarded(start):
    content = csv_bytes(["a"], [{"a": f"{start}1+1"}], simulated=False)
    shown = start.replace("\r", " ")  # a row is a line
    assert content == f"a,data\n'{shown}1+1,market\n".encode()


def test_numbers_are_not_taken_for_formulas_and_read_back_exactly():
    rows = [{"a": -0.1, "b": 1 / 3, "c": np.float64(2.5), "d": float("nan"), "e": -3, "f": None}]
    assert csv_bytes("abcdef", rows, simulated=True) == (
        b"a,b,c,d,e,f,data\n-0.1,0.3333333333333333,2.5,,-3,,simulated\n"
    )


def test_symbols_are_guarded_in_the_logs(made):
    """A symbol such as ^GSPC is harmless; one that began with = would not be."""
    result, _, _ = made
    data = {**result.setting.data, "symbols": {"core": "=CORE()", "satellite": "SMALL"}}
    hostile = dataclasses.replace(result, setting=dataclasses.replace(result.setting, data=data))
    files = run_files(hostile)
    assert b",=CORE()" not in files["trades.csv"] + files["rotations.csv"]
    assert b",'=CORE()," in files["trades.csv"]


def test_files_of_a_rule_of_weights(tmp_path):
    text = SHORT.replace("name: streak", "name: fixed_mix").replace("  entry_streak: 3\n", "")
    text = text.replace("  exit_streak: 1\n", "").replace("  max_holding: 4\n", "")
    loaded = read_study(write_study(tmp_path, text=text))
    result = run(loaded.study, load_panel(loaded.study.data))
    stored = save_run(result, loaded.content, tmp_path / "results")
    assert rows_of(stored, "rotations.csv") == []
    assert {t["reason"] for t in rows_of(stored, "trades.csv")} == {"schedule"}
    assert list(table_of(stored, "signals.parquet").columns) == ["session", "decided_weight"]
    assert "enter" not in stored.manifest["rule"]
