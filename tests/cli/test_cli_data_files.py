"""Several price files checked at once: each is told of, and none hides another."""

import json

import numpy as np
from command_line import streak
from streak_markets import write_prices


def test_every_file_is_checked_and_any_error_counts(tmp_path):
    sessions = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], "datetime64[D]")
    write_prices(tmp_path, "GOOD", sessions, np.array([10.0, 11.0, 12.0]))
    (tmp_path / "BAD.csv").write_text("<html>try again later</html>\n")
    good, bad = tmp_path / "GOOD.csv", tmp_path / "BAD.csv"
    code, out, _ = streak("data", "check", bad, good)
    assert code == 4
    assert "BAD.csv: 1 error, 0 warnings" in out
    assert "GOOD.csv: Yahoo CSV, 3 sessions, 2020-01-02 to 2020-01-06: 0 errors" in out
    told = json.loads(streak("data", "check", bad, good, "--json").out)
    assert [one["errors"] for one in told] == [1, 0]
    assert streak("data", "check", good, good).code == 0
