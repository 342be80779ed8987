"""``compare``: rules told apart, the same prices and terms enforced, stored runs as good as new."""

import math

import pytest
from panels import random_panel
from short_studies import SHORT, study_in_memory, write_study

from engine.errors import StudyError, UsageError
from engine.market.load import load_panel
from engine.pipeline.comparing import compare, compare_sources
from engine.pipeline.running import run
from engine.pipeline.saving import save_comparison, save_run
from engine.report.results import comparison_json, comparison_table, sorted_by, stored_table
from engine.report.tables import to_text
from engine.rules.resolve import resolve
from engine.rules.studies import read_study

TWO_RULES = f"{SHORT}compare:\n  - {{name: streak, entry_streak: 4}}\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with the short study, one with dearer costs, and a stored run of each."""
    folder = tmp_path_factory.mktemp("compare")
    write_study(folder, "short.yaml")
    write_study(folder, "two.yaml", TWO_RULES)
    write_study(folder, "longer.yaml", entry_streak="  entry_streak: 5")
    write_study(folder, "dear.yaml", name="name: dear", commission_bps="  commission_bps: 9.0")
    for name in ("short", "dear"):
        loaded = read_study(folder / f"{name}.yaml")
        save_run(run(loaded.study, load_panel(loaded.study.data)), loaded.content, folder / "runs")
    return folder


def compared(place, *sources, rules=None, overrides=(), data_dir=None):
    """Compare studies by name (``short.yaml``) and stored runs."""
    paths = [str(place / s) if s.endswith(".yaml") else s for s in sources]
    return compare_sources(
        paths, rules=rules, overrides=overrides, data_dir=data_dir, results=place / "runs"
    )


def labels(comparison):
    return [row.label for row in comparison.rows]


BENCHMARKS = ["LARGE held", "SMALL held", "50/50"]


# forms


def test_one_study_compares_its_rule_with_those_of_its_compare_section(place):
    comparison = compared(place, "two.yaml")
    assert labels(comparison) == [
        "streak (max_holding 4, entry_streak 3, exit_streak 1)",
        "streak (max_holding 21, entry_streak 4, exit_streak 2)",
        *BENCHMARKS,
    ]
    assert [row.kind for row in comparison.rows] == ["rule"] * 2 + ["benchmark"] * 3
    assert comparison.name == "short"


def test_named_rules_replace_those_of_the_study(place):
    comparison = compared(place, "two.yaml", rules="ratio_trend, streak,")
    assert labels(comparison) == ["ratio_trend", "streak", *BENCHMARKS]
    assert comparison.rows[1].rule["parameters"]["entry_streak"] == 5  # the default
    assert {row.source for row in comparison.rows} == {"default parameters", "benchmark"}


def test_studies_are_compared_in_their_order(place):
    comparison = compared(place, "longer.yaml", "short.yaml")
    assert labels(comparison) == ["streak (entry_streak 5)", "streak (entry_streak 3)", *BENCHMARKS]


def test_overrides_hold_for_every_study(place):
    comparison = compared(
        place, "longer.yaml", "short.yaml", overrides=["execution.commission_bps=3"]
    )
    assert comparison.setting.execution["commission_bps"] == 3.0


def test_a_stored_run_compares_like_the_run_it_was(place):
    stored, fresh = compared(place, "short"), compared(place, "short.yaml")
    assert labels(stored) == labels(fresh) == ["streak", *BENCHMARKS]
    for old, new in zip(stored.rows, fresh.rows, strict=True):
        assert old.equity.tolist() == new.equity.tolist()
        assert old.rule == new.rule
        assert {k: v for k, v in old.metrics.items() if v is not None} == {
            k: v
            for k, v in new.metrics.items()
            if v is not None and not (isinstance(v, float) and math.isnan(v))
        }
    assert stored.sessions.tolist() == fresh.sessions.tolist()
    assert stored.setting.differences(fresh.setting) == []
    assert stored.rows[0].source.startswith("short/")


