"""The documentation that is made from the code, so that it cannot be wrong about it."""

from __future__ import annotations

import json
from typing import Any

from engine.report.evidence import criteria_reference
from engine.report.tables import metric_reference
from engine.rules.describe import describe_rule, describe_signals
from engine.rules.registry import shipped_rules
from engine.rules.schema import full_schema

_RULE_FILE = '''```python
"""One line that says what the rule does.

More on why one would believe in it.
"""

from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter


class Params(SwitchingParams):
    entry_streak: int = parameter(5, ge=1, unit="sessions", description="run that rotates in")


def enter(f: Features, p: Params) -> Trigger:
    return (f.streak() >= p.entry_streak) & (f.rsi("satellite", 14) < 70)


def leave(f: Features, p: Params) -> Trigger:
    return (f.streak() <= -2) | (f.volatility("core", 21) > 0.4)


RULE = Rule("my_rule", Params, enter, leave)
```'''


def generated() -> dict[str, str]:
    """Return the text of every generated file by its path in the project."""
    schema = json.dumps(full_schema(), indent=2, ensure_ascii=False) + "\n"
    return {
        "configs/schema.json": schema,
        "docs/evidence.md": f"{_ABOUT_EVIDENCE}\n{criteria_reference()}\n{_ABOUT_STABILITY}",
        "docs/metrics.md": _metrics(),
        "docs/rules.md": _rules(),
    }


