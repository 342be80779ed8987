"""Fetching and updating: all symbols or none, the past compared, nothing rewritten silently."""

import contextlib

import numpy as np
import pytest
from library_market import (
    Exchange,
    changed,
    contents,
    fetching,
    wanted,
    whole_table,
    without,
)

from engine.errors import DataError, ProviderError, UsageError
from engine.market import providers
from engine.market.fetching import OVERLAP, Wanted, check_symbol
from engine.market.library import Library
from engine.market.library.table import Table

IWM, SPY = whole_table(1), whole_table(2)


@pytest.fixture
def exchange(monkeypatch):
    found = Exchange(IWM=IWM, SPY=SPY)
    monkeypatch.setitem(providers.PROVIDERS, "yahoo", found)
    return found


@pytest.fixture
def folder(tmp_path, exchange):
    """A library of both symbols as of 30 June 2020."""
    fetching(tmp_path, "2020-06-30").fetch(wanted("IWM", "SPY"))
    exchange.asked.clear()
    return tmp_path


@contextlib.contextmanager
def refused(folder, message, error=DataError):
    """Check that the block fails so, and leaves every byte of the library as it was."""
    before = contents(folder)
    with pytest.raises(error, match=message) as caught:
        yield caught
    assert contents(folder) == before


# fetch


def test_a_fetch_keeps_what_was_given(tmp_path, exchange):
    iwm, spy = fetching(tmp_path, "2020-06-30").fetch(wanted("IWM", "SPY"))
    assert [one.status for one in (iwm, spy)] == ["new", "new"]
    assert iwm.added == iwm.entry.rows == int((IWM.dates <= np.datetime64("2020-06-30")).sum())
    assert iwm.entry.last == "2020-06-30"
    assert iwm.entry.fetched_at == "2020-07-01T00:00:00+00:00"
    assert iwm.entry.request == {"symbol": "IWM", "start": None, "end": None}
    stored = Library(tmp_path).read("IWM")[0]
    assert stored.table.equals(IWM.until(np.datetime64("2020-06-30")))
    assert stored.entry == iwm.entry


def test_one_missing_symbol_keeps_all_out(tmp_path, exchange):
    with refused(tmp_path, "XXX: possibly delisted"):
        fetching(tmp_path, "2020-06-30").fetch(wanted("IWM", "XXX", "SPY"))
    assert Library(tmp_path).symbols() == ()


def test_the_gate_keeps_all_out(folder, exchange):
    exchange.tables["SPY"] = changed(SPY, "high", 400, 1.0)
    with refused(folder, r"SPY: 2020-08-04: High 1.0 is below Low"):
        fetching(folder, "2020-12-31").update()


def test_a_missing_session_is_refused(tmp_path, exchange):
    exchange.tables["IWM"] = without(IWM, 100)
    with refused(tmp_path, "IWM: 2019-05-28: no row for this session; XNYS was open"):
        fetching(tmp_path, "2020-06-30").fetch(wanted("IWM"))


def test_half_an_answer_is_refused_unless_its_end_was_asked_for(tmp_path, exchange):
    exchange.tables["IWM"] = IWM.until(np.datetime64("2020-03-02"))
    with refused(tmp_path, "ends on 2020-03-02, 120 days before 2020-06-30.*--end 2020-03-02"):
        fetching(tmp_path, "2020-06-30").fetch(wanted("IWM"))
    end = exchange.tables["IWM"].dates[-1].item()
    (kept,) = fetching(tmp_path, "2020-06-30").fetch(wanted("IWM"), end=end)
    assert kept.entry.last == "2020-03-02"


@pytest.mark.parametrize("verb", ["fetch", "update"])
def test_sessions_that_are_not_there_yet_are_told(folder, exchange, verb):
    """Few are missing at the end: no error, but not silence either, also for one of a pair."""
    exchange.tables["IWM"] = IWM.until(np.datetime64("2020-07-06"))
    now = fetching(folder, "2020-07-08")
    iwm, spy = now.update() if verb == "update" else now.fetch(wanted("IWM", "SPY"))
    assert (iwm.entry.last, spy.entry.last) == ("2020-07-06", "2020-07-08")
    (told,) = iwm.warnings
    assert told.startswith("IWM: 2 sessions missing at the end, from 2020-07-07 on")
    assert (iwm.entry.notes, spy.warnings) == ((), ())  # it is of this fetch, not of the rows


def test_what_is_of_the_rows_is_kept_and_what_is_of_the_delivery_told(tmp_path, exchange):
    exchange.notes, exchange.remarks = ("of the rows",), ("of today",)
    (kept,) = fetching(tmp_path, "2020-06-30").fetch(wanted("IWM"))
    assert kept.warnings == ("IWM: of the rows", "IWM: of today")
    assert Library(tmp_path).entry("IWM").notes == ("of the rows",)


