"""``scan``: what streaks are, how rare, whether they go on, what followed."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import DataError
from engine.evaluation.streak_study.claims import Tested
from engine.evaluation.streak_study.study import (
    Context,
    StreakStudy,
    study_streaks,
)
from engine.market.context import fed_funds_rates, vix_closes
from engine.market.load import load_panel
from engine.market.others import load_others
from engine.market.panel import PricePanel
from engine.pipeline.bench import Progress, silent
from engine.pipeline.claiming import check_claims
from engine.store.provenance import content_hash
from engine.study.claims import Claim
from engine.study.loader import config_hash, resolved
from engine.study.models import DataSection, Study


@dataclass(frozen=True, eq=False)
class Scan:
    """A streak study with what it was made from.

    ``content_hash`` is of the study, its prices and what is known beside them, and what was asked:
    analogues, the streak dissected, and claims with what came of them.
    """

    study: Study
    panel: PricePanel
    context: Context
    found: StreakStudy
    claims: tuple[Tested, ...]
    config: dict[str, Any]
    content_hash: str
    seconds: float


def as_of_study(study: Study, as_of: dt.date | None) -> Study:
    """Return the study as one would have run it after the close of `as_of`: no later data.

    An earlier end of the study holds.

    Raises
    ------
    DataError
        If the study does not start before `as_of`.
    """
    end, start = study.data.end, study.data.start
    if as_of is None or (end is not None and end <= as_of):
        return study
    if start is not None and as_of <= start:
        raise DataError(f"as of {as_of} there is nothing to look at: the study starts on {start}")
    return study.model_copy(update={"data": study.data.model_copy(update={"end": as_of})})


def context_of(data: DataSection, panel: PricePanel) -> Context:
    """Read what stands beside the pair: VIX, fed funds, other symbols; as far as named."""
    vix, rates = vix_closes(data, panel.sessions), fed_funds_rates(data, panel.sessions)
    others = load_others(data, getattr(data, "others", ()))
    found = [*(series.source for series in (vix, rates) if series), *(o.source for o in others)]
    return Context(
        vix=vix and vix.values,
        fed_funds=rates and rates.values,
        others=others,
        sources=tuple(source for source in found if source is not None),
    )


def scan(
    study: Study,
    panel: PricePanel | None = None,
    *,
    analogues: Sequence[dt.date] = (),
    dissect: dt.date | None = None,
    claims: Sequence[Claim] = (),
    progress: Progress = silent,
) -> Scan:
    """Study the streaks of a study's prices, without any trading.

    Parameters
    ----------
    study : Study
    panel : PricePanel, optional
        By default loaded from the study's data section.
    analogues : sequence of dates, optional
        Each chooses the streak of outperformance it falls into.
    dissect : date, optional
        Chooses the streak whose winners and losers are shown.
    claims : sequence of Claim, optional
        What was said of the streaks; tested on the prices of the study's data section.
    progress : callable, optional

    Returns
    -------
    Scan
    """
    started = time.perf_counter()
    panel = load_panel(study.data) if panel is None else panel
    context = context_of(study.data, panel)
    found = study_streaks(panel, study.scan, study.seed, context, analogues, dissect, progress)
    tested = check_claims(study, claims) if claims else ()
    asked = {
        "analogues": [str(day) for day in analogues],
        "dissect": dissect and str(dissect),
        "claims": [claim.model_dump(mode="json") for claim in claims],
        "tested": [asdict(one) for one in tested],  # on prices that may be on another basis
    }
    return Scan(
        study=study,
        panel=panel,
        context=context,
        found=found,
        claims=tested,
        config=resolved(study),
        content_hash=content_hash(
            config_hash(study) + context.digest(), panel.content_hash, json.dumps(asked)
        ),
        seconds=time.perf_counter() - started,
    )
