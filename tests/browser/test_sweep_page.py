"""The report of a sweep in a real browser: drawn, silent, to be sorted and to choose from."""

import pytest
from page_layout import CUT_OFF, FALSE_COLOURS, OVERLAPS
from reports import stored_sweep
from short_studies import SHORT

from engine.pipeline.reporting import write_report
from engine.report.theme import DARK, LIGHT

WIDTHS = (1440, 390)
SCHEMES = {"light": LIGHT, "dark": DARK}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_draws_in_silence_and_within_its_bounds(visit, page_of_sweep, artefacts, width, scheme):
    seen = visit(page_of_sweep, width=width, scheme=scheme)
    seen.page.screenshot(path=artefacts / f"sweep-{width}-{scheme}.png", full_page=True)
    assert seen.said == []
    assert seen.requests == [page_of_sweep.as_uri()]
    shown = seen.page.locator(".chart:visible")
    assert shown.count() == 9
    assert seen.page.locator(".chart:visible .main-svg:first-of-type").count() == 9
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(OVERLAPS) == []
    assert seen.page.evaluate(FALSE_COLOURS) == []


def test_a_reader_chooses_a_pair_of_axes(visit, page_of_sweep, artefacts):
    page = visit(page_of_sweep, scheme="dark").page
    choice = page.locator("#maps-choice select")
    names = choice.locator("option").all_inner_texts()
    assert len(names) == 3
    for number, name in enumerate(names, start=1):
        choice.select_option(name)
        assert page.locator("#maps-choice .chart:visible").count() == 1
        page.wait_for_selector(f"#chart-map-{number} .heatmaplayer image")
        assert page.locator(f"#figure-map-{number}-title").inner_text() == f"Mean Sharpe, {name}"
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(FALSE_COLOURS) == []
    page.locator("#maps").screenshot(path=artefacts / "sweep-map.png")


def test_a_reader_chooses_an_axis(visit, page_of_sweep):
    page = visit(page_of_sweep, width=390).page
    choice = page.locator("#profiles-choice select")
    choice.select_option("max_holding")
    page.wait_for_selector("#chart-profile-3 .scatterlayer")
    assert page.locator("#chart-profile-1").is_hidden()
    ticks = page.locator("#chart-profile-3 .xtick text").all_text_contents()
    assert ticks == ["null", "2", "5", "10"]
    assert page.evaluate(CUT_OFF) == []


def test_a_reader_chooses_histories_without_an_edge(visit, page_of_sweep):
    page = visit(page_of_sweep, width=390, scheme="dark").page
    page.locator("#searches-choice select").select_option("sign-flips")
    page.wait_for_selector("#chart-winners-sign-flips .barlayer")
    assert page.locator("#chart-winners-bootstrap").is_hidden()
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(FALSE_COLOURS) == []


def test_a_click_on_a_heading_sorts_the_best_sets(visit, page_of_sweep):
    page = visit(page_of_sweep).page
    names = page.locator("#top-sets thead th").all_inner_texts()
    column = next(i for i, name in enumerate(names) if name.startswith("Max drawdown"))
    heading = page.locator("#top-sets thead th").nth(column)
    values = f"""[...document.querySelectorAll('#top-sets tbody tr')]
      .map((row) => +row.cells[{column}].dataset.value)"""
    as_written = page.evaluate(values)
    heading.get_by_role("button").click()
    assert page.evaluate(values) == sorted(as_written, reverse=True)
    heading.get_by_role("button").click()
    assert page.evaluate(values) == sorted(as_written)


def test_a_missing_value_of_an_axis_is_sorted_as_text(visit, page_of_sweep):
    page = visit(page_of_sweep).page
    page.locator("#top-sets thead th", has_text="max_holding").get_by_role("button").click()
    texts = [row.split("\t")[3] for row in page.locator("#top-sets tbody tr").all_inner_texts()]
    assert set(texts) == {"null", "2", "5", "10"}
    assert [text for text in texts if text == "null"] == texts[: texts.count("null")]


def test_a_cell_tells_its_mean_its_ends_and_its_sets(visit, page_of_sweep):
    page = visit(page_of_sweep).page
    chart = page.locator("#chart-map-1")
    chart.scroll_into_view_if_needed()
    box = page.locator("#chart-map-1 .heatmaplayer image").bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    told = chart.locator(".hovertext").text_content()
    for word in ("mean", "best", "worst", "sets"):
        assert word in told


def test_without_scripts_everything_can_be_read(visit, page_of_sweep):
    page = visit(page_of_sweep, scripts=False).page
    assert page.locator("#top-sets tbody tr").count() > 5
    assert page.locator("#maps-choice select").is_hidden()
    for number in (1, 2, 3):
        assert page.locator(f"#chart-map-{number} .waiting").is_visible()
        assert page.locator(f"#map-{number}-table").count() == 1
    assert "Histogram of Sharpe" in page.locator("#chart-spread .waiting").inner_text()


PAPER = 688
"""Width of A4 between its margins, in CSS pixels."""


def test_its_widest_tables_fit_on_paper(visit, page_of_sweep, artefacts):
    page = visit(page_of_sweep, width=PAPER, scheme="dark").page
    assert len(page.pdf(path=artefacts / "sweep.pdf", format="A4")) > 50_000
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "() => document.getElementById('chart-spread')._fullLayout.width === 680"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER


@pytest.mark.parametrize(
    ("axes", "by"),
    [
        ({"rule.entry_streak": [3]}, "sharpe"),
        ({"rule.entry_streak": [60, 61]}, "hit_rate"),
        ({"data.price_basis": ["total_return", "price"]}, "calmar"),
        ({"rule.overbought": {"from": 51, "to": 99, "step": 0.5}}, "rotations"),
    ],
    ids=["one set", "undefined", "texts", "long axis"],
)
def test_sweeps_with_little_to_say_are_drawn_as_well(visit, tmp_path, artefacts, axes, by):
    page = write_report(stored_sweep(tmp_path, axes, by=by))
    seen = visit(page, width=390, scheme="dark")
    name = next(iter(axes)).partition(".")[2]
    seen.page.screenshot(path=artefacts / f"sweep-{name}-{by}.png", full_page=True)
    assert seen.said == []
    assert seen.requests == [page.as_uri()]
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(FALSE_COLOURS) == []


LONG = (
    SHORT.partition("rule:")[0]
    + """\
rule:
  enter: streak >= a_rather_long_name_of_a_parameter_for_entries
  leave: streak <= -exit
  max_holding: 5
  parameters: {a_rather_long_name_of_a_parameter_for_entries: 2, exit: 1}
sweep:
  data.start: [2000-01-03, 2000-06-01, 2000-09-01]
  rule.parameters.a_rather_long_name_of_a_parameter_for_entries: [1, 2, 3]
  rule.parameters.exit: [1, 2]
"""
)


@pytest.mark.parametrize("width", WIDTHS)
def test_long_names_leave_room_for_the_charts(visit, tmp_path, width):
    seen = visit(write_report(stored_sweep(tmp_path, {}, text=LONG)), width=width)
    assert seen.said == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(OVERLAPS) == []
    names = seen.page.locator("#chart-leaders .ytick text").all_text_contents()
    assert "a_rather_long_nam…" in names
