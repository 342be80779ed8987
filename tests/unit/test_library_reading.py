"""Studies read the library: split-adjusted, as of their end, and series no earlier than known."""

import datetime as dt

import numpy as np
import pytest
from library_market import held, whole_table

from engine.errors import DataError
from engine.evaluation.streak_study.study import streaks_of_all_kinds
from engine.market.calendar import sessions_between
from engine.market.context import fed_funds_rates, vix_closes
from engine.market.corporate_actions import dividend_factors, dividends_of, split_factors
from engine.market.library import Library
from engine.market.library.entry import NO_ADJUSTMENT, RATES
from engine.market.library.table import Table
from engine.market.load import check_data, load_panel
from engine.market.others import load_others
from engine.market.publication import known_rows, last_dates
from engine.pipeline.scanning import context_of
from engine.study.models import LibraryData
from engine.study.scan import ScanSection

DAYS = "datetime64[D]"


def section(folder, **changes):
    return LibraryData(source="library", directory=folder, **changes)


def series(symbol, dates, values):
    table = Table(np.array(dates, dtype=DAYS), {"value": np.array(values, dtype=float)})
    fields = {"kind": "values", "source": "fred", "prices": RATES, "adjustment": NO_ADJUSTMENT}
    return held(symbol, table=table, **fields)


@pytest.fixture
def folder(tmp_path):
    Library(tmp_path).store([held("IWM", 1), held("SPY", 2)], {})
    return tmp_path


def until(day, seed, symbol):
    return held(symbol, table=whole_table(seed).until(np.datetime64(day)))


# factors


def test_factors_of_splits_by_hand():
    ratios = np.array([1.0, 2.0, 1.0, 3.0, 1.0])
    np.testing.assert_array_equal(split_factors(ratios), [6.0, 3.0, 3.0, 1.0, 1.0])


def test_factors_of_dividends_by_hand():
    close, dividends = np.array([10.0, 8.0, 20.0]), np.array([9.0, 1.0, 2.0])
    expected = [(1 - 1 / 10) * (1 - 2 / 8), 1 - 2 / 8, 1.0]
    np.testing.assert_allclose(dividend_factors(close, dividends), expected, rtol=1e-15)
    factors = dividend_factors(close, dividends)
    np.testing.assert_allclose(dividends_of(close, factors), [0.0, 1.0, 2.0], rtol=1e-14)


def test_a_dividend_is_reinvested_at_the_price_before_less_the_dividend():
    """Adjusted return = C₁ / (C₀ − D) − 1."""
    close, dividends = np.array([100.0, 99.0]), np.array([0.0, 2.0])
    adjusted = close * dividend_factors(close, dividends)
    assert adjusted[1] / adjusted[0] == pytest.approx(99 / (100 - 2), rel=1e-15)


@pytest.mark.parametrize("dividend", [-0.1, 100.0, np.nan])
def test_dividends_that_cannot_be(dividend):
    with pytest.raises(DataError, match="a dividend is negative, or as large as the price"):
        dividend_factors(np.array([100.0, 99.0]), np.array([0.0, dividend]))


@pytest.mark.parametrize("ratio", [0.0, -2.0, np.inf, np.nan])
def test_ratios_that_cannot_be(ratio):
    with pytest.raises(DataError, match="a split ratio is not positive"):
        split_factors(np.array([1.0, ratio]))


# prices


def test_a_study_reads_the_library(folder):
    panel = load_panel(section(folder))
    assert panel.symbols == ("SPY", "IWM")
    assert len(panel) == 505
    for bars, seed in ((panel.core, 2), (panel.satellite, 1)):
        table = whole_table(seed)
        expected = table["close"] * dividend_factors(table["close"], table["dividend"])
        np.testing.assert_allclose(bars.close, expected, rtol=1e-15)
    assert check_data(section(folder)) == ()


def test_where_prices_came_from_is_told(folder):
    core, satellite = load_panel(section(folder)).provenance
    entry = Library(folder).read("SPY")[0].entry
    assert core.source == "yahoo"
    assert core.fetched_at == entry.fetched_at
    assert core.sha256 == entry.sha256
    assert core.adjustment == entry.adjustment
    assert (core.last_session, satellite.symbol) == ("2020-12-31", "IWM")


def test_an_end_makes_later_dividends_and_splits_unknown(folder, tmp_path):
    """A study with an end gives the same bytes however far the library has grown."""
    data = section(folder, end=dt.date(2020, 3, 2))
    grown = load_panel(data)
    library = Library(tmp_path / "then")
    library.store([until("2020-03-02", 1, "IWM"), until("2020-03-02", 2, "SPY")], {})
    then = load_panel(section(tmp_path / "then", end=dt.date(2020, 3, 2)))
    assert grown.content_hash == then.content_hash
    assert load_panel(section(folder)).content_hash != then.content_hash


