"""A study written out in full, and the hash that tells whether two studies are the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from engine.errors import StudyError
from engine.study.axis import Axis
from engine.study.models import RuleSection, Study


def resolved(study: Study) -> dict[str, Any]:
    """Return the whole study with defaults filled in, ready for JSON.

    Paths are relative to the study's folder and written with ``/``: they read as they were given
    and say nothing of the machine. Parameters of rules are as given: their defaults belong to
    the rules.
    """
    return {key: _plain(getattr(study, key), study.folder) for key in Study.model_fields}


def study_text(config: Mapping[str, Any]) -> str:
    """Return a resolved study as the text of a study file, which gives the same results.

    It is JSON, as YAML allows, but for dates, which a study file writes without quotes. Paths are
    relative to the folder of the study they come from.
    """
    marked = {**config, "data": _with_dates_marked(config["data"], ("start", "end"))}
    swept = config.get("sweep") or {}
    marked["sweep"] = _with_dates_marked(swept, ("data.start", "data.end"))
    text = json.dumps(marked, indent=2, ensure_ascii=False, allow_nan=False)
    return re.sub(r'"\\u0000([0-9-]+)"', r"\1", text) + "\n"


def _with_dates_marked(section: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return a section in which the dates of some keys begin with a character no text holds."""

    def marked(value: Any) -> Any:
        match value:
            case str():
                return f"\0{value}"
            case list():
                return [marked(part) for part in value]
            case dict():
                return {key: marked(part) for key, part in value.items()}
        return value

    return {key: marked(value) if key in keys else value for key, value in section.items()}


def identity(study: Study) -> dict[str, Any]:
    """Return what determines the study's results, apart from prices and code; ready for JSON.

    Equal for equal studies in different folders or on different machines: name, description and
    the folder of the prices are left out, and other files are represented by their content.

    Raises
    ------
    StudyError
        If a file that the study names cannot be read.
    """
    whole = resolved(study)
    del whole["name"], whole["description"]
    whole["data"].pop("directory", None)
    if isinstance(study.execution.cash_rate, Path):
        whole["execution"]["cash_rate"] = _content_of(study.execution.cash_rate)
    rules = [(study.rule, whole["rule"]), *zip(study.compare, whole["compare"], strict=True)]
    for rule, written in rules:
        if rule.file is not None:
            written["file"] = _content_of(rule.file)
    return whole


def config_hash(study: Study) -> str:
    """Return the SHA-256, in hex, of a study's :func:`identity`."""
    text = json.dumps(identity(study), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, folder: Path | None) -> Any:
    match value:
        case Axis():
            plain = _plain(value.as_given(), folder)
        case BaseModel():
            plain = _plain(_given_keys(value), folder)
        case Mapping():
            plain = {str(key): _plain(part, folder) for key, part in value.items()}
        case list() | tuple():
            plain = [_plain(part, folder) for part in value]
        case dt.date():
            plain = value.isoformat()
        case Path():
            plain = _written(value, folder)
        case _:
            plain = value
    return plain


def _given_keys(section: BaseModel) -> dict[str, Any]:
    """Return what a section holds; of the ways to name a rule, only the one that is used."""
    keys = {key: getattr(section, key) for key in type(section).model_fields}
    if not isinstance(section, RuleSection):
        return keys
    return {key: part for key, part in keys.items() if part is not None} | section.parameters


def _written(path: Path, folder: Path | None) -> str:
    try:
        return path.as_posix() if folder is None else _relative(path, folder)
    except ValueError:  # on another drive
        return path.as_posix()


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _content_of(path: Path) -> dict[str, str]:
    try:
        return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {error.strerror}") from None
