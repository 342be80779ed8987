"""Stored streak studies and comparisons to report, and their reports as readers get them."""

import json

from command_line import streak
from reports import Page
from short_studies import SHORT
from short_studies import write_study as write_short
from streak_markets import write_random_market, write_study

from engine.pipeline.reporting import document_of
from engine.report.writing import report_files
from engine.store.folders import find

CLAIMS = """\
claims:
  - quote: "=SMALL(<b>never</b>) fell | \\"so\\""
    source: a paper, 2020-01-01
    kind: statement
    why: it speaks of feelings
  - quote: It went on for three sessions.
    source: a blog
    kind: streak_length
    as_of: 2020-03-31
    sessions: 3
"""
RULES = "streak,ratio_trend,rsi_threshold"
FEW = ("--set", "scan.resamples=100")


def stored_scan(folder, *options, claims=True):
    """Scan a random market with other symbols, VIX and rates; return the stored result."""
    write_random_market(folder)
    others = {"others": "[PART, BANK, NONE]", "vix": "VIX", "fed_funds": "DFF"}
    study = write_study(folder, **others)
    if claims:
        (folder / "claims.yaml").write_text(CLAIMS, "utf-8")
        options = ("--claims", folder / "claims.yaml", *options)
    return _stored(folder, "scan", study, *options)


def stored_comparison(folder, *options, text=SHORT, rules=RULES):
    """Compare shipped rules on a year of an invented market; return the stored result."""
    study = write_short(folder, text=text)
    return _stored(folder, "compare", study, *(("--rules", rules) if rules else ()), *options)


def scan_of(folder, text, *options):
    """Scan the study of a text; return the stored result."""
    study = folder / "study.yaml"
    study.write_text(text, "utf-8")
    return _stored(folder, "scan", study, *FEW, *options)


def _stored(folder, *words):
    done = streak(*words, "-q", "--results", folder / "results")
    assert done.code == 0, done.err
    return find(folder / "results", "latest")


def figures_of(stored, chapter):
    """Return the figures of one chapter of a report."""
    return next(c for c in document_of(stored).chapters if c.key == chapter).figures


def told(stored):
    """Return a report as JSON, as a page that was read, and as Markdown."""
    files = report_files(document_of(stored))
    return (
        json.loads(files["report.json"]),
        Page(files["report.html"].decode()),
        files["report.md"].decode(),
    )
