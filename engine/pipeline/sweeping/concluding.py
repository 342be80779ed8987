"""What every sweep does beside measuring: keep the best, confirm, and say what was found."""

from __future__ import annotations

from typing import Any

from engine.pipeline.bench import setting_of
from engine.pipeline.sweeping.confirming import Confirming
from engine.pipeline.sweeping.part import Columns
from engine.pipeline.sweeping.plan import Numbers, Plan, nothing_allowed
from engine.pipeline.sweeping.progress import Progress
from engine.pipeline.sweeping.tally import Tally
from engine.pipeline.sweeping.tasks import reference
from engine.pipeline.sweeping.workers import Workers
from engine.study.loader import resolved


class Course:
    """A sweep under way: hears of every chunk in order, and concludes when all are measured.

    What needs no chunk is begun at once, in processes beside this one: the study's own rule and
    its benchmarks, and the sets drawn to be confirmed where they are known beforehand.
    """

    def __init__(
        self, plan: Plan, processes: Workers, metric: str, confirm: int, progress: Progress
    ) -> None:
        self._plan, self._metric = plan, metric
        self._progress = progress
        processes.share(plan.study, plan.panel)
        self._reference = processes.submit(reference)
        self._tally = Tally(plan, metric, confirm)
        self._processes, self._confirming = processes, Confirming(processes)
        for number in self._tally.foreseen():
            self._confirming.begin(number, plan.grid[number])
        from engine.pipeline.sweeping.studied import Studied  # loaded while others are busy

        self._studied = Studied(plan, metric)
        plan.ready = processes.wait_for_first

    def add(self, chunk: int, numbers: Numbers, columns: Columns, *, fresh: bool = True) -> None:
        """Look at the allowed sets of the next chunk; not fresh ones had been measured before."""
        self._tally.add(chunk, numbers, columns)
        self._studied.add(numbers, columns)
        size, total = self._plan.chunk_size, self._plan.grid.count
        done = min((chunk + 1) * size, total)
        self._progress.measured(done, total, self._tally.best, done - chunk * size if fresh else 0)

    def measured(self) -> None:
        """Take note that all chunks are: what is left to confirm is begun.

        Raises
        ------
        UsageError
            If the rule allowed nothing.
        """
        if not self._tally.rows:
            raise nothing_allowed(self._plan.grid)
        self._chosen = self._tally.chosen()
        self._confirming.begin_all(self._chosen)

    def concluded(self, seconds: float) -> dict[str, Any]:
        """Return the fields of a summary of the sweep."""
        plan = self._plan
        self._progress.say("studying neighbours and halves of history")
        findings = self._studied.finish()
        content_hash = plan.content_hash  # all that can be known is, before others are waited for
        if self._chosen:
            self._progress.say(f"confirming {len(self._chosen)} sets in Backtrader")
        self._processes.lend_a_hand()
        confirmations = self._confirming.finish(self._chosen)
        self._progress.say("running the baseline and the benchmarks in Backtrader")
        own = self._reference()
        return {
            "study": plan.study.name,
            "seed": plan.study.seed,
            "config": resolved(plan.study),
            "folder": plan.study.folder,
            "content_hash": content_hash,
            "setting": setting_of(plan.study, plan.panel),
            "axes": plan.keys,
            "outer": plan.outer,
            "sets": self._tally.rows,
            "skipped": plan.grid.count - self._tally.rows,
            "engine": plan.engine,
            "seconds": seconds,
            "metric": self._metric,
            "top": self._tally.top(),
            "baseline": own.baseline,
            "benchmarks": own.benchmarks,
            "confirmations": confirmations,
            "findings": findings,
        }
