"""Where things stand at the last close: the market, and every rule of a study."""

import numpy as np
import pytest
from panels import panel_of, random_panel
from short_studies import study_in_memory

from engine.evaluation.streak_study.now import AFTERMATH, NEAREST, now
from engine.evaluation.streak_study.study import Context
from engine.execution.bars import run_bars
from engine.execution.terms import terms_of
from engine.pipeline.running import run
from engine.pipeline.standing import today
from engine.report.now import now_sections
from engine.report.sections import sections_text
from engine.rules.resolve import resolve
from engine.signals.rsi import wilder_rsi
from engine.study.scan import ScanSection

RULES = [
    {"name": "streak", "entry_streak": 2, "exit_streak": 1, "max_holding": 3},
    {"name": "streak_reversal", "overextension": 2, "sessions_away": 2},
    {"name": "rsi_threshold", "rsi_period": 5},
    {"name": "fixed_mix", "satellite_weight": 0.5},
    {"name": "buy_and_hold", "asset": "satellite"},
    {"enter": "streak >= 2", "leave": "streak <= -2"},
]


def study_of(rules=RULES, **sections):
    return study_in_memory(rule=rules[0], compare=rules[1:], **sections)


def screen(panel, study):
    found = today(study, panel)
    return sections_text(now_sections(panel, found.market, found.rules), simulated=False)


def rows_of(text):
    lines = text[text.index("WHAT THE RULES") : text.index("NEAREST")].strip().splitlines()
    return lines[3:]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("name", "expressions"))
def test_a_rule_stands_where_a_run_that_ends_there_left_it(rule):
    whole = random_panel(11, 120, start_index=20)
    study = study_of([rule])
    found = resolve(study.rule)
    decided = held_both = 0
    for last in range(22, 120):
        panel = whole.until(whole.sessions[last].astype(object))
        ran = run_bars(panel, found.rule, found.params, terms_of(study.execution, panel))
        (standing,) = today(study, panel).rules
        assert standing.decided == ran.pending
        shares = ran.core_shares[-1] > 0, ran.satellite_shares[-1] > 0
        assert shares == (standing.held_weight < 1, standing.held_weight > 0)
        fills = {str(ran.sessions[d.session + 1]): d.weight for d in ran.fills}
        assert standing.since == max(fills)
        assert standing.held_weight == fills[standing.since]
        decided += standing.decided is not None
        held_both |= 1 << int(standing.held_weight > 0)
    if rule.get("name") in {"streak", None}:
        assert decided > 5
        assert held_both == 3


def test_backtrader_agrees_on_what_is_pending():
    whole = random_panel(12, 60)
    study = study_of(RULES[:1])
    seen = set()
    for last in range(30, 60, 3):
        panel = whole.until(whole.sessions[last].astype(object))
        pending = run(study, panel).pending
        assert today(study, panel).rules[0].decided == pending
        seen.add(pending is None)
    assert seen == {True, False}


def test_all_rules_of_the_study_are_listed_in_its_order():
    panel = random_panel(13, 60)
    labels = [standing.label for standing in today(study_of(), panel).rules]
    assert labels[:5] == [rule["name"] for rule in RULES[:5]]
    assert len(rows_of(screen(panel, study_of()))) == len(RULES)


SAT_WINS = [1.0, -1, 1, 1]  # in per cent; the core stands still


def panel_with(moves):
    return panel_of(np.full(len(moves) + 1, 50.0), 50 * np.cumprod(1 + np.array([0, *moves]) / 100))


def test_the_screen_says_what_would_be_done_at_the_next_open_and_why():
    (row,) = rows_of(screen(panel_with(SAT_WINS), study_of(RULES[:1])))
    assert " ".join(row.split()) == "streak CORE 2001-01-03 to SAT streak >= 2; streak = 2"


def test_the_screen_says_that_a_rule_stays_and_what_it_holds():
    (row,) = rows_of(screen(panel_with([*SAT_WINS, 1]), study_of(RULES[:1])))
    assert row.split() == ["streak", "SAT", "2001-01-07", "stay"]
    (row,) = rows_of(screen(panel_with([1, 1, 1, -1]), study_of(RULES[:1])))
    assert row.split()[:5] == ["streak", "SAT", "2001-01-05", "to", "CORE"]
    assert "streak <= -1" in row
    (row,) = rows_of(screen(panel_with([1, 1, 1, 1, 1]), study_of(RULES[:1])))
    assert " ".join(row.split()[3:]) == "to CORE max_holding 3; held = 3"


