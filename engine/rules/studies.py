"""Study files whose rules are checked, too: what everything above loads studies with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.rules.resolve import check_rules
from engine.study.loader import LoadedStudy
from engine.study.loader import load_study as load_study_file
from engine.study.models import Study


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
    return load_study_file(path, overrides=overrides, data_dir=data_dir, checks=(check_rules,))


def load_study(
    path: Path | str, *, overrides: Sequence[str] = (), data_dir: Path | str | None = None
) -> Study:
    """Return a checked study; see :func:`read_study`."""
    return read_study(path, overrides=overrides, data_dir=data_dir).study
