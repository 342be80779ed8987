"""How to get the same result again: command, study, hashes, versions, seed."""

from __future__ import annotations

from engine.report.document import Chapter, DataTable, Listing, headings, plain_rows
from engine.report.origins import origin_text
from engine.report.run_report import RunReport
from engine.store.folders import Stored
from engine.store.provenance import sources_of
from engine.study.resolved import study_text as study_text_of


def reproduce(report: RunReport) -> Chapter:
    """Return the chapter on repeating the run."""
    return reproduction(report.run.stored, report.run.study_text, "streak run study.yaml")


def reproduction(
    stored: Stored, study_text: bytes | None, command: str, claims_text: bytes | None = None
) -> Chapter:
    """Return the chapter on repeating a result.

    Parameters
    ----------
    stored : Stored
    study_text, claims_text : bytes or None
        The files of the study and of claims as they were given.
    command : str
        What makes the result again from the resolved study, saved as ``study.yaml``.
    """
    manifest, facts = stored.manifest, reproduction_facts(stored)
    config = manifest.get("config")
    resolved = {} if config is None else {"resolved": study_text_of(config)}
    given = {
        name: content.decode("utf-8-sig", errors="replace")
        for name, content in (("study", study_text), ("claims", claims_text))
        if content is not None
    }
    versions = list(manifest["versions"].items())
    listings = [Listing("resolved-study", "The study resolved", text) for text in resolved.values()]
    listings += [Listing(f"given-{x}", f"The {x} as given", text) for x, text in given.items()]
    return Chapter(
        key="reproduce",
        title="Reproduce",
        sentences=_how(command, with_claims="claims" in given)
        if resolved
        else ("It was made in memory, not from a study file.",),
        blocks=(
            pairs_table("hashes", "Hashes and seed", facts),
            pairs_table("versions", "Versions", versions),
            *listings,
        ),
        template="reproduce.html",
        data={
            **({"command": command} if resolved else {}),
            **dict(facts),
            "versions": dict(versions),
            **resolved,
            **given,
        },
    )


def _how(command: str, *, with_claims: bool) -> tuple[str, str]:
    claims = ", and the claims as claims.yaml" if with_claims else ""
    return (
        f"Save the resolved study below as study.yaml{claims}, and run: {command}",
        "It holds every default and override. Same study, same prices, same code: same figures. "
        "If it names a folder of prices, say where yours is with the option --data-dir.",
    )


def reproduction_facts(stored: Stored) -> list[tuple[str, str]]:
    """Return what tells a result apart: name, time, seed, hashes, where its prices are from."""
    manifest = stored.manifest
    hashes = [
        ("Seed", manifest.get("seed")),
        ("Content, SHA-256", manifest["content_hash"]),
        ("Study, SHA-256", manifest.get("config_hash")),
        ("Prices, SHA-256", manifest["data"]["sha256"]),
        ("Code, SHA-256", manifest["code_hash"]),
    ]
    origins = [
        (f"{source['symbol']}, from", origin_text(source)) for source in sources_of(manifest)
    ]
    return [
        ("Result", stored.name),
        ("Made", manifest["created"]),
        *((name, str(value)) for name, value in hashes if value is not None),
        *origins,
    ]


def pairs_table(key: str, title: str, facts: list[tuple[str, str]]) -> DataTable:
    """Return names and values as a table."""
    rows = plain_rows([[name, str(value)] for name, value in facts])
    return DataTable(key, title, headings("What", "Value"), rows, left=2)
