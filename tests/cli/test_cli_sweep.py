"""``streak sweep``: what it prints, what it writes, and how it ends."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from command_line import streak
from short_studies import SHORT, write_study

from engine.evaluation.trial_keys import KEYS
from engine.pipeline.sweeping.workers import Workers

AXES = """\
sweep:
  rule.entry_streak: [1, 2, 3]
  execution.slippage_bps.SMALL: [0, 5]
  rule.max_holding: [null, 2]
"""
REFUSED = """\
sweep:
  rule.oversold: [30, 50]
  rule.overbought: [40, 60]
"""
JSON_KEYS = {
    "run",
    "path",
    "study",
    "sets",
    "skipped",
    "engine",
    "seconds",
    "best",
    "confirmed",
    "max_difference",
}


def study_with(folder, axes, **replacements):
    return write_study(folder, text=SHORT + axes, **replacements)


def sweep(study, *options):
    return streak("sweep", study, "--workers", "1", "--results", study.parent / "results", *options)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A study, the outcome of its sweep, and the folder it was written to."""
    study = study_with(tmp_path_factory.mktemp("swept"), AXES)
    outcome = sweep(study, "--confirm", "4")
    assert outcome.code == 0, outcome.err
    return study, outcome, Path(outcome.out.splitlines()[-1])


def rows_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / name).read_text("utf-8"))))


def test_the_best_sets_are_printed_beside_the_study_s_own(swept):
    _, (_, out, err), folder = swept
    assert out.startswith("SIMULATED DATA, not market history")
    assert "streak, as in the study" in out
    assert "LARGE held" in out
    assert "12 sets, 0 combinations the rule does not allow" in out
    assert "entry_streak 1, slippage_bps.SMALL 0, max_holding null" in " ".join(out.split())
    assert "sets confirmed by Backtrader, largest difference" in out
    assert "confirming" in err
    assert folder.parent.name == "short"
    assert "\x1b" not in out


def test_one_row_for_every_set(swept):
    table = pq.read_table(swept[2] / "trials.parquet")
    assert table.num_rows == 12
    keys = ["rule.entry_streak", "execution.slippage_bps.SMALL", "rule.max_holding"]
    assert table.column_names == [*keys, *KEYS, "path"]
    rows = list(zip(*(table[key].to_pylist() for key in keys), strict=True))
    assert rows == [(e, s, h) for e in (1, 2, 3) for s in (0, 5) for h in (None, 2)]
    assert table.schema.metadata[b"data"] == b"simulated"
    assert b"SIMULATED" in table.schema.metadata[b"notice"]


def test_confirmations_are_written(swept):
    rows = rows_of(swept[2], "confirmations.csv")
    table = pq.read_table(swept[2] / "trials.parquet")
    assert {row["chosen"] for row in rows} == {"sample", "top"}
    assert sum(row["chosen"] == "sample" for row in rows) == 4
    for row in rows:
        at = int(row["row"])
        assert int(row["rule.entry_streak"]) == table["rule.entry_streak"][at].as_py()
        differences = [float(row[key]) for key in KEYS]
        assert float(row["largest"]) == max(differences) < 1e-9
        assert row["data"] == "simulated"
    assert any(float(row["largest"]) > 0.0 for row in rows)  # another engine, another rounding


def test_everything_written_says_that_prices_are_simulated(swept):
    folder = swept[2]
    for name in ("metrics.json", "manifest.json"):
        told = json.loads((folder / name).read_bytes())
        assert "SIMULATED" in told["notice"]
    assert "SIMULATED" in (folder / "summary.md").read_text("utf-8")
    assert {row["data"] for row in rows_of(folder, "summary.csv")} == {"simulated"}


def test_the_summary_s_sets_are_rows_of_the_table(swept):
    told = json.loads((swept[2] / "metrics.json").read_bytes())
    table = pq.read_table(swept[2] / "trials.parquet").to_pylist()
    assert (told["sets"], told["skipped"]) == (12, 0)
    assert told["axes"][0] == "rule.entry_streak"
    sharpe = [row["sharpe"] for row in told["top"]]
    assert sharpe == sorted(sharpe, reverse=True)
    assert sharpe[0] == max(row["sharpe"] for row in table)
    for row in told["top"]:
        assert {k: v for k, v in table[row["row"]].items() if k != "path"}.items() <= row.items()
        assert "path" not in row


