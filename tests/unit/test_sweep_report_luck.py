"""What the report of a sweep says of luck, against the stored evidence it says it from."""

import csv
import dataclasses
import io
import json

import numpy as np
import pytest
from reports import Page, stored_sweep

from engine.errors import StoreError, UsageError
from engine.pipeline.evidence import Asked, evidence
from engine.pipeline.evidence.progress import Silence
from engine.pipeline.reporting import document_of, subject_of, sweep_report
from engine.report.chapters.sweep import sweep_document
from engine.report.sweep_pictures import sweep_pictures
from engine.report.sweep_report import Luck
from engine.report.writing import report_files
from engine.store.evidence import evidence_of

AXES = {"rule.entry_streak": [1, 2, 3], "rule.max_holding": [None, 2, 5]}
WINDOWS = ("walk_forward.train=120", "walk_forward.test=40")
NULLS = ("bootstrap", "sign-flips")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    swept = stored_sweep(tmp_path_factory.mktemp("sweep"), AXES, *WINDOWS)
    asked = Asked(blocks=8, histories=40, nulls=NULLS)
    evidence(swept, asked, workers=1, progress=Silence())
    return swept


@pytest.fixture(scope="module")
def told(stored):
    return json.loads(evidence_of(stored).read("metrics.json"))


@pytest.fixture(scope="module")
def document(stored):
    return document_of(stored)


@pytest.fixture(scope="module")
def page(document):
    return Page(report_files(document)["report.html"].decode())


def chapters_of(document):
    return {chapter.key: chapter for chapter in document.chapters}


def with_evidence(stored, **changes):
    """Return the chapters of a report whose evidence says something else."""
    report = sweep_report(stored)
    luck = Luck(report.evidence.name, {**report.evidence.told, **changes})
    return chapters_of(sweep_document(dataclasses.replace(report, evidence=luck)))


def test_it_stands_before_all_sets(page):
    sections = [attributes["id"] for attributes, _ in page.all("section")]
    assert sections[2:4] == ["luck", "all-sets"]
    assert sections.index("stability") == sections.index("neighbours") + 1


def test_the_verdict_says_how_much_evidence_there_is(document, told):
    verdict = chapters_of(document)["verdict"]
    assert told["verdict"]["level"] == "no evidence"
    if verdict.data["winner_beats_core_after_costs"]:
        assert verdict.data["answer"].endswith("but nothing says that was more than luck")
    assert verdict.data["evidence"]["level"] == "no evidence"
    assert any(s.startswith("No evidence of an edge over LARGE held") for s in verdict.sentences)
    assert {"name": "Evidence of an edge", "value": "none", "core": None} in verdict.context[
        "cards"
    ]


def test_strong_evidence_is_called_so(stored, told):
    found = {**told["verdict"], "level": "strong"}
    assert "on strong evidence" in with_evidence(stored, verdict=found)["verdict"].data["answer"]


def test_evidence_on_another_winner_says_nothing_of_this_one(stored, told):
    other = {**told["winner"], "row": told["winner"]["row"] + 1}
    chapters = with_evidence(stored, winner=other)
    assert chapters["verdict"].data["evidence"] is None
    assert "by itself is no evidence" in chapters["verdict"].data["answer"]
    assert "luck" in chapters  # it is told, but not of the best set


def test_without_evidence_it_says_how_to_gather_it(tmp_path):
    chapters = chapters_of(document_of(stored_sweep(tmp_path, AXES)))
    assert chapters.keys().isdisjoint({"luck", "stability"})
    assert any("streak evidence short/" in s for s in chapters["verdict"].sentences)


