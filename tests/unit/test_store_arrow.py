"""Arrays to Arrow and back without pandas, held against what pyarrow makes of them itself."""

import io
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.store import trials
from engine.store.arrow import to_arrow, to_numpy
from engine.store.trials import TrialsWriter

ARRAYS = [
    np.array([1.5, np.nan, -0.0, np.inf]),
    np.array([], dtype=float),
    np.array([1, -(2**62), 3]),
    np.array([2**63 + 1], dtype=np.uint64),
    np.array([1, 2], dtype=np.int32),
    np.array([3, 4, 5, 6, 7, 8], dtype=np.int64)[::2],
    np.array([True, False, True, True] * 5),
    np.array(["a", "", "äöü – longer"]),
    np.array([], dtype="U1"),
    np.array(["1950-01-03", "2026-01-21"], dtype="datetime64[D]"),
    np.array(["1950-01-03", "NaT"], dtype="datetime64[D]"),
    np.array(["2026-01-21T10:00"], dtype="datetime64[s]"),
    np.array([1, None, 3], dtype=object),
    np.array([1.5, None], dtype=object),
    np.array(["a", None], dtype=object),
]


@pytest.mark.parametrize("values", ARRAYS, ids=lambda a: f"{a.dtype} of {len(a)}")
def test_arrays_become_what_pyarrow_makes_of_them(values):
    found, expected = to_arrow(values), pa.array(values)
    found.validate(full=True)
    assert found.type == expected.type
    assert repr(found.to_pylist()) == repr(expected.to_pylist())


@pytest.mark.parametrize("values", ARRAYS, ids=lambda a: f"{a.dtype} of {len(a)}")
@pytest.mark.parametrize("parts", [0, 1, 3])
def test_columns_become_what_pyarrow_makes_of_them(values, parts):
    one = pa.array(values)
    column = pa.chunked_array([one] * parts, type=one.type)
    found, expected = to_numpy(column), column.to_numpy()
    assert found.dtype == expected.dtype
    assert repr(found.tolist()) == repr(expected.tolist())


def test_sliced_chunks_are_read_from_where_they_begin():
    column = pa.chunked_array([pa.array(np.arange(10.0))]).slice(3, 4)
    assert to_numpy(column).tolist() == [3.0, 4.0, 5.0, 6.0]


@pytest.mark.skipif(int(pa.__version__.split(".")[0]) < 26, reason="older ones load pandas anyway")
def test_plain_values_need_no_pandas():
    code = (
        "import sys, numpy as np, pyarrow as pa; from engine.store.arrow import *\n"
        "for v in (np.array([1.0]), np.array([True]), np.array(['a']), np.array([1])):\n"
        "    to_arrow(v)\n"
        "to_numpy(pa.chunked_array([to_arrow(np.array([1.0]))]))\n"
        "print('pandas' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120
    )
    assert ran.stdout == "False\n"


def test_a_table_is_the_same_bytes_whoever_takes_the_values_of_its_axes(monkeypatch):
    axes = {
        "whole": np.array([3, 1, 2]),
        "real": np.array([0.5, -1.0]),
        "yes": np.array([True, False]),
        "text": np.array(["a", "bcd"]),
        "gap": np.array([5, None], dtype=object),
    }
    digits = {key: np.arange(40) % len(values) for key, values in axes.items()}

    def written():
        buffer = io.BytesIO()
        with TrialsWriter(buffer, axes, simulated=True) as writer:
            writer.write(digits, {"sharpe": np.linspace(0.0, 1.0, 40)})
        return buffer.getvalue()

    def taken(values, at):
        return (values if isinstance(values, pa.Array) else to_arrow(values)).take(to_arrow(at))

    by_numpy = written()
    found = pq.read_table(io.BytesIO(by_numpy)).to_pydict()
    for key, values in axes.items():
        assert found[key] == values[digits[key]].tolist()
    monkeypatch.setattr(trials, "_taken", taken)
    assert written() == by_numpy