def test_an_unchanged_symbol_that_lags_is_told(folder, exchange):
    (iwm, _) = fetching(folder, "2020-06-30").update()
    assert (iwm.status, iwm.warnings) == ("unchanged", ())
    exchange.tables["IWM"] = IWM.until(np.datetime64("2020-06-30"))
    (iwm,) = fetching(folder, "2020-07-01").update(["IWM"])
    assert iwm.status == "unchanged"
    assert "1 session missing at the end, from 2020-07-01 on" in iwm.warnings[0]


def test_a_weekend_is_no_missing_session(folder):
    kept = fetching(folder, "2020-07-05").update()  # a Sunday after a holiday
    assert [one.warnings for one in kept] == [(), ()]


def test_old_rows_that_cannot_be_do_not_hide_sound_ones(tmp_path, exchange):
    """Yahoo's histories of indices begin with years of opens that are 0."""
    opening = np.where(np.arange(len(IWM)) < 200, 0.0, IWM["open"])
    exchange.tables["IWM"] = Table(IWM.dates, {**IWM.columns, "open": opening})
    first = IWM.dates[200].item()
    with refused(tmp_path, f"rows from {first} on are sound; --start {first} takes those"):
        fetching(tmp_path, "2020-12-31").fetch(wanted("IWM"))
    (kept,) = fetching(tmp_path, "2020-12-31").fetch(wanted("IWM"), start=first)
    assert kept.entry.first == str(first)


def test_a_few_sound_rows_are_no_cure(tmp_path, exchange):
    exchange.tables["IWM"] = changed(IWM, "open", 400, 0.0)
    with refused(tmp_path, r"must be positive$"):
        fetching(tmp_path, "2020-12-31").fetch(wanted("IWM"))


def test_a_dead_symbol_does_not_tell_the_others_to_end(folder, exchange):
    exchange.tables["IWM"] = IWM.until(np.datetime64("2020-06-30"))
    with refused(folder, "no longer traded; update the others by name"):
        fetching(folder, "2020-12-31").update()
    (spy,) = fetching(folder, "2020-12-31").update(["SPY"])
    assert spy.entry.last == "2020-12-31"


def test_fetching_again_compares_all_of_the_past(folder, exchange):
    exchange.tables["IWM"] = changed(IWM, "dividend", 60, 0.4)
    with refused(folder, "IWM: stored numbers that are told differently now: 1") as caught:
        fetching(folder, "2020-12-31").fetch(wanted("IWM"))
    assert "  2019-03-29 Dividend 0.5 → 0.4" in str(caught.value)
    assert "--accept-restatement" in str(caught.value)


def test_a_restatement_that_is_accepted_is_kept_and_told(folder, exchange):
    exchange.tables["IWM"] = changed(IWM, "dividend", 60, 0.4)
    again = fetching(folder, "2020-12-31", accept_restatement=True)
    (kept,) = again.fetch(wanted("IWM"))
    assert kept.status == "restated"
    assert [str(change) for change in kept.changes] == ["2019-03-29 Dividend 0.5 → 0.4"]
    assert Library(folder).read("IWM")[0].table["dividend"][60] == 0.4


def test_a_later_start_keeps_the_rows_before_it(folder, exchange):
    start = IWM.dates[300].item()
    (kept,) = fetching(folder, "2020-12-31").fetch(wanted("IWM"), start=start)
    assert (kept.status, kept.entry.rows) == ("updated", len(IWM))
    assert Library(folder).read("IWM")[0].table.equals(IWM)


def test_a_gap_to_what_is_stored_is_refused(folder, exchange):
    start = IWM.dates[450].item()
    with refused(folder, "no row for this session; XNYS was open"):
        fetching(folder, "2020-12-31").fetch(wanted("IWM"), start=start)


def test_earlier_rows_can_be_added_later(tmp_path, exchange):
    first = fetching(tmp_path, "2020-12-31")
    first.fetch(wanted("IWM"), start=IWM.dates[200].item())
    assert Library(tmp_path).read("IWM")[0].entry.first == str(IWM.dates[200])
    (kept,) = fetching(tmp_path, "2020-12-31").fetch(wanted("IWM"))
    assert (kept.status, kept.added) == ("updated", 200)
    assert Library(tmp_path).read("IWM")[0].table.equals(IWM)


def test_another_source_is_refused_before_anything_is_asked(folder, exchange, monkeypatch):
    monkeypatch.setitem(providers.PROVIDERS, "fred", exchange)
    with refused(folder, "IWM is in the library from yahoo; remove it first"):
        fetching(folder, "2020-12-31").fetch([Wanted("fred", "IWM")])
    assert exchange.asked == []


