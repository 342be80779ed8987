"""Studies whose rules are checked, too: what everything above loads studies with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.rules.axes import check_axes, with_fitted_axes
from engine.rules.resolve import check_rules
from engine.study.faults import without_lines
from engine.study.loader import LoadedStudy, parse_study
from engine.study.loader import load_study as load_study_file
from engine.study.models import Study
from engine.study.resolved import study_text
from engine.study.validation import validated

CHECKS = (check_rules, check_axes)


def read_study(
    path: Path | str, *, overrides: Sequence[str] = (), data_dir: Path | str | None = None
) -> LoadedStudy:
    """Read and check a study file with its rules; keeps the text and where each key stands.

    Parameters
    ----------
    path : Path or str
    overrides : sequence of str
        ``key=value``, applied in order: ``rule.entry_streak=7``.
    data_dir : Path or str, optional
        Replaces ``data.directory``.

    Raises
    ------
    StudyError
        With every fault, as ``file:line: key: what is wrong``.
    """
    loaded = load_study_file(path, overrides=overrides, data_dir=data_dir, checks=CHECKS)
    return dataclasses.replace(loaded, study=with_fitted_axes(loaded.study))


def load_study(
    path: Path | str, *, overrides: Sequence[str] = (), data_dir: Path | str | None = None
) -> Study:
    """Return a checked study; see :func:`read_study`."""
    return read_study(path, overrides=overrides, data_dir=data_dir).study


def restored_study(
    config: Mapping[str, Any], folder: Path | None, name: str, *, data_dir: Path | str | None = None
) -> Study:
    """Return the checked study that a manifest holds.

    Parameters
    ----------
    config : mapping
        The study as :func:`engine.study.resolved.resolved` gives it.
    folder : Path or None
        What paths in it are relative to; None: the working directory.
    name : str
        What faults call it.
    data_dir : Path or str, optional
        Replaces ``data.directory``.

    Raises
    ------
    StudyError
        If the rules or files it names are gone, or no longer what they were.
    """
    content = study_text(config).encode()
    loaded = parse_study(content, Path(name), folder, data_dir=data_dir, checks=CHECKS)
    return with_fitted_axes(loaded.study)


def checked(study: Study) -> Study:
    """Return a study made in Python, its rules and axes checked as those of a file are.

    A study that has been checked comes back equal. Axes may be given in any form that
    :func:`engine.study.axis_parsing.parse_axis` reads.

    Raises
    ------
    StudyError
        With every fault, as ``study "name": key: what is wrong``.
    """
    plain = {**study.model_dump(exclude={"sweep"}, warnings=False), "sweep": study.sweep}
    found, misfits = validated(plain, study.folder, CHECKS)
    if found is None:
        raise without_lines(misfits, f'study "{study.name}"')
    return with_fitted_axes(study.model_copy(update={"sweep": found.sweep}))