def test_json_is_for_machines(swept, tmp_path):
    study = study_with(tmp_path, AXES)
    code, out, _ = sweep(study, "--json", "--confirm", "4")
    told = json.loads(out, parse_constant=pytest.fail)
    assert code == 0
    assert told.keys() >= JSON_KEYS
    assert (told["study"], told["sets"], told["skipped"]) == ("short", 12, 0)
    assert (told["engine"], told["simulated"]) == ("events", True)
    assert told["best"].keys() >= {"rule.max_holding", *KEYS}
    assert told["confirmed"] >= 4
    assert 0.0 < told["max_difference"] < 1e-9
    assert Path(told["path"]) == tmp_path / "results" / told["run"]
    same = pq.read_table(swept[2] / "trials.parquet").to_pylist()
    assert any(row["sharpe"] == told["best"]["sharpe"] for row in same)


@pytest.mark.parametrize(
    ("options", "beside"),
    [((), 0), (("--workers", "3"), 2), (("--workers", "3", "--no-confirm"), 1)],
)
def test_one_of_the_workers_is_the_process_itself(tmp_path, monkeypatch, options, beside):
    started = []

    class Counted(Workers):
        def __init__(self, count, _):
            started.append(count)
            super().__init__(0)

    monkeypatch.setattr("engine.pipeline.sweeping.workers.Workers", Counted)
    axes = "sweep:\n  rule.entry_streak: [2, 3]\n"
    assert sweep(study_with(tmp_path, axes), "--confirm", "1", *options).code == 0
    assert started == [beside]


def test_workers_change_no_byte(swept, tmp_path):
    study = study_with(tmp_path, AXES)
    outcome = sweep(study, "--workers", "2", "--confirm", "4")
    assert outcome.code == 0, outcome.err
    folder = Path(outcome.out.splitlines()[-1])
    for name in ("trials.parquet", "confirmations.csv", "summary.csv", "metrics.json"):
        assert (folder / name).read_bytes() == (swept[2] / name).read_bytes()


def test_the_ranking_is_by_the_metric_asked_for(tmp_path):
    study = study_with(tmp_path, AXES)
    code, out, _ = sweep(study, "--json", "--no-confirm", "--by", "volatility")
    told = json.loads(out)
    table = pq.read_table(Path(told["path"]) / "trials.parquet")
    assert code == 0
    assert told["best"]["volatility"] == min(table["volatility"].to_pylist())
    assert (told["confirmed"], told["max_difference"]) == (0, None)
    assert rows_of(Path(told["path"]), "confirmations.csv") == []


@pytest.mark.parametrize(
    ("metric", "hint"), [("sharp", 'did you mean "sharpe"'), ("alpha", "allowed final_equity")]
)
def test_a_metric_no_sweep_has_is_refused_at_once(tmp_path, metric, hint):
    code, out, err = sweep(study_with(tmp_path, AXES), "--by", metric)
    assert (code, out) == (2, "")
    assert f'"{metric}" is no metric of a sweep' in err
    assert hint in err
    assert "loading" not in err
    assert not (tmp_path / "results").exists()


def test_combinations_the_rule_refuses_are_counted(tmp_path):
    study = write_study(tmp_path, text=SHORT + REFUSED, name="name: short")
    text = study.read_text("utf-8").replace("name: streak", "name: rsi_threshold")
    text = text.replace("  entry_streak: 3\n  exit_streak: 1\n", "")
    study.write_text(text, "utf-8")
    told = json.loads(sweep(study, "--json", "--no-confirm").out)
    assert (told["sets"], told["skipped"]) == (3, 1)


def test_engines_can_be_forced(tmp_path):
    study = study_with(tmp_path, AXES)
    for name in ("bars", "backtrader"):
        told = json.loads(sweep(study, "--json", "--no-confirm", "--engine", name).out)
        assert told["engine"] == name
        assert told["sets"] == 12


