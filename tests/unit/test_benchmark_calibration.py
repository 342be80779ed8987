"""The markets on which the p-value of a search is put to the test, and the test itself."""

import numpy as np
import pytest

from benchmarks import calibration
from benchmarks.calibration import RUN, SMALL, Sizes, Way, market, null_table, p_values
from benchmarks.report import to_markdown
from engine.market.sources.simulated import PLANTED_FIRST
from engine.signals.streaks import outperformance_streak

EDGE = 0.004
BOTH = (Way("bootstrap"), Way("sign-flips"))


def leads(panel):
    """By what the satellite's log return exceeds the core's, from the second session on."""
    satellite, core = (np.diff(np.log(bars.close)) for bars in (panel.satellite, panel.core))
    return satellite - core


def test_a_market_is_the_simulators_without_the_planted_streak():
    panel = market(3, 2520)
    assert panel.simulated
    assert len(panel.traded_sessions) == 2520
    assert panel.sessions[-1] < PLANTED_FIRST
    assert market(3, 2520).content_hash == panel.content_hash
    assert market(4, 2520).content_hash != panel.content_hash


def test_an_edge_moves_the_sessions_after_a_run_and_no_others():
    panel, other = market(3, 600), market(3, 600, EDGE)
    first = panel.start_index
    assert np.array_equal(panel.core.close[: first + 1], other.core.close[: first + 1])
    np.testing.assert_allclose(other.core.close, panel.core.close, rtol=1e-12)
    moved = (leads(other) - leads(panel))[first:]
    streaks = np.zeros(len(moved))  # counted from the first traded session on
    run = 0
    for t, lead in enumerate(leads(other)[first:]):
        streaks[t] = run
        won = 1 if lead > 0 else -1
        run = run + won if run * won > 0 else won
    expected = np.where(np.abs(streaks) >= RUN, EDGE * np.sign(streaks), 0.0)
    np.testing.assert_allclose(moved, expected, atol=1e-12)
    assert 0.1 < (moved > 0).mean() < 0.5


def test_with_an_edge_runs_last_longer():
    def longest(edge):
        panel = market(5, 1000, edge)
        return np.nanmax(outperformance_streak(panel.core.close, panel.satellite.close))

    assert longest(0.02) > longest(0.0)


@pytest.mark.parametrize("way", BOTH, ids=lambda way: way.null)
def test_a_planted_edge_is_found_and_blocks_hide_it(way):
    sizes = Sizes(sessions=1000, histories=19)
    found = np.array([p_values(seed, EDGE, sizes, "sharpe", [way]) for seed in range(1, 6)])
    assert (found == 0.05).mean() >= 0.8
    if way.null == "bootstrap":
        blocks = [Way("bootstrap", 20.0)]
        hidden = np.array([p_values(seed, EDGE, sizes, "sharpe", blocks) for seed in range(1, 6)])
        assert hidden.mean() > found.mean() + 0.1


def test_without_an_edge_p_values_are_spread_evenly():
    """Of 40 markets: a mean within four standard errors of ½, few at 5 %, some in each half."""
    sizes = Sizes(sessions=400, histories=19)
    found = np.array([p_values(seed, 0.0, sizes, "sharpe", BOTH) for seed in range(1, 41)])
    error = np.sqrt(1 / 12 / len(found))
    assert np.abs(found.mean(axis=0) - 0.525).max() < 4 * error
    assert ((found <= 0.05).sum(axis=0) <= 7).all()  # more come once in a thousand times
    assert (((found <= 0.5).mean(axis=0) > 0.2) & ((found <= 0.5).mean(axis=0) < 0.8)).all()


def test_tables_count_what_was_rejected():
    found = np.array([[0.05, 0.01, 0.3], [0.06, 0.05, 0.2], [0.10, 0.9, 0.9], [0.99, 0.9, 0.9]])
    text = to_markdown(null_table(found, "sharpe"))
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if "|" in line}
    assert rows["bootstrap, session by session"].split("|")[2:6] == [
        " 25.0 % ",
        "  75.0 % ",
        "  75.0 % ",
        "  0.300 ",
    ]
    assert " 50.0 % " in rows["sign-flips"]
    assert "10.9 % · 15.0 % · 20.0 %" in text


def test_the_whole_is_written_where_it_is_asked_for(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(calibration, "RESULTS", tmp_path / "never.md")
    target = tmp_path / "made.md"
    calibration.main(["--small", "--workers", "1", "--output", str(target)])
    text = target.read_text("utf-8")
    assert text.startswith("# Does the p-value of a search tell the truth?")
    assert f"{SMALL.markets} markets." in text
    assert text.count("\n## ") == 2
    assert "sign-flips" in capsys.readouterr().out
    calibration.main(["--small", "--workers", "1"])
    assert not (tmp_path / "never.md").exists()


def test_workers_change_no_bit():
    sizes = Sizes(sessions=60, histories=3)
    alone, two = (
        calibration.repeated(range(1, 5), EDGE, sizes, "sharpe", workers) for workers in (1, 2)
    )
    assert alone.shape == (4, 3)
    assert two.tobytes() == alone.tobytes()
