"""CSV files, good and bad: each refusal has a file, a line and a sentence."""

import codecs
import hashlib

import numpy as np
import pytest
from market_files import YAHOO, arrays, text_of, write

from engine.errors import DataError
from engine.market.sources import read_file
from engine.market.sources.csv import read_csv

ROW = "2020-01-02,100,101,99,100.5,90.45,1000"
HEADER = ",".join(YAHOO)


def refused(path):
    with pytest.raises(DataError) as caught:
        read_file(path)
    assert caught.value.exit_code == 4
    return caught.value


def refused_text(tmp_path, text):
    path = tmp_path / "SPY.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return refused(path)


def test_yahoos_columns(tmp_path):
    columns = arrays()
    path = write(tmp_path, "SPY", columns)
    quotes = read_csv(path, "SPY")
    np.testing.assert_array_equal(quotes.sessions, columns["Date"])
    for name, field in zip(
        YAHOO[1:], ("open", "high", "low", "close", "adjusted_close", "volume"), strict=True
    ):
        np.testing.assert_array_equal(getattr(quotes, field), columns[name])
    np.testing.assert_array_equal(quotes.lines, np.arange(2, 32))
    assert quotes.recognised_as == "Yahoo CSV"
    assert quotes.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (quotes.symbol, quotes.origin, quotes.notes) == ("SPY", str(path), ())
    assert not quotes.simulated


def test_columns_without_meaning_are_ignored_and_named(tmp_path):
    path = tmp_path / "SPY.csv"
    path.write_text(f"{HEADER},Dividends,Stock Splits\n{ROW},0.5,0.0\n")
    assert read_csv(path, "SPY").notes == ("columns ignored: Dividends, Stock Splits",)


def test_stooqs_download(tmp_path):
    names = ("Date", "Open", "High", "Low", "Close", "Volume")
    quotes = read_csv(write(tmp_path, "spy_us_d", names=names), "SPY")
    assert quotes.adjusted_close is None
    assert quotes.recognised_as == "OHLCV CSV"
    assert quotes.notes == ("no adjusted close: only price_basis: price is possible",)


STOOQ = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"


def test_stooqs_bulk_file(tmp_path):
    path = tmp_path / "spy.us.csv"
    path.write_text(f"{STOOQ}\nSPY.US,D,20200102,000000,100,101,99,100.5,1000,0\n")
    quotes = read_csv(path, "SPY")
    assert quotes.recognised_as == "Stooq CSV"
    assert quotes.sessions[0] == np.datetime64("2020-01-02")
    assert (quotes.open[0], quotes.close[0], quotes.volume[0]) == (100.0, 100.5, 1000.0)
    assert quotes.notes == ("no adjusted close: only price_basis: price is possible",)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("SPY.US,5,20200102,000000,1,1,1,1,1,0", "<PER> is 5: daily bars are needed"),
        ("SPY.US,D,20200102,153500,1,1,1,1,1,0", "<TIME> is 153500: daily bars are needed"),
    ],
)
def test_stooqs_intraday_bars_are_refused(tmp_path, row, message):
    error = refused_text(tmp_path, f"{STOOQ}\n{row}\n")
    assert [(f.line, f.message) for f in error.faults] == [(2, message)]


def test_semicolons_with_decimal_commas(tmp_path):
    columns = arrays()
    path = write(tmp_path, "SPY", columns, separator=";", decimal=",")
    quotes = read_csv(path, "SPY")
    np.testing.assert_array_equal(quotes.close, columns["Close"])
    np.testing.assert_array_equal(quotes.volume, columns["Volume"])


def test_a_comma_that_could_be_either_is_refused(tmp_path):
    text = "Date;Open;High;Low;Close\n2020-01-02;1,234;1,240;1,230;1,235\n"
    error = refused_text(tmp_path, text)
    assert len(error.faults) == 4
    assert error.faults[0].line == 2
    assert error.faults[0].key == "2020-01-02"
    assert error.faults[0].message.startswith('Open "1,234" is ambiguous')


def test_thousands_in_quoted_volumes(tmp_path):
    path = tmp_path / "SPY.csv"
    path.write_text(f'{HEADER}\n2020-01-02,100,101,99,100.5,90.45,"1,234,500"\n')
    assert read_csv(path, "SPY").volume[0] == 1_234_500


def test_two_separators_in_the_header_are_refused(tmp_path):
    error = refused_text(tmp_path, "Date;Open,High;Low;Close\n")
    assert str(error).endswith(
        "SPY.csv:1: ambiguous: the header has both ',' and ';' as separators"
    )


def test_lines_count_blank_lines_and_line_breaks_in_cells(tmp_path):
    text = (
        f"\n{HEADER},Note\n\n{ROW},fine\n"
        '2020-01-03,100,101,99,100.5,90.45,1000,"two\nlines"\n'
        " \n2020-01-06,100,101,99,100.5,90.45,1000,\n,,,,,,,\n"
        "2020-01-07,100,101,99,x,90.45,1000,\n"
    )
    error = refused_text(tmp_path, text)
    assert [(f.line, f.key, f.message) for f in error.faults] == [
        (10, "2020-01-07", 'Close "x" is not a number')
    ]
    path = tmp_path / "SPY.csv"
    path.write_text(text.replace("99,x", "99,100"))
    np.testing.assert_array_equal(read_csv(path, "SPY").lines, [4, 5, 8, 10])


