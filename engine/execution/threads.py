"""Work in threads: worth it where the work lets go of the interpreter's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")


def in_threads(work: Callable[[Piece], None], pieces: Iterable[Piece], workers: int) -> None:
    """Do some work on every piece, whoever is free on the next; this thread is one of the workers.

    Raises
    ------
    Exception
        The first that the work raised, once all workers have ended.
    """
    waiting = deque(pieces)

    def drain() -> None:
        while True:
            try:
                piece = waiting.popleft()
            except IndexError:
                return
            work(piece)

    helpers = min(workers, len(waiting)) - 1
    if helpers < 1:
        drain()
        return
    with ThreadPoolExecutor(helpers) as pool:
        others = [pool.submit(drain) for _ in range(helpers)]
        drain()
    for other in others:
        other.result()
