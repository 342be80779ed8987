"""``--as-of`` of ``streak scan`` and ``streak now``: nothing after that date is read."""

import numpy as np
import pytest
from command_line import streak
from scanning import CONTEXT, FILES, PROVENANCE, contents, json_of, scan
from streak_markets import cut_files, write_random_market, write_study


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    days = write_random_market(folder)
    return write_study(folder, **CONTEXT), days


def corrupt_after(folder, last):
    """Spoil every row after a date in every way the gate would refuse."""
    for path in folder.glob("*.csv"):
        header, *rows = path.read_text("utf-8").splitlines()
        kept = [row for row in rows if row[:10] <= str(last)]
        later = [row for row in rows if row[:10] > str(last)]
        if path.stem == "DFF":
            spoilt = [f"{row[:10]},99999" for row in later]
        else:
            spoilt = [f"{row[:10]},1,0.5,9,-7,-7,-1" for row in later]
        path.write_text("\n".join([header, *kept, *spoilt[::-1], *spoilt[:2]]) + "\n", "utf-8")


@pytest.fixture(scope="module", params=["a session", "a weekend"])
def as_of(request, market, tmp_path_factory):
    """Return the study, a date, and the studies of files cut there and spoilt after it."""
    study, days = market
    last = days[300]
    if request.param == "a weekend":
        following = last + np.arange(1, 10).astype("timedelta64[D]")
        last = following[np.argmin(np.isin(following, days))]
        assert last not in days
    others = []
    for spoil in (False, True):
        folder = tmp_path_factory.mktemp("copy")
        cut_files(study.parent, folder, days[-1] if spoil else last)
        if spoil:
            corrupt_after(folder, last)
        others.append(write_study(folder, **CONTEXT))
    return study, str(last), *others


def test_as_of_equals_files_that_end_there_and_reads_nothing_after(as_of, tmp_path):
    study, last, cut, spoilt = as_of
    asked = json_of(study, tmp_path / "asked", "--as-of", last)
    ended = json_of(cut, tmp_path / "cut")
    after = json_of(spoilt, tmp_path / "spoilt", "--as-of", last)
    for found in (asked, ended, after):
        found.pop("run"), found.pop("path")
    assert asked == ended == after
    assert asked["current"]["end"] <= last
    files = contents(tmp_path / "asked")
    assert files == contents(tmp_path / "cut") == contents(tmp_path / "spoilt")
    assert len(files) == len(FILES - PROVENANCE)


def test_now_as_of_equals_files_that_end_there(as_of):
    study, last, cut, spoilt = as_of
    for form in ([], ["--json"]):
        asked = streak("now", study, "--as-of", last, *form)
        assert (asked.code, asked.err) == (0, "")
        assert asked == streak("now", cut, *form) == streak("now", spoilt, "--as-of", last, *form)


def test_as_of_differs_from_the_whole(market, tmp_path):
    study, days = market
    assert streak("now", study).out != streak("now", study, "--as-of", days[300]).out
    text = scan(study, tmp_path, "--as-of", days[300])
    assert f"301 sessions, {days[0]} to {days[300]}" in text


def test_as_of_never_goes_beyond_the_end_of_the_study(market, tmp_path):
    study, days = market
    ended = ["--set", f"data.end={days[200]}"]
    one = json_of(study, tmp_path / "a", *ended)
    two = json_of(study, tmp_path / "b", *ended, "--as-of", days[300])
    assert one["current"]["end"] == two["current"]["end"] == str(days[200])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
