"""Grids whose every metric is made up, and the long way to what they say."""

import dataclasses
import itertools
import math

import numpy as np
from hypothesis import strategies as st

from engine.evaluation.grid_study import GridStudy

SESSIONS = np.datetime64("2001-01-01") + np.arange(10).astype("timedelta64[D]")


@dataclasses.dataclass
class MadeUp:
    """A grid and what its sets measure; arrays have one entry per combination."""

    axes: dict
    metric: str
    whole: np.ndarray
    first: np.ndarray
    second: np.ndarray
    allowed: np.ndarray
    paths: np.ndarray
    references: dict = dataclasses.field(default_factory=dict)
    asked: list = dataclasses.field(default_factory=list)

    @property
    def numbers(self):
        return np.flatnonzero(self.allowed)

    @property
    def combinations(self):
        return list(itertools.product(*self.axes.values()))

    def evaluate(self, numbers, first, stop):
        self.asked.append((len(numbers), first, stop))
        spans = {(0, None): self.whole, (0, 5): self.first, (5, None): self.second}
        values = np.where(self.allowed, spans[first, stop], np.nan)[numbers]
        return {self.metric: values, "path": self.paths[numbers]}

    def study(self, chunks=(), **options):
        """Return the study of the grid, fed in chunks that end at some positions."""
        study = GridStudy(self.axes, self.metric, **{"seed": 7, **options})
        for part in np.split(self.numbers, sorted(chunks)):
            columns = {self.metric: self.whole[part], "path": self.paths[part], "other": part}
            study.add(part, columns)
        return study

    def findings(self, chunks=(), **options):
        return self.study(chunks, **options).finish(
            self.evaluate, sessions=SESSIONS, references=lambda first, stop: self.references
        )


def made_up(axes, whole, metric="sharpe", **changes):
    """Return a grid from the metric of all combinations; the halves are the whole."""
    whole = np.asarray(whole, dtype=float).ravel()
    count = math.prod(map(len, axes.values()))
    assert len(whole) == count
    given = {
        "first": whole,
        "second": whole,
        "allowed": np.ones(count, dtype=bool),
        "paths": np.arange(count, dtype=np.uint64),
    }
    return MadeUp(axes, metric, whole, **(given | changes))


@st.composite
def grids(draw, most_axes=4, metrics=("sharpe", "volatility", "rotations", "max_drawdown")):
    """Draw a grid: few values, many ties, undefined metrics, refused sets, equal paths."""
    sizes = draw(st.lists(st.integers(1, 4), max_size=most_axes))
    axes = {f"rule.a{i}": list(range(10, 10 + size)) for i, size in enumerate(sizes)}
    count = math.prod(sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    distinct = draw(st.sampled_from([1, 3, 1000]))
    undefined, refused = draw(st.tuples(*[st.sampled_from([0.0, 0.3, 1.0])] * 2))

    def values():
        found = rng.integers(0, distinct, count) / 8.0 - 1.0
        found[rng.random(count) < undefined] = np.nan
        return found

    return made_up(
        axes,
        values(),
        draw(st.sampled_from(metrics)),
        first=values(),
        second=values(),
        allowed=rng.random(count) >= refused * draw(st.sampled_from([0.5, 1.0])),
        paths=rng.integers(0, 1 + count // 2, count).astype(np.uint64),
        references={"core": float(rng.integers(0, distinct) / 8.0 - 1.0)},
    )


def same(one, other):
    """Return whether two findings are the same to the last bit; NaN is NaN."""
    if dataclasses.is_dataclass(one):
        names = [field.name for field in dataclasses.fields(one)]
        return type(one) is type(other) and all(
            same(getattr(one, name), getattr(other, name)) for name in names
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and one.tobytes() == other.tobytes()
    return repr(one) == repr(other)  # NaN is NaN
