"""Processes that run Backtrader beside the kernel.

They are best started before anything else: each loads Backtrader while this process reads the
study and the prices. Each is an interpreter of its own, asked over a pipe: nothing is forked, so
threads do no harm, and a script of a user needs no guard against being imported again. When the
pipe ends, so does the process, whatever has ended this one.

There is one process less than there are processors: the last one is this process's own, which
lends a hand once it has nothing else to do. Where the kernel has to be compiled, one process more
does that before anything else.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import queue
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

from engine.errors import ExecutionError
from engine.startup import CALM, calm_down

B = TypeVar("B")

_SERVE = """
import gc, json, sys
gc.disable()
sys.path[:], at_once = json.loads(sys.argv[1])
from engine.pipeline.sweeping.workers import serve
serve(at_once=at_once)
"""

MUCH = 100_000
"""Objects that tasks may leave behind before a process looks for garbage: some 40 MB."""
FEW = 5
"""So many tasks for each process are done before this one could have loaded Backtrader."""
PROMPT = 1e-4
"""Seconds after which a process is given its next task while this one is at work itself."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Task:
    """Something to be done: by a process beside this one, or here if none has begun it."""

    def __init__(self, future: Future[Any], call: Callable[[], Any]) -> None:
        self._future, self._call = future, call

    def is_waiting(self) -> bool:
        """Return whether nobody has begun it."""
        return not (self._future.running() or self._future.done())

    def do_here(self) -> None:
        """Do it in this process, unless another has begun it."""
        if not self._future.cancel():
            return
        self._future = Future()
        try:
            self._future.set_result(self._call())
        except Exception as error:
            self._future.set_exception(error)

    def result(self) -> Any:
        """Wait for its result."""
        return self._future.result()


class Workers:
    """Some processes, or this one alone.

    Parameters
    ----------
    count : int
        With 0, everything is run in this process, when its result is asked for.
    first : callable, optional
        What one process more does before it is like the others. Nothing may depend on it: without
        others it is left out, and if it fails, nothing is said.
    """

    def __init__(self, count: int, first: Callable[[], object] | None = None) -> None:
        count += first is not None and count > 0
        self._threads = ThreadPoolExecutor(count) if count else None
        self._all = [_started(at_once=first is not None and i == 0) for i in range(count)]
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        for process in self._all:
            self._idle.put(process)
        self._shared: tuple[Any, ...] = ()
        self._told: dict[int, tuple[Any, ...]] = {}
        self._tasks: list[_Task] = []
        self._first = None if first is None or not count else self.submit(first)

    def wait_for_first(self) -> None:
        """Wait until what was to be done first is done, or has failed."""
        if self._first is not None:
            with contextlib.suppress(Exception):
                self._first()

    def share(self, *arguments: Any) -> None:
        """Say what all tasks from now on get before their own arguments.

        It is sent to each process once, instead of with every task.
        """
        self._shared = arguments

    def submit(self, function: Callable[..., B], *arguments: Any) -> Callable[[], B]:
        """Begin a task; calling what is returned waits for its result.

        Function, arguments, result and whatever is raised must be picklable.
        """
        shared = self._shared
        if self._threads is None:
            return lambda: function(*shared, *arguments)
        future: Future[B] = self._threads.submit(self._asked, function, shared, arguments)
        task = _Task(future, lambda: function(*shared, *arguments))
        self._tasks.append(task)
        return task.result

    def lend_a_hand(self) -> None:
        """Do here what no process has begun, if that is more than a few tasks."""
        if sum(task.is_waiting() for task in self._tasks) <= FEW * len(self._all):
            return
        interval = sys.getswitchinterval()
        sys.setswitchinterval(PROMPT)
        try:
            for task in self._tasks:
                task.do_here()
        finally:
            sys.setswitchinterval(interval)

    def _asked(
        self, function: Callable[..., B], shared: tuple[Any, ...], arguments: tuple[Any, ...]
    ) -> B:
        process = self._idle.get()
        if process.poll() is not None:  # it failed its last task, but need not fail another
            process = _started(at_once=False)
            self._all.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            news = None if self._told.get(process.pid, ()) is shared else shared
            asked = pickle.dumps((news, function, arguments), pickle.HIGHEST_PROTOCOL)
            process.stdin.write(asked)
            process.stdin.flush()
            self._told[process.pid] = shared
            raised, result = pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            process.kill()
            process.wait()
            self._told.pop(process.pid, None)
            raise ExecutionError("a process that ran Backtrader ended before its task") from None
        finally:
            self._idle.put(process)
        if raised:
            raise result
        found: B = result
        return found

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._all:  # nothing that is still wanted runs in them
            process.kill()
        if self._threads is not None:
            self._threads.shutdown()
        for process in self._all:
            process.communicate()


def _started(*, at_once: bool) -> subprocess.Popen[bytes]:
    """Start a process that Ctrl-C in a terminal does not reach: this one answers for it."""
    return subprocess.Popen(
        [sys.executable, "-c", _SERVE, json.dumps([sys.path, at_once])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**CALM, **os.environ},
    )


def serve(*, at_once: bool) -> None:
    """Answer tasks until there are no more; what a task prints goes to stderr.

    Backtrader is loaded before any task, or, `at_once`, after the first.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    calm_down()
    if not at_once:
        _load()
    shared: tuple[Any, ...] = ()
    while True:
        try:
            news, function, arguments = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        shared = shared if news is None else news
        try:
            answer = False, function(*shared, *arguments)
        except Exception as error:
            answer = True, error
        try:
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            os._exit(1)  # nobody waits any more
        del answer, function, arguments, news
        if at_once:
            _load()
            at_once = False
        if gc.get_count()[0] > MUCH:
            gc.collect()


def _load() -> None:
    import engine.execution.broker
    import engine.pipeline.sweeping.tasks  # noqa: F401

    gc.freeze()  # garbage is looked for after an answer, once there is much of it
