"""Pictures of a sweep: the same bytes each time, in two formats, none where nothing is to draw."""

import pytest
from reports import stored_sweep

from engine.pipeline.reporting import sweep_report
from engine.report.sweep_pictures import sweep_pictures

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def drawn(folder, axes, *overrides, **options):
    return sweep_pictures(sweep_report(stored_sweep(folder, axes, *overrides, **options)))


def names(pictures):
    return {name.partition(".")[0] for name in pictures}


def test_the_main_charts_are_drawn(tmp_path):
    axes = {"rule.entry_streak": [1, 2, 3], "rule.max_holding": [None, 2, 5]}
    pictures = drawn(tmp_path, axes)
    assert names(pictures) == {"spread", "map", "halves"}
    assert len(pictures) == 6
    for name, content in pictures.items():
        start = b"\x89PNG\r\n" if name.endswith("png") else b"<?xml"
        assert content.startswith(start)
    assert b"dc:date" not in pictures["map.svg"]
    assert "blue: better than LARGE held" in pictures["map.svg"].decode()  # as a comment


@pytest.mark.parametrize(
    ("axes", "by", "expected"),
    [
        ({"rule.entry_streak": [3]}, "sharpe", set()),
        ({"rule.entry_streak": [60, 61]}, "hit_rate", set()),
        ({"rule.entry_streak": [1, 2, 3]}, "sharpe", {"spread", "halves"}),
        (
            {"data.price_basis": ["total_return", "price"], "rule.max_holding": [None, 2]},
            "rotations",
            {"spread", "map"},
        ),
        (
            {"rule.overbought": {"from": 51, "to": 99, "step": 0.5}, "rule.entry_streak": [1, 2]},
            "final_equity",
            {"spread", "map", "halves"},
        ),
    ],
    ids=["one set", "undefined", "one axis", "texts", "long axis"],
)
def test_what_has_nothing_to_show_is_not_drawn(tmp_path, axes, by, expected):
    assert names(drawn(tmp_path, axes, by=by)) == expected
