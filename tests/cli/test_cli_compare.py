"""``streak compare``: every way to name what is compared, and every way to get it."""

import json
import re
from pathlib import Path

import pytest
from command_line import streak
from short_studies import SHORT, write_study


def rules_in(out):
    """Return the first column of a table up to the double space."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("-----")) + 1
    end = lines.index("", start)
    return [line.split("  ")[0] for line in lines[start:end]]


def test_rules_by_name_sorted(shared):
    assert "best value" in shared.comparison.out
    rules = rules_in(shared.comparison.out)
    assert sorted(rules) == ["50/50 †", "LARGE held †", "SMALL held †", "ratio_trend", "streak"]
    told = json.loads(streak("show", "--json", "--results", shared.results).out)
    values = [row["metrics"]["calmar"] for row in told["rows"]]
    assert values == sorted(values, reverse=True)
    assert [row["label"] for row in told["rows"]] == [rule.removesuffix(" †") for rule in rules]


def test_the_summary_is_written_in_the_same_order(shared):
    path = shared.comparison.out.splitlines()[-1]
    lines = (Path(path) / "summary.csv").read_text("utf-8").splitlines()
    labels = [line.split(",")[0] for line in lines[1:]]
    assert labels == [rule.removesuffix(" †") for rule in rules_in(shared.comparison.out)]


def test_json_has_rows_with_all_metrics(shared, tmp_path):
    done = streak("compare", shared.study, "--json", "--results", tmp_path)
    told = json.loads(done.out, parse_constant=pytest.fail)
    assert told.keys() >= {"run", "path", "rows"}
    assert [row["rule"] for row in told["rows"]] == ["streak", "LARGE held", "SMALL held", "50/50"]
    assert [row["kind"] for row in told["rows"]] == ["rule"] + ["benchmark"] * 3
    assert told["rows"][1]["metrics"]["hit_rate"] is None
    assert "running streak" in done.err


def test_several_studies(tmp_path):
    one = write_study(tmp_path, "one.yaml")
    two = write_study(tmp_path, "two.yaml", exit_streak="  exit_streak: 2")
    done = streak("compare", one, two, "-q", "--results", tmp_path / "results")
    assert (done.code, done.err) == (0, "")
    assert rules_in(done.out)[:2] == ["streak (exit_streak 1)", "streak (exit_streak 2)"]


def test_the_compare_section_of_one_study(tmp_path):
    text = f"{SHORT}compare: [{{name: buy_and_hold, asset: satellite}}, {{name: ratio_trend}}]\n"
    done = streak("compare", write_study(tmp_path, text=text), "--results", tmp_path / "results")
    assert rules_in(done.out)[:3] == ["streak", "buy_and_hold", "ratio_trend"]


def test_stored_runs_and_a_study_together(shared, tmp_path):
    study = write_study(tmp_path, exit_streak="  exit_streak: 3")
    results = tmp_path / "results"
    assert streak("run", shared.study, "--results", results).code == 0
    for _ in range(2):  # the second time, the newest result of the study is a comparison
        done = streak("compare", study, "short", "--sort", "rotations", "--results", results)
        assert done.code == 0, done.err
        rules = rules_in(done.out)
        assert {"streak (exit_streak 1)", "streak (exit_streak 3)"} < set(rules)
    assert streak("compare", "latest", "--results", results).code == 0
    header = streak("ls", "--results", results).out.splitlines()[1:]
    assert [line.split()[1] for line in header] == ["run"] + ["comparison"] * 3


def test_overrides_hold_for_all(tmp_path):
    study = write_study(tmp_path)
    done = streak(
        *("compare", study, "--rules", "streak", "--set", "execution.commission_bps=7"),
        *("--set", "data.end=2000-12-29", "--results", tmp_path / "results"),
    )
    assert "commission 7 bp" in done.out
    assert "to 2000-12-29" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'SOURCES...'"),
        (["{study}", "--rules", "streek"], 'did you mean "streak"?'),
        (["{study}", "--sort", "sharp"], 'no metric is called "sharp"; did you mean "sharpe"?'),
        (["{study}", "absent.yaml"], "streak: absent.yaml: there is no such file"),
        (["absent"], 'there is no result "absent"'),
        (["short", "--rules", "streak"], "go with a study file, not with stored runs"),
    ],
)
def test_refusals_come_first_and_write_nothing(shared, arguments, message):
    before = sorted(shared.results.rglob("*"))
    given = [argument.format(study=shared.study) for argument in arguments]
    code, out, err = streak("compare", *given, "--results", shared.results)
    assert (code, out) == (2, "")
    assert message in err
    assert "running" not in err
    assert sorted(shared.results.rglob("*")) == before


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ({"end": "  end: 2001-02-28"}, "last_session"),
        ({"commission_bps": "  commission_bps: 3"}, "commission_bps"),
        ({"source": "  source: simulated\n  seed: 9"}, "prices"),
    ],
)
def test_different_data_or_costs_are_refused_by_name(shared, tmp_path, line, named):
    other = write_study(tmp_path, "other.yaml", **line)
    done = streak("compare", shared.study, other, "--results", tmp_path / "results")
    assert done.code == 2
    assert done.err.endswith(
        f"streak: {shared.study} and {other} cannot be compared: they differ in {named}\n"
    )
    assert not (tmp_path / "results").exists()


def test_a_comparison_says_that_prices_are_invented(shared):
    path = shared.comparison.out.splitlines()[-1]
    assert shared.comparison.out.startswith("SIMULATED DATA, not market history\n")
    text = (Path(path) / "summary.md").read_text("utf-8")
    assert re.match(r"# short\n\n\*\*SIMULATED DATA, not market history\*\*\n", text)
