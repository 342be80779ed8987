"""The content hash of a stored streak study: of all that was asked, and of nothing else."""

import json
from pathlib import Path

import pytest
from command_line import streak
from reported import CLAIMS, FEW
from streak_markets import (
    closes_of,
    sessions_from,
    write_prices,
    write_random_market,
    write_study,
)

ABOUT_BANK = """\
claims:
  - quote: Banks gained ten percent.
    source: a paper
    kind: streak_return
    symbols: [BANK]
    date: 2019-06-14
    as_of: 2020-03-31
    at_least: 0.1
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    write_random_market(folder)
    return write_study(folder)


@pytest.fixture
def hash_of(study, tmp_path):
    """Scan the study with options; return the content hash of what is stored."""

    def scanned(*options):
        done = streak("scan", study, "-q", "--json", *FEW, "--results", tmp_path, *options)
        assert done.code == 0, done.err
        folder = Path(json.loads(done.out)["path"])
        manifest = json.loads((folder / "manifest.json").read_bytes())
        assert manifest["content_hash"][:10] in folder.name
        return manifest["content_hash"]

    return scanned


@pytest.fixture
def claims(tmp_path):
    """Write a file of claims; return its path."""

    def written(name, text):
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    return written


def test_whatever_is_asked_besides_gives_another_hash(hash_of, claims):
    asked = [
        [],
        ["--analogue", "2019-06-14"],
        ["--analogue", "2019-06-14", "--analogue", "2019-01-03"],
        ["--anatomy", "2019-06-14"],
        ["--kind", "core_up"],
        ["--min-length", "4"],
        ["--top", "3"],
        ["--as-of", "2020-03-31"],
        ["--claims", claims("one.yaml", CLAIMS)],
        ["--claims", claims("two.yaml", CLAIMS.replace("sessions: 3", "sessions: 4"))],
    ]
    assert len({hash_of(*options) for options in asked}) == len(asked)


def test_the_same_question_gives_the_same_hash(hash_of, claims):
    assert hash_of() == hash_of("--kind", "outperformance", "--min-length", "2")
    given = hash_of("--claims", claims("one.yaml", CLAIMS))
    assert given == hash_of("--claims", claims("other.yaml", f"# of another day\n{CLAIMS}"))


def test_claims_on_other_prices_give_another_hash(hash_of, claims, study):
    """A claim may be about a symbol that the study itself never reads."""
    named = claims("bank.yaml", ABOUT_BANK)
    before = hash_of("--claims", named)
    write_prices(study.parent, "BANK", sessions_from("2019-01-02", 420), closes_of([0.001] * 419))
    assert hash_of("--claims", named) != before
