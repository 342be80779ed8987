"""The report of a streak study in a real browser: drawn, silent, to be sorted and chosen from."""

import pytest
from page_layout import CUT_OFF, FALSE_COLOURS, OVERLAPS
from reported import scan_of, stored_scan

from engine.pipeline.reporting import write_report

SECTIONS = ["verdict", "streaks", "rarity", "lasting", "followed", "analogues", "anatomy", "claims"]


@pytest.fixture(scope="module")
def page_of_scan(tmp_path_factory):
    """The page of a study of a random market with other symbols and claims, as a file."""
    return write_report(stored_scan(tmp_path_factory.mktemp("scan")))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_draws_in_silence_and_within_its_bounds(visit, page_of_scan, artefacts, width, scheme):
    seen = visit(page_of_scan, width=width, scheme=scheme)
    seen.page.screenshot(path=artefacts / f"scan-{width}-{scheme}.png", full_page=True)
    assert seen.said == []
    assert seen.requests == [page_of_scan.as_uri()]
    for section in SECTIONS:
        assert seen.page.locator(f"#{section}").is_visible()
    shown = seen.page.locator(".chart:visible").count()
    assert shown == 10
    assert seen.page.locator(".chart:visible .main-svg:first-of-type").count() == shown
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(OVERLAPS) == []
    assert seen.page.evaluate(FALSE_COLOURS) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_a_reader_chooses_what_followed(visit, page_of_scan, width):
    seen = visit(page_of_scan, width=width, scheme="dark")
    choice = seen.page.locator("#event-charts select")
    names = choice.locator("option").all_inner_texts()
    assert len(names) == 12
    for number, name in enumerate(names):
        choice.select_option(name)
        option = seen.page.locator("#event-charts > .option").nth(number)
        option.locator(".main-svg").first.wait_for()
        assert seen.page.locator("#event-charts .chart:visible").count() == 1
        title = option.locator("h3").inner_text()
        assert title == f"{name}, compared with any session"
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(FALSE_COLOURS) == []
    assert seen.said == []


def test_a_reader_chooses_a_line_and_a_kind_by_keyboard(visit, page_of_scan):
    page = visit(page_of_scan).page
    lines = page.locator("#analogue-lines select")
    lines.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#chart-analogues-satellite .scatterlayer")
    assert page.locator("#chart-analogues-relative").is_hidden()
    kinds = page.locator("#streak-tables select")
    kinds.select_option("BIG fell")
    assert page.locator("#streaks-core-down").is_visible()
    assert page.locator("#streaks-outperformance").is_hidden()


def test_a_chart_that_was_hidden_follows_the_scheme_when_it_is_shown(visit, page_of_scan):
    page = visit(page_of_scan, scheme="light").page
    choice = page.locator("#analogue-lines select")
    choice.select_option("BIG")
    stroke = """() => getComputedStyle(
      document.querySelector('#chart-analogues-core .js-line')).stroke"""
    light = page.evaluate(stroke)
    choice.select_option("SMALL")
    page.emulate_media(color_scheme="dark")
    choice.select_option("BIG")
    page.wait_for_function(f"light => ({stroke})() !== light", arg=light)


def test_a_click_on_a_heading_sorts_streaks(visit, page_of_scan):
    page = visit(page_of_scan).page
    column = page.locator("#streaks-outperformance thead th").all_inner_texts()
    at = next(i for i, name in enumerate(column) if name.startswith("bp a session"))
    values = f"""[...document.querySelectorAll('#streaks-outperformance tbody tr')]
      .map((row) => +row.cells[{at}].dataset.value)"""
    as_written = page.evaluate(values)
    heading = page.locator("#streaks-outperformance thead th").nth(at)
    heading.get_by_role("button").click()
    assert page.evaluate(values) == sorted(as_written, reverse=True) != as_written
    heading.get_by_role("button").press("Enter")
    assert page.evaluate(values) == sorted(as_written)


def test_without_scripts_everything_can_be_read(visit, page_of_scan):
    page = visit(page_of_scan, scripts=False).page
    assert page.locator("select:visible").count() == 0
    for table in ("streaks-outperformance", "streaks-core-down", "claims-table", "strongest"):
        assert page.locator(f"#{table}").is_visible()
    assert page.locator(".option:visible").count() == 6 + 12 + 3
    assert (
        "Chart of the mean forward return"
        in page.locator("#chart-events-losing-ended-core .waiting").inner_text()
    )


def test_words_of_claims_are_never_executed(visit, tmp_path):
    page = write_report(stored_scan(tmp_path))
    seen = visit(page)
    assert seen.page.locator("#claims-table tbody th").first.inner_text().startswith("=SMALL(<b>")
    assert seen.said == []


@pytest.mark.parametrize("end", ["2000-01-04", "2000-01-07"])
def test_studies_with_little_to_say_are_drawn_as_well(visit, tmp_path, artefacts, end):
    text = f"name: sim\ndata: {{source: simulated, end: {end}}}\nrule: {{name: streak}}\n"
    page = write_report(scan_of(tmp_path, text))
    seen = visit(page, width=390, scheme="dark")
    seen.page.screenshot(path=artefacts / f"scan-until-{end}.png", full_page=True)
    assert seen.said == []
    assert seen.requests == [page.as_uri()]
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(FALSE_COLOURS) == []


def test_printed_nothing_is_wider_than_the_paper(visit, page_of_scan):
    page = visit(page_of_scan, scheme="dark").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.chart .main-svg:first-of-type')]"
        ".every((svg) => svg.getBoundingClientRect().width <= 680)"
    )
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})
    assert page.locator(".choice:visible").count() == 0
    charts = (
        "[...document.querySelectorAll('.main-svg')].map((e) => e.getBoundingClientRect().right)"
    )
    assert max(page.evaluate(charts)) <= 690
