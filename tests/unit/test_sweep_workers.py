"""Processes beside a sweep: they answer, they fail in words, and they never outlive it."""

import gc
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from engine.errors import DataError, ExecutionError
from engine.pipeline.sweeping.workers import FEW, MUCH, Workers

LIVING = """
import os, sys, time
from engine.pipeline.sweeping.workers import Workers
with Workers(2) as workers:
    print(*{one() for one in [workers.submit(os.getpid) for _ in range(20)]}, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("count", [0, 2])
def test_results_come_in_the_order_of_the_tasks(count):
    with Workers(count) as workers:
        later = workers.submit(divmod, 7, 2)
        waiting = [workers.submit(abs, number) for number in range(-5, 5)]
        assert [one() for one in waiting] == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4]
        assert later() == (3, 1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_shared_comes_before_a_task_s_own_arguments(count):
    with Workers(count) as workers:
        workers.share([1], "one")
        first = [workers.submit(_seen, number) for number in range(6)]
        workers.share([2], "two")
        second = [workers.submit(_seen, number) for number in range(6)]
        assert [one() for one in first] == [(["one", 1], number) for number in range(6)]
        assert [one() for one in second] == [(["two", 2], number) for number in range(6)]


def _seen(shared, name, number):
    return [name, *shared], number


def test_what_is_shared_is_sent_once_to_each_process():
    sent = _Counted()
    with Workers(2) as workers:
        workers.share(sent)
        for one in [workers.submit(_nothing) for _ in range(20)]:
            one()
    assert 1 <= sent.times <= 2


class _Counted:
    times = 0

    def __reduce__(self):
        self.times += 1
        return _Counted, ()


def _nothing(_):
    return None


def test_a_process_beside_a_sweep_loads_neither_kernel_nor_data_frames():
    """Each of them pays for whatever it loads before its first run in Backtrader."""
    with Workers(1) as workers:
        loaded = workers.submit(_modules)()
    assert {"backtrader", "engine.pipeline.sweeping.tasks"} <= loaded
    heavy = {"numba", "scipy", "pandas", "pyarrow", "talib", "exchange_calendars", "ruamel.yaml"}
    assert loaded & heavy == set()
    ours = {"market.sources", "pipeline.sweeping.plan", "evaluation.grid_study", "report", "cli"}
    assert loaded & {f"engine.{name}" for name in ours} == set()


def _modules():
    return set(sys.modules)


def test_a_process_beside_a_sweep_lets_no_thread_turn_in_wait_of_work(monkeypatch):
    name = "OPENBLAS_THREAD_TIMEOUT"
    monkeypatch.delenv(name, raising=False)
    with Workers(1) as workers:
        assert workers.submit(os.getenv, name)() == "16"
    monkeypatch.setenv(name, "20")  # what a user has chosen stays
    with Workers(1) as workers:
        assert workers.submit(os.getenv, name)() == "20"


def test_work_is_done_elsewhere():
    with Workers(1) as workers:
        assert workers.submit(os.getpid)() != os.getpid()
    with Workers(0) as workers:
        assert workers.submit(os.getpid)() == os.getpid()


def noted(path, number):
    """Say where a task was done, and take so long that others must wait."""
    with path.open("a") as file:
        file.write(f"{os.getpid()} {number}\n")
    time.sleep(0.005)
    return -number


def test_this_process_lends_a_hand_with_what_nobody_has_begun(tmp_path):
    path, interval = tmp_path / "done", sys.getswitchinterval()
    with Workers(2) as workers:
        workers.share(path)
        waiting = [workers.submit(noted, number) for number in range(60)]
        workers.share(tmp_path / "never")
        workers.lend_a_hand()
        assert [one() for one in waiting] == [-number for number in range(60)]
        workers.lend_a_hand()  # nothing is left
    lines = [line.split() for line in path.read_text().splitlines()]
    assert sorted(int(number) for _, number in lines) == list(range(60))  # each of them once
    here = [int(number) for own, number in lines if int(own) == os.getpid()]
    assert here
    assert here == sorted(here)
    assert sys.getswitchinterval() == interval


def test_a_few_tasks_are_left_to_the_processes():
    with Workers(1) as workers:
        waiting = [workers.submit(os.getpid) for _ in range(FEW)]
        workers.lend_a_hand()
        assert os.getpid() not in {one() for one in waiting}
    with Workers(0) as workers:
        workers.lend_a_hand()


def test_errors_made_here_are_raised_when_the_result_is_asked_for():
    with Workers(1) as workers:
        workers.submit(time.sleep, 0.2)
        waiting = [workers.submit(int, "x") for _ in range(2 * FEW)]
        workers.lend_a_hand()
        for one in waiting:
            with pytest.raises(ValueError, match="invalid literal"):
                one()


@pytest.mark.parametrize("count", [0, 1])
def test_errors_come_back_as_they_were_raised(count):
    with Workers(count) as workers:
        with pytest.raises(ValueError, match="invalid literal"):
            workers.submit(int, "x")()
        assert workers.submit(int, "7")() == 7


def test_errors_of_streaklab_keep_their_kind():
    with Workers(1) as workers, pytest.raises(DataError, match="no such"):
        workers.submit(_refuse, "no such price")()


def _refuse(text):
    raise DataError(text)


def test_what_a_task_prints_does_not_disturb(capfd):
    with Workers(1) as workers:
        assert workers.submit(print, "hello")() is None
        assert workers.submit(abs, -1)() == 1
    out, _ = capfd.readouterr()
    assert out == ""


def test_a_process_that_dies_is_told():
    with Workers(1) as workers, pytest.raises(ExecutionError, match="ended before its task"):
        workers.submit(os._exit, 3)()


def test_a_process_that_dies_fails_one_task_alone():
    with Workers(1) as workers:
        workers.share("shared")
        assert workers.submit(str)() == "shared"
        dying = workers.submit(_die)
        with pytest.raises(ExecutionError, match="ended before its task"):
            dying()
        assert workers.submit(str)() == "shared"


def _die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_is_to_be_done_first_is_done_before_backtrader_is_loaded(tmp_path):
    with Workers(1, partial(_note_modules, tmp_path / "modules")) as workers:
        workers.wait_for_first()
        assert "backtrader" not in (tmp_path / "modules").read_text().split()
        assert "backtrader" in workers.submit(_modules)()


def _note_modules(path):
    path.write_text(" ".join(sys.modules))


def test_what_is_to_be_done_first_keeps_no_other_process_waiting():
    with Workers(1, partial(time.sleep, 1000)) as workers:
        assert [workers.submit(abs, -number)() for number in range(5)] == [0, 1, 2, 3, 4]


def test_what_is_to_be_done_first_may_fail():
    with Workers(1, partial(int, "x")) as workers:
        workers.wait_for_first()
        assert workers.submit(abs, -1)() == 1
    with Workers(1, _die) as workers:
        workers.wait_for_first()
        assert workers.submit(abs, -1)() == 1


def test_without_processes_nothing_is_done_first(tmp_path):
    with Workers(0, partial(_note_modules, tmp_path / "modules")) as workers:
        workers.wait_for_first()
    assert list(tmp_path.iterdir()) == []


def test_leaving_waits_for_nothing():
    with Workers(1) as workers:
        workers.submit(time.sleep, 1000)  # never asked for


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_its_parent(how):
    process = subprocess.Popen(
        [sys.executable, "-c", LIVING], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    numbers = [int(n) for n in process.stdout.readline().split()]
    assert numbers
    assert all(Path(f"/proc/{n}").exists() for n in numbers)
    process.send_signal(how)
    process.communicate(timeout=60)
    until = time.monotonic() + 30
    while any(_runs(n) for n in numbers):
        assert time.monotonic() < until
        time.sleep(0.02)


def _runs(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_tasks_leave_behind_is_thrown_away():
    """Else a sweep of many long runs would fill the memory."""
    with Workers(1) as workers:
        left = [workers.submit(_littering)() for _ in range(12)]
    assert max(left) <= MUCH + 2 * LITTER
    assert left != sorted(left)


LITTER = 30_000


def _littering():
    """Leave cycles behind; returns how many objects there are that nobody has looked at."""
    for _ in range(LITTER):
        knot = []
        knot.append(knot)
    return gc.get_count()[0]
