"""``streak data``: fetch, update, ls, show, verify, rm and import, as a user meets them."""

import io
import json
import re

import numpy as np
import pytest
from command_line import streak
from library_market import END, STUDY, changed, contents, whole_table
from market_files import arrays, write

from engine.errors import ProviderError
from engine.market.library import Library
from engine.market.library.table import Table


def test_fetch_says_what_it_does_and_what_came_of_it(exchange, tmp_path):
    code, out, err = streak("data", "fetch", "IWM", "SPY", *END)
    assert (code, err) == (0, "IWM: fetching from yahoo\nSPY: fetching from yahoo\n")
    head, iwm, spy, blank, path = out.splitlines()
    titles = ["SYMBOL", "SOURCE", "FIRST", "LAST", "ROWS", "ADDED", "WARNINGS", "STATUS"]
    assert head.split() == titles
    assert iwm.split() == ["IWM", "yahoo", "2019-01-02", "2020-12-31", "505", "505", "0", "new"]
    assert spy.split()[0] == "SPY"
    assert (blank, path) == ("", str(tmp_path / "lib"))
    assert streak("data", "fetch", "IWM", *END, "--quiet").err == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_a_bar_per_symbol(exchange, monkeypatch):
    """On stderr, so that what is printed can be piped."""
    monkeypatch.setattr(io, "StringIO", Terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = streak("data", "fetch", "IWM", "SPY", *END)
    assert (code, "━" in out) == (0, False)
    last = [line for line in err.replace("\r", "\n").splitlines() if "━" in line][-2:]
    for symbol, line in zip(("IWM", "SPY"), last, strict=True):
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line)
        assert re.fullmatch(rf"{symbol} +━{{20}} 0:00:0\d fetching from yahoo *", text)
    assert streak("data", "fetch", "IWM", *END, "--quiet").err == ""


def index_levels(seed):
    """Return bars as Yahoo has them of an index: no volume, nothing paid, repeated opens."""
    table = whole_table(seed)
    nothing = np.zeros(len(table))
    opening = np.append(table["open"][:1], table["close"][:-1])
    high, low = np.maximum(table["high"], opening), np.minimum(table["low"], opening)
    changes = {"open": opening, "high": high, "low": low, "volume": nothing, "dividend": nothing}
    return Table(table.dates, {**table.columns, **changes})


@pytest.mark.parametrize("pair", [("SPY", "MDY"), ("EEM", "QQQ"), ("^GSPC", "^RUT")])
def test_any_pair_from_one_line_to_a_report(exchange, tmp_path, pair):
    make = index_levels if pair[0].startswith("^") else whole_table
    exchange.tables = {symbol: make(seed) for seed, symbol in enumerate(pair)}
    study = tmp_path / "study.yaml"
    core, satellite = pair
    study.write_text(STUDY.replace("SPY", f'"{core}"').replace("IWM", f'"{satellite}"'))
    told = streak("data", "fetch", study, *END)
    assert told.code == 0
    is_index = core.startswith("^")
    assert ("opens look synthetic" in told.out) == is_index
    assert ("next_open fills are not realistic there" in told.out) == is_index
    for basis in ("total_return", "price"):
        where = ("--results", tmp_path / basis, "--set", f"data.price_basis={basis}", "--report")
        code, out, _ = streak("run", study, *where)
        assert code == 0
        assert ("opens look synthetic" in out) == is_index
        (page,) = (tmp_path / basis).glob("*/*/report.html")
        assert ("next_open fills are not realistic" in page.read_text("utf-8")) == is_index


def test_fetch_as_json(exchange, tmp_path):
    told = json.loads(streak("data", "fetch", "IWM", *END, "--json").out)
    (iwm,) = told["symbols"]
    assert told["library"] == str(tmp_path / "lib")
    assert (iwm["status"], iwm["added"], iwm["warnings"]) == ("new", 505, [])
    assert iwm["sha256"] == Library(tmp_path / "lib").read("IWM")[0].entry.sha256


def test_the_library_can_be_named_by_option(exchange, tmp_path):
    assert streak("data", "fetch", "IWM", *END, "--library", tmp_path / "other").code == 0
    assert Library(tmp_path / "other").symbols() == ("IWM",)
    assert not (tmp_path / "lib").exists()


def test_providers_can_be_named_per_symbol(exchange, tmp_path):
    assert streak("data", "fetch", "IWM", "fred:DFF", *END).code == 0
    assert Library(tmp_path / "lib").entry("DFF").source == "fred"
    assert Library(tmp_path / "lib").entry("IWM").source == "yahoo"


