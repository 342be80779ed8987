"""Samples and counts of streams: unbiased, seeded, the same however the stream is cut."""

import numpy as np
import pytest

from engine.evaluation.grid_study.hashing import DistinctCount, Sample, mixed


def drawn(numbers, seed=1, blocks=1, everything=100, few=50):
    sample = Sample(seed, everything, few)
    for block in np.array_split(np.asarray(numbers), blocks):
        sample.add(block, block / 2.0, block.astype(np.uint64) + np.uint64(1))
    return sample


def test_small_grids_are_kept_whole():
    sample = drawn(range(100), blocks=7)
    numbers, metric, paths = sample.sets
    assert sample.is_all
    assert numbers.tolist() == list(range(100))
    assert metric.tolist() == [i / 2 for i in range(100)]
    assert paths.tolist() == list(range(1, 101))


def test_of_large_grids_a_sample_is_kept():
    numbers, metric, paths = drawn(range(101)).sets
    assert not drawn(range(101)).is_all
    assert len(numbers) == len(set(numbers.tolist())) == 50
    assert (np.diff(numbers) > 0).all()  # in the order they came
    assert (metric == numbers / 2.0).all()
    assert (paths == numbers + 1).all()


def test_the_sample_is_the_same_however_it_was_fed_and_another_for_another_seed():
    whole = drawn(range(5_000)).sets[0].tolist()
    for blocks in (2, 13, 500):
        assert drawn(range(5_000), blocks=blocks).sets[0].tolist() == whole
    other = drawn(range(5_000), seed=2).sets[0].tolist()
    assert len(set(whole) & set(other)) < 10


def test_every_set_is_drawn_equally_often():
    """400 samples of 50 from 200: each is expected 100 times, with deviation 8.7."""
    times = np.zeros(200)
    for seed in range(400):
        times[drawn(range(200), seed=seed).sets[0]] += 1
    assert times.sum() == 400 * 50
    assert np.abs(times - 100).max() < 5 * 8.7
    assert times.std() == pytest.approx(8.7, rel=0.2)


def test_hashes_are_one_to_one():
    values = np.arange(100_000, dtype=np.uint64)
    assert len(np.unique(mixed(values))) == 100_000


def test_the_hash_is_the_published_one():
    """First outputs of SplitMix64 from state 0: the finaliser of multiples of its increment."""
    increment = 0x9E3779B97F4A7C15
    states = np.array([increment, 2 * increment % 2**64, 3 * increment % 2**64], dtype=np.uint64)
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mixed(states).tolist() == expected


def counted(values, limit, blocks=1):
    count = DistinctCount(limit)
    for block in np.array_split(np.asarray(values, dtype=np.uint64), blocks):
        count.add(block)
    return count


def test_few_different_values_are_counted_exactly():
    values = np.random.default_rng(1).integers(0, 300, 5_000)
    count = counted(values, 1_000, blocks=9)
    assert (count.count, count.error) == (len(set(values.tolist())), 0.0)
    assert counted([], 10).count == 0
    assert counted(range(1_000), 1_000).error == 0.0


@pytest.mark.parametrize("different", [1_001, 5_000, 80_000])
def test_many_are_estimated_within_the_stated_error(different):
    """Values in a row, each three times: nothing random about them."""
    errors = []
    for offset in range(8):
        values = np.repeat(np.arange(different) + 10**6 * offset, 3)
        count = counted(values, 1_000, blocks=5)
        assert count.error == pytest.approx(1_000**-0.5, rel=0.01)
        errors.append(count.count / different - 1.0)
    assert np.abs(errors).max() < 4 * count.error
    assert abs(np.mean(errors)) < 4 * count.error / 8**0.5


def test_the_estimate_is_the_same_however_it_was_fed():
    values = np.random.default_rng(2).integers(0, 2**62, 20_000)
    whole = counted(values, 100).count
    assert all(counted(values, 100, blocks).count == whole for blocks in (3, 50))
    assert counted(values[::-1], 100, 4).count == whole
