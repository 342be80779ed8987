"""Whole processes: ``streak sweep`` from its start to the finished results folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.job import COMMISSION_BPS, LAST_SESSION, RULE, SLIPPAGE_BPS, axes_of, real_data
from benchmarks.report import ABSENT, Part, Table, spread_text
from benchmarks.timing import Job, clocked, side_by_side

BYTECODE_IS_KEPT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""The environment, and in it Python keeps what it made of sources, as installations do."""
STREAK = [sys.executable, "-c", "import sys; from engine.cli import main; sys.exit(main())"]


def study_of(sets: int) -> dict[str, Any]:
    """Return the study of the job: JSON is YAML."""
    folder = real_data()
    real = {"source": "csv", "directory": str(folder)}
    core, satellite = ("LARGE", "SMALL") if folder is None else ("SPY", "IWM")
    return {
        "name": f"bench-{sets}",
        "seed": 1,
        "data": {"source": "simulated"} if folder is None else real,
        "rule": {"name": RULE},
        "execution": {
            "commission_bps": COMMISSION_BPS,
            "slippage_bps": dict(zip((core, satellite), SLIPPAGE_BPS, strict=True)),
        },
        "sweep": {f"rule.{name}": values for name, values in axes_of(sets).items()},
    }


def write_study(folder: Path, sets: int) -> Path:
    """Write the study of the job into a folder; returns the file."""
    path = folder / f"{sets}.yaml"
    path.write_text(json.dumps(study_of(sets)), "utf-8")
    return path


class Sweeps:
    """`streak sweep` in a temporary folder, with compiled code kept there or thrown away."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._folder = folder
        self._workers = workers

    def job(self, sets: int, *options: str, cold: bool = False) -> Job:
        """Return the job of one process; `cold`: nothing is compiled yet."""
        study = write_study(self._folder, sets)
        return clocked(lambda: self._run(study, options, cold))

    def _run(self, study: Path, options: tuple[str, ...], cold: bool) -> None:
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            cache = Path(scratch) / "cache" if cold else self._folder / "cache"
            given = ["--results", f"{scratch}/results", "--workers", str(self._workers), "--quiet"]
            if real_data():
                given += ["--set", f"data.end={LAST_SESSION}"]
            ended = subprocess.run(
                [*STREAK, "sweep", study, *given, *options],
                check=False,  # what it said is told below
                capture_output=True,
                text=True,
                env={**BYTECODE_IS_KEPT, "STREAKLAB_CACHE": str(cache)},
            )
        if ended.returncode:
            raise RuntimeError(f"streak sweep failed: {ended.stderr}")


def processes(sizes: tuple[int, int], rounds: int, cold_rounds: int, workers: int) -> Part:
    """Time `streak sweep` of a small and a large grid."""
    small, large = sizes
    with tempfile.TemporaryDirectory() as folder:
        sweeps = Sweeps(Path(folder), workers)
        sweeps.job(small)()  # Python's bytecode is there, as after an installation
        cold = side_by_side({"cold": sweeps.job(small, cold=True)}, cold_rounds, warm=False)
        warm = side_by_side(
            {
                "warm": sweeps.job(small),
                "small": sweeps.job(small, "--no-confirm"),
                "large": sweeps.job(large, "--no-confirm"),
                "help": clocked(
                    lambda: subprocess.run(
                        [*STREAK, "--help"], check=True, capture_output=True, env=BYTECODE_IS_KEPT
                    )
                ),
            },
            rounds,
        )
    taken = {**cold, **warm}
    labels = {
        "cold": (f"`streak sweep`, {small:,} sets", "yes", "no"),
        "warm": (f"`streak sweep`, {small:,} sets", "yes", "yes"),
        "small": (f"`streak sweep`, {small:,} sets", "no", "yes"),
        "large": (f"`streak sweep`, {large:,} sets", "no", "yes"),
        "help": ("`streak --help`", ABSENT, ABSENT),
    }
    rows = [(*labels[name], spread_text(taken[name])) for name in labels]
    note = (
        "Wall time of the process: start of Python, imports, reading and checking prices, the "
        "sweep, the runs in Backtrader that confirm a sample and the best sets, and writing the "
        "results folder. Python's own bytecode is there, as installations keep it."
    )
    columns = ("Command", "Confirmed", "Compiled before", "Time")
    figures = {
        f"process {name} {large if name == 'large' else small}": seconds.median
        for name, seconds in taken.items()
    }
    return Part((Table("Whole processes", columns, rows, (note,)),), figures)