def test_a_study_stands_for_its_symbols(exchange, tmp_path):
    study = tmp_path / "study.yaml"
    beside = "others: [KRE], vix: ^VIX, fed_funds: DFF, end: 2020-06-30}"
    study.write_text(STUDY.replace("end: 2020-06-30}", beside))
    assert streak("data", "fetch", study, *END).code == 0
    library = Library(tmp_path / "lib")
    sources = {symbol: library.entry(symbol).source for symbol in library.symbols()}
    expected = dict.fromkeys(("IWM", "SPY", "KRE", "^VIX"), "yahoo") | {"DFF": "fred"}
    assert sources == expected
    assert streak("run", study, "--results", tmp_path / "results").code == 0


def test_a_study_with_a_library_of_its_own_is_fetched_into_it(exchange, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(STUDY.replace("source: library", "source: library, directory: own"))
    assert streak("data", "fetch", study, *END).code == 0
    assert Library(tmp_path / "own").symbols() == ("IWM", "SPY")
    assert streak("run", study, "--results", tmp_path / "results").code == 0


def test_studies_of_different_libraries_are_not_fetched_into_one(exchange, tmp_path):
    one, other = (tmp_path / name for name in ("one.yaml", "other.yaml"))
    one.write_text(STUDY)
    other.write_text(STUDY.replace("source: library", "source: library, directory: own"))
    code, _, err = streak("data", "fetch", one, other, *END)
    assert (code, f"different libraries: {tmp_path / 'own'}, the default" in err) == (2, True)
    assert streak("data", "fetch", one, other, *END, "--library", tmp_path / "lib").code == 0


def test_a_span_can_be_asked_for(exchange, tmp_path):
    span = ("--start", "2019-07-01", "--end", "2019-12-31")
    assert streak("data", "fetch", "IWM", *span).code == 0
    entry = Library(tmp_path / "lib").entry("IWM")
    assert (entry.first, entry.last) == ("2019-07-01", "2019-12-31")
    asked = {"symbol": "IWM", "start": "2019-07-01", "end": "2019-12-31"}
    assert entry.request == asked


def test_the_summary_counts_warnings_and_tells_them(exchange):
    volume = whole_table(1)["volume"].copy()
    volume[[7, 8]] = 0.0
    columns = {**whole_table(1).columns, "volume": volume}
    exchange.tables["IWM"] = Table(whole_table(1).dates, columns)
    out = streak("data", "fetch", "IWM", "SPY", *END).out
    assert [line.split()[6] for line in out.splitlines()[1:3]] == ["1", "0"]
    assert "IWM: no volume (2): 2019-01-11 Volume is 0" in out


def test_a_study_that_reads_something_else_has_nothing_to_fetch(exchange):
    code, _, err = streak("data", "fetch", "configs/demo.yaml")
    assert (code, "reads the source simulated, not the library" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["fetch"], 2, "Missing argument 'SYMBOL"),
        (["fetch", "a b"], 2, '"a b" is no symbol'),
        (["fetch", ":DFF"], 2, "names no provider before its colon"),
        (["fetch", "IWM", "--source", "yahu"], 2, 'no provider "yahu"'),
        (["fetch", "IWM", "--attempts", "0"], 2, "--attempts"),
        (["fetch", "IWM", "--timeout", "0"], 2, "--timeout"),
        (["fetch", "IWM", "--timeout", "nan"], 2, "--timeout"),
        (["update", "--timeout", "inf"], 2, "--timeout"),
        (["fetch", "IWM", "fred:IWM"], 2, "IWM is asked of yahoo and fred"),
        (
            ["fetch", "IWM", "--start", "2020-02-03", "--end", "2020-01-31"],
            2,
            "the end, 2020-01-31, is before the start, 2020-02-03",
        ),
        (["fetch", "IWM", "--start", "yesterday"], 2, "--start"),
        (["fetch", "absent.yaml"], 3, "absent.yaml: there is no such file"),
        (["fetch", "XXX"], 4, "XXX: possibly delisted"),
        (["update"], 4, "there is nothing fetched to update"),
        (["update", "IWM"], 4, "IWM is not in this library; streak data fetch IWM"),
        (["show", "IWM"], 4, "IWM is not in this library"),
        (["rm", "IWM"], 4, "IWM is not in this library"),
        (["verify"], 4, "there are no symbols to verify"),
        (["import"], 2, "Missing argument 'FILE"),
        (["import", "absent.csv"], 2, "does not exist"),
    ],
)
def test_refusals(exchange, tmp_path, arguments, code, message):
    ended = streak("data", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "lib").exists()


