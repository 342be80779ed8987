"""What is kept of unfinished work, and when it is taken up again."""

import numpy as np

from engine.store.unfinished import Unfinished


def test_the_same_work_is_taken_up_and_other_work_begun_anew(tmp_path):
    folder = tmp_path / "sweep" / "winners.partial"
    begun = Unfinished.resume(folder, {"metric": "sharpe"})
    begun.write_part(3, {"winner": np.array([1.5, np.nan])}, "prices")
    again = Unfinished.resume(folder, {"metric": "sharpe"})
    assert again.parts == 1
    np.testing.assert_array_equal(again.read_part(3, "prices")["winner"], [1.5, np.nan])
    other = Unfinished.resume(folder, {"metric": "cagr"})
    assert other.parts == 0
    assert other.read_part(3, "prices") is None
    assert Unfinished.at(folder).about["metric"] == "cagr"
    assert list((folder / "parts").glob("*")) == []


def test_damaged_notes_are_as_good_as_none(tmp_path):
    begun = Unfinished.resume(tmp_path / "a.partial", {"seed": 1})
    begun.write_part(0, {"winner": np.zeros(2)}, "prices")
    (begun.path / "unfinished.json").write_text("{")
    assert Unfinished.resume(begun.path, {"seed": 1}).parts == 0
