"""Memory that is freed and needed again at once."""

from __future__ import annotations

from functools import cache

import numpy as np

KEPT = 31 << 20
"""Bytes; glibc learns from freed blocks up to 32 MB."""


@cache
def keep_freed_memory() -> None:
    """Let freed memory stay with this process, where the C library is glibc.

    A sweep allocates and frees the same megabytes every time. By default they go back to the
    system, and each of their pages costs a fault when it is needed again: as much time as all
    tables take. Once a block of some size has been freed, glibc keeps up to twice as much
    (M_MMAP_THRESHOLD in mallopt(3)); the block itself is never touched.
    """
    np.empty(KEPT, np.uint8)