def test_studies_and_stored_runs_mix_and_keep_their_rules_apart(place):
    comparison = compared(place, "longer.yaml", "short")
    assert labels(comparison) == ["streak (entry_streak 5)", "streak (entry_streak 3)", *BENCHMARKS]
    assert comparison.name == "comparison"


def test_the_same_rule_twice_is_told_apart_by_its_source(place):
    comparison = compared(place, "short.yaml", "short")
    one, other, *_ = labels(comparison)
    assert one == "streak (short)"
    assert other.startswith("streak (short/2")
    assert comparison.rows[0].metrics["cagr"] == comparison.rows[1].metrics["cagr"]


def test_the_same_rule_from_the_same_source_is_numbered(place):
    comparison = compared(place, "short.yaml", rules="streak,streak,streak")
    assert labels(comparison)[:3] == [f"streak (default parameters) #{n}" for n in (1, 2, 3)]
    assert len(set(labels(comparison))) == len(comparison.rows)


def test_labels_name_at_most_three_parameters():
    study = study_in_memory(
        rule={"name": "streak", "entry_streak": 2, "exit_streak": 1, "rsi_period": 9},
        compare=[{"name": "streak", "max_holding": 3, "overbought": 60}],
    )
    rules = [("study", resolve(section)) for section in (study.rule, *study.compare)]
    comparison = compare(rules, study, random_panel(2, 60))
    assert [row.label.count(",") for row in comparison.rows[:2]] == [2, 2]


def test_a_rule_alone_keeps_its_plain_name():
    study = study_in_memory(compare=[{"name": "ratio_trend", "period": 5}], benchmarks=[])
    rules = [("study", resolve(section)) for section in (study.rule, *study.compare)]
    assert labels(compare(rules, study, random_panel(2, 60))) == ["streak", "ratio_trend"]


# refusals


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ("execution.commission_bps=2", "commission_bps"),
        ("execution.slippage_bps.SMALL=3", "slippage_bps"),
        ("execution.fill=next_close", "fill"),
        ("execution.initial_cash=5", "initial_cash"),
        ("execution.cash_rate=0.01", "cash_rate"),
        ("execution.fractional_shares=false", "fractional_shares"),
        ("data.seed=2", "prices"),
        ("data.start=2000-02-01", "first_session"),
        ("data.end=2001-03-01", "last_session"),
        ("data.price_basis=price", "price_basis"),
    ],
)
def test_different_prices_or_terms_are_refused_by_name(place, tmp_path, overrides, named):
    loaded = read_study(place / "short.yaml", overrides=[overrides])
    other = run(loaded.study, load_panel(loaded.study.data))
    setting = compared(place, "short").setting
    assert setting.differences(other.setting) == [named]
    assert other.setting.differences(setting) == [named]


def test_several_differences_are_all_named(place):
    with pytest.raises(UsageError) as caught:
        compared(
            place, "short.yaml", "dear", overrides=["data.seed=2", "execution.fill=next_close"]
        )
    message = str(caught.value)
    assert message.startswith(f"{place / 'short.yaml'} and dear/")
    assert message.endswith(" cannot be compared: they differ in prices, commission_bps, fill")


@pytest.mark.parametrize("pair", [("short.yaml", "dear.yaml"), ("short", "dear")])
def test_studies_and_stored_runs_are_refused_alike(place, pair):
    with pytest.raises(UsageError, match=r"they differ in commission_bps$"):
        compared(place, *pair)


@pytest.mark.parametrize(
    "options", [{"rules": "streak"}, {"overrides": ["seed=1"]}, {"data_dir": "."}]
)
def test_options_of_studies_do_not_go_with_stored_runs(place, options):
    with pytest.raises(UsageError, match="go with a study file, not with stored runs"):
        compared(place, "short", **options)


def test_what_does_not_exist_is_refused_before_anything_runs(place, monkeypatch):
    monkeypatch.setattr("engine.pipeline.comparing.load_panel", None)  # must not be reached
    with pytest.raises(UsageError, match=r"absent\.yaml: there is no such file$"):
        compared(place, "short.yaml", "absent.yaml")
    with pytest.raises(UsageError, match=r'no result "shrot" in .*; did you mean "short"\?'):
        compared(place, "short.yaml", "shrot")


