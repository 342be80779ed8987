"""``streak run`` and what is done with stored results afterwards: ``show`` and ``ls``."""

import json
import re
from pathlib import Path

import pytest
from command_line import streak
from short_studies import RULE_FILE, SHORT, write_study

from engine.evaluation.definitions import METRICS

RUN_KEYS = {
    "run",
    "path",
    "study",
    "rule",
    "sessions",
    "first_session",
    "last_session",
    "price_basis",
    "simulated",
    "rejected_orders",
    "metrics",
    "benchmarks",
    "warnings",
}


def files_under(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file())


# run


def test_a_run_prints_the_table_and_where_everything_is(shared):
    code, out, _ = shared.run
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "SIMULATED DATA, not market history"
    assert re.fullmatch(r"Metric +streak +LARGE held † +SMALL held † +50/50 †", lines[2])
    assert any(re.match(r"Rotations +\d+ +0 +0 +0$", line) for line in lines)
    folder = Path(lines[-1])
    assert folder.parent == shared.results / "short"
    assert (folder / "manifest.json").is_file()
    assert "\x1b" not in out


def test_progress_goes_to_stderr_and_results_to_stdout(shared):
    assert shared.run.err.splitlines() == [
        "loading LARGE and SMALL",
        "running the benchmarks",
        "running streak",
    ]
    assert not any(line in shared.run.out for line in shared.run.err.splitlines())


def test_json_is_for_machines(shared, tmp_path):
    code, out, err = streak("run", shared.study, "--json", "--results", tmp_path)
    assert (code, bool(err)) == (0, True)
    told = json.loads(out, parse_constant=pytest.fail)  # NaN and Infinity are not JSON
    assert told.keys() >= RUN_KEYS
    assert told["metrics"].keys() == {metric.key for metric in METRICS}
    assert told["benchmarks"].keys() == {"core", "satellite", "50/50"}
    assert told["benchmarks"]["core"]["hit_rate"] is None
    assert (told["study"], told["rule"]["name"], told["simulated"]) == ("short", "streak", True)
    assert told["rejected_orders"] == 0
    folder = Path(told["path"])
    assert folder == tmp_path / told["run"]
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert told["sessions"] == manifest["data"]["sessions"]
    stored = json.loads((folder / "metrics.json").read_bytes())
    assert told["metrics"] == stored["rule"]["metrics"]


def test_quiet_is_silent_on_stderr(shared, tmp_path):
    for option in ("--quiet", "-q"):
        code, out, err = streak("run", shared.study, option, "--results", tmp_path)
        assert (code, err) == (0, "")
        assert "Sharpe" in out


def test_options_override_the_study_in_their_order(shared, tmp_path):
    done = streak(
        *("run", shared.study, "--json", "--results", tmp_path),
        *("--set", "rule.entry_streak=4", "--set", "rule.entry_streak=6"),
        *("--set", "execution.slippage_bps={LARGE: 0, SMALL: 9}", "--set", "benchmarks=[core]"),
        *("--set", "name=other"),
    )
    told = json.loads(done.out)
    assert told["rule"]["parameters"]["entry_streak"] == 6
    assert told["run"].startswith("other/")
    assert list(told["benchmarks"]) == ["core"]
    manifest = json.loads((Path(told["path"]) / "manifest.json").read_bytes())
    assert manifest["execution"]["slippage_bps"] == {"LARGE": 0, "SMALL": 9}
    assert (Path(told["path"]) / "study.yaml").read_bytes() == shared.study.read_bytes()


def test_a_users_rule_file_runs(tmp_path):
    (tmp_path / "mine.py").write_text(RULE_FILE, "utf-8")
    text = SHORT[: SHORT.index("rule:")] + "rule: {file: mine.py, run: 2}\n"
    done = streak("run", write_study(tmp_path, text=text), "--results", tmp_path / "results")
    assert done.code == 0, done.err
    assert re.search(r"^Metric +mine ", done.out, flags=re.M)


def test_the_results_folder_may_come_from_the_environment(shared, tmp_path, monkeypatch):
    monkeypatch.setenv("STREAKLAB_RESULTS", str(tmp_path / "from_environment"))
    done = streak("run", shared.study)
    assert Path(done.out.splitlines()[-1]).parent == tmp_path / "from_environment" / "short"


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--set", "rule.entry_streak=0"], 3, "streak: --set rule.entry_streak: is 0, but must be"),
        (["--set", "rule.entry_strek=3"], 3, 'did you mean "entry_streak"?)'),
        (["--set", "entry_streak"], 3, "--set entry_streak: must be written key=value"),
        (["--set", "data.seed"], 3, "--set data.seed: must be written key=value"),
        (["--set", "name=../up"], 3, "may hold only letters, digits, - and _"),
        (["--data-dir", "."], 3, '--data-dir: the source "simulated" reads no files'),
        (
            ["--set", "data.start=2001-03-30", "--set", "data.end=2001-03-31"],
            4,
            "a backtest needs at least 2",
        ),
        (["--data-dir", "absent"], 2, "'absent' does not exist"),
    ],
)
def test_a_refused_run_writes_nothing(shared, tmp_path, options, code, message):
    done = streak("run", shared.study, *options, "--results", tmp_path / "results")
    assert done.code == code
    assert message in done.err
    assert done.out == ""
    assert not (tmp_path / "results").exists()


