"""Whatever way one table is written, it is read as the same quotes."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from market_files import YAHOO, arrays, sessions, text_of

from engine.market.sources.csv import read_csv
from engine.market.sources.parquet import read_parquet

FIELDS = ("open", "high", "low", "close", "adjusted_close", "volume")

prices = st.floats(min_value=1e-6, max_value=1e9, allow_nan=False)


@st.composite
def tables(draw):
    n = draw(st.integers(1, 8))
    table = {name: np.array(draw(st.lists(prices, min_size=n, max_size=n))) for name in YAHOO[1:]}
    return {"Date": sessions(n)} | table


def read_text(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "SPY.csv"
        path.write_bytes(content)
        return read_csv(path, "SPY")


def same(one, other):
    np.testing.assert_array_equal(one.sessions, other.sessions)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


@given(tables())
@settings(max_examples=60, deadline=None)
def test_csv_gives_back_every_bit(table):
    quotes = read_text(text_of(table).encode())
    np.testing.assert_array_equal(quotes.sessions, table["Date"])
    for field, name in zip(FIELDS, YAHOO[1:], strict=True):
        np.testing.assert_array_equal(getattr(quotes, field), table[name])


PLAIN = read_text(text_of(arrays()).encode())


@given(
    names=st.permutations(YAHOO),
    bom=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    case=st.sampled_from([str, str.lower, str.upper, lambda name: f" {name.replace(' ', '_')} "]),
    separator=st.sampled_from([",", ";", "\t"]),
    quoted=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_way_a_table_is_written_does_not_matter(names, bom, newline, case, separator, quoted):
    lines = text_of(arrays(), names=names, separator=separator).splitlines()
    header = separator.join(case(name) for name in names)
    lines = [header, *lines[1:]]
    if quoted:
        lines = [separator.join(f'"{c}"' for c in line.split(separator)) for line in lines]
    text = newline.join(lines) + newline
    same(read_text(text.encode("utf-8-sig" if bom else "utf-8")), PLAIN)


@given(tables())
@settings(max_examples=20, deadline=None)
def test_parquet_gives_back_every_bit(table):
    import pyarrow
    import pyarrow.parquet

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "SPY.parquet"
        pyarrow.parquet.write_table(pyarrow.table(table), path)
        quotes = read_parquet(path, "SPY")
    np.testing.assert_array_equal(quotes.sessions, table["Date"])
    for field, name in zip(FIELDS, YAHOO[1:], strict=True):
        np.testing.assert_array_equal(getattr(quotes, field), table[name])
