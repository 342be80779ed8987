"""Analogues: which streaks are chosen, and the paths around them."""

import datetime as dt

import numpy as np
import pytest
from panels import panel_of, random_panel

from engine.errors import UsageError
from engine.evaluation.streak_study.analogues import (
    analogues,
    long_columns,
    milestones,
    streak_on,
)
from engine.evaluation.streak_study.table import current_streak, streak_table

MOVES = "-++-+++--+-++"  # the returns of sessions 1, 2, …; session 0 is Tuesday 2001-01-02


def market(moves=MOVES, start_index=0):
    rng = np.random.default_rng(3)
    core = 50.0 * np.cumprod(1.0 + rng.normal(0, 0.02, len(moves) + 1))
    lead = [0.0, *({"+": 0.01, "-": -0.01, "0": 0.0}[m] for m in moves)]
    satellite = core * np.cumprod(1.0 + np.array(lead))
    return panel_of(core, satellite, start_index=start_index)


def day(panel, index):
    return panel.sessions[index].item()


def chosen(found):
    return [analogue.streak.start_index for analogue in found]


def test_lines_are_rebased_to_the_close_before_the_streak():
    panel = market()
    table = streak_table(panel, "outperformance")
    (found,) = analogues(panel, table, [day(panel, 6)], before=3, after=5)
    assert found.streak.start_index == 5
    assert found.offsets.tolist() == list(range(-3, 6))
    assert found.sessions.tolist() == panel.sessions[1:10].tolist()
    for path, bars in ((found.satellite, panel.satellite), (found.core, panel.core)):
        np.testing.assert_allclose(path, bars.close[1:10] / bars.close[4], rtol=1e-14)
        assert path[3] == 1.0
    np.testing.assert_allclose(found.relative[3:7], 1.01 ** np.arange(4), rtol=1e-12)
    end = found.streak.length
    assert found.satellite[3 + end] == pytest.approx(1 + found.streak.satellite_return)
    assert found.sessions[3 + end] == found.streak.end


def test_paths_are_empty_where_there_are_no_data():
    panel = market()
    table = streak_table(panel, "outperformance")
    first, last = analogues(panel, table, [day(panel, 2), day(panel, 13)], before=4, after=20)
    assert np.isnat(first.sessions).tolist() == [True] * 3 + [False] * 14 + [True] * 8
    assert np.isnat(last.sessions).tolist() == [False] * 4 + [False] * 3 + [True] * 18
    for found in (first, last):
        for path in (found.relative, found.satellite, found.core):
            np.testing.assert_array_equal(np.isnan(path), np.isnat(found.sessions))


def test_the_usual_window():
    panel = random_panel(1, 600)
    for found in analogues(panel, streak_table(panel, "outperformance")):
        assert (found.offsets[0], found.offsets[-1], len(found.offsets)) == (-21, 252, 274)


def test_by_default_the_longest_that_have_ended():
    panel = market("+++-++-+-++++")
    table = streak_table(panel, "outperformance")
    assert current_streak(table).length == 4
    assert chosen(analogues(panel, table)) == [1, 5, 8]
    assert chosen(analogues(panel, table, count=1)) == [1]
    ended = market("+++-++-+-++++-")
    assert chosen(analogues(ended, streak_table(ended, "outperformance"))) == [10, 1, 5]
    assert analogues(panel, ()) == ()


def test_dates_choose_in_their_order_and_once():
    panel = market()
    table = streak_table(panel, "outperformance")
    dates = [day(panel, i) for i in (12, 5, 7, 13, 2)]
    assert chosen(analogues(panel, table, dates)) == [12, 5, 2]
    assert analogues(panel, table, []) == ()


def test_first_and_last_session_and_a_day_of_rest_within_belong_to_the_streak():
    closes = 100 * np.cumprod([1.0, 0.99, 1.01, 1.01, 0.99])
    panel = panel_of(np.full(5, 100.0), closes, steps=[1, 1, 1, 3, 1])
    table = streak_table(panel, "outperformance")
    first, last = (day(panel, i) for i in (2, 3))
    assert (last - first).days == 3
    for date in (first, first + dt.timedelta(1), last):
        assert streak_on(panel, table, date) is table[0]
    with pytest.raises(UsageError):
        streak_on(panel, table, last + dt.timedelta(1))


def test_a_date_on_no_streak_names_the_nearest():
    panel = market()
    table = streak_table(panel, "outperformance")
    with pytest.raises(UsageError) as caught:
        analogues(panel, table, [day(panel, 8)])
    assert str(caught.value) == (
        "2001-01-10 is on no streak; the nearest streak of outperformance is "
        "2001-01-07 to 2001-01-09 (3 sessions)"
    )
    with pytest.raises(UsageError, match=r"nearest .* is 2001-01-12 to 2001-01-12 \(1 session\)$"):
        analogues(panel, table, [day(panel, 9)])


