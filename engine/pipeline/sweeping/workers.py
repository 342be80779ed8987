"""Processes that run Backtrader beside the kernel.

They are best started before anything else: each loads Backtrader while this process reads the
study and the prices; one of them can compile the kernel first. Each is an interpreter of its own,
asked over a pipe: nothing is forked, so threads do no harm, and a script of a user needs no guard
against being imported again. When the pipe ends, so does the process, whatever has ended this one.
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


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Some processes, or this one alone.

    Parameters
    ----------
    count : int
        With 0, everything is run in this process, when its result is asked for.
    first : callable, optional
        What one of the processes does before it loads Backtrader. Nothing may depend on it: with
        no processes it is left out, and if it fails, nothing is said.
    """

    def __init__(self, count: int, first: Callable[[], object] | None = None) -> None:
        self._threads = ThreadPoolExecutor(count) if count else None
        self._all = [_started(at_once=first is not None and i == 0) for i in range(count)]
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        for process in self._all:
            self._idle.put(process)
        self._shared: tuple[Any, ...] = ()
        self._told: dict[int, tuple[Any, ...]] = {}
        self._first = self.submit(first) if count and first is not None else None

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
        return future.result

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
