"""What the report of a walk-forward says, against the stored files it says it from."""

import csv
import io
import json

import pyarrow.parquet as pq
import pytest
from reports import Page
from short_studies import SHORT, write_study

from engine.pipeline.reporting import document_of, write_pictures
from engine.pipeline.saving import save_walk_forward
from engine.pipeline.walking import walk_forward
from engine.report.theme import LIGHT
from engine.report.writing import report_files
from engine.rules.studies import read_study

TEXT = f"""{SHORT}sweep:
  rule.entry_streak: [1, 2, 3]
  rule.exit_streak: [1, 2]
walk_forward: {{train: 100, test: 42}}
"""
CHAPTERS = ["verdict", "key-figures", "equity", "folds", "drift", "reproduce", "definitions"]


def stored_walk(folder, *overrides):
    loaded = read_study(write_study(folder, text=TEXT), overrides=overrides)
    return save_walk_forward(walk_forward(loaded.study), loaded.content, folder / "results")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_walk(tmp_path_factory.mktemp("walk"))


def test_it_has_its_chapters_and_says_what_it_is(document, files):
    assert [chapter.key for chapter in document.chapters] == CHAPTERS
    told = json.loads(files["report.json"])
    assert (told["kind"], told["simulated"]) == ("walk-forward", True)
    assert document.simulated
    assert b"SIMULATED DATA" in files["report.md"]


def test_the_answer_is_whether_the_stitched_run_beat_the_core(document, stored):
    verdict = document.chapters[0]
    metrics = json.loads(stored.read("metrics.json"))
    ended = metrics["rule"]["metrics"]["final_equity"]
    core = metrics["benchmarks"]["core"]["metrics"]["final_equity"]
    assert verdict.data["beats_core_after_costs"] is (ended > core)
    assert verdict.context["answer"].startswith("Yes" if ended > core else "No")
    assert [card["name"] for card in verdict.context["cards"]][-2:] == [
        "Walk-forward efficiency",
        "Other sets beaten (chance: 50 %)",
    ]
    sure = [text for text in verdict.sentences if "evidence of an edge over" in text]
    assert len(sure) == 1


def test_the_tables_hold_what_the_files_hold(page, stored):
    folds = list(csv.DictReader(io.StringIO(stored.read("folds.csv").decode())))
    shown = page.table("folds-table")
    assert len(shown) == 1 + len(folds) == 7
    assert shown[0] == ["Fold", "Training", "Test", "In force", "entry_streak", "exit_streak"]
    for row, fold in zip(shown[1:], folds, strict=True):
        assert row[0] == fold["fold"]
        assert row[1] == f"{fold['train_first']} to {fold['train_last']}"
        assert row[4:] == [fold["rule.entry_streak"], fold["rule.exit_streak"]]
    outcomes = page.table("outcomes")
    assert [row[1] for row in outcomes[1:]] == [
        f"{float(fold['in_sample_sharpe']):.3f}".replace("-", "−") for fold in folds
    ]
    figures = page.table("figures")
    assert [len(row) for row in figures] == [7] * len(figures)


def test_the_equity_is_the_stored_one_and_folds_are_marked(document, stored):
    figure = document.chapters[2].figures[0]
    table = pq.read_table(io.BytesIO(stored.read("equity.parquet")), use_threads=False)
    by_name = {trace["name"]: trace for trace in figure.plot["data"]}
    assert len(by_name) == 6
    for name, column in (("walk-forward", "equity"), ("hindsight", "hindsight")):
        drawn = by_name[name]["y"]
        expected = table[column].to_pylist()
        assert drawn == pytest.approx(expected, rel=1e-5)
    folds = list(csv.DictReader(io.StringIO(stored.read("folds.csv").decode())))
    starts = [shape["x0"] for shape in figure.plot["layout"]["shapes"]]
    assert starts == [fold["test_first"] for fold in folds]


def test_a_stub_is_left_out_of_the_scatter_and_said_so(document, tmp_path):
    figure = document.chapters[3].figures[0]
    assert len(figure.plot["data"][-1]["x"]) == 5  # the sixth test has 4 of 42 sessions
    assert figure.note.endswith("Fold 6 is left out: its test has 4 sessions.")
    whole = document_of(stored_walk(tmp_path, "walk_forward.test=107"))
    figure = whole.chapters[3].figures[0]
    assert len(figure.plot["data"][-1]["x"]) == 2
    assert "left out" not in figure.note


def test_pictures_are_drawn_of_it_the_same_each_time(stored, tmp_path):
    pytest.importorskip("matplotlib")
    first = write_pictures(stored, tmp_path / "a")
    again = write_pictures(stored, tmp_path / "b")
    names = ["equity.png", "equity.svg", "choices.png", "choices.svg"]
    assert [path.name for path in first] == names
    for one, other in zip(first, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
    svg = (tmp_path / "a" / "equity.svg").read_text("utf-8")
    assert LIGHT["rule"] in svg
    assert LIGHT["warning"] in svg
    none = stored_walk(tmp_path, "walk_forward.minimum_sets=7")
    assert [path.name for path in write_pictures(none, tmp_path / "c")] == names[:2]


def test_charts_name_colours_of_the_theme_only(document):
    text = json.dumps([figure.plot for c in document.chapters for figure in c.figures])
    named = {part.split(")")[0] for part in text.split("var(--")[1:]}
    assert named <= set(LIGHT)
    assert "#" not in text


def test_without_a_choice_there_is_no_scatter_and_nothing_fails(tmp_path):
    stored = stored_walk(tmp_path, "walk_forward.minimum_sets=7", "benchmarks=[satellite]")
    document = document_of(stored)
    assert document.chapters[0].context["answer"] == "Not compared with the core"
    assert document.chapters[3].figures == ()
    assert report_files(document)["report.html"]


def test_without_axes_there_is_no_drift(tmp_path):
    keys = [c.key for c in document_of(stored_walk(tmp_path, "sweep={}")).chapters]
    assert keys == [key for key in CHAPTERS if key != "drift"]


def test_other_terms_have_a_chapter_where_any_are_swept(tmp_path):
    axes = "sweep={rule.entry_streak: [1, 2], execution.slippage_bps.SMALL: [0, 5]}"
    document = document_of(stored_walk(tmp_path, axes))
    assert [c.key for c in document.chapters] == [*CHAPTERS[:5], "scenarios", *CHAPTERS[5:]]
    page = Page(report_files(document)["report.html"].decode())
    assert [row[0] for row in page.table("scenarios-table")[1:]] == ["0", "5"]


def test_the_same_walk_forward_gives_the_same_bytes(stored, files):
    assert report_files(document_of(stored)) == files