def test_an_unknown_provider(tmp_path):
    with pytest.raises(UsageError, match=r'no provider "yahou" .allowed yahoo, fred; did you mean'):
        fetching(tmp_path, "2020-06-30").fetch([Wanted("yahou", "IWM")])


@pytest.mark.parametrize("symbol", ["", "../IWM", "a b", "IWM/x", ".IWM", "X" * 33])
def test_what_cannot_be_a_symbol(symbol):
    with pytest.raises(UsageError, match="is no symbol"):
        check_symbol(symbol)


def test_a_later_start_does_not_shorten_what_is_fetched_anew(folder, exchange):
    fetching(folder, "2020-12-31").fetch(wanted("IWM"), start=IWM.dates[300].item())
    (folder / "IWM.parquet").write_bytes(b"")
    fetching(folder, "2020-12-31").update(["IWM"])
    assert Library(folder).read("IWM")[0].table.equals(IWM)


# update


def test_an_update_fetches_what_is_missing_and_an_overlap(folder, exchange):
    iwm, spy = fetching(folder, "2020-12-31").update()
    first = str(IWM.until(np.datetime64("2020-06-30")).dates[-OVERLAP])
    assert exchange.asked == [("IWM", first), ("SPY", first)]
    assert (iwm.status, iwm.added) == (spy.status, spy.added) == ("updated", 128)
    for symbol, table in (("IWM", IWM), ("SPY", SPY)):
        assert Library(folder).read(symbol)[0].table.equals(table)


def test_fetching_at_once_and_in_steps_gives_the_same_rows(tmp_path, exchange):
    fetching(tmp_path / "at once", "2020-12-31").fetch(wanted("IWM"))
    fetching(tmp_path / "steps", "2019-03-01").fetch(wanted("IWM"))
    for day in ("2019-03-29", "2019-04-01", "2020-02-14", "2020-12-31"):
        fetching(tmp_path / "steps", day).update()
    one, other = (tmp_path / name / "IWM.parquet" for name in ("at once", "steps"))
    assert one.read_bytes() == other.read_bytes()


def test_nothing_new_changes_no_byte(folder):
    before = contents(folder)
    kept = fetching(folder, "2020-06-30").update()
    assert [one.status for one in kept] == ["unchanged", "unchanged"]
    assert contents(folder) == before


def test_if_one_of_a_pair_fails_neither_is_updated(folder, exchange):
    exchange.errors = [None, ProviderError("Yahoo: no connection")]
    with refused(folder, "no connection"):
        fetching(folder, "2020-12-31").update()


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("close", 111.0, "Close .* → 111"),
        ("dividend", 0.7, "Dividend 0 → 0.7"),
        ("split", 2.0, "Split 1 → 2"),
    ],
)
def test_a_changed_past_in_the_overlap_is_refused(folder, exchange, column, value, told):
    row = int(np.searchsorted(IWM.dates, np.datetime64("2020-06-24")))
    high = changed(changed(IWM, "high", row, 999.0), "low", row, 1.0)
    exchange.tables["IWM"] = changed(high, column, row, value)
    with refused(folder, f"(?s)stored numbers that are told differently now.*2020-06-24 {told}"):
        fetching(folder, "2020-12-31").update()


def test_rows_that_appear_or_vanish_in_the_past_are_a_restatement(folder, exchange):
    row = int(np.searchsorted(IWM.dates, np.datetime64("2020-06-24")))
    exchange.tables["IWM"] = without(IWM, row)
    with refused(folder, r"2020-06-24 Close \S+ → none"):
        fetching(folder, "2020-12-31").update(["IWM"])


def test_an_accepted_restatement_fetches_everything_anew(folder, exchange):
    """A past that changed in the overlap has probably changed before it, too."""
    row = int(np.searchsorted(IWM.dates, np.datetime64("2020-06-24")))
    halved = changed(changed(IWM, "dividend", row, 0.25), "dividend", 60, 0.25)
    exchange.tables["IWM"] = halved
    said = []
    again = fetching(folder, "2020-12-31", accept_restatement=True, said=said)
    (kept,) = again.update(["IWM"])
    assert [change.date for change in kept.changes] == ["2019-03-29", "2020-06-24"]
    assert Library(folder).read("IWM")[0].table.equals(halved)
    assert [start for _, start in exchange.asked] == ["2020-06-03", "2019-01-02"]
    assert "IWM: the past is told differently; fetching all of it" in said


def test_prices_that_differ_as_32_bit_numbers_do_are_the_same(folder, exchange):
    columns = {**IWM.columns, "close": IWM["close"].astype(np.float32).astype(float)}
    exchange.tables["IWM"] = Table(IWM.dates, columns)
    assert np.any(columns["close"] != IWM["close"])
    (kept,) = fetching(folder, "2020-12-31").update(["IWM"])
    assert kept.changes == ()


