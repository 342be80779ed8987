"""What the report of a comparison says, against the stored files it says it from."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from command_line import streak
from reported import figures_of, stored_comparison, told
from reports import Page
from short_studies import SHORT

from engine.errors import StoreError, UsageError
from engine.pipeline.reporting import comparison_report, document_of
from engine.report.chapters.comparison import comparison_document
from engine.report.writing import report_files
from engine.store.comparison_reading import read_comparison
from engine.store.folders import Stored, save

CHAPTERS = [
    *("verdict", "key-figures", "equity", "differences", "years", "correlation"),
    *("reproduce", "definitions"),
]
ROWS = ["streak", "ratio_trend", "rsi_threshold", "LARGE held", "SMALL held", "50/50"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_comparison(tmp_path_factory.mktemp("compare"))


@pytest.fixture(scope="module")
def equity(stored):
    return pd.read_parquet(stored.path / "equity.parquet").set_index("session")


def test_every_section_is_there_in_all_forms(said):
    figures, page, markdown = said
    assert list(figures["chapters"]) == CHAPTERS
    assert [a["id"] for a, _ in page.all("section")] == CHAPTERS
    titles = [line.removeprefix("## ") for line in markdown.splitlines() if line[:3] == "## "]
    assert titles == [chapter["title"] for chapter in figures["chapters"].values()]
    assert not re.search(r"\bnan\b", markdown, re.IGNORECASE)
    ids = [e[1]["id"] for e in page.elements if "id" in e[1]]
    assert len(ids) == len(set(ids))


def test_what_is_read_is_what_was_stored(stored, metrics):
    found = read_comparison(stored)
    tests = found.tests
    assert [row.label for row in found.rows] == ROWS
    assert [d.cagr.estimate for d in tests.differences] == [
        d["cagr"]["estimate"] for d in metrics["tests"]["differences"]
    ]
    assert tests.superiority.p_value == metrics["tests"]["superiority"]["p_value"]
    assert tests.confidence_set == metrics["tests"]["confidence_set"]
    assert tests.superior == tuple(metrics["tests"]["superior"])


def test_the_verdict_rests_on_the_stored_tests(said, metrics, equity):
    verdict = said[0]["chapters"]["verdict"]
    tests = metrics["tests"]
    assert verdict["superiority"] == tests["superiority"]
    assert verdict["confidence_set"] == tests["confidence_set"]
    last = equity.iloc[-1]
    ahead = sum(last[label] > last["LARGE held"] for label in ROWS[:3])
    assert f"{ahead} of 3 ended above it, after costs." in said[2]
    p = f"p = {tests['superiority']['p_value']:.3f} (SPA)"
    assert p in said[2]
    assert tests["superior"] == []
    expected = "No rule beats LARGE held"
    assert verdict["answer"] == expected + " by more than luck explains" * bool(ahead)
    members = sum(p > 0.05 for p in tests["confidence_set"].values())
    assert f"{members} of 6 rows cannot be told from the best (MCS)" in said[2]


def with_tests(stored, **changes):
    """Return the report of a comparison whose tests came out otherwise."""
    report = comparison_report(stored)
    tests = type(report.tests)(**{**vars(report.tests), **changes})
    comparison = type(report.comparison)(**{**vars(report.comparison), "tests": tests})
    return type(report)(comparison, report.series, report.sheet)


def answer_of(report):
    files = report_files(comparison_document(report))
    return json.loads(files["report.json"])["chapters"]["verdict"]["answer"]


def test_a_rule_that_beats_the_core_is_named(stored):
    found = answer_of(with_tests(stored, superior=("ratio_trend",)))
    assert found == "More than luck explains beats LARGE held: ratio_trend"


def test_too_few_sessions_are_said_to_be(stored):
    nothing = {"superiority": None, "superior": None, "confidence_set": None}
    report = with_tests(stored, block_length=float("nan"), differences=(), **nothing)
    assert answer_of(report) == "Too few sessions to tell rules apart"
    markdown = report_files(comparison_document(report))["report.md"].decode()
    assert "Return differences" not in markdown
    assert not re.search(r"\bnan\b", markdown, re.IGNORECASE)


def test_the_key_figures_are_the_stored_metrics(said, metrics):
    figures = said[0]["chapters"]["key-figures"]
    for row in metrics["rows"]:
        told_of = figures[row["label"]]
        assert {k: told_of[k] for k in row["metrics"]} == row["metrics"]
        assert told_of["kind"] == row["kind"]
    heads, *lines = said[1].table("figures")
    assert [line[0] for line in lines] == ROWS
    sharpe = [row["metrics"]["sharpe"] for row in metrics["rows"]]
    shown = [line[heads.index("Sharpe")] for line in lines]
    heads_of_all, *all_lines = said[1].table("all-figures")
    assert heads_of_all == ["Figure", *ROWS]
    assert next(line[1:] for line in all_lines if line[0] == "Sharpe") == shown
    best = max(range(6), key=lambda i: sharpe[i])
    assert shown[best].endswith("(best)")
    for cell, value in zip(shown, sharpe, strict=True):
        assert cell.startswith(f"{value:.3f}".replace("-", "−"))


def test_equity_is_overlaid_and_set_against_the_core(stored, equity):
    (figure,) = figures_of(stored, "equity")
    panes = {}
    for trace in figure.plot["data"]:
        panes.setdefault(trace["yaxis"], {})[trace["name"]] = np.array(trace["y"])
    assert panes["y"].keys() == set(ROWS)
    assert panes["y2"].keys() == set(ROWS) - {"LARGE held"}
    for label in ROWS:
        np.testing.assert_allclose(panes["y"][label], equity[label], rtol=1e-4)
    for label, relative in panes["y2"].items():
        np.testing.assert_allclose(relative, equity[label] / equity["LARGE held"], rtol=1e-4)
    legend = [t for t in figure.plot["data"] if t["showlegend"]]
    assert len(legend) == 6
    styles = {(t["line"]["color"], t["line"]["dash"]) for t in legend}
    assert len(styles) == 6


def test_charts_of_differences_reach_from_end_to_end(stored, metrics):
    figures = {f.key: f for f in figures_of(stored, "differences")}
    first = figures["differences-cagr-0"]
    assert "LARGE held" in first.title
    pairs = [d for d in metrics["tests"]["differences"] if d["other"] == "LARGE held"]
    (trace,) = first.plot["data"]
    assert list(trace["y"]) == [d["one"] for d in pairs]
    for x, up, down, pair in zip(
        trace["x"], trace["error_x"]["array"], trace["error_x"]["arrayminus"], pairs, strict=True
    ):
        assert x == pytest.approx(pair["cagr"]["estimate"], rel=1e-3)
        assert x + up == pytest.approx(pair["cagr"]["high"], abs=1e-4)
        assert x - down == pytest.approx(pair["cagr"]["low"], abs=1e-4)
    others = {d["other"] for d in metrics["tests"]["differences"]}
    assert len(figures) == 2 * len(others)


def test_all_pairs_are_listed(said, metrics):
    rows = said[1].table("pairs")[1:]
    told_of = {(row[0], row[1]) for row in rows}
    assert told_of == {(d["one"], d["other"]) for d in metrics["tests"]["differences"]}


def test_joint_tests_say_yes_and_no_of_every_row(said, metrics):
    rows = {row[0]: row[1:] for row in said[1].table("joint-tests")[1:]}
    assert list(rows) == ROWS
    for label, (beats, member, p) in rows.items():
        value = metrics["tests"]["confidence_set"][label]
        assert member == ("yes" if value > 0.05 else "no")
        assert p == f"{value:.3f}"
        assert beats == ("no" if label in ROWS[:3] else "–")


def test_years_are_less_those_of_the_core(said, equity):
    heads, *rows = said[1].table("active-years")
    assert heads == ["Year", "LARGE held", *(r for r in ROWS if r != "LARGE held")]
    year = equity[pd.DatetimeIndex(equity.index).year == 2000]
    grown = year.iloc[-1] / year.iloc[0] - 1
    wanted = [f"{(grown[label] - grown['LARGE held']) * 100:.1f}" for label in heads[2:]]
    assert [cell.replace("−", "-") for cell in rows[0][2:]] == [
        text.replace("-0.0", "0.0") for text in wanted
    ]


def test_correlations_are_those_numpy_finds(said, equity):
    chapter = said[0]["chapters"]["correlation"]
    returns = equity.pct_change(fill_method=None).dropna()
    active = returns.sub(returns["LARGE held"], axis=0)[chapter["labels"]]
    np.testing.assert_allclose(np.array(chapter["correlation"]), active.corr(), atol=1e-9)
    assert [row[0] for row in said[1].table("correlations")[1:]] == chapter["labels"]


def test_what_reproduces_the_comparison_does(said, stored, tmp_path):
    chapter = said[0]["chapters"]["reproduce"]
    assert chapter["command"] == "streak compare study.yaml"
    again = stored_comparison(tmp_path, text=chapter["resolved"], rules=None)
    assert again.read("metrics.json").replace(b'"short"', b'"default parameters"') == stored.read(
        "metrics.json"
    )


def test_stored_runs_and_studies_compared_are_reproduced_together(tmp_path):
    """Two runs and a study: one resolved study holds the rules of all three."""
    study = tmp_path / "study.yaml"
    results = ("--results", tmp_path / "results")
    for entry in (4, 6):
        study.write_text(SHORT.replace("entry_streak: 3", f"entry_streak: {entry}"), "utf-8")
        assert streak("run", study, "-q", *results).code == 0
    runs = [p.name for p in sorted((tmp_path / "results" / "short").iterdir())]
    study.write_text(SHORT, "utf-8")
    done = streak("compare", study, *runs, "-q", "--report", *results)
    assert done.code == 0, done.err
    folder = next((tmp_path / "results" / "comparison").iterdir())
    said = json.loads((folder / "report.json").read_bytes())["chapters"]
    again = stored_comparison(tmp_path, text=said["reproduce"]["resolved"], rules=None)
    one, two = (
        json.loads(content)["rows"]
        for content in ((folder / "metrics.json").read_bytes(), again.read("metrics.json"))
    )
    assert [row["metrics"] for row in one] == [row["metrics"] for row in two]
    assert [row["rule"] for row in one] == [row["rule"] for row in two]


def test_the_same_comparison_gives_the_same_bytes(stored):
    assert report_files(document_of(stored)) == report_files(document_of(stored))


@pytest.mark.parametrize(
    ("options", "rules", "missing"),
    [
        (("--set", "benchmarks=[]"), "streak,ratio_trend", {"years"}),
        (("--set", "benchmarks=[]"), "streak", {"differences", "years", "correlation"}),
        (("--set", "data.start=2001-03-29"), "streak,ratio_trend", {"differences"}),
        (("--set", "benchmarks=[core]"), "buy_and_hold,streak", set()),
    ],
    ids=["no benchmark", "one rule alone", "two sessions", "a rule that holds the core"],
)
def test_other_comparisons_are_reported_as_well(tmp_path, options, rules, missing):
    figures, page, markdown = told(stored_comparison(tmp_path, *options, rules=rules))
    assert list(figures["chapters"]) == [c for c in CHAPTERS if c not in missing]
    assert [a["id"] for a, _ in page.all("section")] == list(figures["chapters"])
    assert not re.search(r"\bnan\b", markdown, re.IGNORECASE)


def test_labels_are_never_markup(stored, tmp_path):
    metrics = json.loads(stored.read("metrics.json"))
    text = json.dumps(metrics).replace('"ratio_trend"', '"<b>=cmd()</b>"')
    frame = pd.read_parquet(stored.path / "equity.parquet")
    renamed = frame.rename(columns={"ratio_trend": "<b>=cmd()</b>"}).to_parquet()
    files = {"metrics.json": text.encode(), "equity.parquet": renamed}
    kept = {k: v for k, v in stored.manifest.items() if k not in ("files", "created", "status")}
    named = save(tmp_path, "s", "0" * 64, files, kept)
    html = report_files(document_of(named))["report.html"].decode()
    assert "<b>=cmd" not in html
    assert any(row[0] == "<b>=cmd()</b>" for row in Page(html).table("figures"))
    for chapter in document_of(named).chapters:
        for figure in chapter.figures:
            plotted = json.dumps(figure.plot, default=lambda value: value.tolist())
            assert "<b>" not in plotted, figure.key


def test_other_results_and_earlier_versions_are_refused(stored, tmp_path):
    with pytest.raises(UsageError, match="is no comparison"):
        read_comparison(Stored(stored.path, {**stored.manifest, "kind": "run"}))
    metrics = {**json.loads(stored.read("metrics.json")), "tests": None}
    files = {"metrics.json": json.dumps(metrics).encode()}
    kept = {k: v for k, v in stored.manifest.items() if k not in ("files", "created", "status")}
    with pytest.raises(StoreError, match="earlier version; compare again"):
        read_comparison(save(tmp_path, "s", "0" * 64, files, kept))
