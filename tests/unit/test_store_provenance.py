"""Same study, prices and code: same bytes and same hash, whatever the process was started with."""

import datetime as dt
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from panels import random_panel
from short_studies import RULE_FILE, SHORT, study_in_memory, write_study

from engine.market.panel import Bars, PricePanel
from engine.pipeline.comparing import compare
from engine.pipeline.running import run
from engine.rules.resolve import resolve
from engine.rules.studies import load_study
from engine.store.provenance import code_hash, content_hash, library_versions

ROOT = Path(__file__).parents[2]
STREAK = "from engine.cli import main; main()"
ENVIRONMENTS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "12345", "TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8"},
    {"PYTHONHASHSEED": "999", "TZ": "America/New_York", "PYTHONIOENCODING": "latin-1"},
)


def run_in_process_of_its_own(folder, settings, root=ROOT):
    """Run the short study from `folder`; return stdout without its last line, and the result."""
    done = subprocess.run(
        [sys.executable, "-c", STREAK, "run", "study.yaml", "--results", "results"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root), **settings},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    *shown, path = done.stdout.decode("utf-8").splitlines()
    return shown, folder / path


@pytest.fixture(scope="module")
def repeated(tmp_path_factory):
    folders = [tmp_path_factory.mktemp(f"process{i}") for i, _ in enumerate(ENVIRONMENTS)]
    for folder in folders:
        write_study(folder)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run_in_process_of_its_own, folders, ENVIRONMENTS))


def test_every_file_but_the_manifest_is_the_same_in_every_process(repeated):
    (_, first), *others = repeated
    names = sorted(p.name for p in first.iterdir())
    assert len(names) == 10
    for _, other in others:
        assert sorted(p.name for p in other.iterdir()) == names
        differing = [n for n in names if (first / n).read_bytes() != (other / n).read_bytes()]
        assert differing == ["manifest.json"]


def test_what_is_printed_is_the_same_in_every_process(repeated):
    (first, _), *others = repeated
    assert any("†" in line for line in first)
    assert [shown for shown, _ in others] == [first] * len(others)


def test_manifests_differ_only_in_when_and_where_they_were_made(repeated):
    import json

    manifests = [json.loads((path / "manifest.json").read_bytes()) for _, path in repeated]
    for manifest in manifests:
        assert manifest.pop("created").endswith("+00:00")
        del manifest["timings"], manifest["folder"]
    assert manifests[0] == manifests[1] == manifests[2]


def test_folders_are_named_by_the_time_in_utc(repeated):
    """One of the processes lives fourteen hours ahead of UTC."""
    now = dt.datetime.now(dt.UTC)
    for _, path in repeated:
        stamp = dt.datetime.strptime(path.name.split("-")[0], "%Y%m%dT%H%M%S%z")
        assert dt.timedelta(0) <= now - stamp < dt.timedelta(minutes=10)


def test_the_same_run_twice_in_one_process_gives_the_same_bytes():
    from engine.store.files import run_files

    study, panel = study_in_memory(), random_panel(3, 120)
    assert run_files(run(study, panel)) == run_files(run(study, panel))


# the content hash


def hash_of(panel, **sections):
    return run(study_in_memory(**sections), panel).content_hash


@pytest.fixture(scope="module")
def panel():
    return random_panel(11, 60)


@pytest.fixture(scope="module")
def usual(panel):
    return hash_of(panel)


@pytest.mark.parametrize(
    "sections",
    [
        {"rule": {"name": "streak", "entry_streak": 3, "exit_streak": 1}},
        {"rule": {"name": "streak", "entry_streak": 2, "exit_streak": 1, "cooldown": 1}},
        {"execution": {"commission_bps": 1.5, "slippage_bps": 2.0}},
        {"execution": {"commission_bps": 1.0, "slippage_bps": 2.0, "fill": "next_close"}},
        {"execution": {"commission_bps": 1.0, "slippage_bps": 2.0, "cash_rate": 0.01}},
        {"seed": 2},
        {"benchmarks": ["core"]},
    ],
)
def test_another_study_has_another_hash(panel, usual, sections):
    assert hash_of(panel, **sections) != usual


def test_a_name_or_a_description_is_not_in_the_hash(panel, usual):
    assert hash_of(panel, name="other", description="Of no consequence.") == usual