def test_the_event_kernel_is_refused_where_it_does_not_serve(tmp_path):
    axes = "sweep:\n  rule.satellite_weight: [0.2, 0.5]\n"
    study = study_with(tmp_path, axes)
    text = study.read_text("utf-8").replace("name: streak", "name: fixed_mix")
    text = text.replace("  entry_streak: 3\n  exit_streak: 1\n  max_holding: 4\n", "")
    study.write_text(text, "utf-8")
    code, _, err = sweep(study, "--engine", "events")
    assert code == 2
    assert "use --engine bars or auto" in err
    told = json.loads(sweep(study, "--json", "--confirm", "1").out)
    assert (told["engine"], told["sets"]) == ("bars", 2)


def test_a_mistake_of_the_kernel_fails_the_sweep(tmp_path, monkeypatch):
    from engine.execution.kernel.columns import ROTATIONS
    from engine.execution.sweeping import SweepEngine

    sound = SweepEngine.run

    def run_wrongly(self, numbers, workers=1):
        trials = sound(self, numbers, workers)
        trials.sums[-1, ROTATIONS] += 1.0
        return trials

    monkeypatch.setattr(SweepEngine, "run", run_wrongly)
    axes = "sweep:\n  rule.entry_streak: [1, 2, 3]\n"
    code, out, err = sweep(study_with(tmp_path, axes))
    assert code == 1
    wrong = [line for line in err.splitlines() if line.startswith("not confirmed")]
    assert len(wrong) == 1
    assert wrong[0].startswith("not confirmed: entry_streak 1: ")
    assert (Path(out.splitlines()[-1]) / "trials.parquet").is_file()  # to be looked into


def test_quiet_is_silent_on_stderr(tmp_path):
    code, out, err = sweep(study_with(tmp_path, AXES), "--no-confirm", "--quiet")
    assert (code, err) == (0, "")
    assert "no set was confirmed by Backtrader" in out


def test_without_axes_the_study_itself_is_swept(tmp_path):
    told = json.loads(sweep(write_study(tmp_path), "--json", "--confirm", "1").out)
    assert (told["sets"], told["skipped"], told["confirmed"]) == (1, 0, 1)
    out = sweep(write_study(tmp_path), "--no-confirm").out
    assert "as in the study" in out


def test_a_sweep_can_be_shown_and_listed(swept):
    study, _, folder = swept
    code, out, _ = streak("show", "latest", "--results", study.parent / "results")
    assert code == 0
    assert "entry_streak 1" in out
    assert "NEIGHBOURS OF THE BEST SETS" in out
    code, out, _ = streak("ls", "--results", study.parent / "results")
    assert code == 0
    assert folder.name in out


def test_seeds_draw_other_samples(swept, tmp_path):
    told = json.loads(
        sweep(study_with(tmp_path, AXES, seed="seed: 8"), "--json", "--confirm", "4").out
    )
    rows = {
        row["row"]
        for row in rows_of(Path(told["path"]), "confirmations.csv")
        if row["chosen"] == "sample"
    }
    mine = {r["row"] for r in rows_of(swept[2], "confirmations.csv") if r["chosen"] == "sample"}
    assert rows != mine
    assert np.isfinite(told["best"]["sharpe"])


def test_one_set_is_spoken_of_in_the_singular(tmp_path):
    done = sweep(study_with(tmp_path, "sweep:\n  rule.entry_streak: [2]\n"), "--no-confirm")
    assert "Note: 1 set, 0 combinations the rule does not allow; 1 different position path; " in (
        done.out
    )


def test_the_list_of_results_says_how_many_sets_a_sweep_has(swept):
    listed = streak("ls", "--results", swept[0].parent / "results").out.splitlines()
    assert listed[1].split()[1:4] == ["sweep", "12", "sets"]


def test_help_of_top_says_by_what_and_how_many(swept):
    told = " ".join(streak("top", "--help").out.replace("│", " ").split())
    assert "[default: sharpe]" in told
    assert "[default: 20]" in told
