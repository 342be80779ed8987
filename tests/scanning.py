"""``streak scan`` in this process, and what it left behind; for the tests of the streak study."""

import json

from command_line import streak

CONTEXT = {"others": "[PART, BANK, NONE]", "vix": "VIX", "fed_funds": "DFF"}
FILES = {
    *("streaks.csv", "events.csv", "rarity.csv", "survival.csv", "analogues.parquet", "study.md"),
    *("manifest.json", "study.yaml", "metrics.json", "continuation.csv", "anatomy.csv"),
    "sections.json",
}
PROVENANCE = {"manifest.json", "study.yaml"}


def scan(study, results, *options):
    outcome = streak("scan", study, "--results", results, *options)
    assert (outcome.code, outcome.err) == (0, NOTICES), outcome.err
    return outcome.out


NOTICES = "resampling 100 histories\nstudying what followed\n"


def json_of(study, results, *options):
    return json.loads(scan(study, results, "--json", *options))


def folder_of(results):
    (folder,) = results.glob("*/*")
    return folder


def contents(results):
    folder = folder_of(results)
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name not in PROVENANCE}


def without_path(text):
    lines = text.rstrip().splitlines()
    return "\n".join(lines[:-1])