def test_an_asset_without_dividends_is_refused_total_return(folder):
    library = Library(folder)
    library.store([held("RUT", 3, adjustment=NO_ADJUSTMENT)], {})
    with pytest.raises(DataError, match="no adjusted close, so no total return"):
        load_panel(section(folder, satellite="RUT"))
    panel = load_panel(section(folder, satellite="RUT", price_basis="price"))
    np.testing.assert_array_equal(panel.satellite.close, whole_table(3)["close"])


def test_any_pair_in_any_case(folder):
    Library(folder).store([held("^GSPC", 4), held("^RUT", 5)], {})
    assert load_panel(section(folder, core="^gspc", satellite="^RUT")).symbols == ("^gspc", "^RUT")


def test_a_series_of_values_is_no_asset(folder):
    Library(folder).store([series("DFF", ["2020-01-02"], [1.5])], {})
    with pytest.raises(DataError, match="holds values of fred, not prices"):
        load_panel(section(folder, satellite="DFF"))


def test_a_damaged_symbol_stops_a_study(folder):
    path = folder / "IWM.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"IWM.parquet: is not what was stored"):
        load_panel(section(folder))


def test_others_of_the_library(folder):
    Library(folder).store([held("KRE", 6)], {})
    found = load_others(section(folder, end=dt.date(2020, 3, 2)), ("KRE", "XXX"))
    assert str(found[0].sessions[-1]) == "2020-03-02"
    assert "XXX is not in this library" in found[1].problem


# series


SESSIONS = sessions_between(np.datetime64("2020-01-02"), np.datetime64("2020-03-31"))


def known(dates, lag):
    rows = known_rows(np.array(dates, dtype=DAYS), SESSIONS, lag)
    return {str(s): (dates[r] if r >= 0 else None) for s, r in zip(SESSIONS, rows, strict=True)}


def test_a_daily_value_is_known_a_session_later():
    found = known(["2020-01-02", "2020-01-03", "2020-01-04", "2020-01-06"], 1)
    assert found["2020-01-02"] is None
    assert found["2020-01-03"] == "2020-01-02"
    assert found["2020-01-06"] == "2020-01-03"  # Saturday's is not: Monday looks at Friday
    assert found["2020-01-07"] == "2020-01-06"


def test_without_a_lag_the_same_days_value_is_known():
    assert known(["2020-01-02", "2020-01-03"], 0)["2020-01-03"] == "2020-01-03"


def test_a_monthly_mean_is_not_known_before_the_month_is_over():
    """FRED dates January's mean 2020-01-01: to take it then would be to see the future."""
    months = ["2019-12-01", "2020-01-01", "2020-02-01"]
    found = known(months, 1)
    assert found["2020-01-02"] is None  # the session before is not among those given: be cautious
    assert found["2020-01-31"] == "2019-12-01"
    assert found["2020-02-03"] == "2020-01-01"  # 31 January was the session before
    assert found["2020-02-28"] == "2020-01-01"
    assert found["2020-03-02"] == "2020-01-01"  # 29 February comes after 28, the session before
    assert found["2020-03-03"] == "2020-02-01"


@pytest.mark.parametrize(
    ("dates", "last"),
    [
        (["2020-01-01", "2020-04-01"], ["2020-03-31", "2020-06-30"]),
        (["2019-01-01", "2020-01-01"], ["2019-12-31", "2020-12-31"]),
        (["2020-01-01", "2020-02-01"], ["2020-01-31", "2020-02-29"]),
        (["2020-01-03", "2020-01-10"], ["2020-01-03", "2020-01-10"]),
        (["2020-01-01"], ["2020-12-31"]),  # one value alone may be of the longest period
        (["2020-07-01"], ["2020-09-30"]),
        (["2020-06-01"], ["2020-06-30"]),
        (["2020-06-02"], ["2020-06-02"]),
        ([], []),
    ],
)
def test_the_last_date_a_value_is_about(dates, last):
    assert last_dates(np.array(dates, dtype=DAYS)).astype(str).tolist() == last


