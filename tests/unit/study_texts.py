"""Study files as text, for the tests of the study layer."""

import textwrap

import pytest

from engine.errors import StudyError
from engine.study.loader import load_study

MINIMAL = """\
name: minimal
data: {source: csv}
rule: {name: streak}
"""

DESIGN = """\
# yaml-language-server: $schema=schema.json
name: great-rotation-2026          # letters, digits, - and _
description: Rotate into small caps after a run of outperformance.
seed: 20260121
data:
  source: csv
  directory: ../data
  core: SPY
  satellite: IWM
  start: 2000-05-26
  end: 2026-01-22
  price_basis: total_return
  calendar: XNYS
rule:
  name: streak
  entry_streak: 5
  exit_streak: 2
  rsi_period: 14
  overbought: 75
  max_holding: 21
execution:
  fill: next_open
  commission_bps: 1.0
  slippage_bps: {SPY: 1.0, IWM: 2.0}
  fractional_shares: true
  initial_cash: 100_000
  cash_rate: 0.0
benchmarks: [core, satellite, 50/50]
sweep:
  rule.entry_streak: {from: 2, to: 13}
  rule.exit_streak: [1, 2, 3, 5]
  rule.overbought: {from: 65, to: 95, step: 2.5}
  execution.slippage_bps.IWM: [0, 2, 5]
"""

EXPRESSIONS = """\
name: no-code
data: {source: simulated, seed: 7}
rule:
  enter: streak >= entry and rsi(satellite, 14) < guard
  leave: streak <= -exit or rsi(satellite, 14) >= overbought
  max_holding: hold
  parameters: {entry: 5, guard: 70, exit: 2, overbought: 80, hold: 21}
sweep:
  rule.parameters.entry: [3, 5, 8]
"""


def with_line(text, line):
    """Replace or add the top-level key of `line` in a study."""
    key = line.partition(":")[0]
    kept = [old for old in text.splitlines() if not old.startswith(f"{key}:")]
    return "\n".join([*kept, line])


class Files:
    """Study files in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, text, name="study.yaml"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return path

    def load(self, text, **options):
        return load_study(self.write(text), **options)

    def refusals(self, text, **options):
        """Return the faults of a study, without the folder of its file."""
        with pytest.raises(StudyError) as caught:
            self.load(text, **options)
        return str(caught.value).replace(f"{self.folder}/", "").splitlines()
