"""The streak study and the claims of January 2026 on real prices, through the command line."""

import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import streak

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")

CONFIGS = Path(__file__).parents[2] / "configs"
STUDY = CONFIGS / "streak_study.yaml"
CLAIMS = CONFIGS / "claims" / "great_rotation_2026.yaml"
CONTEXT = ["--set", "data.vix=VIX", "--set", "data.fed_funds=DFF"]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory):
    @cache
    def scan(as_of, basis="price", *options):
        results = tmp_path_factory.mktemp("results")
        fixed = [
            "--data-dir",
            FOLDER,
            "--results",
            results,
            "--json",
            "--set",
            "scan.resamples=100",
        ]
        basis_of = ["--set", f"data.price_basis={basis}", "--as-of", as_of]
        outcome = streak("scan", STUDY, *fixed, *CONTEXT, *basis_of, *options)
        assert outcome.code == 0, outcome.err
        return json.loads(outcome.out)

    return scan


def span(row):
    return f"{row['start']}..{row['end']}"


def test_the_longest_streaks(scanned):
    rows = scanned("2026-08-21")["streaks"]
    assert [(span(row), row["length"]) for row in rows if row["length"] >= 9] == [
        ("2026-01-02..2026-01-22", 14),
        ("2008-05-20..2008-06-06", 13),
        ("2003-05-19..2003-06-02", 10),
        ("2003-11-19..2003-12-02", 9),
        ("2009-09-03..2009-09-16", 9),
        ("2009-12-11..2009-12-23", 9),
        ("2013-09-19..2013-10-01", 9),
    ]
    assert [row["mean_bps"] for row in rows[:3]] == pytest.approx([58.4, 36.8, 37.5], abs=0.05)
    assert rows[0]["satellite_return"] == pytest.approx(0.0960, abs=5e-5)
    assert rows[0]["core_return"] == pytest.approx(0.0104, abs=5e-5)
    assert rows[1]["satellite_return"] == pytest.approx(-0.0007, abs=5e-5)
    assert rows[1]["core_return"] == pytest.approx(-0.0473, abs=5e-5)
    assert [row["character"] for row in rows[:2]] == ["risk-on", "defensive"]
    assert [row["open"] for row in rows[:2]] == [False, False]


def test_the_longest_streaks_with_dividends_differ_in_places(scanned):
    rows = {row["start"]: row for row in scanned("2026-08-21", "total_return")["streaks"]}
    assert rows["2009-12-11"]["mean_bps"] == pytest.approx(49.4, abs=0.05)
    assert rows["2013-09-19"]["mean_bps"] == pytest.approx(29.5, abs=0.05)
    assert rows["2026-01-02"]["length"] == 14


def test_how_rare_the_longest_is(scanned):
    found = scanned("2026-08-21")
    rows = {row["k"]: row for row in found["rarity"] if row["side"] == "outperformance"}
    assert rows[13]["coin_probability"] == pytest.approx(0.3507, abs=5e-5)
    assert rows[14]["coin_probability"] == pytest.approx(0.1951, abs=5e-5)
    assert rows[13]["coin_expected"] == pytest.approx(0.431, abs=5e-4)
    assert (rows[13]["observed"], rows[14]["observed"], rows[15]["observed"]) == (2, 1, 0)
    coins = {row["coin"] for row in found["continuation"]}
    assert min(abs(coin - 0.502956) for coin in coins) < 5e-7
    assert "6,597 sessions with probability 19.5 %" in found["verdicts"]["outperformance"]
    assert "not remarkable" in found["verdicts"]["outperformance"]


def test_what_one_would_have_said_on_the_evening_of_the_article(scanned):
    found = scanned("2026-01-21")
    current = found["current"]
    assert (current["length"], current["open"], span(current)) == (
        *(13, True),
        "2026-01-02..2026-01-21",
    )
    longest = [span(row) for row in found["streaks"] if row["rank_by_length"] == 1]
    assert longest == ["2008-05-20..2008-06-06", "2026-01-02..2026-01-21"]
    assert found["outlook"]["n"] == 1
    assert max(row["end"] for row in found["streaks"]) == "2026-01-21"


