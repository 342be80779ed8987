"""How to get the same result again: command, study, hashes, versions, seed."""

from __future__ import annotations

from engine.report.document import Chapter, DataTable, Listing, headings, plain_rows
from engine.report.origins import origin_text
from engine.report.run_report import RunReport
from engine.store.folders import Stored
from engine.study.resolved import study_text


def reproduce(report: RunReport) -> Chapter:
    """Return the chapter on repeating the run."""
    return reproduction(report.run.stored, report.run.study_text, "streak run study.yaml")


def reproduction(stored: Stored, study_text_given: bytes, command: str) -> Chapter:
    """Return the chapter on repeating a result of one study.

    Parameters
    ----------
    stored : Stored
    study_text_given : bytes
        The study file as it was given.
    command : str
        What makes the result again from the resolved study, saved as ``study.yaml``.
    """
    manifest = stored.manifest
    study = study_text_given.decode("utf-8-sig", errors="replace")
    facts = [
        ("Result", stored.name),
        ("Made", manifest["created"]),
        ("Seed", str(manifest["seed"])),
        ("Content, SHA-256", manifest["content_hash"]),
        *((("Study, SHA-256", manifest["config_hash"]),) if "config_hash" in manifest else ()),
        ("Prices, SHA-256", manifest["data"]["sha256"]),
        ("Code, SHA-256", manifest["code_hash"]),
    ]
    facts += [
        (f"{source['symbol']}, prices from", origin_text(source))
        for source in manifest["data"]["sources"]
    ]
    versions = list(manifest["versions"].items())
    return Chapter(
        key="reproduce",
        title="Reproduce",
        sentences=(
            f"Save the resolved study below as study.yaml, and run: {command}",
            "It holds every default and override. Same study, same prices, same code: same "
            "figures. If it names a folder of prices, say where yours is with the option "
            "--data-dir.",
        ),
        blocks=(
            _pairs("hashes", "Hashes and seed", facts),
            _pairs("versions", "Versions", versions),
            Listing("resolved-study", "The study resolved", study_text(manifest["config"])),
            Listing("given-study", "The study as given", study),
        ),
        template="reproduce.html",
        data={
            "command": command,
            **dict(facts),
            "versions": dict(versions),
            "study": study,
            "resolved": study_text(manifest["config"]),
        },
    )


def _pairs(key: str, title: str, facts: list[tuple[str, str]]) -> DataTable:
    rows = plain_rows([[name, str(value)] for name, value in facts])
    return DataTable(key, title, headings("What", "Value"), rows, left=2)
