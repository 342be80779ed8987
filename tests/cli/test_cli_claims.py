"""``streak claims``: verdicts in words and in JSON, exit codes, and what is refused."""

import json

import pytest
from command_line import streak
from streak_markets import closes_of, sessions_from, write_prices, write_study

DAYS = sessions_from("2020-01-02", 6)
CLAIM = "  - {{quote: {quote}, source: a paper, kind: {kind}, {keys}}}\n"
RIGHT = CLAIM.format(
    quote="four in a row", kind="streak_length", keys="as_of: 2020-01-08, sessions: 4"
)
WRONG = CLAIM.format(
    quote="a close of 99", kind="close_level", keys="asset: BIG, date: 2020-01-08, level: 99"
)  # fmt: skip
OPEN = CLAIM.format(quote="it will rise", kind="statement", keys="why: nobody knows")
SIMULATED = "name: sim\ndata: {source: simulated}\nrule: {name: streak}\n"


@pytest.fixture
def study(tmp_path):
    write_prices(tmp_path, "BIG", DAYS, closes_of([0.0] * 5))
    write_prices(tmp_path, "SMALL", DAYS, closes_of([0.01] * 4 + [-0.01]))
    return write_study(tmp_path)


@pytest.fixture
def claims(tmp_path):
    def write(*listed):
        path = tmp_path / "claims.yaml"
        path.write_text("claims:\n" + "".join(listed), "utf-8")
        return path

    return write


def test_every_claim_is_told_in_words(study, claims):
    outcome = streak("claims", study, claims(RIGHT, WRONG, OPEN))
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "SUPPORTED: “four in a row”\n"
        "  a paper\n"
        "  claimed 4 sessions; measured 4 sessions; price basis price\n"
        "\n"
        "CONTRADICTED: “a close of 99”\n"
        "  a paper\n"
        "  claimed 99.00 (± 0.005); measured 100.00; price basis price\n"
        "  BIG, close of 2020-01-08\n"
        "\n"
        "NOT TESTABLE WITH THIS DATA: “it will rise”\n"
        "  a paper\n"
        "  nobody knows\n"
        "\n"
        "1 contradicted, 1 not testable with this data, 1 supported\n"
    )


def test_for_machines(study, claims):
    found = json.loads(streak("claims", study, claims(RIGHT, WRONG, OPEN), "--json").out)
    assert found["simulated"] is False
    verdicts = [claim["verdict"] for claim in found["claims"]]
    assert verdicts == ["supported", "contradicted", "not testable with this data"]
    assert found["claims"][1] == {
        "quote": "a close of 99",
        "source": "a paper",
        "kind": "close_level",
        "price_basis": "price",
        "claimed": "99.00",
        "measured": "100.00",
        "tolerance": "± 0.005",
        "verdict": "contradicted",
        "remark": "BIG, close of 2020-01-08",
    }


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize(
    ("listed", "code"), [((RIGHT, WRONG), 1), ((RIGHT, OPEN), 0), ((WRONG,), 1), ((OPEN,), 0)]
)
def test_strict_counts_contradicted_claims_only(study, claims, listed, code, form):
    path = claims(*listed)
    strict, lenient = (
        streak("claims", study, path, "--strict", *form),
        streak("claims", study, path, *form),
    )
    assert (strict.code, lenient.code) == (code, 0)
    assert (strict.out, strict.err) == (lenient.out, "")


def test_the_price_basis_of_the_study_does_not_matter(study, claims):
    path = claims(RIGHT, WRONG)
    total = streak("claims", study, path, "--set", "data.price_basis=total_return")
    assert total == streak("claims", study, path)


def refused(code, *arguments):
    outcome = streak(*arguments)
    assert (outcome.code, outcome.out) == (code, ""), outcome
    assert "internal error" not in outcome.err
    return outcome.err


def test_faults_of_the_file_have_their_lines(study, claims):
    path = claims(
        RIGHT, CLAIM.format(quote="q", kind="record_strek", keys="as_of: 2020-01-08"), WRONG
    )
    assert refused(3, "claims", study, path) == (
        f'streak: {path}:3: claims.1.kind: "record_strek" is no kind of claim (allowed '
        "streak_length, record_streak, mean_outperformance, span_return, streak_return, "
        "close_level, session_return, rsi_above, all_time_high, record_closes, character, "
        'statement; did you mean "record_streak"?)\n'
    )


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2020-01-04", "2020-01-04 is no session of BIG/SMALL; the next one is 2020-01-06"),
        ("2021-01-04", "2021-01-04 is outside of the data of BIG/SMALL, 2020-01-02 to 2020-01-09"),
    ],
)
def test_dates_that_cannot_be_are_one_message(study, claims, date, words):
    wrong = CLAIM.format(quote="so long", kind="streak_length", keys=f"as_of: {date}, sessions: 4")
    path = claims(RIGHT, wrong, wrong.replace("so long", "so short"))
    assert refused(4, "claims", study, path) == (
        f"streak: {path}:3: claim “so long”: {words}\n{path}:4: claim “so short”: {words}\n"
    )


def test_missing_files_are_refused(study, claims, tmp_path):
    assert "does not exist" in refused(2, "claims", study, tmp_path / "none.yaml")
    path = claims(RIGHT)
    (tmp_path / "SMALL.csv").unlink()
    assert "no file SMALL.csv" in refused(4, "claims", study, path)


def test_simulated_prices_are_named_in_both_forms(claims, tmp_path):
    study = write_study(tmp_path, SIMULATED)
    path = claims(
        CLAIM.format(quote="q", kind="streak_length", keys="as_of: 2026-01-21, sessions: 13")
    )
    outcome = streak("claims", study, path)
    assert outcome.out.startswith("SIMULATED DATA, not market history\n\nSUPPORTED: ")
    assert json.loads(streak("claims", study, path, "--json").out)["simulated"] is True


def test_quotes_cannot_steer_the_terminal(study, claims):
    evil = '"red \\e[31m\\nSUPPORTED: nothing"'
    path = claims(CLAIM.format(quote=evil, kind="statement", keys=f"why: {evil}"))
    out = streak("claims", study, path).out
    assert out.splitlines()[0] == (
        "NOT TESTABLE WITH THIS DATA: “red \ufffd[31m SUPPORTED: nothing”"
    )
    assert "\x1b" not in out
    assert len(out.splitlines()) == 5