_ABOUT_EVIDENCE = """# How much of it is luck?

Made from the code by `make docs`. A backtest is one history. These figures say how differently
it could have come out, and how good the best of many useless rules would look.

## One rule: `streak run`

- **Intervals** of CAGR, Sharpe, maximum drawdown and active return: 2,000 histories are drawn
  by the stationary bootstrap (Politis and Romano 1994), in blocks whose mean length Politis and
  White's rule (2004, corrected 2009) chooses for the returns. Intervals are BCa (Efron 1987),
  the acceleration from leaving out blocks; those of drawdowns are plain percentiles, as a
  drawdown is an extreme of the path.
- **Standard errors** of the Sharpe ratio: for independent normal returns (Lo 2002), for skewed
  and fat-tailed ones (Mertens 2002, Christie 2005, Opdyke 2007; the one that is printed), and
  for autocorrelated ones (Lo 2002 with Newey and West 1987).
- **Probabilistic Sharpe ratio** and **minimum track record length** (Bailey and López de Prado
  2012): how sure one is that the true ratio is above 0, and how many sessions it takes to be 95
  % sure of beating the core held.

All in `metrics.json` under `uncertainty` and `verdict`. The study's `seed` draws the histories;
with fewer than 50 returns nothing is drawn.

## Rules against each other: `streak compare`

- **Differences** in Sharpe and CAGR, each rule against each benchmark and each other rule, both
  sides from the same resampled histories.
- **SPA** (Hansen 2005): could the best rule beat the core held by that much if none were
  better?
- **StepM** (Romano and Wolf 2005): which rules beat it, all taken together, at 5 %.
- **MCS** (Hansen, Lunde and Nason 2011): which rules and benchmarks cannot be told from the
  best.

All in `metrics.json` under `tests`. The library arch makes the last two; like all such tests
they speak of losses, and are given minus the returns over cash.

## A sweep's winner: `streak evidence`

Something is best in every grid. A stored sweep is measured again from its study and its prices
(both, and the code, must be what they were), and its winner is held against all that was tried:

```bash
streak sweep configs/sweep_rsi.yaml --no-confirm --quiet
streak evidence sweep-rsi --resample 40 --null bootstrap --null sign-flips
```

`streak sweep --evidence` does the same at once, all but the resampling. Sets that held the same on
the same terms are one strategy; returns of all strategies are derived anew, some hundred at a
time, so that memory stays below 2 GB.

- **The winner alone**: intervals, probabilistic Sharpe ratio and minimum track record, as for a
  run. Too kind, as it was chosen.
- **Deflated Sharpe ratio** (Bailey and López de Prado 2014), over the core held and over cash:
  how sure is one that the winner's true ratio is above what the best of N strategies without an
  edge would show? N is counted twice: all of them, and the effective number, which is the
  participation ratio of the eigenvalues of their correlations (Bretherton et al. 1999; of more
  than 4,096 strategies, from the correlations of a drawn sample). The verdict takes the one over
  the core with the effective number. Over cash nearly all strategies move together, and the
  market's own gain hides what a rule adds. Beside it the **minimum backtest length** (Bailey,
  Borwein, López de Prado and Zhu 2014): with less history, luck alone is expected to give such a
  ratio.
- **Probability of overfitting** by CSCV (Bailey, Borwein, López de Prado and Zhu 2017): history
  is cut into 16 blocks (`--blocks`), and in each of the 12,870 ways to choose eight of them the
  best strategy is looked up in the other eight (of more than 32,768 strategies, of a drawn
  sample of so many). Ratios are over cash, or over the core where the
  sweep is ranked by a metric against the benchmark. Beside it how often that strategy is behind
  the core outside, how often it loses, and the slope of the ratio outside on that inside; the
  report draws the one against the other. A slope near −1 is common: both halves make up one
  history, so that what is high in one tends to be low in the other.
- **SPA** (Hansen 2005) over all strategies against the core, in blocks whose length Politis and
  White's rule chooses for the satellite's return over the core's.
- **The same search on histories without an edge** (`--resample N`): the whole grid is searched
  again on each, with positions decided anew; the share of winners at least as good as ours is the
  p-value of the search (White 2000). `bootstrap` draws sessions anew, both assets together, one
  by one: longer blocks (`--block-length`) keep within them what a streak says of the sessions
  after it, and the test finds less. `sign-flips` keeps the core and the volatility of every
  session and lets a coin decide who wins it. Either way both assets end where they ended. Of two
  p-values the larger is judged. An interrupted search goes on when the same is said again.
- **The walk-forward** of the study over the same grid ([walk-forward.md](walk-forward.md)): had
  one chosen on the past again and again, what would have come of it? The section `walk_forward`
  of the study says on which windows and by which metric; swept prices and terms keep the study's
  own values, and have their own walk-forwards in `streak walk-forward`. Its stitched run stands
  beside the study's own parameters, hindsight and the core; how sure one is that it beats the
  core is judged with the rest. It is made where sets times folds come to no more than 30 million
  (1 million with whole shares or a rule that is a schedule of weights): `--walk-forward` asks for
  it beyond that, `--no-walk-forward` leaves it out. One line says so where there is none, as with
  histories too short for a single test window.

The result is a folder of its own beside the sweep: `metrics.json`, `winners.csv` (every history's
winner), `choices.csv` (every combination of CSCV, with annual ratios), `summary.md` and
`summary.csv`. `streak show` of the sweep mentions it; the same question gives the same bytes,
however many workers answer it. On two cores 11,000 strategies take some 20 seconds, their
walk-forward in 22 folds four more, a thousand histories of 10,000 sets less than a minute, and
the 222,000 strategies of a sweep of a million sets some four minutes; about 1 GB of memory each.

## A search, from Python

```python
import numpy as np

from engine.evaluation.inference.overfitting import backtest_overfitting, block_sums
from engine.evaluation.inference.sharpe import record_of
from engine.evaluation.inference.trials import deflated_sharpe, effective_trials_by_eigenvalues

returns = np.random.default_rng(1).standard_normal((1000, 50)) * 0.01  # sessions, trials
records = [record_of(trial) for trial in returns.T]
best = max(records, key=lambda record: record.sharpe)
trials = effective_trials_by_eigenvalues(returns)
print(deflated_sharpe(best, trials, np.var([r.sharpe for r in records], ddof=1)))
print(backtest_overfitting(block_sums(returns)).probability)
```

`trials` also has the minimum backtest length and the number of clusters of trials;
`superiority` has SPA for any number of rules. Ratios in these modules are per session, and a
kurtosis of 3 is that of the normal distribution.

## The verdict

*No evidence*, *weak*, *moderate* or *strong*: every figure that is known reaches a level of its
own, and the lowest counts. Without a figure that accounts for how many rules were tried, marked
†, nothing is more than moderate: a single run cannot know.
"""
_ABOUT_STABILITY = """## What a result hangs on: `streak stability`

A stored run, or one set of a stored sweep, with one choice changed at a time:

```bash
streak stability demo                       # a run
streak stability demo --starts 5 --json     # five first sessions at equal distances
```

Of a sweep it takes the best set by the metric the sweep is ranked by; `--by METRIC` or `--row N`
(as `streak top --json` counts them) choose another. Prices, code and files must be what they were
when the result was made: otherwise one message says which of them is not. Each row stands beside
the core held on the same terms over the same sessions.

- **Costs**: the same decisions at 0, 2, 5 and 10 times the study's own. A lead gone at twice the
  costs hardly was one.
- **Break-even cost**: the cost per side, all in, the same for both assets, at which rule and core
  end level: the root of log(rule / core), found to 0.001 bp by Brent's method. There is none where
  the rule trails even if trading is free.
- **Fill**: every rotation one session later; and at the close where the study fills at the open, or
  the other way round. A lead that needs the very next price is one of the prices.
- **First session**: trading begins at the first session of each year that leaves 252 of them,
  features warmed up by all that came before. Look at how few rotations are left.
- **Price basis**: every other one that the prices allow. A streak's sign can depend on dividends.
- **Neighbours**: the sets one step away along each axis of a sweep's grid, and the box around.
  Plateau = (their median − median of the grid) / (the set − median of the grid): 1 is as good as
  the set, near 0 the set is a spike.

With other costs and fills the decisions stay as they were; with another first session or price
basis the rule decides anew, and begins in the core. Later first sessions share their end, so that
twenty of them are by no means twenty tries. `stability.md`, `.csv` and `.json` are put into the
result's folder, which stays what it was.

From Python, of a study that need not be stored:

```python
import engine as sl

found = sl.stability(sl.load_study("configs/demo.yaml"), starts=5)
print(found.break_even_bps, found.beats_without_costs)
for one in found.table:
    print(one.kind, one.value, one.metrics["cagr"], one.core["cagr"], one.is_ahead)
```

## Does the p-value of a search tell the truth?

It is asked on 400 simulated markets of ten years without an edge, with clusters of volatility and
fat tails, where a test at 5 % should reject 20 of them: searching the best Sharpe ratio of 30 sets,
it rejects 4.5 % with sessions drawn one by one and 3.8 % with sign flips. Where each session after
three won or lost in a row is moved by 15 bp in favour of the run, it rejects 91 % and 89 %. With
blocks of ten sessions on average the same test rejects 0.2 % and 2 %: blocks carry over what the
search has found, so longer ones are cautious to the point of seeing nothing. Sign flips are a
little cautious, as they also take from the satellite what it moves more than the core does.
`make calibrate` does it all again; [CALIBRATION.md](../benchmarks/CALIBRATION.md) has the tables.
"""
_ABOUT_METRICS = """# Metrics

Made from the code by `make docs`. Keys are the same in JSON, CSV columns and `--sort`. Fractions
are shown in percent, undefined values as “–” (`null` in JSON).
"""
_ABOUT_RULES = """# Rules

Made from the code by `make docs`; `streak rules` prints the same. A rule is two triggers, decided
at each close, and a maximum holding; or a schedule of weights.
"""
_OWN_RULE = """## A rule of your own

A file like this, named in a study by `rule: {file: my_rule.py}`, or put into `strategies/` (then
run `make docs`): it is found by its name, listed, and tested for causality and for agreement of
both engines.
"""


def _metrics() -> str:
    return f"{_ABOUT_METRICS}\n{metric_reference()}"


def _rules() -> str:
    rules = [_rule(describe_rule(rule)) for rule in shipped_rules().values()]
    features = [
        "## Features for expressions\n",
        "| feature | unit | meaning |",
        "|:---|:---|:---|",
        *(f"| `{usage}` | {unit} | {meaning} |" for usage, unit, meaning in describe_signals()),
    ]
    return "\n".join([_ABOUT_RULES, *rules, *features, "", _OWN_RULE, _RULE_FILE]) + "\n"


def _rule(rule: dict[str, Any]) -> str:
    lines = [f"## {rule['name']}\n", rule["explanation"], ""]
    if rule["enter"] is not None:
        lines += [f"- enter: `{rule['enter']}`", f"- leave: `{rule['leave']}`", ""]
    lines += ["| parameter | default | allowed | unit | meaning |", "|:---|:---|:---|:---|:---|"]
    for p in rule["parameters"]:
        default = "null" if p["default"] is None else p["default"]
        cells = (f"`{p['name']}`", default, p["allowed"], p["unit"], p["description"])
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"