@pytest.mark.parametrize("lag", [0, 1, 5])
def test_no_value_is_known_before_it_could_be(lag):
    """Replacing all that is dated after a session changes nothing that was known at it."""
    rng = np.random.default_rng(1)
    dates = np.array(["2019-12-20"], DAYS) + np.sort(rng.choice(100, 60, replace=False))
    rows = known_rows(dates, SESSIONS, lag)
    for t in range(lag, len(SESSIONS)):
        assert np.all(dates[: rows[t] + 1] <= SESSIONS[t - lag])
        assert rows[t] + 1 == len(dates) or dates[rows[t] + 1] > SESSIONS[t - lag]


def test_vix_from_fred_is_that_of_the_session_before(folder):
    Library(folder).store([series("VIXCLS", SESSIONS[5:], np.arange(len(SESSIONS) - 5) + 10)], {})
    found = vix_closes(section(folder, vix="VIXCLS"), SESSIONS).values
    assert np.isnan(found[:6]).all()
    np.testing.assert_array_equal(found[6:], np.arange(len(SESSIONS) - 6) + 10.0)
    same_day = vix_closes(section(folder, vix="VIXCLS", publication_lag=0), SESSIONS).values
    np.testing.assert_array_equal(same_day[5:], np.arange(len(SESSIONS) - 5) + 10.0)


def test_vix_from_yahoo_is_that_of_the_session(folder):
    Library(folder).store([held("^VIX", 7)], {})
    found = vix_closes(section(folder, vix="^VIX"), whole_table(7).dates).values
    np.testing.assert_array_equal(found, whole_table(7)["close"])


def test_rates_from_fred_are_fractions(folder):
    Library(folder).store([series("DFF", SESSIONS, np.full(len(SESSIONS), 1.55))], {})
    found = fed_funds_rates(section(folder, fed_funds="DFF"), SESSIONS).values
    np.testing.assert_allclose(found, 0.0155)


@pytest.mark.parametrize("cut", [150, 230, 300])
@pytest.mark.parametrize("monthly", [False, True])
def test_no_tag_of_a_streak_knows_values_of_later_dates(folder, cut, monthly):
    """Values dated from a session on, or of months that end there, change no earlier tag."""
    panel = load_panel(section(folder))
    rng = np.random.default_rng(5)
    days = np.arange(panel.sessions[0], panel.sessions[-1], dtype=DAYS)
    months = np.unique(days.astype("datetime64[M]")).astype(DAYS)
    dates = months if monthly else days
    following = (months.astype("datetime64[M]") + np.timedelta64(1, "M")).astype(DAYS)
    ends = following - np.timedelta64(1, "D") if monthly else days
    vix, rates = rng.uniform(10, 30, len(days)), np.cumsum(rng.normal(0, 0.3, len(dates)))

    def tags(vix, rates):
        Library(folder).store(
            [series("VIXCLS", days, vix), series("DFF", dates, rates)],
            {symbol: hash_of(folder, symbol) for symbol in ("VIXCLS", "DFF")},
        )
        context = context_of(section(folder, vix="VIXCLS", fed_funds="DFF"), panel)
        found = streaks_of_all_kinds(panel, ScanSection(), context)
        every = [streak for kind in found.values() for streak in kind]
        rows = {(s.kind, s.end_index): s.as_row() for s in every if s.end_index <= cut}
        return {key: (row["vix_regime"], row["rate_regime"]) for key, row in rows.items()}

    now = tags(vix, rates)
    later = panel.sessions[cut]
    for poison in (-50.0, 50.0):
        seen_later = np.where(ends >= later, poison, rates)
        assert tags(np.where(days >= later, 20 + poison / 3, vix), seen_later) == now
    assert all(len(set(labels)) > 1 for labels in zip(*now.values(), strict=True))
    known = tags(np.where(days >= later - 40, 99.0, vix), np.where(ends >= later - 90, 50, rates))
    assert now != known


def hash_of(folder, symbol):
    library = Library(folder)
    return library.entry(symbol).sha256 if symbol in library.symbols() else None


def test_values_that_ended_long_ago_are_refused(folder):
    Library(folder).store([series("DFF", ["2020-01-02", "2020-01-03"], [1.5, 1.5])], {})
    with pytest.raises(DataError, match=r"value of DFF of 2020-01-03 is too old for 2020-03-06"):
        fed_funds_rates(section(folder, fed_funds="DFF"), SESSIONS)


def test_prices_are_no_rates(folder):
    with pytest.raises(DataError, match="IWM holds prices, not rates in percent"):
        fed_funds_rates(section(folder, fed_funds="IWM"), SESSIONS)


def test_a_study_that_names_none_has_none(folder):
    assert vix_closes(section(folder), SESSIONS) is None
    assert fed_funds_rates(section(folder), SESSIONS) is None
