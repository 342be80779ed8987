"""Whether today's data library would give a stored result again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DataError, UsageError
from engine.market.load import load_panel
from engine.market.panel import PricePanel
from engine.store.folders import Stored
from engine.store.provenance import code_hash
from engine.study.models import LibraryData


@dataclass(frozen=True)
class Reproduction:
    """Whether a library gives the prices of a result again.

    Attributes
    ----------
    reproduces : bool
        To the last bit, perhaps after setting ``data.end``.
    verdict : str
        In one sentence.
    reasons : tuple of str
        What differs, and what else one should know.
    """

    reproduces: bool
    verdict: str
    reasons: tuple[str, ...] = ()


def reproduction(stored: Stored, library: Path) -> Reproduction:
    """Compare the prices of a stored result with those a library gives now.

    The study's symbols, dates and price basis are taken from the result; its prices may have come
    from anywhere. Prices are compared by the hash of the panel, not by what is said of them.

    Raises
    ------
    UsageError
        If the result is of no study's prices: a comparison, or simulated.
    """
    if "config" not in stored.manifest or stored.manifest["simulated"]:
        raise UsageError(f"{stored.name} is no result of one study on market prices")
    then = stored.manifest["data"]
    last = dt.date.fromisoformat(then["last_session"])
    notes = _code_note(stored.manifest)
    try:
        now = load_panel(_section(stored.manifest, library, end=last))
    except DataError as error:
        verdict = "the library cannot give its prices"
        return Reproduction(False, verdict, (*str(error).splitlines(), *notes))
    if now.content_hash != then["sha256"]:
        verdict = "the library gives other prices now"
        return Reproduction(False, verdict, (*_differences(then, now), *notes))
    whole = load_panel(_section(stored.manifest, library, end=_given_end(stored.manifest)))
    if whole.content_hash == then["sha256"]:
        return Reproduction(True, "the library gives the same prices again", notes)
    newer = len(whole) - len(now)
    verdict = f"the library gives the same prices again with data.end: {last}"
    return Reproduction(True, verdict, (f"it has {newer:,} newer sessions", *notes))


def _section(manifest: Mapping[str, Any], library: Path, end: dt.date | None) -> LibraryData:
    given = manifest["config"]["data"]
    symbols = manifest["data"]["symbols"]
    start = given.get("start")
    return LibraryData(
        source="library",
        directory=library.absolute(),
        core=symbols["core"],
        satellite=symbols["satellite"],
        start=None if start is None else dt.date.fromisoformat(start),
        end=end,
        price_basis=given["price_basis"],
        calendar=given["calendar"],
    )


def _given_end(manifest: Mapping[str, Any]) -> dt.date | None:
    end = manifest["config"]["data"].get("end")
    return None if end is None else dt.date.fromisoformat(end)


def _differences(then: Mapping[str, Any], now: PricePanel) -> list[str]:
    found = []
    sessions = then["sessions"] + then["warm_up_sessions"]
    if len(now) != sessions:
        found.append(f"{sessions:,} sessions then, {len(now):,} now")
    for before, after in zip(then["sources"], now.provenance, strict=True):
        if before["sha256"] != after.sha256:
            was, is_ = _told(before), _told(vars(after))
            found.append(f"{after.symbol}: then {was}; now {is_}")
    return found


def _told(source: Mapping[str, Any]) -> str:
    origin = source.get("source") or source["recognised_as"]
    fetched = f" of {source['fetched_at']}" if source.get("fetched_at") else ""
    return f"{origin}{fetched}, {source['rows']:,} rows to {source['last_session']}"


def _code_note(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    if manifest["code_hash"] == code_hash():
        return ()
    return ("Streaklab's code has changed since: the result may differ for that reason",)
