"""Memory of a sweep: peak of a process that sweeps less that of one that sweeps next to nothing.

``python -m benchmarks.memory SETS WORKERS`` prints the peak of its own process in bytes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import engine as sl
from benchmarks.job import LENGTHS, panel
from benchmarks.processes import write_study
from benchmarks.report import Part, Table, count_text

ROOT = Path(__file__).parents[1]
STATUS = Path("/proc/self/status")
SMALLEST = min(LENGTHS)


def memory(sizes: Sequence[int], workers: int) -> Part:
    """Measure the peak memory of grids, their tables of results included."""
    base = _peak(SMALLEST, workers) / 1e6
    peaks = {sets: _peak(sets, workers) / 1e6 for sets in sizes}
    used = {sets: peak - base for sets, peak in peaks.items()}
    rows = [
        (f"{sets:,}", f"{count_text(used[sets])} MB", f"{count_text(peaks[sets])} MB")
        for sets in sizes
    ]
    note = (
        "Peak resident memory of a process that calls `engine.sweep` for the whole table of "
        "results in memory (parameters, all metrics and the path of every set), less that of a "
        f"process that sweeps {SMALLEST} sets ({count_text(base)} MB: libraries and compiled code)."
    )
    table = Table("Memory", ("Sets", "Peak", "Whole process"), rows, (note,))
    return Part((table,), {f"memory {sets}": megabytes for sets, megabytes in used.items()})


def _peak(sets: int, workers: int) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", str(sets), str(workers)]
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(ended.stdout)


def _sweep(sets: int, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        study = sl.load_study(write_study(Path(folder), sets))
    assert len(sl.sweep(study, panel(), confirm=0, workers=workers)) == sets


def own_peak() -> int:
    """Return the peak resident memory of this process in bytes.

    On Linux from /proc: what `getrusage` says there can be the peak of the process that started
    this one.
    """
    if STATUS.exists():
        line = next(x for x in STATUS.read_text("ascii").splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    _sweep(int(sys.argv[1]), int(sys.argv[2]))
    print(own_peak())
