"""How to get the same result again: command, study, hashes, versions, seed."""

from __future__ import annotations

from engine.report.document import Chapter, DataTable, Listing, headings, plain_rows
from engine.report.origins import origin_text
from engine.report.run_report import RunReport
from engine.study.resolved import study_text


def reproduce(report: RunReport) -> Chapter:
    """Return the chapter on repeating the run."""
    manifest = report.manifest
    study = report.run.study_text.decode("utf-8-sig", errors="replace")
    facts = [
        ("Result", report.run.stored.name),
        ("Made", manifest["created"]),
        ("Seed", str(manifest["seed"])),
        ("Content, SHA-256", manifest["content_hash"]),
        ("Study, SHA-256", manifest["config_hash"]),
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
            "Save the resolved study below as study.yaml, and run: streak run study.yaml",
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
            "command": "streak run study.yaml",
            **dict(facts),
            "versions": dict(versions),
            "study": study,
            "resolved": study_text(manifest["config"]),
        },
    )


def _pairs(key: str, title: str, facts: list[tuple[str, str]]) -> DataTable:
    rows = plain_rows([[name, str(value)] for name, value in facts])
    return DataTable(key, title, headings("What", "Value"), rows, left=2)