def test_other_prices_have_another_hash(panel, usual):
    close = panel.core.close.copy()
    close[-1] *= 1.0 + 1e-15
    core = Bars("CORE", panel.core.open, panel.core.high, panel.core.low, close, panel.core.volume)
    other = PricePanel(panel.sessions, core, panel.satellite)
    assert not np.array_equal(core.close, panel.core.close)
    assert hash_of(other) != usual


def test_the_folder_of_a_study_is_not_in_the_hash(tmp_path, panel):
    hashes = set()
    for name in ("here", "there"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "my_rule.py").write_text(RULE_FILE, "utf-8")
        text = SHORT.replace("name: streak", "file: my_rule.py").replace("entry_streak", "run")
        text = text.replace("  exit_streak: 1\n", "").replace("{LARGE: 1.0, SMALL: 2.0}", "1.0")
        hashes.add(run(load_study(write_study(folder, f"{name}.yaml", text)), panel).content_hash)
    assert len(hashes) == 1
    (folder / "my_rule.py").write_text(RULE_FILE.replace("<= -1", "<= -2"), "utf-8")
    assert run(load_study(folder / "there.yaml"), panel).content_hash not in hashes


def test_a_file_of_cash_rates_is_in_the_hash_by_its_content(tmp_path, panel):
    """Of a run and of a comparison; and two files of one name are two different costs."""
    from engine.pipeline.bench import setting_of

    text = SHORT.replace("{LARGE: 1.0, SMALL: 2.0}", "1.0") + "  cash_rate: rates.csv\n"
    runs, comparisons, settings = set(), set(), []
    for name, rate in (("one", "1.0"), ("two", "2.0")):
        folder = tmp_path / name
        folder.mkdir()
        rates = (f"{session},{rate}" for session in panel.sessions)
        (folder / "rates.csv").write_text("\n".join(["Date,Value", *rates]), "utf-8")
        study = load_study(write_study(folder, text=text))
        runs.add(run(study, panel).content_hash)
        comparisons.add(compare([("study", resolve(study.rule))], study, panel).content_hash)
        settings.append(setting_of(study, panel))
    assert (len(runs), len(comparisons)) == (2, 2)
    assert settings[0].differences(settings[1]) == ["cash_rate"]


def test_the_hash_of_a_comparison_follows_rules_terms_and_prices(panel):
    def hash_of_comparison(panel, rule, **execution):
        study = study_in_memory(rule=rule, execution=execution)
        return compare([("study", resolve(study.rule))], study, panel).content_hash

    rule = {"name": "streak", "entry_streak": 2, "exit_streak": 1}
    hashes = [
        hash_of_comparison(panel, rule),
        hash_of_comparison(panel, {**rule, "entry_streak": 3}),
        hash_of_comparison(panel, rule, slippage_bps=1.0),
        hash_of_comparison(random_panel(12, 60), rule),
    ]
    assert len(set(hashes)) == 4
    assert hash_of_comparison(panel, rule) == hashes[0]


# the code


def copy_of_the_code(folder):
    for package in ("engine", "strategies"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


def code_hash_in(root):
    done = subprocess.run(
        [sys.executable, "-c", "from engine.store.provenance import code_hash as h; print(h())"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_code_hash_follows_engine_and_strategies_and_nothing_else(tmp_path):
    root = copy_of_the_code(tmp_path)
    usual = code_hash_in(root)
    (root / "notes.txt").write_text("not code", "utf-8")
    (root / "engine" / "notes.txt").write_text("not code", "utf-8")
    rule = root / "strategies" / "streak.py"
    text = rule.read_bytes()
    rule.write_bytes(text.replace(b"\n", b"\r\n"))  # a checkout on Windows is the same code
    assert code_hash_in(root) == usual
    rule.write_bytes(text + b"# touched\n")
    touched = code_hash_in(root)
    rule.write_bytes(text)
    costs = root / "engine" / "rotation" / "costs.py"
    costs.write_bytes(costs.read_bytes() + b"# touched\n")
    assert len({usual, touched, code_hash_in(root)}) == 3


def test_the_content_hash_takes_study_prices_and_code(monkeypatch):
    usual = content_hash("study", "prices")
    assert content_hash("study", "others") != usual != content_hash("other", "prices")
    assert content_hash("prices", "study") != usual
    monkeypatch.setattr("engine.store.provenance.code_hash", lambda: "other code")
    assert content_hash("study", "prices") != usual
    assert len(code_hash()) == 64


def test_versions_are_those_of_the_libraries_in_use():
    import pandas

    versions = library_versions()
    assert versions["pandas"] == pandas.__version__
    assert versions["numpy"] == np.__version__
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))
