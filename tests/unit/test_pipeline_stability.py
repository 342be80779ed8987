"""The stability of stored runs and of sets of stored sweeps, against what they say themselves."""

import json
import math

import numpy as np
import pytest
from command_line import streak
from panels import random_panel
from short_studies import study_in_memory, write_pair, write_study

import engine as sl
from engine.errors import UsageError
from engine.execution.broker import run_backtrader
from engine.execution.terms import terms_of
from engine.market.load import load_panel
from engine.pipeline.reloading import reload
from engine.pipeline.stability import stability_of, stability_told
from engine.pipeline.variation import varied
from engine.rules.resolve import resolve
from engine.store.folders import find
from engine.store.stability import stability_json
from engine.store.stored_runs import stored_metrics
from engine.store.trials import read_trials

STUDY = """\
name: varied
data: {source: simulated, end: 2002-12-31}
rule: {name: streak, entry_streak: 3, exit_streak: 1}
execution: {commission_bps: 1.0, slippage_bps: {LARGE: 1.0, SMALL: 2.0}}
sweep:
  rule.entry_streak: [1, 2, 3, 4, 5]
  rule.max_holding: [null, 3, 9]
  execution.slippage_bps.SMALL: [0, 20]
"""
BOUNDED = """\
name: bounded
data: {source: simulated, end: 2002-12-31}
rule: {name: rsi_threshold, rsi_period: 3, oversold: 30, overbought: 70}
sweep:
  rule.oversold: [30, 55, 80]
  rule.overbought: [40, 60, 90]
"""
OVER_DATA = """\
name: over-data
data: {source: csv, directory: ., calendar: none}
rule: {name: streak, entry_streak: 2, exit_streak: 1}
sweep:
  data.price_basis: [price, total_return]
  rule.entry_streak: [1, 2]
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("varied")
    write_pair(folder)
    one, *others = (
        write_study(folder, f"{name}.yaml", text)
        for name, text in (("one", STUDY), ("two", OVER_DATA), ("three", BOUNDED))
    )
    sweep = ("sweep", "--no-confirm", "--workers", 1)
    more = [(*sweep, other) for other in others]
    for command in (("run", one), (*sweep, one, "--by", "calmar"), *more):
        done = streak(*command, "-q", "--results", folder / "results")
        assert done.code == 0, done.err
    return folder / "results"


@pytest.fixture(scope="module")
def sweep(results):
    return find(results, "varied", "sweep")


def test_of_a_study_in_python_it_is_that_of_its_stored_run(results):
    study = sl.load_study(results.parent / "one.yaml")
    stored = stability_told(stability_of(find(results, "varied", "run"), starts=3))
    assert stability_json(sl.stability(study, starts=3)).items() <= stored.items()


def test_of_a_panel_in_memory_there_is_no_other_price_basis():
    found = sl.stability(study_in_memory(), random_panel(3, 300))
    assert {one.kind for one in found.table} == {"as run", "costs", "fill"}
    assert [reason.split(":")[0] for reason in found.left_out] == ["price basis"]
    own = sl.run(study_in_memory(), random_panel(3, 300)).metrics
    assert found.table[0].metrics["final_equity"] == pytest.approx(own["final_equity"], rel=1e-12)


def test_a_study_made_in_python_is_checked_first():
    with pytest.raises(sl.StudyError, match=r"rule\.entry_streak: is 0"):
        sl.stability(study_in_memory(rule={"name": "streak", "entry_streak": 0}))


def as_run(found):
    return found.stability.table[0].metrics


def test_a_run_is_what_it_was(results):
    run = find(results, "varied", "run")
    found = stability_of(run)
    metrics = stored_metrics(run)["rule"]["metrics"]
    for key, value in as_run(found).items():
        assert value == pytest.approx(metrics[key], rel=1e-9), key
    assert (found.metric, found.row, found.values) == (None, None, {})
    assert found.stability.neighbourhood is None


def test_the_best_set_by_what_the_sweep_is_ranked_by(sweep):
    found = stability_of(sweep)
    best = stored_metrics(sweep)["top"][0]
    assert (found.metric, found.row) == ("calmar", best["row"])
    assert found.values == {key: best[key] for key in sweep.manifest["axes"]}
    for key, value in as_run(found).items():
        assert value == pytest.approx(best[key], rel=1e-9, abs=1e-12), key


def test_every_set_can_be_asked_for(sweep):
    columns = read_trials(sweep)
    for row in (0, 7, sweep.manifest["sets"] - 1):
        found = stability_of(sweep, row=row, starts=2)
        assert found.row == row
        for key, value in as_run(found).items():
            assert value == pytest.approx(columns[key][row], rel=1e-9, abs=1e-12, nan_ok=True), key


def test_rows_are_found_where_the_rule_does_not_allow_every_combination(results):
    bounded = find(results, "bounded")
    columns = read_trials(bounded)
    assert bounded.manifest["skipped"] == 3
    for row in range(bounded.manifest["sets"]):
        found = stability_of(bounded, row=row, starts=1)
        assert found.values == {key: columns[key][row] for key in bounded.manifest["axes"]}
        assert as_run(found)["sharpe"] == pytest.approx(columns["sharpe"][row], rel=1e-9)
        near = found.stability.neighbourhood
        assert near.number == (0, 1, 2, 4, 5, 8)[row]
        assert near.metric == pytest.approx(columns["sharpe"][row], rel=1e-9)


def test_the_best_by_another_metric(sweep):
    found = stability_of(sweep, by="volatility")
    assert found.row == int(np.argmin(read_trials(sweep)["volatility"]))
    assert "volatility" in as_run(found)


def test_neighbours_are_those_the_sweep_found(sweep):
    """Measured again, around each of the best sets: the very same figures."""
    told = stored_metrics(sweep)["grid"]["neighbourhoods"]
    assert len(told) > 3
    for one in told[:4]:
        found = stability_told(stability_of(sweep, row=one["row"], starts=1))
        assert found["neighbourhood"] == one


def test_a_start_is_the_study_with_that_start(sweep):
    found = stability_of(sweep)
    study = varied(reload(sweep).study, found.values)
    starts = [one for one in found.stability.table if one.kind == "start"]
    assert [one.value[:7] for one in starts] == ["2001-01", "2002-01"]
    for one in starts:
        given = varied(study, {"data.start": np.datetime64(one.value).item()})
        panel = load_panel(given.data)
        rule = resolve(given.rule)
        ran = run_backtrader(panel, rule.rule, rule.params, terms_of(given.execution, panel))
        assert one.metrics["final_equity"] == pytest.approx(ran.equity[-1], rel=1e-9)


def test_sets_on_other_prices_are_varied_from_their_own(results):
    """The sweep's sets on prices are varied to total returns, and the other way round."""
    stored = find(results, "over-data")
    columns = read_trials(stored)
    for row in range(4):
        found = stability_of(stored, row=row)
        basis = {one.value: one for one in found.stability.table if one.kind == "price basis"}
        other = {"price": "total_return", "total_return": "price"}[columns["data.price_basis"][row]]
        assert list(basis) == [other]
        twin = (row + 2) % 4  # the same entry on the other basis
        for key, value in basis[other].metrics.items():
            assert value == pytest.approx(columns[key][twin], rel=1e-9, nan_ok=True), key


