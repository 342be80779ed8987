"""The report of a comparison in a real browser: drawn, silent, to be sorted and chosen from."""

import pytest
from page_layout import CUT_OFF, FALSE_COLOURS, OVERLAPS
from reported import stored_comparison

from engine.pipeline.reporting import write_report

MANY = "streak,streak_reversal,rsi_threshold,streak_rsi,relative_momentum,ratio_trend,fixed_mix"


@pytest.fixture(scope="module")
def page_of_comparison(tmp_path_factory):
    """The page of a comparison of seven rules, as a file."""
    return write_report(stored_comparison(tmp_path_factory.mktemp("compare"), rules=MANY))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_draws_in_silence_and_within_its_bounds(
    visit, page_of_comparison, artefacts, width, scheme
):
    seen = visit(page_of_comparison, width=width, scheme=scheme)
    seen.page.screenshot(path=artefacts / f"comparison-{width}-{scheme}.png", full_page=True)
    assert seen.said == []
    assert seen.requests == [page_of_comparison.as_uri()]
    assert seen.page.locator(".chart:visible").count() == 2
    assert seen.page.locator(".chart:visible .main-svg:first-of-type").count() == 2
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(OVERLAPS) == []
    assert seen.page.evaluate(FALSE_COLOURS) == []


def test_a_click_on_a_heading_sorts_the_rules(visit, page_of_comparison):
    """A click sorts, and leads nowhere; the rules' colours go with their rows."""
    page = visit(page_of_comparison).page
    heads = page.locator("#figures thead th").all_inner_texts()
    at = next(i for i, name in enumerate(heads) if name.startswith("Sharpe"))
    values = f"""[...document.querySelectorAll('#figures tbody tr')]
      .map((row) => [row.cells[0].innerText, +row.cells[{at}].dataset.value])"""
    as_written = page.evaluate(values)
    before = page.url
    page.locator("#figures thead th").nth(at).get_by_role("button").click()
    sharpe = sorted((value for _, value in as_written), reverse=True)
    assert [value for _, value in page.evaluate(values)] == sharpe
    assert sorted(page.evaluate(values)) == sorted(as_written)
    assert page.url == before
    page.locator("#figures thead th").first.get_by_role("button").click()
    names = [name for name, _ in page.evaluate(values)]
    assert names == sorted(names, reverse=True)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_reader_chooses_what_rules_are_compared_with(visit, page_of_comparison, width):
    seen = visit(page_of_comparison, width=width)
    page = seen.page
    choice = page.locator("#difference-charts select")
    names = choice.locator("option").all_inner_texts()
    assert names[:2] == ["LARGE held, CAGR", "LARGE held, Sharpe ratio"]
    for number, name in list(enumerate(names))[1:4]:
        choice.select_option(name)
        option = page.locator("#difference-charts > .option").nth(number)
        option.locator(".main-svg").first.wait_for()
        assert page.locator("#difference-charts .chart:visible").count() == 1
        other, figure = name.split(", ")
        assert option.locator("h3").inner_text() == f"{figure} of rules less that of {other}"
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(FALSE_COLOURS) == []
    assert seen.said == []


def test_a_click_on_a_name_hides_the_lines_of_both_panes(visit, page_of_comparison):
    page = visit(page_of_comparison).page
    visible = """() => document.getElementById('chart-overlaid')._fullData
      .filter((trace) => trace.name === 'streak').map((trace) => trace.visible)"""
    assert page.evaluate(visible) == [True, True]
    page.locator("#chart-overlaid .legendtoggle").first.click()
    page.wait_for_function(f"() => ({visible})().every((shown) => shown === 'legendonly')")


def test_without_scripts_everything_can_be_read(visit, page_of_comparison):
    page = visit(page_of_comparison, scripts=False).page
    for table in ("figures", "joint-tests", "pairs", "active-years", "correlations"):
        assert page.locator(f"#{table}").is_visible()
    assert page.locator("#figures tbody tr").count() == 10
    page.locator("summary", has_text="as a table").first.click()
    assert page.locator("#overlaid-table").is_visible()


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        (("--set", "benchmarks=[]"), "streak"),
        (("--set", "data.start=2001-03-29"), "streak,ratio_trend"),
    ],
    ids=["one rule alone", "two sessions"],
)
def test_comparisons_with_little_to_say_are_drawn_as_well(visit, tmp_path, options, rules):
    page = write_report(stored_comparison(tmp_path, *options, rules=rules))
    seen = visit(page, width=390, scheme="dark")
    assert seen.said == []
    assert seen.requests == [page.as_uri()]
    assert seen.page.evaluate(CUT_OFF) == []
