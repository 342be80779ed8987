"""The report of a run in a real browser: drawn, silent, sortable, legible, printable."""

import json
from pathlib import Path

import pytest
from page_layout import CUT_OFF, OVERLAPS
from reports import stored_run
from short_studies import SHORT

from engine.pipeline.reporting import write_report
from engine.report.theme import DARK, LIGHT

WIDTHS = (1440, 390)
SCHEMES = {"light": LIGHT, "dark": DARK}


def rgb(colour):
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_draws_in_silence_and_within_its_bounds(visit, page_of_run, artefacts, width, scheme):
    seen = visit(page_of_run, width=width, scheme=scheme)
    seen.page.screenshot(path=artefacts / f"run-{width}-{scheme}.png", full_page=True)
    assert seen.said == []
    assert seen.requests == [page_of_run.as_uri()]
    charts = seen.page.locator(".chart").count()
    assert charts == seen.page.locator(".chart .main-svg:first-of-type").count() >= 6
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(OVERLAPS) == []


def stroke_of_rule(page):
    """Return the colour of the rule's line in the chart of equity."""
    return page.evaluate("""() => {
      const chart = document.getElementById('chart-equity');
      const at = chart.data.findIndex((trace) => trace.name === 'streak');
      const uid = chart._fullData[at].uid;
      return getComputedStyle(chart.querySelector(`.trace${uid} .js-line`)).stroke;
    }""")


def test_colours_follow_the_reader(visit, page_of_run):
    seen = visit(page_of_run, scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert seen.page.evaluate(ground) == rgb(LIGHT["background"])
    assert stroke_of_rule(seen.page) == rgb(LIGHT["rule"])
    seen.page.emulate_media(color_scheme="dark")
    seen.page.wait_for_function(
        "colour => document.getElementById('chart-equity').data.some(t => t.line.color === colour)",
        arg=DARK["rule"],
    )
    assert seen.page.evaluate(ground) == rgb(DARK["background"])
    assert stroke_of_rule(seen.page) == rgb(DARK["rule"])


def test_a_click_on_a_heading_sorts(visit, page_of_run):
    page = visit(page_of_run).page
    cost = page.locator("#rotation-log thead th").last
    values = """[...document.querySelectorAll('#rotation-log tbody tr')]
      .map((row) => +row.lastElementChild.dataset.value)"""
    as_written = page.evaluate(values)
    cost.get_by_role("button").click()
    assert cost.get_attribute("aria-sort") == "descending"
    assert page.evaluate(values) == sorted(as_written, reverse=True)
    cost.get_by_role("button").press("Enter")
    assert cost.get_attribute("aria-sort") == "ascending"
    assert page.evaluate(values) == sorted(as_written)
    page.locator("#rotation-log thead th").first.get_by_role("button").click()
    assert cost.get_attribute("aria-sort") is None
    dates = page.locator("#rotation-log tbody th").all_inner_texts()
    assert dates == sorted(dates, reverse=True)


def test_a_mark_tells_the_trigger_that_fired(visit, page_of_run):
    page = visit(page_of_run).page
    told = page.evaluate("""() => {
      const chart = document.getElementById('chart-relative');
      const at = chart.data.findIndex((trace) => trace.name === 'rotation into SMALL');
      Plotly.Fx.hover(chart, [{curveNumber: at, pointNumber: 0}]);
      return chart.querySelector('.hovertext').textContent;
    }""")
    assert "LARGE → SMALL" in told
    assert "streak >= 3" in told


def test_without_scripts_everything_can_be_read(visit, page_of_run):
    page = visit(page_of_run, scripts=False).page
    assert page.locator("#figures tbody tr").count() > 20
    assert page.locator("#rotation-log tbody tr").count() > 10
    alternative = page.locator("#chart-equity .waiting")
    assert alternative.is_visible()
    assert "Line chart of wealth" in alternative.inner_text()
    page.locator("summary", has_text="Equity, allocation and drawdowns as a table").click()
    assert page.locator("#equity-table").is_visible()


def test_it_prints_on_white_within_the_paper(visit, page_of_run, artefacts):
    page = visit(page_of_run, scheme="dark").page
    assert len(page.pdf(path=artefacts / "run.pdf", format="A4")) > 50_000
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.chart')].every(c => c._fullLayout.width === 680)"
    )
    assert stroke_of_rule(page) == rgb(LIGHT["rule"])
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function("() => document.getElementById('chart-equity')._fullLayout.width > 800")
    assert stroke_of_rule(page) == rgb(DARK["rule"])


def test_the_log_is_saved_as_it_was_stored(visit, page_of_run):
    seen = visit(page_of_run)
    with seen.page.expect_download() as download:
        seen.page.get_by_text("Save as CSV").click()
    assert download.value.suggested_filename == "rotations.csv"
    saved = Path(download.value.path()).read_bytes()
    assert saved == (page_of_run.parent / "rotations.csv").read_bytes()
    assert seen.said == []


def test_contents_lead_to_their_sections(visit, page_of_run):
    page = visit(page_of_run).page
    for link in page.locator("nav a").all():
        link.click()
        target = page.locator(link.get_attribute("href"))
        assert target.is_visible()


def test_words_of_a_study_are_never_executed(visit, tmp_path):
    harm = "</script><script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>"
    text = SHORT.replace("A year of an invented market.", json.dumps(harm))
    seen = visit(write_report(stored_run(tmp_path, text=text)))
    assert seen.page.evaluate("window.harmed") is None
    assert seen.page.locator(".subtitle").inner_text() == harm
    assert seen.said == []
    assert len(seen.requests) == 1


@pytest.mark.parametrize(
    "overrides",
    [["data.start=2001-03-29"], ["rule.entry_streak=60"], ["benchmarks=[]"]],
    ids=["two sessions", "no rotation", "no benchmark"],
)
def test_runs_with_little_to_say_are_drawn_as_well(visit, tmp_path, artefacts, overrides):
    page = write_report(stored_run(tmp_path, *overrides))
    seen = visit(page, width=390, scheme="dark")
    name = overrides[0].replace("=", "-").replace(".", "-").replace("[]", "none")
    seen.page.screenshot(path=artefacts / f"run-{name}.png", full_page=True)
    assert seen.said == []
    assert seen.requests == [page.as_uri()]
    assert seen.page.evaluate(CUT_OFF) == []