def test_regimes_and_anatomy(scanned):
    found = scanned("2026-01-21")
    regimes = {row["start"]: (row["vix_regime"], row["rate_regime"]) for row in found["streaks"]}
    vix, funds = frame("VIX"), frame("DFF", "Value")
    for start, end in (("2008-05-20", "2008-06-06"), ("2026-01-02", "2026-01-21")):
        level = vix[end]
        expected = "calm" if level < 15 else "stressed" if level >= 25 else "normal"
        sessions = frame("IWM").loc[:end].index
        change = funds[: sessions[-2]].iloc[-1] - funds[: sessions[-128]].iloc[-1]
        rate = "higher" if change > 0.1 else "lower" if change < -0.1 else "unchanged"
        assert regimes[start] == (expected, rate)
    assert len(found["anatomy"]) == 13
    core = span_return("SPY", "2025-12-31", "2026-01-21")
    returns = {}
    for row in found["anatomy"]:
        returns[row["symbol"]] = span_return(row["symbol"], "2025-12-31", "2026-01-21")
        assert row["streak_return"] == pytest.approx(returns[row["symbol"]], rel=1e-6)
        assert row["outperformance"] == pytest.approx(returns[row["symbol"]] - core, abs=1e-7)
    assert list(returns.values()) == sorted(returns.values(), reverse=True)


def test_now_on_the_evening_of_the_article():
    options = ["--data-dir", FOLDER, "--as-of", "2026-01-21", "--json"]
    found = json.loads(streak("now", STUDY, *options).out)
    assert (found["session"], found["streak"]["length"]) == ("2026-01-21", 13)
    assert found["rsi"] == pytest.approx(69.58, abs=0.005)
    nearest = found["nearest"][0]
    assert span(nearest) == "2008-05-20..2008-06-06"
    later = frame("IWM").index.get_loc("2008-06-06") + 21
    after = frame("IWM").index[later]
    expected = span_return("IWM", "2008-06-06", after) - span_return("SPY", "2008-06-06", after)
    assert nearest["aftermath"] == pytest.approx(expected, abs=1e-7)
    assert [rule["label"] for rule in found["rules"]] == [
        *("streak", "streak_reversal", "rsi_threshold"),
    ]


@cache
def frame(symbol, column="Close"):
    return pd.read_csv(Path(FOLDER) / f"{symbol}.csv", index_col="Date")[column]


def span_return(symbol, first, last):
    close = frame(symbol)
    return close[last] / close[first] - 1


def percent(value):
    return f"{value:+.2%}".replace("%", " %").replace("-", "−")


@pytest.fixture(scope="module")
def claims():
    outcome = streak("claims", STUDY, CLAIMS, "--data-dir", FOLDER, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)["claims"]


def found_of(claims, words):
    (claim,) = [claim for claim in claims if words in claim["quote"]]
    return claim


@pytest.fixture(scope="module")
def lead():
    both = pd.DataFrame({s: frame(s) for s in ("SPY", "IWM")}).dropna()
    returns = both.pct_change(fill_method=None)
    return (returns["IWM"] - returns["SPY"])[:"2026-01-22"].dropna()


def lengths(lead):
    """Return the length of the streak of outperformance as of each session."""
    won = lead > 0
    return won.groupby((~won).cumsum()).cumsum()


@pytest.mark.parametrize(
    ("words", "verdict", "holds"),
    [
        ("13 consecutive", "supported", lambda n: n["2026-01-21"] == 13),
        ("since June 2008", "supported", lambda n: n["2008-06-09":"2025-12-31"].max() < 13),
        ("matches the record", "supported", lambda n: n[:"2026-01-20"].max() == n["2008-06-06"]),
    ],
)  # fmt: skip
def test_claims_of_length(claims, lead, words, verdict, holds):
    assert holds(lengths(lead))
    assert found_of(claims, words)["verdict"] == verdict


def test_the_claim_of_45_basis_points(claims, lead):
    mean = lead["2026-01-02":"2026-01-21"].mean() * 1e4
    claim = found_of(claims, "45 basis points")
    assert abs(mean - 45) > 5
    assert (claim["verdict"], claim["measured"]) == ("contradicted", f"{mean:.1f} bp a session")


