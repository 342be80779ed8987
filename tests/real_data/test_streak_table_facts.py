"""The streaks of IWM against SPY on real daily data, where a folder of it is given."""

import datetime as dt
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine.errors import UsageError
from engine.evaluation.streak_study.analogues import analogues, milestones
from engine.evaluation.streak_study.anatomy import anatomy
from engine.evaluation.streak_study.table import (
    current_streak,
    longest,
    select,
    streak_table,
)
from engine.market.load import load_panel
from engine.market.others import closes_on, load_others
from engine.market.rates import yearly_rates
from engine.market.sources import read_file
from engine.study.models import FileData

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")

LAST = dt.date(2026, 8, 21)


def section(basis="price", end=LAST):
    return FileData(
        source="csv",
        directory=Path(FOLDER),
        core="SPY",
        satellite="IWM",
        price_basis=basis,
        end=end,
    )


@cache
def study(basis="price", end=LAST):
    panel = load_panel(section(basis, end))
    vix = closes_on(read_file(Path(FOLDER) / "VIX.csv"), panel.sessions)
    rates = yearly_rates(Path(FOLDER) / "DFF.csv", panel.sessions)
    return panel, streak_table(panel, "outperformance", vix=vix, fed_funds=rates)


def span(streak):
    return f"{streak.start}..{streak.end}"


def starting(table, date):
    return next(streak for streak in table if str(streak.start) == date)


def test_the_longest_streaks_on_prices():
    _, table = study()
    found = [
        (
            span(s),
            s.length,
            round(s.mean_bps, 1),
            round(100 * s.satellite_return, 2),
            round(100 * s.core_return, 2),
        )
        for s in select(table, top=3)
    ]
    assert found == [
        ("2026-01-02..2026-01-22", 14, 58.4, 9.60, 1.04),
        ("2008-05-20..2008-06-06", 13, 36.8, -0.07, -4.73),
        ("2003-05-19..2003-06-02", 10, 37.5, 6.52, 2.61),
    ]
    nines = select(table, min_length=9)[3:]
    assert [(span(s), s.length, s.rank_by_length) for s in nines] == [
        ("2003-11-19..2003-12-02", 9, 4),
        ("2009-09-03..2009-09-16", 9, 4),
        ("2009-12-11..2009-12-23", 9, 4),
        ("2013-09-19..2013-10-01", 9, 4),
    ]


@pytest.mark.parametrize(
    ("basis", "start", "bps"),
    [
        ("total_return", "2009-12-11", 49.4),
        ("total_return", "2013-09-19", 29.5),
        ("price", "2009-12-11", 50.8),
        ("price", "2013-09-19", 31.9),
    ],
)
def test_dividends_matter(basis, start, bps):
    assert round(starting(study(basis)[1], start).mean_bps, 1) == bps


@pytest.mark.parametrize("basis", ["price", "total_return"])
def test_what_one_would_have_said_on_21_january_2026(basis):
    _, table = study(basis, dt.date(2026, 1, 21))
    current = current_streak(table)
    assert (current.length, current.open, current.rank_by_length) == (13, True, 1)
    assert [span(s) for s in longest(table)] == [
        "2008-05-20..2008-06-06",
        "2026-01-02..2026-01-21",
    ]
    assert current.sessions_since_as_long == 6438 - 2017
    assert round(current.rsi, 2) == {"price": 69.58, "total_return": 69.94}[basis]


@pytest.mark.parametrize("basis", ["price", "total_return"])
def test_2008_was_defensive_and_2026_risk_on(basis):
    _, table = study(basis)
    fear, rotation = (starting(table, day).character for day in ("2008-05-20", "2026-01-02"))
    assert (fear.tag, fear.rate) == ("defensive", "lower")
    assert (rotation.tag, rotation.rate) == ("risk-on", "lower")
    assert starting(table, "2013-09-19").character.tag == "mixed"


def test_regimes_of_known_times():
    panel, table = study()
    assert len(panel) == 6598
    known = [s for s in table if s.end_index >= 21 + 251]
    assert all(s.character.volatility for s in known)
    assert all(s.character.vix for s in table)
    crash = [s for s in table if "2008-10-01" <= str(s.end) <= "2008-11-30"]
    assert {(s.character.volatility, s.character.vix) for s in crash} == {("stressed", "stressed")}
    quiet = [s for s in table if "2017-07-01" <= str(s.end) <= "2017-07-31"]
    assert {(s.character.volatility, s.character.vix) for s in quiet} == {("calm", "calm")}
    assert {s.character.rate for s in quiet} == {"higher"}
    assert {s.character.rate for s in table if str(s.end)[:4] == "2023"} == {"higher"}


def test_sides_and_ties_make_up_every_session():
    panel, table = study()
    trailed = streak_table(panel, "underperformance")
    won, lost = (sum(s.length for s in side) for side in (table, trailed))
    assert won / 6597 == pytest.approx(0.502956, abs=5e-7)
    # unequal returns only: where one run ends without a tie, one of the other side begins
    assert 0 <= 6597 - won - lost < 15


def test_analogues_of_january_2026():
    panel, table = study("price", dt.date(2026, 1, 21))
    found = analogues(panel, table)
    assert [str(a.streak.start) for a in found] == ["2008-05-20", "2003-05-19", "2003-11-19"]
    (same,) = analogues(panel, table, [dt.date(2008, 6, 6)])
    assert same.streak == found[0].streak
    points = {m.offset: m for m in milestones(same)}
    assert points[13].is_end
    assert points[13].satellite == pytest.approx(1 - 0.0006759497, abs=1e-9)
    assert str(points[252].session) == "2009-05-19"
    with pytest.raises(
        UsageError, match=r"^2008-06-07 is on no streak; .*2008-05-20 to 2008-06-06"
    ):
        analogues(panel, table, [dt.date(2008, 6, 7)])
    with pytest.raises(UsageError, match=r"^2026-01-22 is outside of the data"):
        analogues(panel, table, [dt.date(2026, 1, 22)])


def test_winners_and_losers_of_january_2026():
    panel, table = study()
    symbols = ["HBAN", "RF", "KRE", "NVDA", "MSFT", "NOPE"]
    others = load_others(section(), symbols)
    found = {m.symbol: m for m in anatomy(panel, select(table)[0], others)}
    assert list(found) == ["KRE", "RF", "HBAN", "NVDA", "MSFT", "NOPE"]
    for symbol in symbols[:-1]:
        rows = (Path(FOLDER) / f"{symbol}.csv").read_text().splitlines()
        close = {row[:10]: float(row.split(",")[4]) for row in rows[1:]}
        expected = close["2026-01-22"] / close["2025-12-31"] - 1
        assert found[symbol].streak_return == pytest.approx(expected, rel=1e-12)
    assert found["NVDA"].outperformance < 0 < found["HBAN"].outperformance
    assert found["NOPE"].problem.startswith("no file NOPE.csv")
    early = next(s for s in table if str(s.start) == "2003-05-19")
    (kre,) = anatomy(panel, early, [o for o in others if o.symbol == "KRE"])
    assert kre.problem == "starts on 2006-06-22, after 2003-05-16, the close before"
    assert np.isnan(kre.streak_return)
