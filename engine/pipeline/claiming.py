"""``claims``: what was said, tested on a study's prices."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import DataError, Fault
from engine.evaluation.streak_study.claims import ClaimDateError, Evidence, Tested, tested
from engine.evaluation.streak_study.study import character_rules
from engine.market.load import load_panel
from engine.market.others import OtherCloses, load_others
from engine.market.panel import PricePanel
from engine.study.claims import Claim
from engine.study.models import DataSection, Study


def check_claims(study: Study, claims: Sequence[Claim]) -> tuple[Tested, ...]:
    """Test claims on the prices of a study.

    Each claim is tested on its own price basis, whatever the study's; the study's end holds.

    Raises
    ------
    DataError
        If dates of claims are outside of the data; tells of every such claim.
    """

    def on(basis: str) -> DataSection:
        return study.data.model_copy(update={"price_basis": basis})

    def panel_on(basis: str) -> PricePanel:
        return load_panel(on(basis))

    def others_on(basis: str, symbol: str) -> OtherCloses:
        return load_others(on(basis), [symbol])[0]

    evidence = Evidence(panel_on, others_on, character_rules(study.scan))
    results: list[Tested] = []
    faults: list[Fault] = []
    for claim in claims:
        try:
            results.append(tested(claim, evidence))
        except ClaimDateError as error:
            faults += error.faults
    if faults:
        raise DataError(faults=faults)
    return tuple(results)
