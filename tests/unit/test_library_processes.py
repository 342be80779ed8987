"""The data library among processes that are killed, and that write at the same time."""

import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from library_market import contents, held

from engine.errors import DataError
from engine.market.library import Library
from engine.market.library.table import PRICES, Table

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
CONTEXT = multiprocessing.get_context("spawn")
CALLS = (0, 3, 5, 6, 7, 9, 12)
"""After how many calls to the file system a store of two symbols, of 13 in all, is killed."""


ROUNDS = 10


def hashes(library):
    return {symbol: library.read(symbol)[0].entry.sha256 for symbol in library.symbols()}


def rows(seed):
    dates = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]")
    return Table(dates, dict.fromkeys(PRICES, np.random.default_rng(seed).random(len(dates))))


def pair(seed):
    return [held(symbol, table=rows(seed)) for symbol in ("IWM", "SPY")]


def seed_of(library):
    """Return by which seed both symbols were made; they must be of one write."""
    iwm, spy = library.read("IWM", "SPY")
    (seed,) = (s for s in (1, 2) if iwm.table.equals(rows(s)))
    assert spy.table.equals(rows(seed))
    return seed


def store_until(folder, calls):
    """Store a pair, and be killed at a call to the file system."""
    counted = iter(range(calls))

    def dying(call):
        def called(*given, **how):
            if next(counted, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **how)

        return called

    library = Library(Path(folder))
    replaced = hashes(library)
    os.fsync, os.rename, os.replace = map(dying, (os.fsync, os.rename, os.replace))
    Path.rmdir = dying(Path.rmdir)
    library.store(pair(2), replaced)


def be_killed(folders, ends):
    """Store into each folder, and be killed at some call."""
    import pyarrow.parquet  # noqa: F401, once for all of them

    for calls, folder in zip(CALLS, folders, strict=True):
        if not (child := os.fork()):
            store_until(folder, calls)
            os._exit(0)
        ends.put(-os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def test_a_killed_process_leaves_a_pair_old_or_new_and_no_rubbish(tmp_path):
    libraries = [Library(tmp_path / f"{calls:02}") for calls in CALLS]
    for library in libraries:
        library.store(pair(1), {})
    ends = CONTEXT.SimpleQueue()
    process = CONTEXT.Process(target=be_killed, args=([str(one.folder) for one in libraries], ends))
    process.start()
    assert [ends.get() for _ in libraries] == [signal.SIGKILL] * len(CALLS)
    process.join()
    found = [seed_of(library) for library in libraries]
    assert found == sorted(found)  # one instant parts before and after
    assert set(found) == {1, 2}
    whole = {"IWM.json", "IWM.parquet", "SPY.json", "SPY.parquet"}
    assert all(set(contents(library.folder)) == whole for library in libraries)


def write_often(folder, seed, rounds, results):
    """Store a pair again and again, as it was found; count what was stored and what refused."""
    library = Library(Path(folder))
    refusals = []
    for _ in range(rounds):
        replaced = hashes(library)
        time.sleep(random.random() / 200)
        try:
            library.store(pair(seed), replaced)
        except DataError as error:
            refusals.append(str(error))
    results.put((seed, refusals))


def test_writers_at_once_refuse_and_readers_see_pairs(tmp_path):
    library = Library(tmp_path)
    library.store(pair(1), {})
    results = CONTEXT.Queue()
    writers = [
        CONTEXT.Process(target=write_often, args=(str(tmp_path), seed, ROUNDS, results))
        for seed in (1, 2)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seed_of(library)
    assert [writer.exitcode for writer in writers] == [0, 0]
    refusals = dict(results.get(timeout=10) for _ in writers)
    for told in refusals.values():
        assert len(told) < ROUNDS
        assert all("changed by another process meanwhile; try again" in one for one in told)
    assert set(contents(tmp_path)) == {"IWM.json", "IWM.parquet", "SPY.json", "SPY.parquet"}
