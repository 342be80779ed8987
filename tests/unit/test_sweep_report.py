"""What the report of a sweep says, against the stored files it says it from."""

import json
import re
import sys

import numpy as np
import pandas as pd
import pytest
from reports import Page, stored_sweep

from engine.pipeline.reporting import document_of, sweep_report
from engine.report.chapters.sweep import sweep_document
from engine.report.html import to_html
from engine.report.theme import LIGHT
from engine.report.writing import report_files

AXES = {
    "rule.entry_streak": [1, 2, 3, 4],
    "rule.exit_streak": [1, 2],
    "rule.max_holding": [None, 2, 5],
}
CHAPTERS = [
    "verdict",
    "key-figures",
    "all-sets",
    "maps",
    "best-sets",
    "neighbours",
    "halves",
    "confirmations",
    "reproduce",
    "definitions",
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_sweep(tmp_path_factory.mktemp("sweep"), AXES, confirm=2)


@pytest.fixture(scope="module")
def told(files):
    return json.loads(files["report.json"])["chapters"]


@pytest.fixture(scope="module")
def trials(stored):
    return pd.read_parquet(stored.path / "trials.parquet")


def chapter_of(document, key):
    return next(chapter for chapter in document.chapters if chapter.key == key)


def figure_of(document, key):
    return next(f for chapter in document.chapters for f in chapter.figures if f.key == key)


def test_every_chapter_has_its_section_in_order(page, told):
    assert [attributes["id"] for attributes, _ in page.all("section")] == CHAPTERS
    assert list(told) == CHAPTERS


def test_names_on_the_page_are_unique_and_links_lead_somewhere(page):
    ids = [e[1]["id"] for e in page.elements if "id" in e[1]]
    assert len(ids) == len(set(ids))
    for attributes, _ in page.all("a"):
        if attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids


def test_the_verdict_is_that_of_the_wealth(told, trials, metrics):
    best = trials.loc[trials["sharpe"].idxmax()]
    ahead = best["final_equity"] > metrics["benchmarks"]["core"]["metrics"]["final_equity"]
    verdict = told["verdict"]
    assert verdict["winner_beats_core_after_costs"] is bool(ahead)
    won = "The best of 24 sets beat LARGE held after costs, which by itself is no evidence"
    lost = "Even the best of 24 sets trailed LARGE held after costs"
    assert verdict["answer"] == (won if ahead else lost)
    assert verdict["winner"]["sharpe"] == best["sharpe"]
    assert (verdict["sets"], verdict["paths"]) == (24, trials["path"].nunique())


def test_facts_stand_under_the_verdict(stored, told):
    facts = told["verdict"]["facts"]
    assert facts["Rejected orders"] == "0"
    assert facts["Costs per side"] == "commission 1 bp, slippage LARGE 1 bp, SMALL 2 bp"
    assert stored.manifest["data"]["sha256"].startswith(facts["Prices, SHA-256"].rstrip("…"))
    confirmed = stored.manifest["confirmed"]
    assert facts["Confirmed by Backtrader"].startswith(f"{confirmed} sets, largest difference ")


def test_the_number_of_tries_is_said(document, trials):
    (tries,) = [s for s in chapter_of(document, "verdict").sentences if "tries" in s]
    assert f"24 tries ({trials['path'].nunique()} different ways of holding)" in tries
    assert "not what to expect" in tries


def test_key_figures_are_those_of_the_files(told, page, trials, metrics):
    figures = told["key-figures"]
    best = trials.loc[trials["sharpe"].idxmax()]
    for key in ("cagr", "max_drawdown", "information_ratio"):
        assert figures["best set"][key] == best[key]
    assert figures["as in the study"] == metrics["rule"]["metrics"]
    assert figures["50/50"] == metrics["benchmarks"]["50/50"]["metrics"]
    heads, *lines = page.table("figures")
    assert heads == ["Figure", "best set", "as in the study", "LARGE held", "SMALL held", "50/50"]
    (sharpe,) = (line for line in lines if line[0] == "Sharpe")
    assert sharpe[1] == f"{best['sharpe']:.3f} (best)".replace("-", "−")


def test_the_histogram_counts_every_set(document, trials, metrics):
    plot = figure_of(document, "spread").plot
    bars, *marks = plot["data"]
    assert sum(bars["y"]) == 24
    widths = np.array([pair[1] - pair[0] for pair in bars["customdata"]])
    assert widths == pytest.approx(widths.mean(), rel=1e-3)
    placed = {mark["name"].rpartition(" ")[0]: mark["x"][0] for mark in marks}
    assert placed["best set"] == trials["sharpe"].max()
    assert placed["as in the study"] == metrics["rule"]["metrics"]["sharpe"]
    assert placed["LARGE held"] == metrics["benchmarks"]["core"]["metrics"]["sharpe"]
    low, high = plot["layout"]["xaxis"]["range"]
    assert low < min(placed.values())
    assert high > max(placed.values())


def test_each_pair_of_axes_has_a_map_of_means(document, trials):
    (choice,) = (b for b in chapter_of(document, "maps").blocks if b.key == "maps-choice")
    assert sorted(name for name, _ in choice.options) == [
        "entry_streak × exit_streak",
        "entry_streak × max_holding",
        "exit_streak × max_holding",
    ]
    for name, figure in choice.options:
        one, other = (f"rule.{axis}" for axis in name.split(" × "))
        means = trials.fillna({"rule.max_holding": -1}).groupby([one, other])["sharpe"].mean()
        cells = figure.plot["data"][0]
        z = np.array(cells["z"])
        expected = means.unstack(one).to_numpy()
        if len(AXES[other]) > len(AXES[one]):  # the longer axis runs across
            expected = expected.T
        assert z.shape[1] >= z.shape[0]
        assert z == pytest.approx(expected, rel=1e-4)
        assert cells["customdata"][0][0][2] == 24 / z.size
        assert figure.table.rows[0][1][0].value == pytest.approx(expected[0, 0])


def test_pairs_that_matter_most_come_first(document):
    figures = [f for _, f in chapter_of(document, "maps").blocks[1].options]
    ranges = [np.ptp(np.array(figure.plot["data"][0]["z"])) for figure in figures]
    assert ranges == sorted(ranges, reverse=True)


def test_colours_turn_at_the_core_and_are_the_same_for_all_pairs(document, metrics):
    figures = [f for _, f in chapter_of(document, "maps").blocks[1].options]
    scales = {tuple(f.plot["data"][0][key] for key in ("zmin", "zmid", "zmax")) for f in figures}
    ((low, middle, high),) = scales
    assert middle == metrics["grid"]["references"]["core"]
    assert high - middle == pytest.approx(middle - low)
    colours = [colour for _, colour in figures[0].plot["data"][0]["colorscale"]]
    assert colours == ["var(--loss)", "var(--surface)", "var(--rule)"]


def test_lines_of_the_best_sets_go_through_their_values(document, trials):
    plot = figure_of(document, "leaders").plot
    rows = plot["layout"]["yaxis"]["ticktext"]
    assert rows[:3] == ["entry_streak", "exit_streak", "max_holding"]
    assert rows[-1] == "Sharpe"
    best = next(trace for trace in plot["data"] if trace["name"] == "the best")
    winner = trials.loc[trials["sharpe"].idxmax()]
    assert len(best["x"]) == len(rows) + 1  # and a gap
    assert best["x"][-1] is None
    entry = AXES["rule.entry_streak"].index(winner["rule.entry_streak"])
    assert best["x"][0] == pytest.approx((entry + 0.5) / 4, abs=0.5 / 4)
    assert best["x"][len(rows) - 1] == 1.0  # the highest Sharpe ratio stands at the right end
    assert "1. Sharpe" in best["text"][0]
    drawn = sum(trace["x"].count(None) for trace in plot["data"])
    assert drawn == trials["path"].nunique()


def test_the_table_of_the_best_sets_can_be_sorted_by_value(page, trials):
    heads, *rows = page.table("top-sets")
    assert heads[:5] == ["Rank", "entry_streak", "exit_streak", "max_holding", "Sharpe"]
    assert [row[0] for row in rows] == [str(rank) for rank in range(1, len(rows) + 1)]
    (table,) = (a for a, _ in page.all("table") if a.get("id") == "top-sets")
    assert table["class"] == "sortable"
    assert rows[0][4] == f"{trials['sharpe'].max():.3f}".replace("-", "−")


def test_neighbours_and_profiles_are_the_stored_ones(document, page, metrics):
    heads, first, *_ = page.table("neighbours-table")
    steps = metrics["grid"]["neighbourhoods"][0]["steps"]
    assert heads[2] == "Neighbours"
    assert first[2] == str(steps["sets"])
    profile = metrics["grid"]["profiles"][0]
    lines = {t["name"]: t for t in figure_of(document, "profile-1").plot["data"]}
    assert lines["through the best set"]["y"] == pytest.approx(profile["metric"], rel=1e-5)
    assert lines["mean of all sets"]["y"] == pytest.approx(
        metrics["grid"]["along"][0]["mean"], rel=1e-5
    )
    assert lines["the best set"]["x"] == [str(profile["values"][profile["best"]])]


def test_halves_are_the_stored_ones(document, page, metrics):
    halves = metrics["grid"]["halves"]
    density, *_ = figure_of(document, "halves").plot["data"]
    assert np.sum(density["customdata"]) + halves["cloud"]["outside"] == halves["sets"]
    assert np.array(density["customdata"]).T.tolist() == halves["cloud"]["counts"]
    _, *rows = page.table("quarters-table")
    share = re.sub("[ %]", "", rows[0][1])
    quarters = np.array(halves["cloud"]["quarters"])
    assert float(share) == pytest.approx(100 * quarters[3, 3] / quarters[3].sum(), abs=0.01)
    assert page.table("halves-table")[1][0].startswith("best of the first half: ")


def test_confirmed_sets_are_listed(page, told, stored):
    rows = page.table("confirmed")[1:]
    assert len(rows) == len(told["confirmations"]["confirmed"]) == stored.manifest["confirmed"]
    assert {"drawn at random", "among the best by Sharpe"} == {row[1] for row in rows}


def test_it_says_how_to_get_it_again(tmp_path, told):
    assert told["reproduce"]["command"] == "streak sweep study.yaml"
    assert "entry_streak" in told["reproduce"]["resolved"]
    other = stored_sweep(tmp_path, {"rule.entry_streak": [1, 2]}, by="calmar")
    command = chapter_of(document_of(other), "reproduce").data["command"]
    assert command == "streak sweep study.yaml --by calmar"


def test_the_same_sweep_gives_the_same_bytes(stored, files):
    assert report_files(document_of(stored)) == files


def test_markdown_holds_the_tables(files):
    text = files["report.md"].decode()
    for title in ("## Verdict", "## The best sets", "### Neighbours of the best sets"):
        assert title in text
    assert "| entry\\_streak" in text or "| entry_streak" in text


def test_charts_name_colours_of_the_theme_only(document):
    html = to_html(document)
    named = set(re.findall(r"var\(--([a-z-]+)\)", html))
    assert named <= LIGHT.keys() | {"heat"}
    for attributes, text in Page(html).all("script"):
        if "data-plot" in attributes:
            assert not re.search(r'"#[0-9a-f]{3,8}"', text)


def test_axes_that_many_values_share_are_cut_to_what_can_be_drawn(stored, monkeypatch):
    monkeypatch.setattr(sys.modules["engine.report.chapters.sweep.maps"], "MOST_CELLS", 12)
    document = sweep_document(sweep_report(stored))
    chapter = chapter_of(document, "maps")
    assert [figure.key for figure in chapter.figures] == ["map-1"]
    assert any("Drawn are 1 of 3 pairs" in s for s in chapter.sentences)