def test_a_basis_without_prices_is_left_out(results, tmp_path):
    for symbol in ("SPY", "IWM"):
        text = (results.parent / f"{symbol}.csv").read_text("utf-8").replace("Adj Close", "Other")
        (tmp_path / f"{symbol}.csv").write_text(text, "utf-8")
    text = OVER_DATA.replace("calendar: none", "calendar: none, price_basis: price")
    study = write_study(tmp_path, text=text.partition("sweep:")[0])
    done = streak("run", study, "-q", "--json", "--results", tmp_path / "results")
    found = stability_of(find(tmp_path / "results", json.loads(done.out)["run"])).stability
    assert [one for one in found.table if one.kind == "price basis"] == []
    (reason,) = found.left_out
    assert reason.startswith("price basis total_return: ")
    assert "adjusted close" in reason


@pytest.mark.parametrize("options", [{"by": "sharpe"}, {"row": 0}])
def test_a_run_has_no_sets(results, options):
    with pytest.raises(UsageError, match="is a run and has no sets to choose from"):
        stability_of(find(results, "varied", "run"), **options)


def test_sets_and_metrics_that_are_not_there(sweep):
    with pytest.raises(UsageError, match="has no row 30; rows are 0 to 29"):
        stability_of(sweep, row=30)
    with pytest.raises(UsageError, match='did you mean "calmar"'):
        stability_of(sweep, by="calmer")


def test_told_counts_who_is_ahead(sweep):
    told = stability_told(stability_of(sweep, starts=3))
    for kind, counted in told["ahead"].items():
        rows = [row for row in told["table"] if row["kind"] == kind]
        assert counted == {"ahead": sum(row["is_ahead"] for row in rows), "of": len(rows)}
    assert told["ahead"]["start"]["of"] == 3
    json.dumps(told, allow_nan=False)
    assert math.isfinite(told["table"][0]["core"]["cagr"])
