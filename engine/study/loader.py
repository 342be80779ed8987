"""A study file in, a checked study out, or every fault at once with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import Fault, StudyError, nearest_file
from engine.study.document import MAX_BYTES, parse_document
from engine.study.faults import Places, in_order
from engine.study.misfit import Misfit, MisfitError
from engine.study.models import Study, section_of
from engine.study.overrides import locate, parse_override, replaced
from engine.study.resolved import config_hash, identity, resolved
from engine.study.validation import Check, Draft, validated

__all__ = [
    "Check",
    "Draft",
    "LoadedStudy",
    "Misfit",
    "config_hash",
    "identity",
    "load_study",
    "parse_study",
    "resolved",
]

DATA_DIR = "--data-dir"
DIRECTORY = ("data", "directory")


@dataclass(frozen=True)
class LoadedStudy:
    """A study and the file it was read from.

    Attributes
    ----------
    study : Study
        Checked, with options of the command line applied and paths made absolute.
    path : Path
        The file as the user named it.
    content : bytes
        The file as it is; options are not in it.
    overrides : tuple of str
        The ``--set`` options that were applied, ``key=value``.
    places : Places
        Where every key was given.
    """

    study: Study
    path: Path
    content: bytes
    overrides: tuple[str, ...]
    places: Places

    def fault(self, misfit: Misfit) -> Fault:
        """Return something found wrong later on with the place of its key."""
        return self.places.fault(misfit)


def load_study(
    path: Path | str,
    *,
    overrides: Sequence[str] = (),
    data_dir: Path | str | None = None,
    checks: Iterable[Check] = (),
) -> LoadedStudy:
    """Read and check a study file.

    Parameters
    ----------
    path : Path or str
    overrides : sequence of str
        ``key=value`` as of ``--set``, applied in order; keys are dotted.
    data_dir : Path or str, optional
        Replaces ``data.directory``; relative to the working directory.
    checks : iterable of Check
        Further checks of layers above; see :data:`engine.study.validation.Check`.

    Returns
    -------
    LoadedStudy

    Raises
    ------
    StudyError
        With all faults, sorted by line, those of options last.
    """
    path = Path(path)
    content = read_study_bytes(path)
    return parse_study(
        content,
        path,
        path.absolute().parent,
        overrides=overrides,
        data_dir=data_dir,
        checks=checks,
    )


def parse_study(
    content: bytes,
    path: Path,
    folder: Path | None,
    *,
    overrides: Sequence[str] = (),
    data_dir: Path | str | None = None,
    checks: Iterable[Check] = (),
) -> LoadedStudy:
    """Check the content of a study file; see :func:`load_study`.

    `path` is what faults call it, `folder` what paths in it are relative to; None: the working
    directory.
    """
    document = parse_document(content, str(path))
    faults = list(document.faults)
    given = _Given(document.data, Places(str(path), document.lines))
    for text in overrides:
        faults += given.override(text)
    if data_dir is not None:
        faults += given.set_directory(Path(data_dir))
    study, misfits = validated(given.data, folder, checks)
    faults += [given.places.fault(misfit) for misfit in misfits]
    if faults or study is None:
        raise StudyError(faults=in_order(faults))
    return LoadedStudy(study, path, content, tuple(overrides), given.places)


def read_study_bytes(path: Path) -> bytes:
    """Return the bytes of a YAML file, at most one more than a study file may have.

    Raises
    ------
    StudyError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = f"there is no such file{nearest_file(path)}"
    except IsADirectoryError:
        message = "is a folder, but must be a study file"
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise StudyError(faults=[Fault(str(path), 0, "", message)])


class _Given:
    """A study as plain data, while options replace parts of it."""

    def __init__(self, data: dict[str, Any], places: Places) -> None:
        self.data = data
        self.places = places

    def override(self, text: str) -> Iterable[Fault]:
        """Apply one ``key=value``; return what is wrong with it."""
        try:
            key, option, value = parse_override(text)
        except StudyError as error:
            return error.faults
        path = locate(self.data, key)
        try:
            self.data = replaced(self.data, path, value)
        except MisfitError as error:
            return [Fault(option, 0, "", error.misfits[0].message)]
        self.places = self.places.with_option(path, option)
        return []

    def set_directory(self, folder: Path) -> Iterable[Fault]:
        """Replace the folder of the price files, where the source reads files."""
        data = self.data.get("data")
        if not isinstance(data, dict):
            return []  # the data section is missing or wrong: that is its fault
        if section_of(data) == "SimulatedData":
            message = 'the source "simulated" reads no files; leave the option out'
            return [Fault(DATA_DIR, 0, "", message)]
        self.data = replaced(self.data, DIRECTORY, str(folder.absolute()))
        self.places = self.places.with_option(DIRECTORY, DATA_DIR)
        return []
