"""The gate on one asset: each finding by its code, line, date and words."""

import numpy as np
import pytest
from market_files import arrays, codes, keep, quotes, text_of

from engine.market.load import check_file
from engine.market.quality import TITLES, check_quotes, errors_of, summarise

DATES = arrays()["Date"].astype(str).tolist()


def only(findings):
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]


def test_clean_quotes_have_no_findings():
    assert check_quotes(quotes()) == ()


# --- errors -------------------------------------------------------------------------------------


def test_a_duplicate_date():
    found = check_quotes(keep(quotes(), [0, 1, 2, 2, 3]))
    finding = only(found)
    assert (finding.severity, *codes(found)[0]) == ("error", "duplicate", 5, DATES[2])
    assert str(finding) == f"SPY.csv:5: {DATES[2]}: also in line 4 [error: duplicate]"


def test_a_duplicate_far_away_is_both_unsorted_and_duplicate():
    found = check_quotes(keep(quotes(), [0, 1, 2, 3, 1]))
    assert codes(found) == [("unsorted", 6, DATES[1]), ("duplicate", 6, DATES[1])]
    assert found[1].fault.message == "also in line 3"


def test_an_unsorted_row():
    found = check_quotes(keep(quotes(), [0, 2, 1, 3, 4]))
    assert codes(found) == [("unsorted", 4, DATES[1])]
    assert found[0].fault.message == f"comes after {DATES[2]}"


def test_a_file_from_new_to_old_is_one_finding():
    found = check_quotes(keep(quotes(), list(range(29, -1, -1))))
    assert codes(found) == [("unsorted", 3, DATES[28])]
    assert "from the newest to the oldest" in found[0].fault.message


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("open", "Open"),
        ("high", "High"),
        ("low", "Low"),
        ("close", "Close"),
        ("adjusted_close", "Adj Close"),
    ],
)
@pytest.mark.parametrize("value", [0.0, -1.5, np.nan, np.inf])
def test_a_price_that_cannot_be(field, title, value):
    found = check_quotes(quotes(**{field: {4: value}}))
    finding = only(found)
    assert (finding.severity, *codes(found)[0]) == ("error", "price", 6, DATES[4])
    assert finding.fault.message == f"{title} is {value:g}; it must be positive"


def bar_changed(**prices):
    base = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.5} | prices
    return quotes(**{name: {4: value} for name, value in base.items()})


@pytest.mark.parametrize(
    ("prices", "message"),
    [
        ({"high": 100.2}, "High 100.2 is below open or close, 100.5"),
        ({"high": 100.49}, "High 100.49 is below open or close, 100.5"),
        ({"open": 102.0}, "High 101.0 is below open or close, 102.0"),
        ({"low": 100.1}, "Low 100.1 is above open or close, 100.0"),
        ({"close": 98.0}, "Low 99.0 is above open or close, 98.0"),
        ({"high": 98.0}, "High 98.0 is below Low 99.0"),
    ],
)
def test_a_bar_that_contradicts_itself(prices, message):
    found = check_quotes(bar_changed(**prices))
    assert codes(found) == [("bar", 6, DATES[4])]
    assert found[0].severity == "error"
    assert found[0].fault.message == message


@pytest.mark.parametrize("relative", [6e-8, 5e-7])
def test_a_bar_off_by_rounding_passes(relative):
    assert check_quotes(bar_changed(high=100.5 * (1 - relative))) == ()
    assert check_quotes(bar_changed(low=100.0 * (1 + relative))) == ()


def test_a_bar_off_by_more_than_rounding_does_not_pass():
    assert codes(check_quotes(bar_changed(high=100.5 * (1 - 3e-6)))) == [("bar", 6, DATES[4])]


def with_date(date):
    dates = arrays()["Date"].copy()
    dates[2] = date  # 2020-01-06 was a Monday
    return quotes(sessions=dates)


@pytest.mark.parametrize(
    ("date", "weekday"),
    [("2020-01-04", "Saturday"), ("2020-01-05", "Sunday")],
)
def test_a_date_without_a_session(date, weekday):
    found = check_quotes(with_date(date))
    assert codes(found) == [("closed", 4, date)]
    assert found[0].severity == "error"
    assert found[0].fault.message == f"XNYS was closed on this {weekday}"


def test_a_holiday_is_no_session():
    dates = arrays(5, first="2025-01-07")["Date"].copy()
    dates[2] = "2025-01-09"  # national day of mourning
    found = check_quotes(quotes(columns=arrays(5), sessions=dates))
    assert codes(found) == [("closed", 4, "2025-01-09")]
    assert found[0].fault.message == "XNYS was closed on this Thursday"


def test_without_a_calendar_any_date_will_do():
    assert check_quotes(with_date("2020-01-05"), calendar="none") == ()


def test_a_date_the_calendar_does_not_reach():
    dates = arrays()["Date"].copy()
    dates[0] = "1959-12-31"
    found = check_quotes(quotes(sessions=dates))
    assert codes(found) == [("closed", 2, "1959-12-31")]
    assert "covers 1960-01-01 to 2049-12-31; set calendar: none" in found[0].fault.message


