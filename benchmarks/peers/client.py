"""The engine's side of a peer: hand the job over, ask for sweeps, compare what comes back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.job import TERMS, Axes, positions
from benchmarks.peers.serving import METRICS
from engine.market.panel import PricePanel

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
"""Where ``make bench`` installs the peers."""

Found = Mapping[str, NDArray[np.float64]]


class PeerUnavailableError(Exception):
    """A peer cannot run here; the message says why."""


def write_job(path: Path, prices: PricePanel, axes: Axes) -> None:
    """Write the job as peers read it: see :class:`benchmarks.peers.serving.Job`."""
    pair, costs = (prices.core, prices.satellite), (TERMS.core, TERMS.satellite)
    np.savez(
        path,
        open=np.stack([bars.open for bars in pair], axis=1),
        close=np.stack([bars.close for bars in pair], axis=1),
        positions=np.packbits(positions(prices, axes), axis=1),
        commission=np.array([one.commission for one in costs]),
        slippage=np.array([one.slippage for one in costs]),
        initial_cash=TERMS.initial_cash,
    )


class Peer:
    """A running peer.

    Parameters
    ----------
    python : Path
        Interpreter of the environment the peers are installed in.
    module : str
        Module to run: ``benchmarks.peers.vectorbt_peer``.
    job : Path
        What :func:`write_job` wrote.
    workers : int
        Processes it may use.

    Raises
    ------
    PeerUnavailableError
        If it cannot be started.
    """

    def __init__(self, python: Path, module: str, job: Path, workers: int) -> None:
        if not python.exists():
            raise PeerUnavailableError("the peers are not installed; `make bench` does it")
        self._said = job.with_name(f"{module}.txt")
        with self._said.open("w") as errors:
            self._process = subprocess.Popen(
                [python.absolute(), "-m", module, job, str(workers)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        hello = self._answer()
        self.versions: dict[str, str] = hello["versions"]
        self.configuration: str = hello["configuration"]
        self.found: Found = {}

    def sweep(self, sets: int) -> float:
        """Sweep the first sets, keep their metrics in ``found``, and return the seconds it took."""
        assert self._process.stdin is not None
        print(json.dumps({"sets": sets}), file=self._process.stdin, flush=True)
        answer = self._answer()
        self.found = {key: np.array(answer[key], dtype=np.float64) for key in METRICS}
        return float(answer["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            said = self._said.read_text().strip().splitlines() or ["no word"]
            raise PeerUnavailableError(f"it ended with: {said[-1]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let it end: there is no more to read."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait()


def differences(found: Found, ours: Found) -> dict[str, float]:
    """Return the largest relative difference of each metric over the sets a peer ran."""
    return {
        key: float(np.max(np.abs(values / ours[key][: len(values)] - 1.0)))
        for key, values in found.items()
    }
