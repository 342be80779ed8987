"""``streak data verify --run``: would today's library give a result again? And whence it came."""

import json
from pathlib import Path

import pytest
from command_line import streak
from library_market import END, STUDY, changed, whole_table

from engine.market.library import Library

BESIDE = STUDY.replace("end:", "others: [KRE], vix: ^VIX, fed_funds: DFF, end:")


@pytest.fixture
def run(folder, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    results = tmp_path / "results"
    assert streak("run", study, "--results", results).code == 0
    return results


def again(results):
    return streak("data", "verify", "--run", "latest", "--results", results)


def test_a_result_names_where_its_prices_came_from(run, folder):
    (path,) = run.glob("*/*/manifest.json")
    sources = json.loads(path.read_bytes())["data"]["sources"]
    for source in sources:
        entry = Library(folder).entry(source["symbol"])
        assert source["source"] == "yahoo"
        assert source["fetched_at"] == entry.fetched_at
        assert source["sha256"] == entry.sha256
        assert source["adjustment"] == entry.adjustment
        assert source["last_session"] == "2020-06-30"
    shown = streak("show", "latest", "--results", run).out
    assert streak("report", "latest", "--results", run).code == 0
    (page,) = path.parent.glob("*.html")
    for text in (shown, page.read_text("utf-8")):
        for source in sources:
            assert f"fetched {source['fetched_at']}" in text
            assert f"total return {source['adjustment']}" in text
            assert source["sha256"] in text


def test_the_same_library_gives_a_run_again(run):
    code, out, _ = again(run)
    assert code == 0
    assert out.splitlines()[-1].endswith(": the library gives the same prices again")


def test_a_library_that_has_grown_gives_it_again_with_an_end(exchange, tmp_path):
    assert streak("data", "fetch", "IWM", "SPY", "--end", "2020-06-30").code == 0
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.replace(", end: 2020-06-30", ""))
    results = tmp_path / "results"
    assert streak("run", study, "--results", results).code == 0
    assert streak("data", "fetch", "IWM", "SPY", *END).code == 0
    code, out, _ = again(results)
    assert code == 0
    assert "gives the same prices again with data.end: 2020-06-30" in out
    assert "it has 128 newer sessions" in out


def test_a_restated_library_does_not(run, exchange):
    exchange.tables["IWM"] = changed(whole_table(1), "dividend", 60, 0.4)
    assert streak("data", "fetch", "IWM", *END, "--accept-restatement").code == 0
    code, out, _ = again(run)
    assert code == 4
    assert "the library gives other prices now" in out
    assert "IWM: then yahoo of " in out
    assert "SPY: then" not in out
    told = streak("data", "verify", "--run", "latest", "--results", run, "--json").out
    assert json.loads(told)["run"]["reproduces"] is False


def test_a_library_without_a_symbol_does_not(run):
    assert streak("data", "rm", "IWM").code == 0
    code, out, _ = again(run)
    assert code == 4
    assert "the library cannot give its prices" in out
    assert "IWM is not in this library" in out


@pytest.mark.parametrize("verb", ["run", "scan"])
def test_the_library_is_the_one_its_study_names(exchange, tmp_path, verb):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.replace("source: library", "source: library, directory: own"))
    assert streak("data", "fetch", study, *END).code == 0
    quick = ("--set", "scan.resamples=100", "--results", tmp_path / "results")
    assert streak(verb, study, *quick).code == 0
    code, out, _ = again(tmp_path / "results")
    assert (code, "IWM: as stored" in out) == (0, True)
    other = ("--library", tmp_path / "lib")
    told = streak("data", "verify", "--run", "latest", "--results", tmp_path / "results", *other)
    assert (told.code, "SPY is not in this library" in told.out) == (4, True)


def test_changed_code_is_mentioned(run, monkeypatch):
    monkeypatch.setattr("engine.pipeline.reproducing.code_hash", lambda: "other")
    code, out, _ = again(run)
    assert code == 0
    assert "Streaklab's code has changed since" in out


def test_simulated_results_have_no_prices_to_give_again(exchange, tmp_path, shared):
    code, _, err = streak("data", "verify", "--run", "latest", "--results", shared.results)
    assert code == 2
    assert "is no result of one study on market prices" in err


# what a study of streaks knows besides


@pytest.fixture
def scanned(exchange, tmp_path):
    """Return the results of a streak study that looks at VIX, rates and another symbol."""
    study = tmp_path / "study.yaml"
    study.write_text(BESIDE)
    assert streak("data", "fetch", study, *END).code == 0
    results = tmp_path / "results"
    code, _, err = streak("scan", study, "--set", "scan.resamples=100", "--results", results)
    assert (code, "Traceback" in err) == (0, False)
    return results


def test_a_scan_names_where_everything_came_from(scanned, folder):
    (path,) = scanned.glob("*/*/manifest.json")
    sources = json.loads(path.read_bytes())["beside"]["sources"]
    assert [source["symbol"] for source in sources] == ["^VIX", "DFF", "KRE"]
    shown = streak("show", "latest", "--results", scanned).out
    report = streak("report", "latest", "--results", scanned).out.strip()
    page = Path(report).read_text("utf-8")
    for source in sources:
        assert f"sha256 {source['sha256']}" in page
        assert f"fetched {source['fetched_at']}" in page
        entry = Library(folder).entry(source["symbol"])
        assert (source["source"], source["sha256"]) == (entry.source, entry.sha256)
        assert source["fetched_at"] == entry.fetched_at
        assert source["last_session"] == "2020-06-30"
        line = [one for one in shown.splitlines() if one.startswith(source["symbol"])][-1]
        assert entry.sha256 in line
        assert f"fetched {entry.fetched_at}" in line
        assert ("total return" in line) == (entry.kind == "prices")


def test_the_same_library_gives_a_scan_again(scanned):
    code, out, _ = again(scanned)
    assert (code, "the library gives the same prices again" in out) == (0, True)


@pytest.mark.parametrize(
    ("symbol", "column"), [("^VIX", "close"), ("DFF", "value"), ("KRE", "close")]
)
def test_what_a_scan_knew_besides_must_be_the_same(scanned, exchange, symbol, column):
    table = exchange.tables[symbol]
    exchange.tables[symbol] = changed(table, column, 100, table[column][100] + 0.01)
    source = "fred" if column == "value" else "yahoo"
    fetched = streak("data", "fetch", f"{source}:{symbol}", *END, "--accept-restatement")
    assert fetched.code == 0
    code, out, _ = again(scanned)
    assert code == 4
    assert "the library gives other prices now" in out
    (reason,) = (line for line in out.splitlines() if line.startswith("  "))
    assert reason.startswith(f"  {symbol}: then {source} of ")


def test_a_scan_of_a_symbol_that_is_gone(scanned):
    assert streak("data", "rm", "KRE").code == 0
    code, out, _ = again(scanned)
    assert (code, "  KRE: then yahoo of " in out) == (4, True)
    assert "; now none" in out
    assert streak("data", "rm", "DFF").code == 0
    assert "DFF is not in this library" in again(scanned)[1]
