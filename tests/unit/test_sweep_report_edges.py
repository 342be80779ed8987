"""Reports of sweeps with little to say, with words that would do harm, and of other metrics."""

import json
from dataclasses import replace

import numpy as np
import pytest
from reports import Page, stored_sweep
from short_studies import RULE_FILE, SHORT

from engine.pipeline.reporting import document_of, sweep_report
from engine.report.chapters.sweep import sweep_document
from engine.report.document import Selection
from engine.report.html import to_html
from engine.report.writing import report_files

GRID = {"rule.entry_streak": [1, 2, 3], "rule.max_holding": [None, 2, 5]}
ONE_AXIS = {"rule.entry_streak": [1, 2, 3, 4]}
NEVER = {"rule.entry_streak": [60, 61, 62]}
HARM = "</script><script>alert(1)</script>\"'&<b>"
REPORT = ["verdict", "key-figures", "all-sets", "reproduce", "definitions"]


def reported(folder, axes, *overrides, **options):
    document = document_of(stored_sweep(folder, axes, *overrides, **options))
    return document, {chapter.key: chapter for chapter in document.chapters}


def selections(chapters):
    return [b.key for c in chapters.values() for b in c.blocks if isinstance(b, Selection)]


@pytest.mark.parametrize(
    ("axes", "overrides", "by", "missing"),
    [
        ({}, [], "sharpe", {"maps", "best-sets", "neighbours"}),
        ({"rule.entry_streak": [3]}, [], "sharpe", {"best-sets", "neighbours"}),
        (ONE_AXIS, [], "sharpe", set()),
        (NEVER, [], "hit_rate", {"best-sets", "neighbours", "halves"}),
        (NEVER, [], "sharpe", {"best-sets"}),
        (GRID, ["data.start=2001-03-29"], "sharpe", {"best-sets", "neighbours", "halves"}),
        (GRID, ["benchmarks=[]"], "sharpe", set()),
        (GRID, [], "volatility", set()),
        (GRID, [], "rotations", set()),
    ],
    ids=[
        "no axes",
        "one set",
        "one axis",
        "undefined",
        "one path",
        "two sessions",
        "no benchmark",
        "lower is better",
        "neither is better",
    ],
)
def test_a_chapter_appears_where_it_has_something_to_say(tmp_path, axes, overrides, by, missing):
    document, chapters = reported(tmp_path, axes, *overrides, by=by)
    every = {*REPORT, "maps", "best-sets", "neighbours", "halves", "confirmations"}
    assert every - chapters.keys() == missing
    files = report_files(document)
    assert b"NaN" not in files["report.json"]
    Page(files["report.html"].decode())


def test_of_one_set_nothing_is_said_to_be_best_of_many(tmp_path):
    _, chapters = reported(tmp_path, {"rule.entry_streak": [3]})
    words = " ".join(chapters["verdict"].sentences)
    assert words.startswith("The only set ")
    assert "tries" not in words
    assert "best" not in words


def test_where_no_set_can_be_ranked_it_is_said(tmp_path):
    _, chapters = reported(tmp_path, NEVER, by="hit_rate")
    assert chapters["verdict"].data["answer"] == "No set is best"
    assert chapters["verdict"].data["winner"] is None
    assert chapters["verdict"].context["cards"] == []
    assert chapters["all-sets"].sentences == ("Hit rate is undefined for every set.",)
    assert chapters["all-sets"].blocks == ()


def test_sets_that_never_traded_ended_where_the_core_did(tmp_path):
    _, chapters = reported(tmp_path, NEVER)
    assert chapters["verdict"].data["answer"] == "The best of 3 sets ended where LARGE held did"
    assert chapters["verdict"].data["winner_beats_core_after_costs"] is None


def test_without_a_core_nothing_is_said_about_beating_it(tmp_path):
    _, chapters = reported(tmp_path, GRID, "benchmarks=[]")
    assert chapters["verdict"].data["answer"] == "Not compared with the core"
    assert list(chapters["key-figures"].data) == ["best set", "as in the study"]


def test_one_axis_needs_no_choice(tmp_path):
    _, chapters = reported(tmp_path, ONE_AXIS)
    assert selections(chapters) == []
    assert [figure.key for figure in chapters["neighbours"].figures] == ["profile-1"]
    assert chapters["maps"].figures == ()


def test_where_lower_is_better_lower_is_blue_and_first(tmp_path):
    _, chapters = reported(tmp_path, GRID, by="volatility")
    (figure,) = chapters["maps"].figures
    scale = figure.plot["data"][0]["colorscale"]
    assert [colour for _, colour in scale][::2] == ["var(--rule)", "var(--loss)"]
    values = [row["volatility"] for row in chapters["best-sets"].data["sets"]]
    assert values == sorted(values)


