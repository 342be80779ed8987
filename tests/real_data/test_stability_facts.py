"""What real prices say of the best set of the main study's grid when one choice changes."""

import os
from pathlib import Path

import pytest

from engine.evaluation.stability import rule_stability, year_starts
from engine.market.load import load_panel
from engine.pipeline.variation import varied
from engine.rules.resolve import resolve
from engine.rules.studies import read_study

FOLDER = os.environ.get("STREAKLAB_REAL_DATA")
STUDY = Path(__file__).parents[2] / "configs" / "great_rotation_2026.yaml"
BEST = {"rule.entry_streak": 7, "rule.exit_streak": 5, "rule.overbought": 75.0}
pytestmark = pytest.mark.skipif(not FOLDER, reason="STREAKLAB_REAL_DATA names no folder of prices")


@pytest.fixture(scope="module")
def found():
    study = varied(read_study(STUDY, data_dir=Path(FOLDER)).study, BEST)
    panel = load_panel(study.data)
    starts = year_starts(panel.traded_sessions)
    other = load_panel(varied(study, {"data.price_basis": "price"}).data)
    rule = resolve(study.rule)
    return rule_stability(panel, rule, study.execution, starts=starts, others={"price": other})


def of_kind(found, kind):
    return [one for one in found.table if one.kind == kind]


def test_the_break_even_cost_in_closed_form(found):
    """All in, a rotation keeps (1 − c)/(1 + c) of wealth: the lead without costs, used up."""
    free = of_kind(found, "costs")[0]
    lead = free.metrics["final_equity"] / free.core["final_equity"]
    kept = lead ** (-1.0 / free.metrics["rotations"])
    assert found.break_even_bps == pytest.approx(1e4 * (1 - kept) / (1 + kept), abs=1e-3)
    assert found.break_even_bps == pytest.approx(16.85, abs=0.02)


def test_the_lead_is_small_and_from_few_rotations(found):
    (as_run,) = of_kind(found, "as run")
    assert as_run.metrics["rotations"] == 43
    assert as_run.metrics["active_return"] == pytest.approx(0.0052, abs=5e-5)
    assert [one.is_ahead for one in of_kind(found, "costs")] == [True, True, True, False]
    starts = of_kind(found, "start")
    assert len(starts) == 25
    assert starts[-4].metrics["rotations"] == 3
    late = of_kind(found, "fill")[0]
    assert late.metrics["active_return"] < 0.6 * as_run.metrics["active_return"]