def test_a_single_case_is_spoken_of_in_the_singular():
    assert "went on in 0 of 1 case, 0.00 %" in screen(
        panel_with([1, 1, -1, 1, 1]), study_of(RULES[:1])
    )


def test_a_mix_is_held_from_the_second_session_on():
    two = panel_of([50.0, 50.0], [50.0, 51.0])
    (row,) = rows_of(screen(two, study_of(RULES[3:4])))
    assert row.split()[:5] == ["fixed_mix", "50.00", "%", "SAT", "2001-01-03"]


def test_a_tie_as_the_last_session():
    panel = panel_with([1, 1, -1, 0])
    market = now(panel, ScanSection(), Context())
    assert (market.streak, market.streaks, market.nearest) == (None, 0, ())
    text = screen(panel, study_of(RULES[:1]))
    assert "No streak is under way: the last session was a tie." in text
    assert "There are none." in text


def test_a_streak_nobody_has_seen_before():
    text = screen(panel_with([1, -1, 1, 1, 1]), study_of(RULES[:1]))
    assert "3 sessions of outperformance, 2001-01-05 to 2001-01-07, still open, 100.0 bp a" in text
    assert "rank 1 of 2 by length" in text
    assert "No earlier streak stood there with a known next session." in text


def test_the_rsi_and_its_percentile():
    panel = random_panel(14, 200, start_index=30)
    rsi = wilder_rsi(panel.satellite.close, 14)
    market = now(panel, ScanSection(), Context())
    studied = rsi[30:]
    assert market.rsi == rsi[-1]
    assert market.rsi_percentile == (studied <= rsi[-1]).sum() / len(studied)
    short = now(random_panel(14, 10), ScanSection(), Context())
    assert np.isnan(short.rsi)
    assert np.isnan(short.rsi_percentile)
    assert "RSI(14) of SAT is –: no lower than – of its past." in screen(
        random_panel(14, 10), study_of(RULES[:1])
    )


@pytest.mark.parametrize("seed", range(20, 26))
def test_the_nearest_are_past_streaks_of_its_kind_by_length_then_size(seed):
    panel = random_panel(seed, 300)
    market = now(panel, ScanSection(), Context())
    current = market.streak
    lead = np.diff(panel.satellite.close) / panel.satellite.close[:-1] - (
        np.diff(panel.core.close) / panel.core.close[:-1]
    )
    sign = 1 if current.kind == "outperformance" else -1
    runs, length = [], 0
    for t, gap in enumerate([*(lead * sign), -1.0], start=1):
        if gap > 1e-12:
            length += 1
        elif length:
            runs.append((t - length, t - 1))
            length = 0
    assert runs[-1] == (current.start_index, current.end_index)
    assert market.streaks == len(runs)

    def distance(span):
        bps = lead[span[0] - 1 : span[1]].mean() * 1e4
        return abs(span[1] - span[0] + 1 - current.length), abs(bps - current.mean_bps)

    expected = sorted(runs[:-1], key=distance)[:NEAREST]
    assert [(p.streak.start_index, p.streak.end_index) for p in market.nearest] == expected
    for past in market.nearest:
        end = past.streak.end_index
        later = end + AFTERMATH
        grown = [
            bars.close[min(later, 299)] / bars.close[end] for bars in (panel.satellite, panel.core)
        ]
        known = later < 300
        assert (
            past.aftermath == pytest.approx(grown[0] - grown[1])
            if known
            else np.isnan(past.aftermath)
        )


def test_nothing_later_is_looked_at():
    whole, other = random_panel(15, 200), random_panel(16, 200)
    cut = 150
    mixed = panel_of(
        np.append(whole.core.close[:cut], other.core.close[cut:]),
        np.append(whole.satellite.close[:cut], other.satellite.close[cut:]),
    )
    last = mixed.sessions[cut - 1].astype(object)
    straight = panel_of(whole.core.close, whole.satellite.close)
    assert screen(mixed.until(last), study_of()) == screen(straight.until(last), study_of())
