"""The study written out in full, and the hash of what determines its results."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from study_texts import DESIGN, EXPRESSIONS, MINIMAL, Files

from engine.errors import StudyError
from engine.study.loader import config_hash, identity, load_study, resolved
from engine.study.models import FileData, RuleSection, Study

ROOT = Path(__file__).parents[2]
PATHS = """\
name: a
data: {source: csv, directory: ../prices}
rule: {file: rules/mine.py, x: 1}
execution: {cash_rate: DFF.csv}
compare: [{file: rules/mine.py}]
"""


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def with_paths(folder):
    """Write a study and the files it names; return the loaded study."""
    (folder / "rules").mkdir(parents=True)
    (folder / "rules/mine.py").write_text("RULE = 1\n")
    (folder / "DFF.csv").write_text("Date,Value\n2020-01-01,1.5\n")
    (folder / "study.yaml").write_text(PATHS)
    return load_study(folder / "study.yaml").study


def test_defaults_are_filled_in(files):
    assert resolved(files.load(MINIMAL).study) == {
        "name": "minimal",
        "description": "",
        "seed": 1,
        "data": {
            "core": "SPY",
            "satellite": "IWM",
            "start": None,
            "end": None,
            "price_basis": "total_return",
            "calendar": "XNYS",
            "source": "csv",
            "directory": ".",
            "others": [],
            "vix": None,
            "fed_funds": None,
        },
        "rule": {"name": "streak"},
        "execution": {
            "fill": "next_open",
            "commission_bps": 1.0,
            "slippage_bps": 0.0,
            "fractional_shares": True,
            "initial_cash": 100000.0,
            "cash_rate": 0.0,
        },
        "benchmarks": ["core", "satellite", "50/50"],
        "compare": [],
        "scan": {
            "min_length": 5,
            "thresholds": [3, 5, 7, 10],
            "horizons": [1, 5, 10, 21, 63, 126, 252],
            "resamples": 2000,
            "significance": 0.05,
            "character": {
                "flat": 0.0,
                "volatility_lookback": 21,
                "volatility_history": 252,
                "vix_calm": 15.0,
                "vix_stressed": 25.0,
                "rate_lookback": 126,
                "rate_lag": 1,
                "rate_unchanged": 0.001,
            },
        },
        "sweep": {},
        "walk_forward": {
            "windows": "rolling",
            "train": "5y",
            "test": "1y",
            "purge": 0,
            "embargo": 0,
            "metric": "sharpe",
            "minimum_sets": 1,
        },
    }


@pytest.mark.parametrize("text", [DESIGN, EXPRESSIONS, MINIMAL])
def test_a_resolved_study_is_json_and_loads_as_the_same_study(files, text):
    study = files.load(text).study
    written = json.dumps(resolved(study), allow_nan=False)
    again = json.loads(written)
    for key in ("start", "end"):  # JSON has no dates; as YAML they are bare words
        if again["data"][key]:
            written = written.replace(f'"{again["data"][key]}"', again["data"][key])
    assert files.load(written).study == study


def test_a_null_parameter_is_kept(files):
    text = MINIMAL.replace("name: streak", "name: streak, max_holding: null")
    assert resolved(files.load(text).study)["rule"] == {"name": "streak", "max_holding": None}


def test_paths_are_written_as_given(tmp_path):
    written = resolved(with_paths(tmp_path / "here"))
    assert written["data"]["directory"] == "../prices"
    assert written["rule"] == {"file": "rules/mine.py", "x": 1}
    assert written["execution"]["cash_rate"] == "DFF.csv"
    assert written["compare"] == [{"file": "rules/mine.py"}]


def test_a_study_made_in_python_resolves_too():
    study = Study(
        name="a", data=FileData(source="csv", directory=Path("p/q")), rule=RuleSection(name="x")
    )
    assert study.folder is None
    assert resolved(study)["data"]["directory"] == "p/q"


def test_neither_what_is_written_nor_the_hash_depends_on_the_folder(tmp_path):
    here, there = with_paths(tmp_path / "here"), with_paths(tmp_path / "far/away")
    assert resolved(here) == resolved(there)
    assert config_hash(here) == config_hash(there)
    assert str(tmp_path) not in json.dumps(resolved(here))


def test_the_hash_ignores_what_changes_no_result(files):
    base = config_hash(files.load(DESIGN).study)
    for override in ("name=other", "description=other", "data.directory=/elsewhere"):
        assert config_hash(files.load(DESIGN, overrides=[override]).study) == base
    assert config_hash(files.load(DESIGN, data_dir="x").study) == base
    assert config_hash(files.load(DESIGN.replace("1.0 ", "1 ")).study) == base


@pytest.mark.parametrize(
    "override",
    [
        "seed=1",
        "data.start=2001-01-02",
        "data.price_basis=price",
        "rule.entry_streak=6",
        "rule.max_holding=null",
        "execution.fill=next_close",
        "execution.slippage_bps.IWM=2.5",
        "execution.cash_rate=0.01",
        "benchmarks=[core]",
        "compare=[{name: x}]",
        "sweep.rule.entry_streak.to=12",
    ],
)
def test_the_hash_sees_whatever_changes_results(files, override):
    changed = files.load(DESIGN, overrides=[override]).study
    assert config_hash(changed) != config_hash(files.load(DESIGN).study)


@pytest.mark.parametrize("name", ["rules/mine.py", "DFF.csv"])
def test_the_hash_sees_the_content_of_files_not_their_names(tmp_path, name):
    study = with_paths(tmp_path)
    before = config_hash(study)
    (tmp_path / name).write_text("changed\n")
    assert config_hash(study) != before


def test_renaming_a_file_does_not_change_the_hash(tmp_path):
    before = config_hash(with_paths(tmp_path))
    shutil.move(tmp_path / "DFF.csv", tmp_path / "rate.csv")
    (tmp_path / "study.yaml").write_text(PATHS.replace("DFF.csv", "rate.csv"))
    assert config_hash(load_study(tmp_path / "study.yaml").study) == before


def test_a_file_that_is_gone_is_named(tmp_path):
    study = with_paths(tmp_path)
    (tmp_path / "DFF.csv").unlink()
    with pytest.raises(StudyError, match=r"DFF\.csv: cannot be read: No such file"):
        identity(study)


def test_hash_and_messages_are_the_same_in_another_process(files):
    path = files.write(DESIGN)
    code = (
        "import sys; from engine.study.loader import *\n"
        "print(config_hash(load_study(sys.argv[1]).study))\n"
        "try: load_study(sys.argv[1], overrides=['a=1', 'rule=5', 'sweep.x=[1]'])\n"
        "except Exception as error: print(error)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, path],
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(outputs) == 1
    assert outputs.pop().decode().startswith(config_hash(load_study(path).study))


def test_loading_a_study_needs_no_heavy_library(files):
    path = files.write(DESIGN)
    code = (
        "import sys; from engine.study.loader import load_study; load_study(sys.argv[1])\n"
        "print(sorted({'pandas', 'numpy', 'backtrader', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == b"[]"
