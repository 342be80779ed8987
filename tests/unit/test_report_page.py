"""The page of a report: self-contained, escaped, accessible, the same bytes each time."""

import base64
import gzip
import json
import re
from dataclasses import replace

import pytest
from reports import Page, stored_run
from short_studies import SHORT

from engine.evaluation.definitions import METRICS
from engine.pipeline.reporting import document_of
from engine.report.document import (
    Chapter,
    DataTable,
    Figure,
    Selection,
    headings,
    plain_rows,
)
from engine.report.html import pack_plots, script_json, to_html
from engine.report.theme import DARK, LIGHT
from engine.report.writing import report_files, to_markdown

MEAN = "</script><script>alert(1)</script>\"'&<b>"
CHAPTERS = [
    "verdict",
    "key-figures",
    "luck",
    "equity",
    "relative",
    "risk",
    "rotations",
    "reproduce",
    "definitions",
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return stored_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def html(document):
    return to_html(document)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_every_chapter_has_its_section_and_its_place_in_the_contents(page):
    sections = [attributes["id"] for attributes, _ in page.all("section")]
    assert sections == CHAPTERS
    links = {attributes["href"] for attributes, _ in page.all("a")}
    assert {f"#{key}" for key in CHAPTERS} <= links


def test_links_within_the_page_lead_somewhere_and_names_are_unique(page):
    ids = [e[1]["id"] for e in page.elements if "id" in e[1]]
    assert len(ids) == len(set(ids))
    for attributes, _ in page.all("a"):
        if attributes["href"].startswith("#"):
            assert attributes["href"][1:] in ids


def test_nothing_is_fetched(page):
    """No address outside of the page anywhere a browser would follow, and a policy that says so."""
    for tag, attributes, _ in page.elements:
        for name in ("src", "srcset", "action", "poster"):
            assert name not in attributes
        if tag in ("a", "link"):
            assert attributes["href"].startswith(("#", "data:"))
    (policy,) = (a["content"] for a, _ in page.all("meta") if "http-equiv" in a)
    assert policy.startswith("default-src 'none';")
    styles = "".join(text for _, text in page.all("style"))
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_library_of_charts_is_packed_into_the_page_once(page):
    from plotly.offline import get_plotlyjs

    (packed,) = (text for a, text in page.all("script") if a.get("id") == "plotly")
    content = base64.b64decode(packed)
    assert gzip.decompress(content).decode() == get_plotlyjs()
    assert content[4:8] == bytes(4)  # gzip's time: none, so that pages of one run are the same


def test_the_same_run_gives_the_same_bytes(stored):
    assert report_files(document_of(stored)) == report_files(document_of(stored))


def test_every_heading_of_a_table_has_a_scope(page):
    scopes = {attributes.get("scope") for attributes, _ in page.all("th")}
    assert scopes == {"col", "row"}
    assert len(page.all("caption")) == len(page.all("table"))


def test_every_chart_has_title_alternative_and_table(page, document):
    figures = [figure for chapter in document.chapters for figure in chapter.figures]
    assert {"equity", "relative", "years", "rolling", "distribution", "holdings", "costs"} == {
        figure.key for figure in figures
    }
    tables = {attributes["id"] for attributes, _ in page.all("table")}
    for figure in figures:
        (chart,) = (a for a, _ in page.all("div") if a.get("id") == f"chart-{figure.key}")
        assert chart["role"] == "img"
        assert chart["aria-label"] == figure.alternative
        assert len(figure.alternative) > 40
        assert any(text == figure.title for _, text in page.all("h3"))
        assert figure.table.key in tables
        assert figure.table.rows


def test_charts_name_colours_of_the_theme_only(page):
    for attributes, text in page.all("script"):
        if "data-plot" in attributes:
            named = set(re.findall(r"var\(--([a-z-]+)\)", text))
            assert named
            assert named <= LIGHT.keys()
            assert not re.search(r'"#[0-9a-f]{3,8}"', text)
    assert LIGHT.keys() == DARK.keys()


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_colour_can_be_read_on_both_grounds(palette):
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    for name in palette.keys() - {"background", "surface", "line", "rule-soft"}:
        for ground in ("background", "surface"):
            assert contrast(palette[name], palette[ground]) >= 4.5, (name, ground)


def test_words_of_the_study_are_escaped(tmp_path):
    text = SHORT.replace("A year of an invented market.", json.dumps(MEAN))
    stored = stored_run(tmp_path, text=text)
    page = Page(to_html(document_of(stored)))
    assert [text for a, text in page.all("p") if a.get("class") == "subtitle"] == [MEAN]
    assert all("alert" not in text for _, text in page.all("script"))
    files = report_files(document_of(stored))
    outside_of_listings = files["report.md"].decode().split("```")[::2]
    assert all("<script>" not in part for part in outside_of_listings)
    assert json.loads(files["report.json"])["description"] == MEAN


def test_json_in_a_script_cannot_end_it():
    assert "<" not in script_json({"a": "</script><!--", "b": "\u2028"})
    assert json.loads(script_json({"a": "</script>\u2028"})) == {"a": "</script>\u2028"}
    with pytest.raises(ValueError, match="JSON"):
        script_json([float("nan")])


def test_long_axes_are_written_once():
    table = DataTable("t", "", (), ())
    x = [f"2020-{i:04d}" for i in range(300)]
    traces = [{"x": x, "y": [1]}, {"x": list(x), "y": [2]}, {"x": x[:5]}, {"y": [3]}]
    plot = {"data": traces, "layout": {}}
    (packed,), shared = pack_plots([Figure("f", "", "", plot, table)])
    assert packed[0] == "f"
    data = json.loads(packed[1])["data"]
    assert [trace.get("x") for trace in data] == [{"shared": 0}, {"shared": 0}, x[:5], None]
    assert json.loads(shared) == [x]
    assert traces[0]["x"] is x


def test_the_page_says_that_prices_are_invented(page):
    notices = [text for a, text in page.all("p") if a.get("class") == "simulated"]
    assert notices == ["SIMULATED DATA, not market history"]


def test_figures_link_to_their_definitions_and_explain_on_hover(page):
    terms = {a["href"]: a["title"] for a, _ in page.all("a") if "title" in a}
    sharpe = next(metric for metric in METRICS if metric.key == "sharpe")
    assert sharpe.source in terms["#definition-sharpe"]
    defined = {e[1].get("id") for e in page.elements}
    assert {f"definition-{m.key.replace('_', '-')}" for m in METRICS} <= defined


def test_the_log_can_be_saved(page, stored):
    (link,) = (a for a, _ in page.all("a") if a.get("download"))
    content = base64.b64decode(link["href"].partition(",")[2])
    assert content == stored.read("rotations.csv")


def test_two_themes_and_paper(html):
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_a_selection_shows_all_its_options_where_no_script_runs(document):
    tables = [
        (name, DataTable(f"table-{name}", name, headings("A", "B"), plain_rows([["1", name]])))
        for name in ("first", "<second>")
    ]
    chapter = Chapter("choose", "Choose", blocks=(Selection("choice", "show", tuple(tables)),))
    chosen = replace(document, chapters=(chapter,))
    page = Page(to_html(chosen))
    assert [text for _, text in page.all("option")] == ["first", "<second>"]
    (label,) = (attributes for attributes, _ in page.all("label"))
    assert "hidden" in label
    assert page.table("table-first")[1] == ["1", "first"]
    assert page.table("table-<second>")[1] == ["1", "<second>"]
    assert not any("hidden" in a for a, _ in page.all("div"))
    markdown = to_markdown(chosen)
    assert markdown.index("| 1 | first |") < markdown.index("| 1 | &lt;second&gt; |")


def test_charts_of_a_selection_are_packed_as_all_others(document):
    (figure, *_) = next(c for c in document.chapters if c.key == "equity").figures
    chapter = Chapter("choose", "Choose", blocks=(Selection("choice", "", (("one", figure),)),))
    assert chapter.figures == (figure,)
    page = Page(to_html(replace(document, chapters=(chapter,))))
    assert [a["data-plot"] for a, _ in page.all("script") if "data-plot" in a] == [figure.key]