def test_where_neither_is_better_no_side_is(tmp_path):
    _, chapters = reported(tmp_path, GRID, by="rotations")
    (figure,) = chapters["maps"].figures
    assert [c for _, c in figure.plot["data"][0]["colorscale"]] == ["var(--surface)", "var(--rule)"]
    assert not any("Blue" in sentence for sentence in chapters["maps"].sentences)


def test_text_and_missing_values_have_their_places(tmp_path):
    axes = {"data.price_basis": ["total_return", "price"], "rule.max_holding": [None, 5]}
    _, chapters = reported(tmp_path, axes)
    (heat,) = chapters["maps"].figures
    data = heat.plot["data"][0]
    assert {tuple(data["x"]), tuple(data["y"])} == {("total_return", "price"), ("null", "5")}
    notes = " ".join(chapters["verdict"].sentences)
    assert "Sets differ in price_basis" in notes
    (lines,) = chapters["best-sets"].figures
    assert lines.plot["layout"]["yaxis"]["ticktext"][:2] == ["price_basis", "max_holding"]


def test_values_of_a_long_axis_are_put_together_and_found_again(tmp_path):
    axes = {"rule.overbought": {"from": 51, "to": 99, "step": 0.5}, "rule.entry_streak": [1, 2]}
    _, chapters = reported(tmp_path, axes)
    (heat,) = chapters["maps"].figures
    assert np.shape(heat.plot["data"][0]["z"]) == (2, 50)
    (lines,) = chapters["best-sets"].figures
    assert lines.plot["layout"]["yaxis"]["ticktext"][0] == "overbought"
    profile = chapters["neighbours"].figures[0]
    names = [trace["name"] for trace in profile.plot["data"]]
    assert "through the best set" in names
    assert "mean of all sets" not in names  # its values are put together, those of the set are not


def test_words_of_a_study_are_escaped(tmp_path):
    text = SHORT.replace("A year of an invented market.", json.dumps(HARM))
    document, _ = reported(tmp_path, ONE_AXIS, text=text)
    page = Page(to_html(document))
    assert [text for a, text in page.all("p") if a.get("class") == "subtitle"] == [HARM]
    assert all("alert" not in text for _, text in page.all("script"))
    outside = report_files(document)["report.md"].decode().split("```")[::2]
    assert all("<script>" not in part for part in outside)


def test_values_of_an_axis_are_escaped(tmp_path):
    """Values may be texts of a rule's own; charts take markup in texts for their own."""
    rule = RULE_FILE.replace(
        "    run: int", '    mood: str = parameter("a", unit="", description="any")\n    run: int'
    )
    (tmp_path / "mine.py").write_text(rule, "utf-8")
    text = SHORT.partition("rule:")[0] + "rule:\n  file: mine.py\n"
    axes = {"rule.mood": ["<b>x</b>&", "=cmd()"], "rule.run": [1, 2]}
    document, chapters = reported(tmp_path, axes, text=text)
    html = to_html(document)
    assert "<b>x" not in html
    (heat,) = chapters["maps"].figures
    data = heat.plot["data"][0]
    assert {"=cmd()", "&lt;b&gt;x&lt;/b&gt;&amp;"} in ({*data["x"]}, {*data["y"]})
    labels = [a["text"] for a in chapters["best-sets"].figures[0].plot["layout"]["annotations"]]
    assert not any("<" in label for label in labels)
    told = [text for t in chapters["best-sets"].figures[0].plot["data"] for text in t["text"]]
    assert any("mood &lt;b&gt;x" in one for one in told if one)
    assert not any("<b>" in one for one in told)
    assert Page(html).table("map-1-table")[0][1] in ("<b>x</b>&", "1")


def test_a_sweep_that_kept_no_cloud_is_reported_without_one(tmp_path):
    """As those of earlier versions."""
    report = sweep_report(stored_sweep(tmp_path, GRID))
    halves = {key: value for key, value in report.grid["halves"].items() if key != "cloud"}
    metrics = {**report.sweep.metrics, "grid": {**report.grid, "halves": halves}}
    old = replace(report, sweep=replace(report.sweep, metrics=metrics))
    (chapter,) = (c for c in sweep_document(old).chapters if c.key == "halves")
    assert chapter.figures == ()
    assert [block.key for block in chapter.blocks] == ["halves-table"]