def test_winners_without_an_edge_are_drawn_for_each_kind(document, told):
    figures = {figure.key: figure for figure in chapters_of(document)["luck"].figures}
    for search in told["searches"]:
        bars, *marks = figures[f"winners-{search['null']}"].plot["data"]
        assert sum(bars["y"]) == 40 - search["undefined"]
        (ours,) = (mark for mark in marks if mark["name"].startswith("our winner"))
        assert ours["x"] == [search["own"]] * 2
        low, high = figures[f"winners-{search['null']}"].plot["layout"]["xaxis"]["range"]
        assert low < min(search["own"], search["lowest"])
        assert high > max(search["own"], search["highest"])


def test_choices_are_split_where_the_middle_is(document, told):
    (figure,) = (f for f in chapters_of(document)["luck"].figures if f.key == "choices")
    worse, better = figure.plot["data"]
    counts = np.array(told["overfitting"]["logits"]["counts"])
    assert (np.array(worse["y"]) + np.array(better["y"])).tolist() == counts.tolist()
    assert all(x <= 0 for x, n in zip(worse["x"], worse["y"], strict=True) if n)
    assert all(x > 0 for x, n in zip(better["x"], better["y"], strict=True) if n)


def test_choices_are_counted_by_their_ratios_in_either_half(stored, document, page, told):
    (figure,) = (f for f in chapters_of(document)["luck"].figures if f.key == "degradation")
    cells, equal, fitted = figure.plot["data"]
    rows = csv.DictReader(io.StringIO(evidence_of(stored).read("choices.csv").decode()))
    pairs = np.array([[float(row[key]) for key in ("in_sample", "out_of_sample")] for row in rows])
    cloud = told["overfitting"]["cloud"]
    edges = [np.array(cloud[f"{side}_edges"]) for side in ("first", "second")]
    assert max(map(len, edges)) <= 31
    counts = np.histogram2d(*pairs.T, bins=edges)[0]
    assert np.array(cells["customdata"]).T.tolist() == cloud["counts"] == counts.tolist()
    assert counts.sum() + cloud["outside"] == len(pairs) == told["overfitting"]["combinations"]
    assert equal["x"] == equal["y"]
    slope, intercept = np.polyfit(*pairs.T, 1)
    assert fitted["y"] == pytest.approx([intercept + slope * x for x in fitted["x"]], abs=1e-4)
    low, high = figure.plot["layout"]["yaxis"]["range"]
    assert low < min(edges[1][0], equal["y"][0])
    assert high > max(edges[1][-1], equal["y"][1])
    assert f"slope {slope:.3f}".replace("-", "−") in figure.alternative
    quarters = np.array(cloud["quarters"])[::-1, ::-1]  # best first
    assert quarters.tolist() != quarters[::-1, ::-1].tolist()
    shares = 100 * quarters / quarters.sum(axis=1, keepdims=True)
    cells = [row[1:] for row in page.table("degradation-table")[1:]]
    shown = [[float(text.removesuffix(" %")) for text in row] for row in cells]
    assert np.array(shown) == pytest.approx(shares, abs=0.006)


def test_wealth_out_of_sample_is_that_of_the_evidence(document, page, told):
    walk = told["walk_forward"]
    (figure,) = (f for f in chapters_of(document)["luck"].figures if f.key == "walked")
    lines = {line["name"]: line for line in figure.plot["data"]}
    assert list(lines) == ["own parameters", "hindsight", "LARGE held", "walk-forward"]
    for name, series in (("walk-forward", "rule"), ("LARGE held", "core"), ("hindsight",) * 2):
        assert lines[name]["x"] == walk["equity"]["sessions"]
        assert lines[name]["y"] == pytest.approx(walk["equity"][series], rel=1e-5)
    starts = [shape["x0"] for shape in figure.plot["layout"]["shapes"]]
    assert starts == [row["test_first"] for row in walk["folds"]]
    assert f"{walk['first_session']} to {walk['last_session']}" in figure.alternative
    assert len(page.table("walked-folds")) == 1 + len(walk["folds"])
    runs = page.table("walked-runs")[1:]
    assert [row[0] for row in runs] == ["walk-forward", "own parameters", "hindsight", "LARGE held"]
    cagr = 100 * walk["rule"]["metrics"]["cagr"]
    assert float(runs[0][1].removesuffix(" %").replace("−", "-")) == pytest.approx(cagr, abs=0.006)


