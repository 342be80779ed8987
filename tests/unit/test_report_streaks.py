"""The sections of the streak study: every cell is the figure its heading names."""

import pytest
from panels import random_panel

from engine.evaluation.streak_study.study import Context, study_streaks
from engine.market.others import OtherCloses
from engine.report.format import format_number, format_value
from engine.report.streaks import describe_streak, scan_sections
from engine.study.scan import ScanSection

SCAN = ScanSection(thresholds=(2, 3), horizons=(1, 5), resamples=100)


@pytest.fixture(scope="module")
def told():
    panel = random_panel(31, 500)
    late = OtherCloses("LATE", panel.sessions[-2:], [1.0, 2.0])
    like = OtherCloses("LIKE", panel.sessions, panel.satellite.close)
    found = study_streaks(panel, SCAN, 1, Context(others=(late, like)))
    sections = scan_sections(panel, found, kind="outperformance", min_length=3, top=7)
    return panel, found, {section.title: section for section in sections}


def rows_of(section):
    """Return the rows as dicts; a heading that is there twice counts once, the first time."""
    return [dict(reversed(list(zip(section.headings, row, strict=True)))) for row in section.rows]


def percent(value):
    return format_value(value, "fraction")


def test_the_streaks(told):
    _, found, sections = told
    rows = rows_of(sections["Longest streaks of outperformance"])
    by_start = {str(s.start): s for s in found.streaks["outperformance"]}
    assert len(rows) == 7
    for row in rows:
        streak = by_start[row["Start"]]
        assert row == {
            "Start": str(streak.start),
            "End": f"{streak.end}{'+' if streak.open else ''}",
            "Character": streak.character.tag,
            "Length": str(streak.length),
            "bp a session": format_number(streak.mean_bps, 1),
            "SAT": percent(streak.satellite_return),
            "CORE": percent(streak.core_return),
            "Largest share": percent(streak.largest_share),
            "RSI": format_number(streak.rsi, 1),
            "Rank": str(streak.rank_by_length),
            "Rank by size": str(streak.rank_by_outperformance),
            "Sessions since": format_value(streak.sessions_since_as_long, "count"),
            "Volatility": streak.character.volatility or "–",
            "VIX": "–",
            "Rates": "–",
        }
    lengths = [int(row["Length"]) for row in rows]
    assert lengths == sorted(lengths, reverse=True)


def test_how_rare(told):
    _, found, sections = told
    chosen = found.rarity["outperformance"]
    for row, figures in zip(rows_of(sections["How rare?"]), chosen.rows, strict=True):
        band = (figures.bootstrap_low, figures.bootstrap_high)
        assert row == {
            "At least": str(figures.k),
            "Observed": f"{figures.observed:,}",
            "Coin: expected": format_number(figures.coin_expected, 2),
            "Coin: 95 % band": f"{figures.coin_low:,} to {figures.coin_high:,}",
            "Coin: P(any)": percent(figures.coin_probability),
            "Markov: expected": format_number(figures.markov_expected, 2),
            "Markov: P(any)": percent(figures.markov_probability),
            "Resampled: mean": format_number(figures.bootstrap_mean, 1),
            "95 % band": " to ".join(format_number(edge, 0) for edge in band),
            "P(any)": percent(figures.bootstrap_probability),
        }
    runs, blocks = sections["How rare?"].notes
    assert f"{chosen.runs_test.runs} runs, " in runs
    assert f"mean block {chosen.block_length} sessions (Politis–White), seed 1." in blocks


def test_does_it_go_on(told):
    _, found, sections = told
    survivors = {row.streak: row for row in found.survival}
    asked = {row.streak: row for row in found.continuation}
    rows = sections["Does it go on?"].rows
    assert [int(row[0]) for row in rows] == [k for k in asked if 0 < k <= 15]
    for cells in rows:
        row, alive = asked[int(cells[0])], survivors[int(cells[0])]
        assert cells[1:4] == (str(row.n), str(row.continued), percent(row.probability))
        assert cells[4:6] == (f"{percent(row.low)} to {percent(row.high)}", percent(row.coin))
        assert (cells[6], cells[8]) == (percent(alive.survival), percent(alive.hazard))
        assert cells[7] in (f"{percent(alive.low)} to {percent(alive.high)}", "–")


def test_what_followed(told):
    _, found, sections = told
    section = sections["What followed"]
    events = [e for e in found.events if (e.side, e.series) == ("winning", "difference")]
    assert len(section.rows) == len(events) == 2 * 2 * 2
    for row, event in zip(rows_of(section), events, strict=True):
        assert (row["Event"], row["Verdict"]) == (f"{event.kind} {event.k}", event.verdict)
        assert row["Sessions ahead"] == str(event.horizon)
        assert (row["Events"], row["Apart"]) == (str(event.n_events), str(event.n_non_overlapping))
        assert (row["Mean"], row["Median"]) == (percent(event.mean), percent(event.median))
        assert (row["Hits"], row["Any session"]) == (
            percent(event.hit_rate),
            percent(event.any_mean),
        )
        assert row["Difference"] == percent(event.difference)
        assert row["95 % interval"] == f"{percent(event.low)} to {percent(event.high)}"
        assert (row["p"], row["Holm p"]) == tuple(
            format_number(p, 3) for p in (event.p_value, event.p_holm)
        )
    tested = sum(event.p_value == event.p_value for event in found.events)
    assert f"adjusted for all {tested:,} cells tested" in section.lines[1]


def test_analogues(told):
    panel, found, sections = told
    rows = rows_of(sections["Analogues"])
    start = {f"{a.streak.start} ({a.streak.length})": a.streak.start_index for a in found.analogues}
    assert {row["Streak (length)"] for row in rows} == set(start)
    ends = 0
    for row in rows:
        base = start[row["Streak (length)"]] - 1
        offset = int(row["Offset"].split()[0])
        ends += row["Offset"].endswith(" end")
        if base + offset >= len(panel):
            assert set(list(row.values())[:-2]) == {"–"}
            continue
        assert row["Session"] == str(panel.sessions[base + offset])
        grown = [b.close[base + offset] / b.close[base] for b in (panel.satellite, panel.core)]
        figures = (row["SAT"], row["CORE"], row["SAT/CORE"])
        assert figures == tuple(format_number(x, 3) for x in (*grown, grown[0] / grown[1]))
    assert ends == len(found.analogues)


def test_anatomy(told):
    _, found, sections = told
    like, late = rows_of(sections["Anatomy"])
    streak = found.dissected
    assert (like["Symbol"], like["Rank"], like["Remark"]) == ("LIKE", "1", "")
    assert like["Return"] == percent(streak.satellite_return)
    assert like["Less CORE"] == percent(streak.outperformance)
    assert (late["Symbol"], late["Rank"], late["Return"]) == ("LATE", "–", "–")
    assert late["Remark"].startswith("starts on")


def test_the_headline(told):
    panel, found, sections = told
    lines = sections["Streaks"].lines
    assert lines[0] == (
        f"SAT against CORE, 500 sessions, {panel.sessions[0]} to {panel.sessions[-1]}, "
        "price basis total_return."
    )
    assert lines[1:3] == tuple(found.verdicts.values())
    kind = found.streaks[found.current.kind]
    assert lines[-1] == f"Under way: {describe_streak(kind[-1], len(kind))}."
    one = next(s for s in kind if s.length == 1)
    assert describe_streak(one, 9).startswith(
        f"1 session of {one.kind}, {one.start} to {one.end}, "
    )
