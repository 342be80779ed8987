"""The calendar of sessions, and that what is kept of it can never be wrong."""

import numpy as np
import pytest

from engine.market import calendar
from engine.user_cache import keep, recall, user_cache

OFF = [
    np.datetime64(day)
    for day in ("2001-09-11", "2001-09-14", "2012-10-29", "2012-10-30", "2025-01-09", "2026-01-19")
]
"""Weekdays on which the exchange stayed closed: 9/11, hurricane Sandy, a funeral, a holiday."""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the user's, read anew."""
    monkeypatch.setenv("STREAKLAB_CACHE", str(tmp_path))
    calendar._sessions.cache_clear()
    yield tmp_path
    calendar._sessions.cache_clear()


def again():
    calendar._sessions.cache_clear()
    return calendar.sessions_between(calendar.FIRST_DATE, calendar.LAST_DATE)


def refuse():
    raise AssertionError("the sessions were worked out again")


def test_known_days_off_are_no_sessions(cache):
    for _ in range(2):  # worked out, then recalled
        assert not calendar.is_session(np.array(OFF)).any()
        assert calendar.is_session(np.array(OFF) + np.timedelta64(7, "D")).all()
        calendar._sessions.cache_clear()


def test_sessions_are_worked_out_once(cache, monkeypatch):
    found = again()
    monkeypatch.setattr(calendar, "_worked_out", refuse)
    kept = again()
    assert kept.dtype == found.dtype
    assert np.array_equal(kept, found)
    assert not kept.flags.writeable


@pytest.mark.parametrize("damage", [lambda b: b[:-8], lambda b: b[:40] + b"\0" + b[41:], len])
def test_damaged_sessions_are_worked_out_again(cache, damage):
    found = again()
    (path,) = (cache / "sessions").iterdir()
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged if isinstance(damaged, bytes) else b"")
    assert np.array_equal(again(), found)
    assert recall(f"sessions/{path.name}") is not None


def test_other_versions_are_not_looked_at_and_thrown_away(cache, monkeypatch):
    found = again()
    old = {path.name for path in (cache / "sessions").iterdir()}
    monkeypatch.setattr(calendar, "version", lambda name: "0")
    assert np.array_equal(again(), found)
    assert {path.name for path in (cache / "sessions").iterdir()}.isdisjoint(old)


def test_without_a_place_to_keep_them_sessions_are_worked_out(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("STREAKLAB_CACHE", str(tmp_path / "file"))
    assert len(again()) > 20_000
    calendar._sessions.cache_clear()


def test_what_is_kept_is_given_back(cache):
    keep("some/thing.1", b"first")
    keep("some/thing.2", b"second")
    keep("some/other.1", b"third")
    assert (recall("some/thing.1"), recall("some/thing.2")) == (None, b"second")
    assert recall("some/other.1") == b"third"
    assert sorted(p.name for p in (user_cache() / "some").iterdir()) == ["other.1", "thing.2"]
