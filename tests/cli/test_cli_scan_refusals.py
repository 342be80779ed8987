"""What ``streak scan`` and ``streak now`` refuse: one message, an exit code, nothing written."""

import numpy as np
import pytest
from command_line import streak
from scanning import CONTEXT, NOTICES, json_of
from streak_markets import cut_files, write_prices, write_random_market, write_rates, write_study


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    days = write_random_market(folder)
    return write_study(folder, **CONTEXT), days


def refused(code, words, *arguments):
    outcome = streak(*arguments)
    assert (outcome.code, outcome.out) == (code, ""), outcome
    said = outcome.err.replace(NOTICES, "")
    assert words in said
    assert "internal error" not in said
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--top", "0"], 2, "Invalid value for '--top': 0 is not in the range x>=1"),
        (["--min-length", "0"], 2, "Invalid value for '--min-length'"),
        (["--kind", "outperform"], 2, "'outperform' is not one of 'outperformance', 'under"),
        (["--as-of", "yesterday"], 2, "Invalid value for '--as-of'"),
        (["--as-of", "1999-01-04"], 4, "fewer than 2 common sessions"),
        (["--as-of", "2019-01-02"], 4, "fewer than 2 common sessions"),
        (["--analogue", "1999-01-04"], 2, "1999-01-04 is outside of the data, 2019-01-02 to"),
        (["--anatomy", "2031-01-04"], 2, "2031-01-04 is outside of the data, 2019-01-02 to"),
        (["--set", "scan.resamples=1"], 3, "scan.resamples: is 1, but must be at least 100"),
        (["--set", "data.vix=VYX"], 4, 'no file VYX.csv or VYX.zip in this folder; did you mean'),
        (["--set", "data.fed_funds=DFG"], 4, 'no file DFG.csv in this folder; did you mean "DFF'),
        (["--set", "data.start=2019-06-03", "--as-of", "2019-06-03"], 4, "as of 2019-06-03"),
        (["--set", "data.start=2019-06-03", "--as-of", "2019-05-01"], 4, "starts on 2019-06-03"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_written(market, tmp_path, options, code, words):
    study, _ = market
    said = refused(code, words, "scan", study, "--results", tmp_path / "r", *options)
    assert code == 2 or len(said.strip().splitlines()) == 1
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("option", ["--analogue", "--anatomy"])
def test_a_date_on_no_streak_is_refused(market, tmp_path, option):
    study, _ = market
    found = json_of(study, tmp_path / "a", "--kind", "underperformance", "--min-length", "1")
    date = found["streaks"][0]["start"]
    words = f"{date} is on no streak; the nearest streak of outperformance is "
    refused(2, words, "scan", study, "--results", tmp_path / "r", option, date)
    assert not (tmp_path / "r").exists()


def test_as_of_before_the_data_is_refused_by_now_too(market):
    study, _ = market
    refused(4, "fewer than 2 common sessions", "now", study, "--as-of", "1999-01-04")


@pytest.fixture
def copy(market, tmp_path):
    study, days = market
    folder = tmp_path / "copy"
    folder.mkdir()
    cut_files(study.parent, folder, days[-1])
    return write_study(folder, **CONTEXT), days


@pytest.mark.parametrize("command", ["scan", "now"])
def test_a_gap_in_the_vix_is_refused(copy, tmp_path, command, monkeypatch):
    study, days = copy
    path = study.parent / "VIX.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:100] + lines[103:]), "utf-8")
    monkeypatch.chdir(tmp_path)
    said = refused(4, "no close for this session, nor for 2 later ones", command, study)
    assert f"VIX.csv:101: {days[99]}" in said
    assert not (tmp_path / "results").exists()


def test_a_vix_that_begins_later_has_no_regime_before(copy, tmp_path):
    study, days = copy
    closes = np.full(220, 30.0)
    write_prices(study.parent, "VIX", days[200:], closes)
    rows = json_of(study, tmp_path / "a", "--min-length", "1")["streaks"]
    for row in rows:
        assert row["vix_regime"] == ("stressed" if row["end"] >= str(days[200]) else None)
    early = json_of(study, tmp_path / "b", "--min-length", "1", "--as-of", days[150])["streaks"]
    assert {row["vix_regime"] for row in early} == {None}


def test_gaps_in_the_rates_are_refused(copy, tmp_path):
    study, days = copy
    rows = [(days[0], 1.0), (days[-1], 2.0)]
    write_rates(study.parent, "DFF", rows)
    said = refused(
        4, "the next rate comes more than 62 days later", "scan", study, "--results", tmp_path / "r"
    )  # fmt: skip
    assert said.startswith("streak: data.fed_funds: ")
    assert f"DFF.csv:2: {days[0]}: " in said
    assert not (tmp_path / "r").exists()
