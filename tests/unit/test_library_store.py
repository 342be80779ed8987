"""The data library on disk: whole or absent, known by its hash, one process at a time."""

import errno
import json
import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from library_market import contents, held, whole_table

from engine.errors import DataError
from engine.market.library import DamagedError, Library, library_folder, lock, transaction
from engine.market.library.table import Table, table_bytes, table_of


@pytest.fixture
def library(tmp_path):
    found = Library(tmp_path / "lib")
    found.store([held("IWM", 1), held("SPY", 2)], {})
    return found


def test_what_is_stored_is_read_back_to_the_last_bit(library):
    iwm, spy = library.read("IWM", "spy")
    assert iwm.table.equals(whole_table(1))
    assert spy.table.equals(whole_table(2))
    assert not iwm.table.equals(spy.table)
    assert (iwm.entry.first, iwm.entry.last, iwm.entry.rows) == ("2019-01-02", "2020-12-31", 505)
    assert library.symbols() == ("IWM", "SPY")


def test_nan_and_missing_columns_survive():
    table = whole_table()
    columns = {k: v for k, v in table.columns.items() if k != "volume"}
    columns["adjusted_close"] = np.where(np.arange(len(table)) == 3, np.nan, table["close"])
    again = table_of(table_bytes(Table(table.dates, columns), {}))
    assert again.equals(Table(table.dates, columns))
    assert "volume" not in again.columns


def test_the_same_rows_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        Library(tmp_path / name).store([held()], {})
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_an_absent_symbol_names_the_nearest_or_how_to_get_it(library):
    with pytest.raises(DataError, match='IWN is not in this library; did you mean "IWM"'):
        library.read("IWN")
    with pytest.raises(DataError, match="QQQ is not in this library; streak data fetch QQQ"):
        library.read("QQQ")


# damage


@pytest.mark.parametrize("name", ["IWM.parquet", "IWM.json"])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.999])
def test_a_flipped_bit_anywhere_is_found(library, name, place):
    path = library.folder / name
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 0x04
    path.write_bytes(bytes(content))
    with pytest.raises(
        DamagedError, match=r"IWM\.(parquet|json): .*streak data (update|fetch) IWM"
    ):
        library.read("IWM")
    library.read("SPY")


@pytest.mark.parametrize("name", ["IWM.parquet", "IWM.json"])
@pytest.mark.parametrize("size", [0, 10, -2])
def test_a_truncated_file_is_found(library, name, size):
    path = library.folder / name
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedError):
        library.read("IWM")


@pytest.mark.parametrize(
    ("source", "cure"),
    [("yahoo", "streak data update RF fetches it again"), ("file", "streak data import takes its")],
)
def test_the_cure_of_damage_is_one_that_helps(library, source, cure):
    library.store([held("RF", source=source)], {})
    library.path("RF").write_bytes(b"")
    with pytest.raises(DamagedError, match=f"{cure}.*, streak data rm RF removes it"):
        library.read("RF")


def test_a_missing_file_is_found(library):
    library.path("IWM").unlink()
    with pytest.raises(DamagedError, match="cannot be read: No such file"):
        library.read("IWM")


def test_a_file_of_another_schema_is_refused_even_if_its_hashes_fit(library):
    path = library.folder / "IWM.json"
    sidecar = json.loads(path.read_bytes())
    sidecar["schema"] = 0
    path.write_text(json.dumps(sidecar))
    with pytest.raises(DamagedError, match="has the schema 0; this version reads 1"):
        library.read("IWM")


def test_rows_of_another_symbol_are_found(library):
    library.path("IWM").write_bytes(library.path("SPY").read_bytes())
    with pytest.raises(DamagedError, match="its hash differs"):
        library.read("IWM")
    sidecar = library.folder / "IWM.json"
    sidecar.write_bytes((library.folder / "SPY.json").read_bytes())
    with pytest.raises(DamagedError, match=r"IWM.json: is of SPY, under another name"):
        library.read("IWM")


def test_rows_without_a_sidecar_are_damage_not_absence(library):
    (library.folder / "IWM.json").unlink()
    assert library.symbols() == ("IWM", "SPY")
    with pytest.raises(DamagedError, match=r"IWM.json: cannot be read: No such file"):
        library.read("IWM")
    library.remove(["IWM"])
    assert library.symbols() == ("SPY",)


def test_files_that_cannot_be_the_librarys_are_passed_over(library):
    for name in ("notes.json", "iwm.parquet", "SPY.csv"):
        (library.folder / name).write_text("{}")
    assert library.symbols() == ("IWM", "SPY")


# transactions


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_while_writing_leaves_everything_as_it_was(library, monkeypatch):
    before = contents(library.folder)
    written = []

    def dying(handle):
        written.append(handle)
        if len(written) == 3:
            raise Crash

    monkeypatch.setattr(transaction.os, "fsync", dying)
    with pytest.raises(Crash):
        library.store([held("IWM", 3), held("SPY", 4)], hashes(library))
    monkeypatch.undo()
    assert contents(library.folder) == before


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_leaves_everything_as_it_was(library, monkeypatch, problem):
    before = contents(library.folder)

    def failing(_):
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr(transaction.os, "fsync", failing)
    with pytest.raises(DataError, match=f"cannot be written: {os.strerror(problem)}"):
        library.store([held("IWM", 3), held("SPY", 4)], hashes(library))
    monkeypatch.undo()
    assert contents(library.folder) == before
    assert library.read("IWM")[0].table.equals(whole_table(1))


