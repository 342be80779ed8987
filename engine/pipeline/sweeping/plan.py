"""What a sweep will do: which axes the kernel sweeps itself, and which make another study of it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError, StudyError, UsageError
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.pipeline.sweeping.part import Columns, Part, engine_for, no_columns
from engine.pipeline.variation import axis_column, varied
from engine.rules.resolve import resolve
from engine.store.provenance import content_hash
from engine.study.grid import Grid
from engine.study.loader import config_hash
from engine.study.models import Study

Engine = Literal["auto", "events", "bars", "backtrader"]
Numbers = NDArray[np.int64]
Window = tuple[int, int | None]
"""Sessions [first, stop) of the traded span, None being its end."""

WHOLE: Window = (0, None)
MANY = 50_000_000
"""More parameter sets than these are swept only when that is said to be meant."""
TOO_MANY = 10**12
"""As many are not swept at all."""
CHUNK = {"events": 2**16, "bars": 2**14, "backtrader": 2**8}
"""Parameter sets measured and written at a time, by the slowest engine that runs any of them."""
KEPT = 8
"""Combinations of prices and terms whose kernel tables are kept in memory."""


def check_size(grid: Grid, *, many: bool) -> None:
    """Raise StudyError for a grid that is too large, or larger than what may be meant."""
    if grid.count < (TOO_MANY if many else MANY + 1):
        return
    sizes = ", ".join(f"{key} {len(axis):,}" for key, axis in grid.axes.items())
    remedy = (
        f"fewer than {TOO_MANY:,} can be swept: shorten an axis"
        if grid.count >= TOO_MANY
        else f"shorten an axis, or say --yes to sweep more than {MANY:,}"
    )
    raise StudyError(f"the grid has {grid.count:,} parameter sets ({sizes}); {remedy}")


def nothing_allowed(grid: Grid) -> UsageError:
    """Return the error of a grid of which the rule allows nothing."""
    return UsageError(f"the rule allows none of the {grid.count:,} combinations of the grid")


def swept_in_memory(study: Study) -> None:
    """Raise UsageError if a study sweeps over its data, for those in memory are given."""
    for key in study.sweep:
        if key.startswith("data."):
            raise UsageError(f"{key} cannot be swept on a panel in memory")


class Plan:
    """A study's grid, split into axes of the rule (inner) and those of prices and terms (outer).

    Sets are numbered through the whole grid, the last axis fastest, and measured in chunks of
    consecutive numbers whose size depends on nothing but the study and the engine.

    Parameters
    ----------
    study : Study
    panel : PricePanel, optional
        By default loaded; a panel in memory cannot be swept over its data.
    engine : {"auto", "events", "bars", "backtrader"}
    threads : int
        Of the kernel; they change no bit of what is measured.

    Raises
    ------
    UsageError
        If data are swept on a panel in memory, or the engine cannot run the rule.
    """

    def __init__(
        self,
        study: Study,
        panel: PricePanel | None = None,
        engine: Engine = "auto",
        threads: int = 1,
    ) -> None:
        self.study, self.wanted, self.threads = study, engine, threads
        self.grid = Grid(study.sweep)
        if panel is not None:
            swept_in_memory(study)
        self.sweeps_data = any(key.startswith("data.") for key in study.sweep)
        self.panel = panel or load_panel(study.data)
        self.keys = tuple(self.grid.axes)
        self.inner = _inner_keys(study)
        self.outer = tuple(key for key in self.keys if key not in self.inner)
        self.sizes = tuple(len(axis) for axis in self.grid.axes.values())
        self.strides = [math.prod(self.sizes[i + 1 :]) for i in range(len(self.sizes))]
        self.part = lru_cache(maxsize=KEPT)(self._part)
        self._panel_of = lru_cache(maxsize=KEPT)(self._loaded)
        self.ready: Callable[[], None] = lambda: None  # what has to end before any set is run
        _ = self.engine  # refuses before anything is measured

    # -- the numbering of sets --------------------------------------------------------------------

    def digits(self, numbers: Numbers, key: str) -> Numbers:
        """Return which value of an axis each set has, shape (m,)."""
        at = self.keys.index(key)
        return np.asarray(numbers // self.strides[at] % self.sizes[at])

    def split(self, numbers: Numbers) -> tuple[Numbers, Numbers]:
        """Return the numbers of sets' outer combinations, and those in the inner grid."""
        if not self.outer:
            return np.zeros(len(numbers), dtype=np.int64), numbers
        pair = [np.zeros(len(numbers), dtype=np.int64) for _ in range(2)]
        for key, size in zip(self.keys, self.sizes, strict=True):
            at = int(key in self.inner)
            pair[at] = pair[at] * size + self.digits(numbers, key)
        return pair[0], pair[1]

    @property
    def combinations(self) -> int:
        """How many combinations of prices and terms there are."""
        return math.prod(len(self.grid.axes[key]) for key in self.outer)

    @cached_property
    def axis_values(self) -> dict[str, NDArray[Any]]:
        """The values of every axis, as an array of their type."""
        return {key: axis_column(tuple(axis)) for key, axis in self.grid.axes.items()}

    # -- prices, terms and engines ----------------------------------------------------------------

    def outer_values(self, outer: int) -> dict[str, Any]:
        """Return the swept prices and terms of an outer combination."""
        sizes = [len(self.grid.axes[key]) for key in self.outer]
        digits = np.unravel_index(outer, sizes) if sizes else ()
        return {
            key: self.grid.axes[key][int(digit)]
            for key, digit in zip(self.outer, digits, strict=True)
        }

    def _part(self, outer: int, window: Window = WHOLE, engine: str | None = None) -> Part | None:
        """Return what measures the sets of an outer combination, on some of its sessions.

        None where its values, each of them right by itself, do not go together, or where it has
        no such sessions.
        """
        try:
            study = varied(self.study, self.outer_values(outer))
        except StudyError:
            return None
        panel = self.panel_for(outer)
        if window != WHOLE:
            try:
                panel = panel.window(*window)
            except DataError:
                return None
        axes = {name: tuple(self.grid.axes[key]) for key, name in self.inner.items()}
        return Part(study, panel, axes, engine_for(study, engine or self.wanted))

    def panel_for(self, outer: int) -> PricePanel:
        """Return the prices of an outer combination."""
        if not self.sweeps_data:
            return self.panel
        own = {k: v for k, v in self.outer_values(outer).items() if k.startswith("data.")}
        return self._panel_of(tuple(own.items()))

    def _loaded(self, values: tuple[tuple[str, Any], ...]) -> PricePanel:
        return load_panel(varied(self.study, dict(values)).data)

    @cached_property
    def engine(self) -> str:
        """What runs the sets; several, joined by ``+``, where an axis decides."""
        key = "execution.fractional_shares"
        given = (self.study.execution.fractional_shares,)
        values = self.grid.axes[key] if key in self.outer else given
        studies = (varied(self.study, {key: value}) for value in values)
        return "+".join(dict.fromkeys(engine_for(study, self.wanted) for study in studies))

    # -- chunks -----------------------------------------------------------------------------------

    @property
    def chunk_size(self) -> int:
        """Sets of a chunk: the same whatever the machine and the number of workers."""
        return min(CHUNK[name] for name in self.engine.split("+"))

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.grid.count // self.chunk_size)

    def numbers(self, chunk: int) -> Numbers:
        """Return the numbers of all sets of a chunk, allowed or not."""
        first = chunk * self.chunk_size
        return np.arange(first, min(first + self.chunk_size, self.grid.count), dtype=np.int64)

    def prices_hash(self, chunk: int) -> str:
        """Return a hash of the prices and cash rates that a chunk is measured on."""
        if not self.sweeps_data and "execution.cash_rate" not in self.outer:
            return self.panel.content_hash
        outer, _ = self.split(self.numbers(chunk))
        digest = hashlib.sha256()
        for part in filter(None, map(self.part, np.unique(outer).tolist())):
            digest.update(part.panel.content_hash.encode())
            digest.update(part.terms.rates_for(len(part.panel)).tobytes())
        return digest.hexdigest()

    @property
    def content_hash(self) -> str:
        """Hash of study, prices and code: equal for sweeps that must give equal results."""
        return content_hash(config_hash(self.study), self.panel.content_hash)

    def measured(
        self, numbers: Numbers, window: Window = WHOLE, engine: Engine | None = None
    ) -> tuple[Numbers, Columns]:
        """Measure those of some sets that the rule allows.

        Parameters
        ----------
        numbers : int64 array, shape (m,)
            Ascending.
        window : tuple of int and int or None
            Sessions [first, stop) of the traded span that are traded; None: to the end.
        engine : str, optional
            In place of the plan's.

        Returns
        -------
        numbers : int64 array, shape (k,)
            Of the allowed sets, ascending.
        columns : dict of str to array, each of shape (k,)
            Their metrics, and hashes of their paths.
        """
        pieces = []
        for part, of_whole, own in self._allowed(numbers, window, engine):
            part.prepare()
            self.ready()
            pieces.append((of_whole, part.run(own, self.threads)))
        return _in_order(pieces) if pieces else (numbers[:0], no_columns())

    def allowed(self, numbers: Numbers) -> Numbers:
        """Return those of some ascending sets that the rule allows, ascending."""
        found = [of_whole for _, of_whole, _ in self._allowed(numbers, WHOLE, None)]
        return np.sort(np.concatenate(found)) if found else numbers[:0]

    def _allowed(
        self, numbers: Numbers, window: Window, engine: Engine | None
    ) -> Iterator[tuple[Part, Numbers, Numbers]]:
        """Yield, by outer combination, what measures its allowed sets, and their numbers.

        Numbers in the whole grid first, then those in the inner one.
        """
        outer, inner = self.split(numbers)
        combinations = np.unique(outer).tolist() if self.outer else [0]
        for combination in combinations:
            rows = slice(None) if len(combinations) == 1 else np.flatnonzero(outer == combination)
            part = self.part(combination, window, engine)
            if part is None:
                continue
            allowed = part.admissible.of(inner[rows])
            whole = bool(allowed.all())
            own = inner[rows] if whole else inner[rows][allowed]
            yield part, numbers[rows] if whole else numbers[rows][allowed], own


def _in_order(pieces: Sequence[tuple[Numbers, Columns]]) -> tuple[Numbers, Columns]:
    """Return the sets of several outer combinations in the order of the grid."""
    if len(pieces) == 1:
        return pieces[0]
    numbers = np.concatenate([numbers for numbers, _ in pieces])
    order = np.argsort(numbers, kind="stable")
    columns = {
        key: np.concatenate([found[key] for _, found in pieces])[order] for key in pieces[0][1]
    }
    return numbers[order], columns


def _inner_keys(study: Study) -> dict[str, str]:
    """Return swept keys that are parameters of the rule, with the parameters' names."""
    fields = resolve(study.rule).rule.params.model_fields
    prefix = "rule.parameters." if study.rule.enter is not None else "rule."
    names = {key: key.removeprefix(prefix) for key in study.sweep if key.startswith(prefix)}
    return {key: name for key, name in names.items() if name in fields}


def swept_columns(plan: Plan, numbers: Numbers) -> Mapping[str, NDArray[Any]]:
    """Return the swept values of sets by key, each of shape (m,)."""
    return {key: plan.axis_values[key][plan.digits(numbers, key)] for key in plan.keys}
