"""Whether today's data library would give a stored result again."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import DataError, UsageError
from engine.market.load import load_panel
from engine.market.panel import PricePanel, Provenance
from engine.pipeline.scanning import context_of
from engine.store.folders import Stored
from engine.store.provenance import code_hash, sources_of
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


def own_library(stored: Stored) -> Path | None:
    """Return the library that the study of a result names as its own; None if there is none."""
    data = stored.manifest.get("config", {}).get("data", {})
    folder = stored.manifest.get("folder")
    named = data.get("directory") if data.get("source") == "library" else None
    return None if named is None or folder is None else Path(folder, named)


@dataclass(frozen=True)
class _Given:
    """What a library gives: the pair, and where and what stands beside it."""

    panel: PricePanel
    beside: str
    sources: tuple[Provenance, ...]

    @property
    def hashes(self) -> tuple[str, str]:
        return self.panel.content_hash, self.beside


def reproduction(stored: Stored, library: Path) -> Reproduction:
    """Compare the prices of a stored result with those a library gives now.

    The study's symbols, dates and price basis are taken from the result; its prices may have come
    from anywhere. Prices are compared by the hash of the panel, not by what is said of them; what
    a study of streaks knew besides (VIX, rates, other symbols) likewise.

    Raises
    ------
    UsageError
        If the result is of no study's prices: a comparison, or simulated.
    """
    manifest = stored.manifest
    if "config" not in manifest or manifest["simulated"]:
        raise UsageError(f"{stored.name} is no result of one study on market prices")
    last = dt.date.fromisoformat(manifest["data"]["last_session"])
    then = manifest["data"]["sha256"], manifest.get("beside", {}).get("sha256", "")
    notes = _code_note(manifest)
    try:
        now = _given(manifest, library, end=last)
    except DataError as error:
        verdict = "the library cannot give its prices"
        return Reproduction(False, verdict, (*str(error).splitlines(), *notes))
    whole = now
    with contextlib.suppress(DataError):  # of rows after the last one of the result
        whole = _given(manifest, library, end=_given_end(manifest))
    if whole.hashes == then:
        return Reproduction(True, "the library gives the same prices again", notes)
    if now.hashes != then:
        verdict = "the library gives other prices now"
        return Reproduction(False, verdict, (*_differences(manifest, now), *notes))
    verdict = f"the library gives the same prices again with data.end: {last}"
    newer = len(whole.panel) - len(now.panel)
    return Reproduction(True, verdict, (f"it has {newer:,} newer sessions", *notes))


def _given(manifest: Mapping[str, Any], library: Path, end: dt.date | None) -> _Given:
    data = _section(manifest, library, end)
    panel = load_panel(data)
    if "beside" not in manifest:
        return _Given(panel, "", panel.provenance)
    context = context_of(data, panel)
    return _Given(panel, context.digest(), (*panel.provenance, *context.sources))


def _section(manifest: Mapping[str, Any], library: Path, end: dt.date | None) -> LibraryData:
    given = manifest["config"]["data"]
    symbols = manifest["data"]["symbols"]
    start = given.get("start")
    beside = ("others", "vix", "fed_funds", "publication_lag") if "beside" in manifest else ()
    return LibraryData(
        source="library",
        directory=library.absolute(),
        core=symbols["core"],
        satellite=symbols["satellite"],
        start=None if start is None else dt.date.fromisoformat(start),
        end=end,
        price_basis=given["price_basis"],
        calendar=given["calendar"],
        **{key: given[key] for key in beside if key in given},
    )


def _given_end(manifest: Mapping[str, Any]) -> dt.date | None:
    end = manifest["config"]["data"].get("end")
    return None if end is None else dt.date.fromisoformat(end)


def _differences(manifest: Mapping[str, Any], now: _Given) -> list[str]:
    found = []
    then = manifest["data"]
    sessions = then["sessions"] + then["warm_up_sessions"]
    if len(now.panel) != sessions:
        found.append(f"{sessions:,} sessions then, {len(now.panel):,} now")
    before = {source["symbol"]: source for source in sources_of(manifest)}
    after = {source.symbol: vars(source) for source in now.sources}
    for symbol in dict.fromkeys((*before, *after)):
        was, is_ = before.get(symbol), after.get(symbol)
        if was is None or is_ is None or was["sha256"] != is_["sha256"]:
            found.append(f"{symbol}: then {_told(was)}; now {_told(is_)}")
    return found


def _told(source: Mapping[str, Any] | None) -> str:
    if source is None:
        return "none"
    origin = source.get("source") or source["recognised_as"]
    fetched = f" of {source['fetched_at']}" if source.get("fetched_at") else ""
    return f"{origin}{fetched}, {source['rows']:,} rows to {source['last_session']}"


def _code_note(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    if manifest["code_hash"] == code_hash():
        return ()
    return ("Streaklab's code has changed since: the result may differ for that reason",)
