"""A study of one simulated year, quick to run, as text and as objects; and rule files."""

import dataclasses

import numpy as np

from engine.market.calendar import sessions_between
from engine.study.models import Study

END = "2001-03-30"
SHORT = f"""\
# yaml-language-server: $schema=schema.json
name: short
description: A year of an invented market.
seed: 7
data:
  source: simulated
  end: {END}
rule:
  name: streak
  entry_streak: 3
  exit_streak: 1
  max_holding: 4
execution:
  commission_bps: 1.0
  slippage_bps: {{LARGE: 1.0, SMALL: 2.0}}
"""
PAIR = """\
name: pair
data: {source: csv, directory: .}
rule: {name: streak, entry_streak: 2}
"""
RULE_FILE = '''\
"""Mine: in after a run, out when it breaks.

It believes in runs.
"""

from engine.rules import Rule, SwitchingParams, parameter


class Params(SwitchingParams):
    run: int = parameter(3, ge=1, le=20, unit="sessions", description="run that rotates in")


RULE = Rule("mine", Params, lambda f, p: f.streak() >= p.run, lambda f, p: f.streak() <= -1)
'''


def write_study(folder, file="study.yaml", text=SHORT, **replacements):
    """Write a study file, the first line of a key replaced: ``seed="seed: 8"``."""
    lines = text.splitlines()
    for key, line in replacements.items():
        at = next(i for i, old in enumerate(lines) if old.strip().startswith(f"{key}:"))
        lines[at] = line
    path = folder / file
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def write_pair(folder):
    """Write SPY.csv and IWM.csv: sixty clean sessions from 2020-01-02 on, as Yahoo has them."""
    rng = np.random.default_rng(4)
    sessions = sessions_between(np.datetime64("2020-01-02"), np.datetime64("2020-06-30"))[:60]
    for symbol in ("SPY", "IWM"):
        lines = ["Date,Open,High,Low,Close,Adj Close,Volume"]
        for session, close in zip(sessions, rng.normal(100.0, 1.0, 60).tolist(), strict=True):
            row = (close + 0.1, close + 0.5, close - 0.5, close, close * 0.99)
            lines.append(",".join([str(session), *(f"{price:.4f}" for price in row), "1000"]))
        (folder / f"{symbol}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def study_in_memory(**sections):
    """Return a study of a panel made in memory; costs are one number for both assets."""
    given = {
        "name": "memory",
        "data": {"source": "simulated"},
        "rule": {"name": "streak", "entry_streak": 2, "exit_streak": 1},
        "execution": {"commission_bps": 1.0, "slippage_bps": 2.0},
    }
    return Study.model_validate(given | sections)


def snapshot(panel):
    """Return the bytes of every array of a panel."""
    bars = (panel.core, panel.satellite)
    arrays = [getattr(b, f.name) for b in bars for f in dataclasses.fields(b) if f.name != "symbol"]
    return [panel.sessions.tobytes(), *(array.tobytes() for array in arrays)]