def test_every_fault_of_a_study_is_told_with_its_line(tmp_path):
    study = write_study(
        tmp_path,
        seed="seed: none",
        entry_streak="  entry_strek: 3",
        commission_bps="  commission_bps: -1",
    )
    code, out, err = streak("run", study, "--results", tmp_path / "results")
    assert (code, out) == (3, "")
    assert err.splitlines() == [
        f'streak: {study}:4: seed: is "none", but must be a whole number',
        f"{study}:10: rule.entry_strek: no such key (allowed max_holding, cooldown, entry_streak, "
        'exit_streak, rsi_period, overbought; did you mean "entry_streak"?)',
        f"{study}:14: execution.commission_bps: is -1, but must be at least 0",
    ]
    assert files_under(tmp_path) == [study]


def test_a_failure_in_the_middle_leaves_nothing(shared, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("half way")

    monkeypatch.setattr("engine.pipeline.saving.run_files", fail)
    done = streak("run", shared.study, "--results", tmp_path / "results")
    assert done.code == 5
    assert not (tmp_path / "results").exists()


def test_two_runs_in_one_second_are_two_results(shared, tmp_path):
    paths = {
        streak("run", shared.study, "-q", "--results", tmp_path).out.splitlines()[-1]
        for _ in range(2)
    }
    assert len(paths) == 2
    assert len(streak("ls", "--results", tmp_path).out.splitlines()) == 3


# show


def test_show_prints_what_the_run_printed_and_where_it_came_from(shared):
    code, out, err = streak("show", "short/2", "--results", shared.results, "--quiet")
    assert code == 2  # the comparison of the same study begins like that, too
    (run,) = (p for p in (shared.results / "short").iterdir() if (p / "trades.csv").exists())
    code, out, err = streak("show", f"short/{run.name}", "--results", shared.results)
    assert (code, err) == (0, "")
    *table, _, path = shared.run.out.splitlines()
    shown = out.splitlines()
    assert shown[: len(table)] == table
    facts = dict(line.split(maxsplit=1) for line in shown[len(table) + 1 :])
    manifest = json.loads((run / "manifest.json").read_bytes())
    assert facts["folder"] == path == str(run)
    assert facts["created"] == manifest["created"]
    assert facts["LARGE"].startswith("simulated market, seed 1 (simulated large-cap fund), last ")
    assert facts["prices"] == f"sha256 {manifest['data']['sha256']}"
    assert facts["code"] == f"sha256 {manifest['code_hash']}"


def test_show_prints_what_the_sorted_comparison_printed(shared):
    code, out, _ = streak("show", "--results", shared.results)  # latest
    assert code == 0
    *table, _, path = shared.comparison.out.splitlines()
    assert out.splitlines()[: len(table)] == table
    assert path in out


def test_show_as_json_has_the_manifest_and_the_metrics(shared):
    told = json.loads(streak("show", "--json", "--results", shared.results).out)
    assert told["manifest"]["kind"] == "comparison"
    assert len(told["rows"]) == 5
    assert told["path"].endswith(told["run"].split("/")[1])


def test_a_result_is_shown_by_its_path_from_anywhere(shared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = shared.run.out.splitlines()[-1]
    assert streak("show", path).out.splitlines()[0] == "SIMULATED DATA, not market history"


def test_a_result_that_was_tampered_with_is_not_shown(shared, tmp_path):
    path = Path(streak("run", shared.study, "-q", "--results", tmp_path).out.splitlines()[-1])
    metrics = path / "metrics.json"
    metrics.write_bytes(metrics.read_bytes().replace(b'"rotations"', b'"rotation_"'))
    for options in ([], ["--json"]):
        code, out, err = streak("show", "--results", tmp_path, *options)
        assert (code, out) == (5, "")
        assert err == f"streak: {metrics}: is not what was written; run the study again\n"


def test_an_unknown_run_is_refused_with_the_nearest(shared):
    code, out, err = streak("show", "shrot", "--results", shared.results)
    assert (code, out) == (2, "")
    assert err == (
        f'streak: there is no result "shrot" in {shared.results}; did you mean "short"?\n'
    )


# ls


def test_ls_lists_results_oldest_first(shared):
    code, out, err = streak("ls", "--results", shared.results)
    assert (code, err) == (0, "")
    header, run, comparison = (line.split() for line in out.splitlines())
    assert header == ["RESULT", "KIND", "RULE", "SESSIONS", "FIRST", "LAST", "DATA"]
    assert run[1:3] == ["run", "streak"]
    assert run[4:] == ["2000-01-03", "2001-03-30", "simulated"]
    assert comparison[1:4] == ["comparison", "5", "rows"]


def test_ls_as_json(shared):
    told = json.loads(streak("ls", "--json", "--results", shared.results).out)
    assert [r["kind"] for r in told] == ["run", "comparison"]
    assert all(Path(r["path"]).is_dir() and r["simulated"] for r in told)


def test_ls_of_nothing(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        assert streak("ls", "--results", folder) == (0, "", f"no results in {folder}\n")
        assert streak("ls", "--quiet", "--results", folder) == (0, "", "")
        assert streak("ls", "--json", "--results", folder) == (0, "[]\n", "")


def test_ls_ignores_what_a_killed_run_left(shared, tmp_path):
    streak("run", shared.study, "-q", "--results", tmp_path)
    whole = next((tmp_path / "short").iterdir())
    whole.rename(tmp_path / "short" / ".unfinished-0123456789abcdef")
    assert streak("ls", "-q", "--results", tmp_path).out == ""
    assert streak("show", "--results", tmp_path).code == 2