@pytest.mark.parametrize(
    ("words", "symbol", "first", "said", "tolerance", "verdict"),
    [
        ("(+9.11 %)", "IWM", "2026-01-02", 0.0911, 0.0025, "contradicted"),
        ("(+0.51 %)", "SPY", "2026-01-02", 0.0051, 0.0025, "contradicted"),
        ("nearly 15 %", "IWM", "2025-12-31", 0.15, 0.01, "contradicted"),
        ("0.75 % on the day", "IWM", "2026-01-21", 0.0075, 0.0005, "supported"),
    ],
)
def test_claims_of_returns(claims, words, symbol, first, said, tolerance, verdict):
    value = span_return(symbol, first, "2026-01-22")
    assert (abs(value - said) <= tolerance) == (verdict == "supported")
    claim = found_of(claims, words)
    assert (claim["claimed"], claim["measured"]) == (percent(said), percent(value))
    assert claim["verdict"] == verdict


def test_claims_of_levels_and_records(claims):
    close = frame("IWM")[:"2026-01-22"]
    assert round(close.iloc[-1], 2) == 269.79
    assert close.idxmax() == "2026-01-22"
    records = (close > close.cummax().shift())["2026-01-02":].sum()
    assert records == 8
    for words, measured in (
        ("at 269.79", "269.79"),
        ("all-time high", "close 269.79; highest until then 269.79"),
        ("eight record closes", "8"),
    ):
        claim = found_of(claims, words)
        assert (claim["verdict"], claim["measured"]) == ("supported", measured)


def test_the_claim_of_an_overbought_rsi(claims):
    import talib

    rsi = talib.RSI(frame("IWM")[:"2026-01-21"].to_numpy(), 14)[-1]
    assert rsi < 70
    claim = found_of(claims, "overbought by RSI")
    assert (claim["verdict"], claim["measured"]) == ("contradicted", f"RSI(14) = {rsi:.2f}")


def test_claims_of_banks_and_chips(claims):
    over = {
        s: span_return(s, "2025-12-31", "2026-01-21") for s in ("HBAN", "RF", "NVDA", "MSFT", "SPY")
    }
    banks, chips = found_of(claims, "HBAN and RF"), found_of(claims, "NVDA and MSFT")
    assert max(over["HBAN"], over["RF"]) < 0.1
    assert banks["verdict"] == "contradicted"
    assert banks["measured"] == f"HBAN {percent(over['HBAN'])}, RF {percent(over['RF'])}"
    assert max(over["NVDA"], over["MSFT"]) < over["SPY"]
    assert chips["verdict"] == "supported"
    assert chips["measured"] == f"NVDA {percent(over['NVDA'])}, MSFT {percent(over['MSFT'])}"


def test_the_claim_of_fear_and_the_one_of_years(claims):
    assert span_return("IWM", "2008-05-19", "2008-06-06") < 0
    assert span_return("SPY", "2008-05-19", "2008-06-06") < -0.04
    fear = found_of(claims, "driven by fear")
    assert (fear["verdict"], fear["measured"]) == ("supported", "defensive")
    years = found_of(claims, "multi-year bull market")
    assert years["verdict"] == "not testable with this data"
    assert "years after the data" in years["remark"]


def test_strict_ends_in_one_and_no_claim_is_missed(claims):
    verdicts = [claim["verdict"] for claim in claims]
    counts = {verdict: verdicts.count(verdict) for verdict in set(verdicts)}
    assert counts == {"supported": 9, "contradicted": 6, "not testable with this data": 1}
    outcome = streak("claims", STUDY, CLAIMS, "--data-dir", FOLDER, "--strict", "--json")
    assert outcome.code == 1
    assert json.loads(outcome.out)["claims"] == claims


def test_the_highest_close_of_spy_is_that_of_its_own_history(tmp_path):
    """SPY was dearer in March 2000, before IWM was quoted: September 2000 was no record."""
    close = frame("SPY")[:"2000-09-01"]
    assert close.idxmax() < "2000-05-26"
    assert close["2000-05-26":].idxmax() == "2000-09-01"
    path = tmp_path / "claims.yaml"
    path.write_text(
        "claims: [{quote: a record, source: me, kind: all_time_high, asset: SPY, date: 2000-09-01}]"
    )
    outcome = streak("claims", STUDY, path, "--data-dir", FOLDER, "--json")
    (claim,) = json.loads(outcome.out)["claims"]
    assert claim["verdict"] == "contradicted"
    assert np.isclose(float(claim["measured"].split()[-1]), close.max(), atol=0.005)