def test_an_unknown_rule_is_refused_with_the_nearest_name(place):
    with pytest.raises(UsageError, match=r'^--rules: there is no rule "streek" .*mean "streak"\?'):
        compared(place, "short.yaml", rules="ratio_trend,streek")


@pytest.mark.parametrize("rules", ["", " , "])
def test_nothing_is_not_compared(place, rules):
    with pytest.raises(UsageError, match="there is nothing to compare"):
        compared(place, "short.yaml", rules=rules)


def test_faults_of_a_second_study_are_told(place):
    write_study(place, "wrong.yaml", seed="seed: x")
    with pytest.raises(StudyError, match=r"wrong\.yaml:4: seed: "):
        compared(place, "short.yaml", "wrong.yaml")


# order, storing and reading back


def test_sorting_is_best_first_and_keeps_everything(place):
    comparison = compared(place, "two.yaml")
    values = [row.metrics["volatility"] for row in sorted_by(comparison, "volatility").rows]
    assert values == sorted(values)
    by_sharpe = sorted_by(comparison, "sharpe")
    sharpes = [row.metrics["sharpe"] for row in by_sharpe.rows]
    assert sharpes == sorted(sharpes, reverse=True)
    assert sorted(labels(by_sharpe)) == sorted(labels(comparison))
    assert all(row in comparison.rows for row in by_sharpe.rows)
    with pytest.raises(UsageError, match='did you mean "sharpe"'):
        sorted_by(comparison, "sharp")


def test_a_stored_comparison_is_shown_as_it_was_made(place, tmp_path):
    comparison = sorted_by(compared(place, "two.yaml"), "sharpe")
    table = comparison_table(comparison)
    stored = save_comparison(comparison, table, tmp_path)
    assert to_text(stored_table(stored)) == to_text(table)
    assert [r["label"] for r in stored.manifest["rows"]] == labels(comparison)
    assert stored.manifest["kind"] == "comparison"
    assert stored.manifest["notice"] == "SIMULATED DATA, not market history"
    assert "SIMULATED DATA" in stored.read("summary.md").decode()
    header, *rows = stored.read("summary.csv").decode().splitlines()
    assert header.startswith("label,kind,data,final_equity,")
    assert [row.split(",simulated,")[0].rsplit(",", 1)[1] for row in rows].count("benchmark") == 3


def test_the_equity_of_every_row_is_stored(place, tmp_path):
    import pandas as pd

    comparison = compared(place, "two.yaml")
    stored = save_comparison(comparison, comparison_table(comparison), tmp_path)
    equity = pd.read_parquet(stored.path / "equity.parquet")
    assert list(equity.columns) == ["session", *labels(comparison)]
    for row in comparison.rows:
        assert equity[row.label].tolist() == row.equity.tolist()


def test_json_has_all_metrics_of_every_row_in_the_order_of_the_table(place):
    comparison = sorted_by(compared(place, "two.yaml"), "cagr")
    told = comparison_json(comparison)
    table = comparison_table(comparison)
    assert [row["rule"] for row in told["rows"]] == [row.label for row in table.rows]
    assert {"final_equity", "beta", "skew"} <= told["rows"][0]["metrics"].keys()
    assert {row["metrics"]["information_ratio"] for row in told["rows"]} & {None}


def test_a_comparison_beside_runs_does_not_hide_them(place):
    """The same command works twice, though the first made the newest result of the study."""
    comparison = compared(place, "short")
    save_comparison(comparison, comparison_table(comparison), place / "runs")
    assert labels(compared(place, "short")) == ["streak", *BENCHMARKS]


def test_a_stored_comparison_cannot_be_compared(place, tmp_path):
    comparison = compared(place, "short")
    stored = save_comparison(comparison, comparison_table(comparison), tmp_path)
    with pytest.raises(UsageError, match="is no run; compare study files or runs"):
        compared(place, str(stored.path))
