"""``streak rules``, ``streak schema``, ``streak data check``, and the studies that ship."""

import json
import os
import re
from pathlib import Path

import pytest
from command_line import streak
from short_studies import PAIR, RULE_FILE, write_pair, write_study

from engine.rules.registry import rule_names
from engine.rules.studies import load_study, read_study
from engine.signals.catalogue import SIGNALS

CONFIGS = Path(__file__).parents[2] / "configs"
STUDIES = sorted(CONFIGS.glob("*.yaml"))
REAL_DATA = os.environ.get("STREAKLAB_REAL_DATA")

# rules


def test_rules_lists_every_rule_with_its_parameters_and_every_feature():
    code, out, err = streak("rules")
    assert (code, err) == (0, "")
    for name in rule_names():
        assert re.search(rf"^{name}: \S.*\.$", out, flags=re.M), name
    assert re.search(
        r"^  entry_streak +default 5 +≥ 1 +sessions +run of outperformance that rotates in$",
        out,
        flags=re.M,
    )
    assert re.search(r"^  overbought +default 75\.0 +> 50 and ≤ 100 +index", out, flags=re.M)
    for name in SIGNALS:
        assert re.search(rf"^  {name}\b.*: .* \[.+\]$", out, flags=re.M), name


def test_one_rule_is_explained():
    code, out, _ = streak("rules", "streak")
    assert code == 0
    assert out.startswith("streak\n\nMomentum: rotate into small caps")
    assert "  enter: streak >= 5\n  leave: streak <= -2 or rsi(satellite, 14) >= 75\n" in out
    assert re.search(r"^  max_holding +default 21 +≥ 1, or null +sessions ", out, flags=re.M)


def test_a_rule_of_weights_has_no_triggers_to_show():
    out = streak("rules", "random_rotation").out
    assert "enter:" not in out
    assert "rotations" in out


def test_rules_as_json():
    told = json.loads(streak("rules", "--json").out, parse_constant=pytest.fail)
    assert [rule["name"] for rule in told] == list(rule_names())
    (one,) = json.loads(streak("rules", "streak", "--json").out)
    assert one == next(rule for rule in told if rule["name"] == "streak")
    assert one["parameters"][0].keys() == {"name", "default", "unit", "allowed", "description"}


def test_a_rule_file_is_explained(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(RULE_FILE, "utf-8")
    code, out, _ = streak("rules", path)
    assert code == 0
    assert out.startswith(
        "mine\n\nMine: in after a run, out when it breaks.\n\nIt believes in runs."
    )
    assert re.search(r"^  run +default 3 +≥ 1 and ≤ 20 +sessions +run that rotates in$", out, re.M)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("import nowhere_to_be_found", ":1: the rule file fails: ModuleNotFoundError"),
        ("RULE = 3", "defines no rule"),
        (RULE_FILE.replace("p.run", "p.rum"), "rule mine fails: AttributeError"),
        (RULE_FILE.replace("parameter(3, ", "parameter(..., "), "every parameter needs a default"),
    ],
)
def test_a_rule_file_that_fails_is_the_users_not_a_defect(tmp_path, content, message):
    path = tmp_path / "mine.py"
    path.write_text(content, "utf-8")
    code, out, err = streak("rules", path)
    assert (code, out) == (3, "")
    assert message in err
    assert "defect" not in err


# schema


def test_schema_prints_what_configs_hold():
    code, out, err = streak("schema")
    assert (code, err) == (0, "")
    assert out.encode() == (CONFIGS / "schema.json").read_bytes()
    assert json.loads(out)["$schema"].startswith("http://json-schema.org/")


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_every_study_names_the_schema_first(path):
    first, second, *_ = path.read_text("utf-8").splitlines()
    assert first == "# yaml-language-server: $schema=schema.json"
    assert second.startswith("# ")


# the studies that ship


