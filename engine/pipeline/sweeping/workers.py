"""Processes that run Backtrader beside the kernel.

They are best started before anything else: each loads Backtrader while this process reads the
study and the prices and compiles the kernel. A process of one thread is forked, which costs
nothing; one that already has threads may not be, and then new interpreters are started.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Some processes, or this one alone.

    Parameters
    ----------
    count : int
        With 0, everything is run in this process, when its result is asked for.
    """

    def __init__(self, count: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if count:
            context = multiprocessing.get_context("fork" if _has_one_thread() else "spawn")
            self._pool = ProcessPoolExecutor(count, context, _prepare)
            for _ in range(count):
                self._pool.submit(_nothing)

    def submit(self, function: Callable[..., B], *arguments: Any) -> Callable[[], B]:
        """Begin a task; calling what is returned waits for its result."""
        if self._pool is None:
            return lambda: function(*arguments)
        future: Future[B] = self._pool.submit(function, *arguments)
        return future.result

    def map(self, function: Callable[[A], B], items: Sequence[A]) -> Iterator[B]:
        """Yield the results of a function in the order of the items."""
        waiting = [self.submit(function, item) for item in items]
        return (result() for result in waiting)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)


def _has_one_thread() -> bool:
    """Whether this process is certain to have one thread, libraries' own included."""
    tasks = Path("/proc/self/task")
    return sys.platform == "linux" and tasks.is_dir() and len(list(tasks.iterdir())) == 1


def _nothing() -> None:
    """Make a process start."""


def _prepare() -> None:
    """Load what confirmations need; end when the parent does, whatever ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import engine.execution.broker
    import engine.pipeline.sweeping.confirming  # noqa: F401


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