def test_every_bad_cell_is_reported_at_once(tmp_path):
    text = (
        f"{HEADER}\n"
        "2020-01-02,null,null,null,null,null,null\n"
        "03/01/2020,100,101,99,100.5,90.45,1000\n"
        "2020-01-06,100,101,99,100.5,90.45\n"
        "2020-01-07,100,inf,99,100.5,$90,many\n"
    )
    error = refused_text(tmp_path, text)
    assert [(f.line, f.key, f.message.partition(" (")[0]) for f in error.faults] == [
        (2, "2020-01-02", "Open is empty"),
        (2, "2020-01-02", "High is empty"),
        (2, "2020-01-02", "Low is empty"),
        (2, "2020-01-02", "Close is empty"),
        (2, "2020-01-02", "Adj Close is empty"),
        (3, "", '"03/01/2020" is ambiguous: day and month could be swapped'),
        (4, "", "6 cells in this row where 7 are expected"),
        (5, "2020-01-07", 'High "inf" is not a number'),
        (5, "2020-01-07", 'Adj Close "$90" is not a number'),
        (5, "2020-01-07", 'Volume "many" is not a number'),
    ]
    assert str(error).splitlines()[0].endswith("SPY.csv:2: 2020-01-02: Open is empty")


def test_a_long_list_of_faults_is_cut_when_printed_and_kept_whole(tmp_path):
    columns = arrays(30)
    text = text_of(columns).replace("2020-", "20/20/")
    error = refused_text(tmp_path, text)
    assert len(error.faults) == 30
    lines = str(error).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 10 more"


def test_twenty_faults_are_printed_whole(tmp_path):
    error = refused_text(tmp_path, text_of(arrays(20)).replace("2020-", "20/20/"))
    assert len(str(error).splitlines()) == 20


def test_an_empty_volume_is_unknown_not_wrong(tmp_path):
    path = tmp_path / "SPY.csv"
    path.write_text(f"{HEADER}\n2020-01-02,100,101,99,100.5,90.45,\n")
    assert np.isnan(read_csv(path, "SPY").volume[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n \r\n", "the file is empty"),
        (codecs.BOM_UTF8, "the file is empty"),
        (b",,\n", "the file is empty"),
        (HEADER.encode() + b"\n\n", "a header and no rows"),
        (b"PK\x03\x04\x00\x00", "not a text file; a CSV in UTF-8 is needed"),
        (HEADER.encode("utf-16"), "the text is UTF-16; save it as CSV in UTF-8"),
        (
            b"<!DOCTYPE html>\n<html>Too Many Requests</html>",
            "a web page, not prices; the provider probably refused the download",
        ),
        (
            b"  <html><head>",
            "a web page, not prices; the provider probably refused the download",
        ),
    ],
)
def test_a_file_that_is_no_csv_gets_one_sentence(tmp_path, content, message):
    error = refused_text(tmp_path, content)
    assert str(error) == f"{tmp_path / 'SPY.csv'}: {message}"


def test_text_in_another_encoding_names_the_line(tmp_path):
    content = f"{HEADER},Note\n{ROW},ok\n{ROW},Zürich\n".encode("latin-1")
    error = refused_text(tmp_path, content)
    assert (error.faults[0].line, error.faults[0].message) == (
        3,
        "not UTF-8 text; save it as CSV in UTF-8",
    )


def test_a_quote_that_is_never_closed(tmp_path):
    error = refused_text(tmp_path, f'{HEADER}\n{ROW}\n"2020-01-03,100,101\n{ROW}\n')
    assert error.faults[0].line == 3
    assert error.faults[0].message.startswith("not well-formed CSV")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "Date,Open,High,Low,Clse",
            'no column Close (found Date, Open, High, Low, Clse; did you mean "Clse"?)',
        ),
        ("When,Price", "no column Date, Open, High, Low, Close (found When, Price)"),
        ("Time,Price", "no column Open, High, Low, Close (found Time, Price)"),
        ("Date,Open,High,Low,Close,close", 'two columns for one thing: "Close" and "close"'),
        (
            "Date,Open,High,Low,Close,Adj Close,adj_close",
            'two columns for one thing: "Adj Close" and "adj_close"',
        ),
        (ROW, "no header; a first line Date,Open,High,Low,Close,Adj Close,Volume is needed"),
    ],
)
def test_a_header_that_lacks_something(tmp_path, header, message):
    error = refused_text(tmp_path, f"{header}\n{ROW}\n")
    assert (error.faults[0].line, error.faults[0].message) == (1, message)


def test_a_file_that_cannot_be_read(tmp_path):
    assert "cannot be read" in str(refused(tmp_path / "missing.csv"))
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in str(refused(tmp_path / "folder.csv"))


def test_a_file_far_too_large_is_not_loaded(tmp_path):
    path = tmp_path / "SPY.csv"
    with path.open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    assert "daily quotes take less than 64 MiB" in str(refused(path))


def test_an_unknown_extension(tmp_path):
    error = refused(tmp_path / "SPY.csvv")
    assert 'no reader for ".csvv" files (allowed .csv, .txt, .zip, .parquet' in str(error)
    assert 'did you mean ".csv"?' in str(error)