def test_of_equally_near_streaks_the_longest_is_named():
    for moves, start in (("+++-++", "2001-01-03"), ("++-+++", "2001-01-06")):
        panel = market(moves)
        table = streak_table(panel, "outperformance")
        with pytest.raises(UsageError, match=f"the nearest streak of outperformance is {start}"):
            streak_on(panel, table, day(panel, moves.index("-") + 1))


@pytest.mark.parametrize(
    ("date", "start_index", "nearest"),
    [
        (dt.date(1999, 1, 4), 0, r"2001-01-04 to 2001-01-05"),
        (dt.date(2001, 1, 4), 5, r"2001-01-07 to 2001-01-09"),
        (dt.date(2027, 1, 4), 0, r"2001-01-14 to 2001-01-15"),
    ],
)
def test_a_date_outside_of_the_data(date, start_index, nearest):
    panel = market(start_index=start_index)
    table = streak_table(panel, "outperformance")
    span = rf"{panel.sessions[start_index]} to 2001-01-15"
    message = f"^{date} is outside of the data, {span}; the nearest .* is {nearest} "
    with pytest.raises(UsageError, match=message):
        analogues(panel, table, [date])


def test_a_streak_under_way_at_the_start_can_be_chosen_by_any_of_its_sessions():
    panel = market(start_index=6)
    table = streak_table(panel, "outperformance")
    assert chosen(analogues(panel, table, [day(panel, 5)])) == [5]


def test_no_streak_to_name():
    panel = market("--")
    with pytest.raises(UsageError, match=r"is on no streak; there is no streak in the data$"):
        analogues(panel, (), [day(panel, 1)])


@pytest.mark.parametrize("wrong", [{"before": -1}, {"after": -1}, {"count": 0}])
def test_numbers_out_of_range(wrong):
    ((name, number),) = wrong.items()
    with pytest.raises(UsageError, match=f"^{name} is {number}; it must be at least"):
        analogues(market(), (), **wrong)


def test_milestones_are_points_of_the_path():
    panel = random_panel(8, 400)
    table = streak_table(panel, "outperformance")
    (found,) = analogues(panel, table, count=1)
    length = found.streak.length
    assert length not in (1, 5, 10)
    shown = milestones(found)
    assert [m.offset for m in shown] == sorted([0, 1, 5, 10, 21, 63, 126, 252, length])
    assert [m.offset for m in shown if m.is_end] == [length]
    assert (shown[0].relative, shown[0].satellite, shown[0].core) == (1.0, 1.0, 1.0)
    for m in shown:
        place = found.offsets.tolist().index(m.offset)
        np.testing.assert_equal(
            (m.relative, m.satellite, m.core, m.session),
            (
                found.relative[place],
                found.satellite[place],
                found.core[place],
                found.sessions[place],
            ),
        )
    end = next(m for m in shown if m.is_end)
    assert end.core == pytest.approx(1 + found.streak.core_return)


def test_milestones_outside_of_the_window_are_left_out_and_those_outside_of_the_data_are_nan():
    panel = market()
    table = streak_table(panel, "outperformance")
    (found,) = analogues(panel, table, [day(panel, 5)], before=0, after=10)
    shown = milestones(found)
    assert [m.offset for m in shown] == [0, 1, 3, 5, 10]
    assert [bool(np.isnan(m.relative)) for m in shown] == [False] * 4 + [True]
    assert np.isnat(shown[-1].session)
    (short,) = analogues(panel, table, [day(panel, 5)], after=2)
    assert [m.offset for m in milestones(short)] == [0, 1]
    (at_one,) = analogues(panel, table, [day(panel, 10)])
    assert [m.offset for m in milestones(at_one)].count(1) == 1


def test_long_columns():
    panel = market()
    table = streak_table(panel, "outperformance")
    found = analogues(panel, table, [day(panel, 12), day(panel, 2)], before=2, after=30)
    columns = long_columns(found)
    assert list(columns) == ["streak_start", "offset", "session", "relative", "satellite", "core"]
    assert {len(column) for column in columns.values()} == {2 * 33}
    starts = [str(s) for s in columns["streak_start"]]
    assert starts == ["2001-01-14"] * 33 + ["2001-01-04"] * 33
    assert columns["offset"].tolist() == [*range(-2, 31)] * 2
    for name in ("relative", "satellite", "core"):
        np.testing.assert_array_equal(
            columns[name], np.concatenate([getattr(a, name) for a in found])
        )
    dtypes = {name: str(column.dtype) for name, column in columns.items()}
    assert dtypes == {
        "streak_start": "datetime64[D]",
        "offset": "int64",
        "session": "datetime64[D]",
        "relative": "float64",
        "satellite": "float64",
        "core": "float64",
    }
    assert {name: str(column.dtype) for name, column in long_columns(()).items()} == dtypes
    assert {len(column) for column in long_columns(()).values()} == {0}