def test_total_return_without_adjusted_close():
    finding = only(check_quotes(quotes(adjusted_close=None)))
    assert (finding.severity, finding.code) == ("error", "no-adjusted-close")
    assert str(finding.fault) == (
        "SPY.csv: no adjusted close, so no total return; set price_basis: price"
    )
    assert check_quotes(quotes(adjusted_close=None), price_basis="price") == ()


def test_a_negative_volume_is_an_error():
    finding = only(check_quotes(quotes(volume={3: -5.0})))
    assert (finding.severity, finding.code) == ("error", "volume")


# --- warnings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "said"), [(0.0, "Volume is 0"), (np.nan, "Volume is nan")])
def test_no_volume_is_a_warning(value, said):
    found = check_quotes(quotes(volume={3: value}))
    assert codes(found, "warning") == [("volume", 5, DATES[3])]
    assert found[0].fault.message == said


def test_a_source_without_volume_has_no_finding():
    assert check_quotes(quotes(volume=None)) == ()


def jumping(ratio):
    columns = arrays()
    for name in ("Open", "High", "Low", "Close", "Adj Close"):
        columns[name] = np.full(30, 100.0) + 0.01 * np.arange(30)
        columns[name][10:] = ratio * columns[name][9] + 0.01 * np.arange(20)
    return quotes(columns=columns)


@pytest.mark.parametrize("ratio", [1.2501, 0.7499, 4.0])
def test_a_large_return_is_a_warning(ratio):
    found = check_quotes(jumping(ratio))
    assert codes(found, "warning") == [("large-return", 12, DATES[10])]
    assert found[0].fault.message.endswith(f"{ratio - 1:+.1%}")


@pytest.mark.parametrize("ratio", [1.2499, 0.7501])
def test_a_return_just_below_is_none(ratio):
    assert check_quotes(jumping(ratio)) == ()


def stale(n):
    close = arrays()["Close"].copy()
    close[7 : 7 + n] = close[7]
    return quotes(close=close, open=close, high=close, low=close)


def test_five_equal_closes_are_stale():
    found = check_quotes(stale(5))
    assert codes(found, "warning") == [("stale", 9, DATES[7])]
    close = arrays()["Close"][7]
    assert found[0].fault.message == f"Close stays {close:g} for 5 sessions"


def test_four_equal_closes_are_not():
    assert check_quotes(stale(4)) == ()


def test_stale_to_the_last_row():
    found = check_quotes(stale(23))
    assert codes(found, "warning") == [("stale", 9, DATES[7])]
    assert found[0].fault.message.endswith("for 23 sessions")


def test_rows_out_of_order_are_not_compared_with_each_other():
    """What follows what is not known then: neither returns nor stale prices mean a thing."""
    found = check_quotes(keep(jumping(2.0), [0, 10, 1, 2]))
    assert codes(found) == [("unsorted", 4, DATES[1])]


def year(n, **changes):
    columns = arrays(n)
    columns["Adj Close"] = columns["Close"]
    return quotes(columns=columns, **changes)


def test_an_adjusted_close_that_never_differs_is_a_warning():
    found = check_quotes(year(255))
    assert codes(found, "warning") == [("dividends", 2, DATES[0])]
    assert check_quotes(year(255), price_basis="price") == ()


def test_it_is_none_within_a_year_or_where_it_differs_once():
    assert check_quotes(year(250)) == ()
    assert check_quotes(year(255, adjusted_close={0: 50.0})) == ()


# --- what is done with findings -----------------------------------------------------------------


def test_all_errors_come_in_the_order_of_the_lines():
    found = check_quotes(quotes(close={9: -1.0}, high={4: np.nan}, volume={1: 0.0}))
    faults = errors_of(found)
    assert [fault.line for fault in faults] == [6, 11]


def test_warnings_are_counted_and_shown_in_part():
    volume = np.where(np.arange(30) < 5, 0.0, 1.0)
    found = check_quotes(quotes(volume=volume, origin="/home/me/prices/SPY.csv"))
    assert len(found) == 5
    assert summarise(found) == (
        f"SPY.csv: no volume (5): line 2, {DATES[0]} Volume is 0; line 3, {DATES[1]} Volume is 0; "
        f"line 4, {DATES[2]} Volume is 0; and 2 more",
    )


def test_every_code_has_a_title():
    shuffled = keep(quotes(volume={2: 0.0}, close={5: -1.0}, high={6: 1.0}), [0, 2, 1, 1, 5, 6])
    found = check_quotes(shuffled)
    assert {finding.code for finding in found} <= set(TITLES)
    assert len(found) >= 5


def test_check_file_finds_lines_behind_blank_ones(tmp_path):
    columns = arrays()
    columns["High"][3] = columns["Close"][3] - 3
    lines = text_of(columns).splitlines()
    path = tmp_path / "SPY.csv"
    path.write_text("\n".join([*lines[:2], "", "", *lines[2:]]))
    _, found = check_file(path)
    assert codes(found) == [("bar", 7, DATES[3])]