def test_nothing_is_drawn_of_what_was_not_made_or_does_not_differ(stored, told):
    alike = {**told["overfitting"]["cloud"], "first_edges": [1.0, 1.0]}
    found = {**told["overfitting"], "cloud": alike}
    why = {"walk_forward": None, "no_walk_forward": "it was not asked for"}
    chapter = with_evidence(stored, overfitting=found, **why)["luck"]
    assert {figure.key for figure in chapter.figures}.isdisjoint({"degradation", "walked"})
    assert "No walk-forward: it was not asked for." in chapter.sentences
    undefined = {**told["overfitting"], "slope": None, "intercept": None}
    figures = {f.key: f for f in with_evidence(stored, overfitting=undefined)["luck"].figures}
    assert len(figures["degradation"].plot["data"]) == 2


def test_tables_are_those_of_the_evidence(page, told):
    rows = page.table("judged")[1:]
    assert len(rows) == len(told["verdict"]["findings"])
    assert [row[1] for row in rows] == [f["level"] for f in told["verdict"]["findings"]]
    assert len(page.table("searches")) == 1 + len(NULLS)
    assert len(page.table("stability-table")) == 1 + len(told["stability"]["table"])
    for key in ("deflated", "superiority", "alone", "choices-table", "winners-bootstrap-table"):
        assert len(page.table(key)) > 1


def test_names_on_the_page_are_unique(page):
    ids = [e[1]["id"] for e in page.elements if "id" in e[1]]
    assert len(ids) == len(set(ids))


def test_the_same_bytes_twice(stored, document):
    assert report_files(document_of(stored)) == report_files(document)


def test_evidence_without_searches_overfitting_or_stability(stored):
    gone = {"overfitting": None, "stability": None, "walk_forward": None}
    chapters = with_evidence(stored, searches=[], **gone)
    assert chapters["luck"].figures == ()
    assert "stability" not in chapters


def test_evidence_of_before_it_walked_is_told_without(stored, told):
    report = sweep_report(stored)
    kept = {key: value for key, value in told.items() if "walk_forward" not in key}
    cut = {key: value for key, value in told["overfitting"].items() if key != "cloud"}
    luck = Luck(report.evidence.name, {**kept, "overfitting": cut})
    chapter = chapters_of(sweep_document(dataclasses.replace(report, evidence=luck)))["luck"]
    assert {figure.key for figure in chapter.figures}.isdisjoint({"degradation", "walked"})
    assert not any("walk-forward:" in sentence for sentence in chapter.sentences)


def test_winners_that_are_all_alike_are_not_drawn(stored, told):
    alike = [
        {**search, "histogram": {"edges": [1.0, 1.0], "counts": [40]}}
        for search in told["searches"]
    ]
    figures = {figure.key for figure in with_evidence(stored, searches=alike)["luck"].figures}
    assert figures == {"choices", "degradation", "walked"}


def test_a_picture_of_it_is_drawn(stored):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert {"luck.png", "luck.svg"} <= sweep_pictures(sweep_report(stored)).keys()


def test_a_report_on_evidence_is_one_on_its_sweep(stored, tmp_path):
    found = evidence_of(stored)
    assert subject_of(found).path == stored.path
    assert subject_of(stored) is stored
    lost = dataclasses.replace(found, path=tmp_path / "study" / "evidence")
    with pytest.raises(UsageError, match="there are no results"):
        subject_of(lost)


def test_damaged_evidence_is_not_told(stored, told):
    path = evidence_of(stored).path / "metrics.json"
    whole = path.read_bytes()
    try:
        path.write_bytes(whole + b" ")
        with pytest.raises(StoreError, match="is not what was written"):
            document_of(stored)
    finally:
        path.write_bytes(whole)