def test_without_a_network_there_is_one_message(folder, exchange):
    before = contents(folder)
    exchange.errors = [ProviderError("Yahoo: no connection: x", transient=True)]
    code, out, err = streak("data", "update", "--quiet", "--attempts", "1")
    assert (code, out, err) == (4, "", "streak: Yahoo: no connection: x\n")
    assert contents(folder) == before


def test_after_a_fetch_nothing_asks_anybody(folder, exchange, tmp_path):
    exchange.asked.clear()
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    assert streak("run", study, "--results", tmp_path / "results").code == 0
    assert streak("data", "check", study).code == 0
    assert streak("data", "verify").code == 0
    assert exchange.asked == []


def test_an_interrupt_leaves_the_library_as_it_was(folder, exchange):
    before = contents(folder)
    exchange.errors = [None, KeyboardInterrupt()]
    assert streak("data", "fetch", "IWM", "SPY", *END).code == 130
    assert contents(folder) == before


def test_a_restatement_is_shown_and_taken_on_request(folder, exchange):
    exchange.tables["IWM"] = changed(whole_table(1), "dividend", 60, 0.4)
    code, out, err = streak("data", "fetch", "IWM", *END, "--quiet")
    assert (code, out) == (4, "")
    assert "2019-03-29 Dividend 0.5 → 0.4" in err
    code, out, _ = streak("data", "fetch", "IWM", *END, "--accept-restatement")
    assert code == 0
    assert "IWM: restated: 2019-03-29 Dividend 0.5 → 0.4" in out
    told = json.loads(streak("data", "ls", "--json").out)
    assert [one["symbol"] for one in told["symbols"]] == ["IWM", "SPY"]


def test_ls_show_and_rm(folder):
    _, iwm, _ = streak("data", "ls").out.splitlines()
    assert iwm.split()[:5] == ["IWM", "yahoo", "2019-01-02", "2020-12-31", "505"]
    shown = streak("data", "show", "iwm").out
    entry = Library(folder).entry("IWM")
    for text in (entry.sha256, entry.fetched_at, entry.adjustment, "8 dividends, 0 splits"):
        assert text in shown
    assert shown.splitlines()[-1].startswith("2020-12-31")
    assert json.loads(streak("data", "show", "IWM", "--json").out)["sha256"] == entry.sha256
    assert streak("data", "rm", "IWM").out == "removed IWM\n"
    assert Library(folder).symbols() == ("SPY",)


def test_an_empty_library_is_said(exchange):
    code, out, err = streak("data", "ls")
    assert (code, out) == (0, "")
    assert "start with: streak data fetch IWM SPY" in err
    assert json.loads(streak("data", "ls", "--json").out)["symbols"] == []


def test_damage_is_listed_verified_and_repaired(folder):
    path = folder / "IWM.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    assert "IWM     damaged" in streak("data", "ls").out
    code, out, _ = streak("data", "verify")
    assert code == 4
    assert out.splitlines()[1] == "SPY: as stored"
    assert "IWM.parquet: is not what was stored: its hash differs" in out
    told = json.loads(streak("data", "verify", "SPY", "IWM", "--json").out)
    assert [one["problem"] is None for one in told["symbols"]] == [True, False]


def test_import_of_files_with_dividends(exchange, tmp_path):
    path = write(tmp_path, "SPY")
    paid = tmp_path / "paid.csv"
    paid.write_text(f"Date,Dividend\n{arrays()['Date'][10]},0.5\n")
    code, out, _ = streak("data", "import", path, "--dividends", paid)
    assert ", recognised as " in streak("data", "show", path.stem.split(".")[0]).out
    assert code == 0
    assert "SPY     Yahoo CSV" in out
    stored = Library(tmp_path / "lib").read("SPY")[0]
    assert stored.table["dividend"][10] == 0.5
    other = write(tmp_path, "IWM")
    code, _, err = streak("data", "import", path, other, "--dividends", paid)
    assert code == 2
    assert "several files are imported; write SYMBOL=" in err
    code, _, err = streak("data", "import", path, "--columns", "Date")
    assert (code, "is not NAME=COLUMN" in err) == (2, True)
    assert streak("data", "import", path, other, "--symbol", "X").code == 2