def test_studies_ship():
    shipped = {path.stem for path in STUDIES}
    assert shipped >= {
        "demo",
        "great_rotation_2026",
        "rsi_threshold",
        "streak_reversal",
        "streak_rsi",
        "yaml_rule",
        "compare_rules",
    }


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_every_study_loads_and_names_itself_like_its_file(path):
    study = load_study(path)
    assert study.name == path.stem.replace("_", "-")
    assert study.description.endswith((".", "?"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_every_study_runs(path, tmp_path):
    simulated = read_study(path).study.data.source == "simulated"
    if not simulated and not REAL_DATA:
        pytest.skip("STREAKLAB_REAL_DATA is not set: this study needs real prices")
    options = [] if simulated else ["--data-dir", REAL_DATA]
    code, out, err = streak("run", path, "--json", "--quiet", *options, "--results", tmp_path)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["simulated"] == simulated
    assert told["rejected_orders"] == 0
    assert told["metrics"]["rotations"] > 20
    assert told["sessions"] > 6000


@pytest.mark.skipif(not REAL_DATA, reason="STREAKLAB_REAL_DATA is not set")
def test_the_great_rotation_gives_the_figures_it_is_known_for(tmp_path):
    study = CONFIGS / "great_rotation_2026.yaml"
    done = streak("run", study, "--json", "--data-dir", REAL_DATA, "--results", tmp_path)
    told = json.loads(done.out)
    assert told["sessions"] == 6452
    rows = [told["metrics"], told["benchmarks"]["core"], told["benchmarks"]["satellite"]]
    keys = ("final_equity", "cagr", "volatility", "sharpe", "max_drawdown", "rotations")
    found = [[row[key] for key in keys] for row in rows]
    assert found == [
        pytest.approx(known, rel=1e-9)
        for known in (
            [549252.845325, 0.0688044467, 0.1953582285, 0.4384320987, -0.5757108435, 187],
            [779092.986093, 0.0834996780, 0.1920697933, 0.5136660126, -0.5518944193, 0],
            [812474.180459, 0.0852768473, 0.2394057338, 0.4619389847, -0.5863998206, 0],
        )
    ]
    assert not told["simulated"]


# data check


def test_a_study_without_findings():
    code, out, err = streak("data", "check", CONFIGS / "demo.yaml")
    assert (code, out, err) == (0, "LARGE and SMALL: 0 errors, 0 warnings\n", "")


@pytest.fixture
def prices(tmp_path):
    return write_pair(tmp_path)


def test_a_good_file(prices):
    code, out, _ = streak("data", "check", prices / "SPY.csv")
    assert code == 0
    assert re.search(r"SPY\.csv: Yahoo CSV, \d+ sessions, 2020-01-02 to .*: 0 errors, ", out)


def test_each_error_of_a_bad_file_is_told_with_file_and_line(prices):
    path = prices / "IWM.csv"
    lines = path.read_text("utf-8").splitlines()
    lines[2] = re.sub(r"^(\S+?),.*", r"\1,-1,1,1,1,1,5", lines[2])  # a negative open
    lines[5] = lines[4]  # a date twice
    path.write_text("\n".join(lines), "utf-8")
    code, out, err = streak("data", "check", path)
    assert code == 4
    errors = [line for line in out.splitlines() if line.startswith("error: ")]
    assert any(line.startswith(f"error: {path}:3: ") for line in errors)
    assert any(line.startswith(f"error: {path}:6: ") for line in errors)
    assert out.splitlines()[-1].endswith(f"{len(errors)} errors, 1 warning")
    assert "Traceback" not in err
    told = json.loads(streak("data", "check", path, "--json").out)
    assert told["errors"] == len(errors)
    assert {f["line"] for f in told["findings"] if f["severity"] == "error"} >= {3, 6}


def test_the_gate_stops_a_run_and_every_error_is_told(prices, tmp_path):
    study = write_study(tmp_path, text=PAIR)
    results = tmp_path / "results"
    assert streak("run", study, "-q", "--results", results).code == 0
    path = prices / "IWM.csv"
    lines = path.read_text("utf-8").splitlines()
    del lines[7]
    path.write_text("\n".join(lines), "utf-8")
    before = sorted(results.rglob("*"))
    code, out, err = streak("run", study, "--results", results)
    assert (code, out) == (4, "")
    assert "IWM" in err
    assert "2020-01-10" in err
    assert sorted(results.rglob("*")) == before
    code, out, _ = streak("data", "check", study)
    assert code == 4
    assert "2020-01-10" in out


def test_a_study_is_checked_with_other_data_by_option(prices, tmp_path):
    study = write_study(tmp_path, text=PAIR.replace("directory: .", "directory: nowhere"))
    assert streak("data", "check", study).code == 4
    code, out, _ = streak("data", "check", study, "--data-dir", prices)
    assert code == 0
    assert out.startswith("SPY and IWM: 0 errors") or "SPY and IWM: 0 errors" in out


@pytest.mark.parametrize("name", ["absent.csv", "SPY.txt"])
def test_a_file_that_cannot_be_read(prices, name):
    (prices / "SPY.txt").write_text("no prices", "utf-8")
    code, out, err = streak("data", "check", prices / name)
    assert (code, out) == (2 if name == "absent.csv" else 4, "")
    assert name in err


def test_real_prices_are_not_called_simulated(prices, tmp_path):
    study = write_study(tmp_path, text=PAIR)
    done = streak("run", study, "--results", tmp_path / "results")
    assert "SIMULATED" not in done.out
    path = Path(done.out.splitlines()[-1])
    manifest = json.loads((path / "manifest.json").read_bytes())
    assert (manifest["simulated"], manifest["notice"]) == (False, None)
    assert "SIMULATED" not in (path / "summary.md").read_text("utf-8")
    assert "simulated" not in (path / "summary.csv").read_text("utf-8")
    assert streak("ls", "--results", tmp_path / "results").out.rstrip().endswith("market")


def test_notes_on_a_file_are_notices(prices):
    """What the reader made of a file is said on stderr, and not where it must be quiet."""
    path = prices / "SPY.csv"
    header, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([f"{header},Mood", *(f"{row},good" for row in rows)]), "utf-8")
    code, out, err = streak("data", "check", path)
    assert (code, err) == (0, f"note: {path}: columns ignored: Mood\n")
    assert streak("data", "check", path, "--quiet") == (0, out, "")
