"""Which rows are best: the same whether they are seen at once or chunk by chunk."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UsageError
from engine.store.ranking import Leaders, Sample, best_rows, leaders, ranked


def test_undefined_values_rank_last_and_ties_stay_in_order():
    columns = {"sharpe": np.array([np.nan, 1.0, 2.0, 1.0, np.nan])}
    assert ranked(columns, "sharpe").tolist() == [2, 1, 3, 0, 4]
    columns = {"volatility": np.array([np.nan, 1.0, 2.0, 1.0])}
    assert ranked(columns, "volatility").tolist() == [1, 3, 2, 0]


def test_leaders_are_one_for_each_path():
    paths = np.array([7, 7, 8, 9, 8], dtype=np.uint64)
    columns = {"sharpe": np.array([1.0, 3.0, 2.0, np.nan, 5.0]), "path": paths}
    assert leaders(columns, "sharpe", 10) == [4, 1, 3]
    assert leaders(columns, "sharpe", 2) == [4, 1]


def test_equal_paths_on_other_terms_are_other_strategies():
    columns = {
        "sharpe": np.array([3.0, 2.0, 1.0, 0.0]),
        "path": np.array([7, 7, 7, 7], dtype=np.uint64),
        "execution.fill": np.array(["next_open", "next_close", "next_open", None], dtype=object),
    }
    assert leaders(columns, "sharpe", 9) == [0]
    assert leaders(columns, "sharpe", 9, ("path", "execution.fill")) == [0, 1, 3]
    assert best_rows(columns, "sharpe", 9, alike=()) == [0, 1, 2, 3]


def test_conditions_come_before_ranking():
    columns = {"sharpe": np.arange(5.0), "path": np.arange(5, dtype=np.uint64)}
    assert best_rows(columns, "sharpe", 2, where="sharpe < 3") == [2, 1]
    with pytest.raises(UsageError, match=r'no metric of a sweep .*did you mean "sharpe"'):
        best_rows(columns, "sharp", 2)


def few_values(rows):
    """Metrics with many ties and gaps, and few paths."""
    rng = np.random.default_rng(rows)
    values = rng.integers(0, 30, rows) / 4.0
    values[rng.random(rows) < 0.1] = np.nan
    return {"sharpe": values, "path": rng.integers(0, 25, rows).astype(np.uint64)}


@pytest.mark.parametrize("rows", [1, 50, 4_000, 40_000])
@pytest.mark.parametrize("alike", [("path",), ()])
def test_sorting_a_part_is_sorting_all(rows, alike):
    columns = few_values(rows)
    expected, seen = [], set()
    for row in ranked(columns, "sharpe").tolist():
        if not alike or columns["path"][row] not in seen:
            seen.add(columns["path"][row])
            expected.append(row)
    for count in (1, 3, 24, 60):
        assert best_rows(columns, "sharpe", count, alike=alike) == expected[:count]


@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan]), min_size=1, max_size=40),
    st.lists(st.integers(1, 12), min_size=40, max_size=40),
    st.integers(1, 6),
    st.sampled_from(["sharpe", "volatility"]),
)
def test_leaders_chunk_by_chunk_are_those_of_the_whole(values, sizes, count, metric):
    columns = {
        metric: np.array(values),
        "path": np.arange(len(values), dtype=np.uint64) % 7,
        "row": np.arange(len(values)),
    }
    kept, at = Leaders(metric, count, ("path",)), 0
    for size in sizes:
        if at < len(values):
            kept.add({name: column[at : at + size] for name, column in columns.items()})
            at += size
    assert kept.columns["row"].tolist() == leaders(columns, metric, count)


def drawn(seed, count, sizes):
    sample, at = Sample(seed, count), 0
    for number, size in enumerate(sizes):
        sample.add(number, {"row": np.arange(at, at + size)})
        at += size
    return sorted(sample.columns["row"].tolist())


def test_a_sample_is_drawn_by_its_seed_without_replacement():
    sizes = [40, 0, 17, 60]
    one = drawn(3, 20, sizes)
    assert one == drawn(3, 20, sizes) != drawn(4, 20, sizes)
    assert len(set(one)) == 20
    assert set(one) <= set(range(117))
    assert drawn(3, 200, sizes) == list(range(117))


def test_every_row_is_as_likely_to_be_drawn():
    """Of rows in chunks of very different sizes: frequencies within five standard errors."""
    sizes, count, seeds = [2, 30, 8], 10, 4000
    hits = np.zeros(40)
    for seed in range(seeds):
        hits[drawn(seed, count, sizes)] += 1
    share = count / 40
    error = np.sqrt(share * (1 - share) / seeds)
    assert np.abs(hits / seeds - share).max() < 5 * error