def test_a_write_that_cannot_be_finished_is_said_and_finished_later(library, monkeypatch):
    replaced = hashes(library)

    def failing(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(transaction.Path, "replace", failing)
    for act in (lambda: library.store([held("IWM", 3)], replaced), lambda: library.read("IWM")):
        with pytest.raises(DataError, match="the library cannot be written: Permission denied"):
            act()
    monkeypatch.setattr("engine.market.library.store.os.access", lambda *_: False)
    with pytest.raises(DataError, match="a write was interrupted; it must be writable"):
        library.read("IWM")
    monkeypatch.undo()
    assert library.read("IWM")[0].table.equals(whole_table(3))


@pytest.mark.parametrize("moved", [0, 1, 2, 3])
def test_a_crash_after_the_commit_is_finished_by_whoever_comes_next(library, monkeypatch, moved):
    replaced = hashes(library)
    done = []
    replace_file = transaction.Path.replace

    def dying(path, target):
        if len(done) == moved:
            raise Crash
        done.append(target)
        return replace_file(path, target)

    monkeypatch.setattr(transaction.Path, "replace", dying)
    with pytest.raises(Crash):
        library.store([held("IWM", 3), held("SPY", 4)], replaced)
    monkeypatch.undo()
    assert len(done) == moved
    iwm, spy = library.read("IWM", "SPY")
    assert iwm.table.equals(whole_table(3))
    assert spy.table.equals(whole_table(4))
    assert set(contents(library.folder)) == {
        "IWM.json",
        "IWM.parquet",
        "SPY.json",
        "SPY.parquet",
    }


def hashes(library):
    return {symbol: library.read(symbol)[0].entry.sha256 for symbol in library.symbols()}


def test_leftovers_of_a_killed_process_are_swept_away(library):
    (library.folder / ".staged-old").mkdir()
    (library.folder / ".staged-old" / "IWM.parquet").write_bytes(b"half")
    library.read("IWM")
    assert not (library.folder / ".staged-old").exists()


def test_rows_stored_meanwhile_are_not_overwritten(library):
    old = hashes(library)
    library.store([held("IWM", 5)], old)
    before = contents(library.folder)
    with pytest.raises(DataError, match="IWM: changed by another process meanwhile"):
        library.store([held("SPY", 7), held("IWM", 6)], old)
    assert contents(library.folder) == before


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="the library cannot be written: "):
        Library(tmp_path / "file").store([held()], {})


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_one_may_not_write_is_still_read(library):
    library.folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert library.read("IWM")[0].table.equals(whole_table(1))
    finally:
        library.folder.chmod(stat.S_IRWXU)


def test_reading_needs_no_lock_where_nobody_can_write(library, monkeypatch):
    monkeypatch.setattr("engine.market.library.store.os.access", lambda *_: False)
    monkeypatch.setattr("engine.market.library.store.locked", None)
    assert library.read("IWM")[0].table.equals(whole_table(1))


# removing


def test_removing_takes_both_files_or_none(library):
    with pytest.raises(DataError, match="XXX is not in this library"):
        library.remove(["IWM", "XXX"])
    assert library.symbols() == ("IWM", "SPY")
    library.remove(["iwm"])
    assert set(contents(library.folder)) == {"SPY.json", "SPY.parquet"}
    with pytest.raises(DataError, match="is not in this library"):
        Library(library.folder / "absent").remove(["IWM"])


@pytest.mark.parametrize("moved", [0, 1, 2, 3])
def test_a_crash_while_removing_a_pair_leaves_neither(library, monkeypatch, moved):
    done = []
    unlink = transaction.Path.unlink

    def dying(path, **how):
        if len(done) == 2 * moved:  # the file, and what stands for its removal
            raise Crash
        done.append(path)
        unlink(path, **how)

    monkeypatch.setattr(transaction.Path, "unlink", dying)
    with pytest.raises(Crash):
        library.remove(["IWM", "SPY"])
    monkeypatch.undo()
    assert library.symbols() == ()
    assert contents(library.folder) == {}


# the lock

HOLDER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from engine.market.library.lock import locked
    with locked(Path(sys.argv[1])):
        print("held", flush=True)
        time.sleep(60)
    """
)


def test_a_second_process_waits_and_then_says_so(library):
    refused = pytest.raises(DataError, match="another process is using the library")
    with lock.locked(library.folder), refused, lock.locked(library.folder, patience=0.1):
        pass


def test_the_lock_of_a_killed_process_is_free(library):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(library.folder)], stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(DataError, match="another process"), lock.locked(library.folder, 0.1):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with lock.locked(library.folder, patience=5.0):
        pass


def _count(folder, rounds):
    from pathlib import Path

    for _ in range(rounds):
        with lock.locked(Path(folder)):
            path = Path(folder) / "count"
            number = int(path.read_text())
            time.sleep(0.002)
            path.write_text(str(number + 1))


def test_no_two_processes_are_inside_at_once(library):
    (library.folder / "count").write_text("0")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count, args=(str(library.folder), 20)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (library.folder / "count").read_text() == "60"


def test_a_lock_that_cannot_be_had_is_said(tmp_path, monkeypatch):
    (tmp_path / lock.LOCK).mkdir()
    with pytest.raises(DataError, match="cannot be locked: "), lock.locked(tmp_path):
        pass
    assert issubclass(sqlite3.OperationalError, sqlite3.Error)


# where it is


def test_the_folder_is_chosen_by_option_then_setting_then_platform(tmp_path, monkeypatch):
    monkeypatch.setenv("STREAKLAB_DATA", str(tmp_path / "named"))
    assert library_folder(tmp_path) == tmp_path
    assert library_folder() == tmp_path / "named"
    monkeypatch.delenv("STREAKLAB_DATA")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/xdg")
    assert str(library_folder()) == "/xdg/streaklab"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert str(library_folder()) == "/home/me/.local/share/streaklab"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert str(library_folder()) == "/home/me/Library/Application Support/streaklab"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert str(library_folder()) == "/local/streaklab"
