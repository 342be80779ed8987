"""A stored result's study and prices again, to ask more of them than was asked at the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import DataError, UsageError
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.pipeline.sweeping.plan import Plan
from engine.pipeline.variation import axis_column
from engine.rules.studies import restored_study
from engine.store.folders import Stored
from engine.store.provenance import code_hash, content_hash
from engine.study.axis import Axis
from engine.study.loader import config_hash
from engine.study.models import Study

KINDS = ("run", "sweep")
"""Kinds of results that keep the whole study they were made from."""


@dataclass(frozen=True, eq=False)
class Reloaded:
    """The study and the prices of a stored run or sweep, the same as they were."""

    study: Study
    panel: PricePanel

    def plan(self, threads: int = 1) -> Plan:
        """Return the plan of a sweep, run by the fastest engine that serves."""
        swept = any(key.startswith("data.") for key in self.study.sweep)
        return Plan(self.study, None if swept else self.panel, "auto", threads)


def reload(stored: Stored, data_dir: Path | None = None) -> Reloaded:
    """Return what a stored run or sweep was made from.

    Parameters
    ----------
    stored : Stored
    data_dir : Path, optional
        Where its prices are now, if not where they were.

    Raises
    ------
    UsageError
        If the result is neither run nor sweep, or Streaklab's code has changed since.
    StudyError
        If files that the study names are gone.
    DataError
        If the prices cannot be read, or they or the files the study names have changed since.
    """
    manifest = stored.manifest
    if manifest["kind"] not in KINDS:
        raise UsageError(f"{stored.name} is of kind {manifest['kind']}; name a run or a sweep")
    if manifest["code_hash"] != code_hash():
        raise UsageError(
            f"{stored.name} was made by another version of Streaklab's code; "
            f"make it again: streak {manifest['kind']} …"
        )
    folder = None if manifest["folder"] is None else Path(manifest["folder"])
    study = restored_study(manifest["config"], folder, stored.name, data_dir=data_dir)
    panel = load_panel(study.data)
    if panel.content_hash != manifest["data"]["sha256"]:
        raise DataError(f"the prices of {stored.name} have changed since; {_again(manifest)}")
    if content_hash(config_hash(study), panel.content_hash) != manifest["content_hash"]:
        raise DataError(
            f"a file that the study of {stored.name} names has changed since; {_again(manifest)}"
        )
    return Reloaded(study, panel)


def _again(manifest: Mapping[str, Any]) -> str:
    return f"make it again: streak {manifest['kind']} …"


def number_of(axes: Mapping[str, Axis], row: Mapping[str, Any]) -> int:
    """Return the number in the whole grid of the set that has a row's swept values.

    `row` is one of :func:`engine.store.trials.read_rows`; the last axis runs fastest.

    Raises
    ------
    ValueError
        If the grid has no such set.
    """
    number = 0
    for key, axis in axes.items():
        found = np.flatnonzero(axis_column(tuple(axis)) == row[key])
        if not len(found):
            raise ValueError(f"{key} has no value {row[key]!r}")
        number = number * len(axis) + int(found[0])
    return number
