"""Finding a symbol's file; LEAN zips; Parquet."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from market_files import YAHOO, arrays, write

from engine.errors import DataError
from engine.market.sources import read_file, read_quotes
from engine.market.sources.files import find_file
from engine.study.models import FileData


def refused(call, *arguments):
    with pytest.raises(DataError) as caught:
        call(*arguments)
    return caught.value


# --- finding files ------------------------------------------------------------------------------


def test_the_exact_name_comes_first_then_another_case_then_the_next_extension(tmp_path):
    extensions = (".csv", ".zip")
    (tmp_path / "spy.zip").touch()
    assert find_file(tmp_path, "SPY", extensions).name == "spy.zip"
    (tmp_path / "Spy.CSV").touch()
    assert find_file(tmp_path, "SPY", extensions).name == "Spy.CSV"
    (tmp_path / "SPY.csv").touch()
    assert find_file(tmp_path, "SPY", extensions).name == "SPY.csv"


def test_two_files_that_differ_in_case_only(tmp_path):
    (tmp_path / "spy.csv").touch()
    (tmp_path / "Spy.csv").touch()
    error = refused(find_file, tmp_path, "SPY", (".csv",))
    message = "SPY.csv could be any of Spy.csv, spy.csv; rename one to SPY.csv"
    assert str(error) == f"{tmp_path}: {message}"


def test_a_missing_file_names_the_folder_and_the_nearest_file(tmp_path):
    (tmp_path / "IWN.csv").touch()
    (tmp_path / "IWMX.txt").touch()
    error = refused(find_file, tmp_path, "IWM", (".csv", ".zip"))
    message = 'no file IWM.csv or IWM.zip in this folder; did you mean "IWN.csv"?'
    assert str(error) == f"{tmp_path}: {message}"


def test_a_missing_folder(tmp_path):
    error = refused(find_file, tmp_path / "prices", "IWM", (".csv",))
    assert str(error).startswith(f"{tmp_path / 'prices'}: no such folder of prices")


def test_a_csv_section_reads_csv_or_lean_zip(tmp_path):
    write(tmp_path, "SPY")
    (tmp_path / "iwm.zip").write_bytes(lean_zip())
    data = FileData(source="csv", directory=tmp_path)
    assert read_quotes(data, "SPY").recognised_as == "Yahoo CSV"
    iwm = read_quotes(data, "IWM")
    assert (iwm.recognised_as, iwm.symbol) == ("LEAN zip", "IWM")


def test_a_parquet_section_reads_parquet_only(tmp_path):
    write(tmp_path, "SPY")
    error = refused(read_quotes, FileData(source="parquet", directory=tmp_path), "SPY")
    assert "no file SPY.parquet" in str(error)
    write_parquet(tmp_path, frame())
    quotes = read_quotes(FileData(source="parquet", directory=tmp_path), "SPY")
    assert quotes.recognised_as == "Yahoo Parquet"


# --- LEAN ---------------------------------------------------------------------------------------

LEAN_ROWS = """\
20000526 00:00,455313,457188,453125,457187,74800
20000530 00:00,461250,476250,461250,476250,1
"""


def lean_zip(rows=LEAN_ROWS, names=("iwm.csv",), compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name in names:
            # a fixed time: the bytes name the cases of a parametrised test
            member = zipfile.ZipInfo(name, (2020, 1, 2, 0, 0, 0))
            member.compress_type = compression
            archive.writestr(member, rows)
    return buffer.getvalue()


def test_lean_prices_are_ten_thousandths(tmp_path):
    path = tmp_path / "IWM.zip"
    path.write_bytes(lean_zip())
    quotes = read_file(path)
    assert quotes.sessions.astype(str).tolist() == ["2000-05-26", "2000-05-30"]
    assert quotes.open.tolist() == [45.5313, 46.125]
    assert quotes.high.tolist() == [45.7188, 47.625]
    assert quotes.low.tolist() == [45.3125, 46.125]
    assert quotes.close.tolist() == [45.7187, 47.625]
    assert quotes.volume.tolist() == [74800, 1]
    assert quotes.lines.tolist() == [1, 2]
    assert quotes.adjusted_close is None
    assert quotes.notes == ("no adjusted close: only price_basis: price is possible",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK not a zip", "not a readable zip"),
        (lean_zip(names=()), "0 files in the zip; LEAN's has one CSV"),
        (lean_zip(names=("a.csv", "b.csv")), "2 files in the zip; LEAN's has one CSV"),
        (lean_zip(rows=""), "the file is empty"),
        (lean_zip(rows="20000526 00:00,1,1,1\n"), "4 cells in this row where 6 are expected"),
        (lean_zip(rows="20000526 09:30,1,1,1,1,1\n"), "a time of day, 09:30:00"),
        (lean_zip(rows="b" * (64 * 2**20 + 1)), "daily quotes take less than 64 MiB"),
        (lean_zip()[:60], "not a readable zip"),
    ],
)
def test_a_zip_that_is_not_leans(tmp_path, content, message):
    path = tmp_path / "IWM.zip"
    path.write_bytes(content)
    error = refused(read_file, path)
    assert message in str(error)
    assert str(error).startswith(str(path))


@pytest.mark.parametrize(
    ("compression", "reason"),
    [(zipfile.ZIP_STORED, "Bad CRC-32"), (zipfile.ZIP_DEFLATED, "Error -3 while decompressing")],
)
def test_a_damaged_member_of_a_zip(tmp_path, compression, reason):
    content = bytearray(lean_zip(LEAN_ROWS * 50, compression=compression))
    content[45] ^= 0xFF  # inside the member
    path = tmp_path / "IWM.zip"
    path.write_bytes(bytes(content))
    assert f"not a readable zip: {reason}" in str(refused(read_file, path))


# --- Parquet ------------------------------------------------------------------------------------


def frame():
    table = arrays()
    return pd.DataFrame({name: table[name] for name in YAHOO})


def write_parquet(folder, table, **how):
    path = folder / "SPY.parquet"
    table.to_parquet(path, **how)
    return path


@pytest.mark.parametrize(
    "shape",
    [
        lambda f: f,
        lambda f: f.set_index("Date"),
        lambda f: f.rename(columns=str.lower),
        lambda f: f.assign(Date=f["Date"].dt.date),
        lambda f: f.assign(Date=f["Date"].dt.strftime("%Y-%m-%d")),
        lambda f: f.assign(Date=f["Date"].dt.tz_localize("America/New_York")),
        lambda f: f.assign(Date=(f["Date"] + pd.Timedelta("5h")).dt.tz_localize("UTC")),
        lambda f: f[list(reversed(YAHOO))],
    ],
)
def test_every_way_to_store_the_same_table(tmp_path, shape):
    quotes = read_file(write_parquet(tmp_path, shape(frame())))
    expected = arrays()
    np.testing.assert_array_equal(quotes.sessions, expected["Date"])
    np.testing.assert_array_equal(quotes.close, expected["Close"])
    np.testing.assert_array_equal(quotes.adjusted_close, expected["Adj Close"])
    assert quotes.sessions.dtype == "datetime64[D]"
    assert quotes.lines.tolist() == [0] * 30


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: f.assign(Date=f["Date"].dt.tz_localize("UTC")),
            "row 1: the time zone moves the date: 2020-01-02 00:00:00+00:00 is 2020-01-01 19:00",
        ),
        (lambda f: f.assign(Date=f["Date"] + pd.Timedelta("9h")), "row 1: a time of day, 09:00:00"),
        (lambda f: f.assign(Date=range(30)), "the dates are int64; dates, time stamps or text"),
        (lambda f: f.assign(Close=f["Close"].astype(str)), "column Close holds"),
        (lambda f: f.drop(columns="Low"), "no column Low (found Date, Open, High, Close"),
        (lambda f: f.iloc[:0], "columns and no rows"),
    ],
)
def test_a_parquet_file_that_cannot_be_understood(tmp_path, change, message):
    path = write_parquet(tmp_path, change(frame()))
    error = refused(read_file, path)
    assert message in str(error)
    assert str(error).startswith(str(path))


def test_a_missing_date_in_parquet_is_reported(tmp_path):
    table = frame()
    table.loc[3, "Date"] = pd.NaT
    assert "row 4: the date is empty" in str(refused(read_file, write_parquet(tmp_path, table)))


def test_missing_prices_in_parquet_are_left_to_the_gate(tmp_path):
    table = frame()
    table.loc[3, "Close"] = None
    quotes = read_file(write_parquet(tmp_path, table))
    assert np.flatnonzero(np.isnan(quotes.close)).tolist() == [3]


def test_a_file_that_is_no_parquet(tmp_path):
    path = tmp_path / "SPY.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    assert "not a readable Parquet file" in str(refused(read_file, path))
