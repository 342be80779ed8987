"""``streak scan --claims``: what was said is tested, printed, stored, and shown again."""

import json

import pytest
from command_line import streak
from reported import CLAIMS
from streak_markets import write_random_market, write_study


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    write_random_market(folder)
    (folder / "claims.yaml").write_text(CLAIMS, "utf-8")
    return write_study(folder)


def scan(market, results, *options):
    return streak("scan", market, "-q", "--results", results, *options)


def test_claims_are_tested_as_by_the_command_of_their_own(market, tmp_path):
    claims = market.parent / "claims.yaml"
    alone = json.loads(streak("claims", market, claims, "--json").out)["claims"]
    done = scan(market, tmp_path, "--claims", claims, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["claims"] == alone
    folder = next(tmp_path.glob("*/*"))
    assert (folder / "claims.yaml").read_text("utf-8") == CLAIMS
    assert json.loads((folder / "metrics.json").read_bytes())["claims"] == alone
    rows = (folder / "claims.csv").read_text("utf-8").splitlines()
    assert len(rows) == 3
    assert rows[1].startswith("\"'=SMALL(")  # no spreadsheet takes it for a formula
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["options"]["claims"] == "claims.yaml"
    assert {"claims.yaml", "claims.csv"} <= manifest["files"].keys()


def test_claims_are_printed_and_shown_again(market, tmp_path):
    done = scan(market, tmp_path, "--claims", market.parent / "claims.yaml")
    assert "CLAIMS\nOf 2 claims: " in done.out
    assert "It went on for three sessions." in done.out
    again = streak("show", "latest", "--results", tmp_path)
    assert again.out.startswith(done.out.rpartition("\n\n")[0])


def test_without_claims_there_is_no_file_of_them(market, tmp_path):
    found = json.loads(scan(market, tmp_path, "--json").out)
    assert found["claims"] == []
    folder = next(tmp_path.glob("*/*"))
    assert not list(folder.glob("claims*"))


def test_a_file_of_claims_with_faults_is_refused_before_anything_is_done(market, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("claims:\n  - {kind: streak_lenght, quote: a, source: b}\n", "utf-8")
    done = scan(market, tmp_path / "results", "--claims", wrong)
    assert (done.code, done.out) == (3, "")
    assert "wrong.yaml:2" in done.err
    assert "streak_length" in done.err
    assert not (tmp_path / "results").exists()


def test_a_claim_of_a_day_outside_of_the_data_is_refused(market, tmp_path):
    done = scan(
        market, tmp_path, "--claims", market.parent / "claims.yaml", "--as-of", "2020-01-31"
    )
    assert (done.code, done.out) == (4, "")
    assert "It went on for three sessions." in done.err
    assert not list(tmp_path.iterdir())