def test_revised_volumes_are_taken_and_counted(folder, exchange):
    row = int(np.searchsorted(IWM.dates, np.datetime64("2020-06-30")))
    exchange.tables["IWM"] = changed(IWM, "volume", row, 12345.0)
    (kept,) = fetching(folder, "2020-12-31").update(["IWM"])
    assert kept.changes == ()
    assert "IWM: stored sessions whose volumes were revised: 1" in kept.warnings
    assert Library(folder).read("IWM")[0].table["volume"][row] == 12345.0


def test_an_answer_shorter_than_what_is_stored_is_half_a_one(folder, exchange):
    exchange.tables["IWM"] = IWM.until(np.datetime64("2020-06-26"))
    with refused(folder, "ends on 2020-06-26, before the last row stored, 2020-06-30"):
        fetching(folder, "2020-07-01").update(["IWM"])


@pytest.mark.parametrize("first", ["2019-01-03", "2020-06-10", "2020-07-01"])
@pytest.mark.parametrize("verb", ["fetch", "update"])
def test_an_answer_that_begins_after_what_is_stored_is_half_a_one(folder, exchange, verb, first):
    """Above all one that follows on what is stored: there would be nothing to compare."""
    exchange.tables["IWM"] = IWM.rows(IWM.dates >= np.datetime64(first))
    now = fetching(folder, "2020-12-31")
    if verb == "update" and first == "2019-01-03":  # it is asked for 20 rows only, and gives them
        assert now.update(["IWM"])[0].status == "updated"
        return
    with refused(folder, f"begins on {first}, after the row stored of .*: half an answer"):
        now.update(["IWM"]) if verb == "update" else now.fetch(wanted("IWM"))


def test_nothing_to_update(tmp_path):
    with pytest.raises(DataError, match="there is nothing fetched to update"):
        fetching(tmp_path, "2020-06-30").update()


def test_a_damaged_symbol_is_fetched_again_as_a_whole(folder, exchange):
    path = folder / "IWM.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    (kept,) = fetching(folder, "2020-12-31").update(["IWM"])
    assert kept.status == "repaired"
    assert "its hash differs" in kept.warnings[0]
    assert exchange.asked == [("IWM", None)]
    assert Library(folder).read("IWM")[0].table.equals(IWM)


def test_a_damaged_sidecar_says_what_to_do(folder, exchange):
    (folder / "IWM.json").write_text("{}")
    with refused(
        folder, "IWM.json: has the schema None.*streak data fetch IWM, or import, takes it again"
    ):
        fetching(folder, "2020-12-31").update()
    (kept,) = fetching(folder, "2020-12-31").fetch(wanted("IWM"))
    assert kept.status == "repaired"


# retries


def test_passing_failures_are_tried_again_with_growing_pauses(tmp_path, exchange):
    exchange.errors = [ProviderError("busy", transient=True)] * 3
    said, slept = [], []
    fetching(tmp_path, "2020-06-30", said=said, slept=slept).fetch(wanted("IWM"))
    assert len(exchange.asked) == 4
    assert all(low <= pause <= low + 1 for pause, low in zip(slept, (1, 2, 4), strict=True))
    assert sum("busy; asking again in" in sentence for sentence in said) == 3


def test_patience_has_an_end(tmp_path, exchange):
    exchange.errors = [ProviderError("busy", transient=True)] * 9
    with refused(tmp_path, "busy", ProviderError):
        fetching(tmp_path, "2020-06-30", attempts=3).fetch(wanted("IWM"))
    assert len(exchange.asked) == 3


def test_what_will_not_pass_is_not_tried_again(tmp_path, exchange):
    exchange.errors = [ProviderError("no such thing")]
    with refused(tmp_path, "no such thing"):
        fetching(tmp_path, "2020-06-30").fetch(wanted("IWM"))
    assert len(exchange.asked) == 1


@pytest.mark.parametrize(("asked", "waited"), [(45.0, 45.0), (0.0, 1.0)])
def test_the_provider_is_waited_for_as_long_as_it_asks(tmp_path, exchange, asked, waited):
    exchange.errors = [ProviderError("slow down", transient=True, retry_after=asked)]
    slept = []
    fetching(tmp_path, "2020-06-30", slept=slept).fetch(wanted("IWM"))
    assert slept[0] == pytest.approx(waited, abs=1.0)


def test_nobody_waits_for_an_hour(tmp_path, exchange):
    exchange.errors = [ProviderError("slow down", transient=True, retry_after=3600.0)]
    slept = []
    with refused(tmp_path, "slow down"):
        fetching(tmp_path, "2020-06-30", slept=slept).fetch(wanted("IWM"))
    assert slept == []
