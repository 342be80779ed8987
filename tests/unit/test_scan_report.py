"""What the report of a streak study says, against the stored files it says it from."""

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reported import CLAIMS, figures_of, scan_of, stored_scan, told
from reports import Page

from engine.pipeline.reporting import document_of, scan_report
from engine.report.chapters.scan import scan_document
from engine.report.format import format_value
from engine.report.writing import report_files
from engine.store.folders import Stored

CHAPTERS = [
    *("verdict", "streaks", "rarity", "lasting", "followed", "analogues", "anatomy"),
    *("claims", "reproduce"),
]

TABLES = [
    *("streaks-outperformance", "tallies", "rarity-table-outperformance", "strongest"),
    *("continuation-table-outperformance", "survival-table-outperformance"),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_scan(tmp_path_factory.mktemp("scan"))


def rows_of(stored, name):
    return list(csv.DictReader(io.StringIO(stored.read(name).decode())))


def test_every_section_is_there_in_all_forms(said):
    figures, page, markdown = said
    assert list(figures["chapters"]) == CHAPTERS
    assert [a["id"] for a, _ in page.all("section")] == CHAPTERS
    titles = [line.removeprefix("## ") for line in markdown.splitlines() if line[:3] == "## "]
    assert titles == [chapter["title"] for chapter in figures["chapters"].values()]


def test_names_within_the_page_are_unique_and_links_lead_somewhere(said):
    ids = [e[1]["id"] for e in said[1].elements if "id" in e[1]]
    assert len(ids) == len(set(ids))
    links = {a["href"][1:] for a, _ in said[1].all("a") if a["href"].startswith("#")}
    assert links <= set(ids)


def test_headings_and_intervals_are_written_as_in_every_report(said):
    _, page, markdown = said
    heads = {cell for table in TABLES for cell in page.table(table)[0]}
    small = {head for head in heads if head[0].islower()}
    assert small == {"p", "bp a session"}
    assert "95 % interval" in heads
    assert re.search(r"\| [−\d.]+ % to [−\d.]+ % \|", markdown)
    assert not re.search(r"[\d%]\.\.[\d−]", markdown)


def test_of_what_goes_on_and_what_lasts_each_table_tells_its_own(said, metrics):
    going, lasting = (
        said[1].table(f"{name}-table-outperformance") for name in ("continuation", "survival")
    )
    assert going[0] == ["Streak", "Times", "Went on", "Share", "95 % interval", "Coin"]
    assert lasting[0] == ["Streak", "Lasts longer", "95 % interval", "Coin", "Ends here"]
    stored = {str(row["streak"]): row for row in metrics["survival"]}
    for length, survival, _, coin, ends in lasting[1:]:
        row = stored[length]
        told = (format_value(row[key], "fraction") for key in ("survival", "coin_survival"))
        assert (survival, coin) == tuple(told)
        assert ends == format_value(row["hazard"], "fraction")


def test_the_verdict_is_the_stored_one(said, metrics):
    verdict = said[0]["chapters"]["verdict"]
    assert verdict["verdicts"] == metrics["verdicts"]
    for sentence in metrics["verdicts"].values():
        assert said[2].count(sentence.split(" (")[0]) == 1
    longest = max(r["length"] for r in rows_of_kind(metrics, "outperformance"))
    assert f"longest run ahead of BIG, {longest} sessions, is " in verdict["answer"]
    word = re.search(r"is (.*)$", verdict["answer"])[1]
    assert metrics["verdicts"]["outperformance"].endswith(f": {word}.")


def rows_of_kind(metrics, kind):
    return [row for row in metrics["streaks"] if row["kind"] == kind]


def test_all_long_streaks_of_all_kinds_are_listed_longest_first(stored, said):
    every = rows_of(stored, "streaks.csv")
    for kind in ("outperformance", "underperformance", "satellite_up", "core_down"):
        long = sorted((int(r["length"]) for r in every if r["kind"] == kind), reverse=True)
        long = [length for length in long if length >= 2]
        table = said[1].table(f"streaks-{kind.replace('_', '-')}")
        assert [int(row[3]) for row in table[1:]] == long[:200]
        assert len(said[0]["chapters"]["streaks"]["streaks"][kind]) == min(len(long), 200)


def test_the_kind_asked_for_comes_first(tmp_path):
    stored = stored_scan(tmp_path, "--kind", "core_up", "--min-length", "4", claims=False)
    figures, page, _ = told(stored)
    assert page.all("option")[0][1] == "BIG rose"
    assert figures["chapters"]["streaks"]["kind"] == "core_up"
    lengths = [int(row[3]) for row in page.table("streaks-core-up")[1:]]
    assert min(lengths) == 4
    assert "claims" not in figures["chapters"]


def test_a_sentence_counts_the_streaks_of_each_side(stored, said):
    report = scan_report(stored)
    counts = []
    for kind in ("outperformance", "underperformance"):
        lengths = [streak.length for streak in report.found.streaks[kind]]
        counts += [len(lengths), sum(length >= report.min_length for length in lengths)]
    sentence = next(line for line in said[2].splitlines() if line.startswith("Streaks with "))
    numbers = [int(text.replace(",", "")) for text in re.findall(r"(?<!\w)[\d,]*\d", sentence)]
    assert numbers == [*counts[:2], report.min_length, *counts[2:]]
    assert sentence.count("of them lasted") == 2


def test_the_tally_counts_what_is_listed(said):
    chapter = said[0]["chapters"]["streaks"]
    listed = chapter["streaks"]["outperformance"]
    tags = pd.Series([row["character"] for row in listed]).value_counts()
    counted = {t["label"]: t["streaks"] for t in chapter["tallies"] if t["group"] == "character"}
    assert counted == tags.to_dict()
    assert {t["group"] for t in chapter["tallies"]} == {"character", "volatility", "VIX", "rates"}


def test_the_chart_of_rarity_shows_the_observed_numbers_in_the_coins_band(stored, metrics):
    figure = next(f for f in figures_of(stored, "rarity") if f.key == "rarity-outperformance")
    rows = [r for r in metrics["rarity"] if r["side"] == "outperformance"]
    traces = {t["name"]: t for t in figure.plot["data"] if "name" in t}
    assert list(traces["observed"]["y"]) == [r["observed"] or None for r in rows]
    assert list(traces["coin, 95 % band"]["y"]) == [max(r["coin_high"], 0.04) for r in rows]
    edge = figure.plot["data"][0]
    assert list(edge["y"]) == [max(r["coin_low"], 0.04) for r in rows]
    assert traces["coin, 95 % band"]["fill"] == "tonexty"
    outside = [r["k"] for r in rows if not r["coin_low"] <= r["observed"] <= r["coin_high"]]
    assert told(stored)[0]["chapters"]["rarity"]["outperformance"]["outside"] == outside


def test_charts_of_continuation_reach_from_end_to_end_of_the_intervals(stored, metrics):
    figure = next(
        f for f in figures_of(stored, "lasting") if f.key == "continuation-outperformance"
    )
    trace = next(t for t in figure.plot["data"] if "error_y" in t)
    rows = [r for r in metrics["continuation"] if 0 < r["streak"] <= 15]
    for x, y, up, down, row in zip(
        trace["x"],
        trace["y"],
        trace["error_y"]["array"],
        trace["error_y"]["arrayminus"],
        rows,
        strict=True,
    ):
        assert x == row["streak"]
        if row["n"]:
            assert y + up == pytest.approx(row["high"], abs=1e-3)
            assert y - down == pytest.approx(row["low"], abs=1e-3)
        else:
            assert (y, up, down) == (None, None, None)


def test_what_followed_is_charted_for_each_series_side_and_kind(stored, metrics):
    figures = {f.key: f for f in figures_of(stored, "followed")}
    assert len(figures) == 12
    for key, figure in figures.items():
        _, side, kind, series = key.split("-")
        rows = [
            r
            for r in metrics["events"]
            if (r["side"], r["kind"], r["series"]) == (side, kind, series)
        ]
        shown = {t["name"]: list(t["y"]) for t in figure.plot["data"]}
        for k in (2, 3):
            wanted = [r["difference"] for r in rows if r["k"] == k and r["low"] is not None]
            assert shown[f"{k} sessions"] == pytest.approx(wanted, rel=1e-3)
        assert len(figure.table.rows) == len(rows)


def test_cells_with_too_few_events_are_in_the_table_only(tmp_path):
    stored = stored_scan(tmp_path, "--set", "scan.thresholds=[2, 7]", claims=False)
    rows = json.loads(stored.read("metrics.json"))["events"]
    few = {(r["side"], r["kind"], r["series"]) for r in rows if r["verdict"] == "too few events"}
    assert few
    for figure in figures_of(stored, "followed"):
        if tuple(figure.key.split("-")[1:]) in few:
            drawn = sum(len(trace["y"]) for trace in figure.plot["data"])
            assert 0 < drawn < len(figure.table.rows)
            assert "too few events" in figure.note


def test_the_smallest_p_values_are_the_smallest(said, metrics):
    ps = sorted(r["p_value"] for r in metrics["events"] if r["p_value"] is not None)
    heads, *rows = said[1].table("strongest")
    assert [float(row[heads.index("p")]) for row in rows] == [round(p, 3) for p in ps[:12]]
    assert f"smallest of {len(ps)} p-values" in said[2]


def test_analogues_are_the_stored_paths(stored):
    paths = pd.read_parquet(stored.path / "analogues.parquet")
    figures = {f.key: f for f in figures_of(stored, "analogues")}
    assert figures.keys() == {"analogues-relative", "analogues-satellite", "analogues-core"}
    for column in ("relative", "satellite", "core"):
        lines = [t for t in figures[f"analogues-{column}"].plot["data"] if t["mode"] == "lines"]
        starts = [t["name"].split()[0] for t in lines]
        assert starts == paths["streak_start"].astype(str).unique().tolist()
        for line, (_, own) in zip(lines, paths.groupby("streak_start", sort=False), strict=True):
            drawn = np.array([np.nan if v is None else v for v in line["y"]])
            np.testing.assert_allclose(drawn, own[column], rtol=1e-4)


def test_the_streak_under_way_lies_over_the_past_ones(stored, tmp_path):
    longest = max(
        rows_of(stored, "streaks.csv"), key=lambda r: (r["kind"][0] == "o", int(r["length"]))
    )
    under_way = stored_scan(tmp_path, "--as-of", longest["end"], claims=False)
    figure = figures_of(under_way, "analogues")[0]
    line = next(t for t in figure.plot["data"] if t.get("name", "").endswith("under way)"))
    assert line["name"].startswith(longest["start"])
    assert line["line"]["color"] == "var(--rule)"
    past = [t for t in figure.plot["data"] if t["mode"] == "lines" and t is not line]
    assert len(past) == 3
    assert "var(--rule)" not in {t["line"]["color"] for t in past}
    rows = Page(report_files(document_of(under_way))["report.html"].decode()).table(
        "analogues-table-relative"
    )
    own = [row for row in rows if row[0].startswith(longest["start"])]
    assert own[-1][1] == f"+{longest['length']} end"
    assert all("–" not in row for row in own)
    verdict = told(under_way)[0]["chapters"]["verdict"]
    assert verdict["current"]["start"] == longest["start"]


def test_winners_and_losers_are_ranked_and_what_is_missing_is_said(said, metrics):
    movers = said[0]["chapters"]["anatomy"]["movers"]
    assert movers == metrics["anatomy"]
    rows = said[1].table("anatomy-table")
    assert [row[0] for row in rows[1:]] == [m["symbol"] for m in movers]
    assert "NONE: no file NONE.csv" in said[2]


def test_claims_are_told_with_their_verdicts(said, metrics):
    assert said[0]["chapters"]["claims"]["claims"] == metrics["claims"]
    rows = said[1].table("claims-table")
    assert rows[1][0] == '=SMALL(<b>never</b>) fell | "so"'
    assert rows[1][2] == "○ not testable with this data"
    assert rows[2][2] in ("✓ supported", "✗ contradicted")
    outside_of_listings = "".join(said[2].split("```")[::2])
    assert "<b>never" not in outside_of_listings
    assert "&lt;b&gt;never" in outside_of_listings
    assert "Of 2 claims" in said[2]


def test_what_reproduces_the_study_does(stored, said, tmp_path):
    chapter = said[0]["chapters"]["reproduce"]
    assert chapter["claims"] == CLAIMS
    assert chapter["command"].endswith("--claims claims.yaml")
    again = stored_scan(tmp_path)  # the same market and study in another folder
    assert again.manifest["content_hash"] == stored.manifest["content_hash"]
    assert chapter["study"] == stored.read("study.yaml").decode()
    assert (
        json.loads(report_files(document_of(again))["report.json"])["chapters"]["reproduce"][
            "resolved"
        ]
        == chapter["resolved"]
    )


def test_the_same_study_gives_the_same_bytes(stored):
    assert report_files(document_of(stored)) == report_files(document_of(stored))


def test_json_holds_no_time_but_that_of_the_manifest(stored, said):
    made = json.dumps(said[0]).count(stored.manifest["created"])
    assert made == 1


# studies that have little to say

INVENTED = "name: sim\ndata: {{source: simulated, end: {end}}}\nrule: {{name: streak}}\n"


@pytest.mark.parametrize(
    ("end", "options", "missing"),
    [
        ("2000-01-04", (), {"analogues", "anatomy", "claims"}),
        ("2000-01-05", (), {"anatomy", "claims"}),
        ("2000-01-07", (), {"anatomy", "claims"}),
        ("2000-06-30", ("--min-length", "60"), {"anatomy", "claims"}),
    ],
    ids=["two sessions", "three sessions", "five sessions", "no long streak"],
)
def test_other_studies_are_reported_as_well(tmp_path, end, options, missing):
    stored = scan_of(tmp_path, INVENTED.format(end=end), *options)
    figures, page, markdown = told(stored)
    chapters = [c for c in CHAPTERS if c not in missing]
    assert [c for c in figures["chapters"] if c not in ("lasting", "followed")] == [
        c for c in chapters if c not in ("lasting", "followed")
    ]
    assert [a["id"] for a, _ in page.all("section")] == list(figures["chapters"])
    assert not re.search(r"\bnan\b", markdown, re.IGNORECASE)
    assert "SIMULATED DATA, not market history" in markdown


FLAT = "Date,Open,High,Low,Close,Adj Close,Volume\n" + "".join(
    f"2020-01-{day:02},100,100,100,100,100,1000\n" for day in (2, 3, 6, 7, 8, 9, 10)
)
STILL = """\
name: still
description: "<script>alert(1)</script> & \\"so\\""
data: {source: csv, directory: ., core: BIG, satellite: SMALL, price_basis: price}
rule: {name: streak}
scan: {thresholds: [2], horizons: [1]}
"""


def test_a_market_of_ties_has_no_streak(tmp_path):
    for symbol in ("BIG", "SMALL"):
        (tmp_path / f"{symbol}.csv").write_text(FLAT, "utf-8")
    stored = scan_of(tmp_path, STILL)
    figures, page, markdown = told(stored)
    assert list(figures["chapters"]) == ["verdict", "streaks", "rarity", "reproduce"]
    assert "there is no streak to judge" in figures["chapters"]["verdict"]["answer"]
    assert "None lasted 5 sessions" in markdown
    assert not re.search(r"\bnan\b", markdown, re.IGNORECASE)
    words = '<script>alert(1)</script> & "so"'
    assert [t for a, t in page.all("p") if a.get("class") == "subtitle"] == [words]
    assert all("alert" not in text for _, text in page.all("script"))
    assert figures["description"] == words


def test_a_symbol_is_never_markup(tmp_path):
    """Neither for the page nor for the library that draws."""
    stored = stored_scan(tmp_path, claims=False)
    symbols = {"core": "<i>A", "satellite": "B&<b>"}
    data = {**stored.manifest["data"], "symbols": symbols}
    named = Stored(stored.path, {**stored.manifest, "data": data})
    html = report_files(document_of(named))["report.html"].decode()
    assert "<i>A" not in html
    page = Page(html)
    assert any("B&<b> beat <i>A" in text for _, text in page.all("option"))
    report = scan_report(named)
    movers = tuple(replace(m, symbol=f"<b>{m.symbol}") for m in report.found.anatomy)
    scan = replace(report.scan, found=replace(report.found, anatomy=movers))
    for chapter in scan_document(replace(report, scan=scan)).chapters:
        for figure in chapter.figures:
            plotted = json.dumps(figure.plot, default=lambda value: value.tolist())
            assert "<i>A" not in plotted, figure.key
            assert "<b>" not in plotted, figure.key


def test_the_record_is_that_of_the_folder(stored):
    report = scan_report(stored)
    assert (report.core, report.satellite, report.min_length) == ("BIG", "SMALL", 2)
    assert report.found.current.as_row()["end"] == np.datetime64(
        stored.manifest["data"]["last_session"]
    )
