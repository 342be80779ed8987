"""A planted edge is found by all figures at once, and luck is not; and who else is at work."""

import json

import numpy as np
import pytest
from command_line import streak

from engine.store.folders import find
from engine.store.unfinished import Unfinished

SESSIONS = 900
STUDY = """\
name: planted
data: {source: csv, directory: ., calendar: none, price_basis: price}
rule: {name: streak, rsi_period: 14, overbought: 95}
execution: {commission_bps: 0.0}
sweep:
  rule.entry_streak: {from: 1, to: 6}
  rule.exit_streak: [1, 2, 3]
  rule.max_holding: [3, 5, 10, null]
walk_forward: {train: 250, test: 130}
"""
OPTIONS = ("--resample", "119", "--null", "bootstrap", "--null", "sign-flips", "--blocks", "10")


def write_market(folder, edge, seed):
    """Write a market in which who wins a session wins the next with 0.5 + `edge`."""
    rng = np.random.default_rng(seed)
    core = rng.normal(3e-4, 0.008, SESSIONS)
    size, sign = np.abs(rng.normal(0.0, 0.006, SESSIONS)), np.ones(SESSIONS)
    for t in range(1, SESSIONS):
        sign[t] = sign[t - 1] if rng.random() < 0.5 + edge else -sign[t - 1]
    sessions = np.datetime64("2015-01-01") + np.arange(SESSIONS) * np.timedelta64(1, "D")
    for symbol, returns in (("SPY", core), ("IWM", core + sign * size)):
        closes = 100.0 * np.exp(np.cumsum(returns))
        opens = np.append(100.0, closes[:-1])
        lines = ["Date,Open,High,Low,Close,Volume"]
        for session, o, c in zip(sessions, opens.tolist(), closes.tolist(), strict=True):
            lines.append(f"{session},{o!r},{max(o, c)!r},{min(o, c)!r},{c!r},1000")
        (folder / f"{symbol}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def weighed(folder, edge, seed):
    write_market(folder, edge, seed)
    (folder / "study.yaml").write_text(STUDY, "utf-8")
    results = folder / "results"
    ran = streak("sweep", folder / "study.yaml", "--no-confirm", "--results", results)
    assert ran.code == 0, ran.err
    ran = streak("evidence", "planted", *OPTIONS, "--results", results, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_a_planted_edge_is_strong_evidence(tmp_path):
    told = weighed(tmp_path, edge=0.15, seed=1)
    assert {f["key"]: f["level"] for f in told["verdict"]["findings"]} == {
        "active_probability": "strong",
        "active_p_value": "strong",
        "deflated_sharpe": "strong",
        "overfitting_probability": "strong",
        "spa_p_value": "strong",
        "search_p_value": "strong",
        "walk_forward_probability": "strong",
    }
    assert told["walk_forward"]["summary"]["percentile"] > 0.9
    assert [search["p_value"] for search in told["searches"]] == pytest.approx([1 / 120] * 2)
    assert told["overfitting"]["behind"] < 0.05
    assert told["winner"]["values"]["rule.entry_streak"] == 1


def test_without_an_edge_there_is_no_evidence(tmp_path):
    told = weighed(tmp_path, edge=0.0, seed=2)
    assert told["verdict"]["level"] == "no evidence"
    assert told["winner"]["metrics"]["active_return"] > 0.0  # which is what a search is for
    assert min(search["p_value"] for search in told["searches"]) > 0.05
    assert told["superiority"]["p_value"] > 0.1
    assert told["walk_forward"]["probability"] < 0.9


def test_two_processes_do_not_search_for_the_same(tmp_path, monkeypatch):
    from engine.pipeline.evidence import gathering

    weighed(tmp_path, edge=0.0, seed=2)
    results = tmp_path / "results"
    sweep = find(results, "planted", "sweep").path
    sound, held = gathering.kept_winners, []

    def other_at_work(*given):
        kept = sound(*given)
        held.append(Unfinished.at(kept.path).held())
        held[-1].__enter__()
        return kept

    monkeypatch.setattr(gathering, "kept_winners", other_at_work)
    before = sorted(sweep.parent.iterdir())
    ran = streak("evidence", sweep, *OPTIONS, "--results", results)
    for one in held:
        one.__exit__(None, None, None)
    assert ran.code == 2
    assert "is being written by another process" in ran.err
    assert sorted(sweep.parent.iterdir()) == before
