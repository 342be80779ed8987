"""Metrics of one run: values computed by hand, and what has no value."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from engine.errors import ExecutionError, UsageError
from engine.evaluation.definitions import METRIC_KEYS, METRICS, find_metric
from engine.evaluation.metrics import evaluate, evaluate_against, to_json_value

AGAINST = {m.key for m in METRICS if m.group == "against the benchmark"}
DATES = ("max_drawdown_start", "max_drawdown_trough", "max_drawdown_end")


def measured(equity, **overrides):
    n = len(equity)
    arguments = {
        "sessions": np.datetime64("2024-01-01") + np.arange(n),
        "cash_returns": np.zeros(n - 1),
        "rotations": 0,
        "trade_returns": [],
        "trade_lengths": [],
        "exposure": np.zeros(n - 1),
        "traded_weight": np.zeros(n),
    } | overrides
    return evaluate(equity, **arguments)


def is_nan(value):
    return isinstance(value, float) and math.isnan(value)


def test_every_metric_is_measured_by_exactly_one_function():
    alone = set(measured([100.0, 110.0, 99.0]))
    against = set(evaluate_against([1.0, 2.0], [1.0, 2.0], [0.0]))
    assert alone | against == set(METRIC_KEYS)
    assert alone & against == set()
    assert against == AGAINST
    assert len(set(METRIC_KEYS)) == len(METRIC_KEYS)


def test_wealth_by_hand():
    values = measured([100.0, 110.0, 99.0])  # returns +10 %, −10 %
    assert values["final_equity"] == 99.0
    assert values["total_return"] == pytest.approx(-0.01)
    assert values["cagr"] == pytest.approx(0.99**126 - 1)
    assert values["best_session"] == pytest.approx(0.1)
    assert values["worst_session"] == pytest.approx(-0.1)


def test_risk_by_hand():
    values = measured([100.0, 110.0, 99.0, 99.0])  # returns +0.1, −0.1, 0
    assert values["volatility"] == pytest.approx(0.1 * math.sqrt(252))
    assert values["skew"] == pytest.approx(0.0, abs=1e-12)
    assert values["kurtosis"] == pytest.approx(1.5 - 3)  # excess: a normal distribution has 0
    assert values["sharpe"] == pytest.approx(0.0, abs=1e-12)
    assert values["var_95"] == pytest.approx(-0.1 + 0.1 * 0.1)  # a tenth of the way to the next
    assert values["es_95"] == pytest.approx(-0.1)
    assert values["calmar"] == pytest.approx(values["cagr"] / 0.1)


def test_sharpe_and_sortino_are_over_the_cash_rate_and_over_all_sessions():
    values = measured([100.0, 103.0, 103.0], cash_returns=[0.01, 0.01])  # excess +0.02, −0.01
    assert values["sharpe"] == pytest.approx(0.005 / (0.03 / math.sqrt(2)) * math.sqrt(252))
    assert values["sortino"] == pytest.approx(0.005 / math.sqrt(0.0001 / 2) * math.sqrt(252))
    assert values["volatility"] == pytest.approx(0.03 / math.sqrt(2) * math.sqrt(252))


def test_a_cash_rate_that_moves_is_part_of_the_deviation():
    values = measured([100.0, 103.0, 103.0], cash_returns=[0.0, 0.01])  # excess +0.03, −0.01
    assert values["sharpe"] == pytest.approx(0.01 / (0.04 / math.sqrt(2)) * math.sqrt(252))
    assert values["volatility"] == pytest.approx(0.03 / math.sqrt(2) * math.sqrt(252))


def test_expected_shortfall_averages_the_worst_twentieth():
    returns = np.concatenate([[-0.30, -0.20], np.full(38, 0.01)])
    equity = 100.0 * np.cumprod(np.concatenate([[1.0], 1.0 + returns]))
    values = measured(equity)
    assert values["es_95"] == pytest.approx(-0.25)
    assert values["var_95"] == pytest.approx(-0.20 + 0.21 * 0.95)


def test_drawdown_from_the_last_peak_to_the_recovery():
    #               peak  peak         trough        back
    values = measured([90.0, 100.0, 100.0, 80.0, 60.0, 70.0, 100.0, 95.0])
    assert values["max_drawdown"] == pytest.approx(-0.4)
    assert [values[key] for key in DATES] == ["2024-01-03", "2024-01-05", "2024-01-07"]
    assert values["max_drawdown_length"] == 4


def test_drawdown_without_recovery_lasts_to_the_last_session():
    values = measured([100.0, 50.0, 99.0, 98.0, 97.0])
    assert [values[key] for key in DATES] == ["2024-01-01", "2024-01-02", None]
    assert values["max_drawdown_length"] == 4


@pytest.mark.parametrize("equity", [[100.0, 100.0, 101.0], [1e5, 1e5 * (1 - 1e-15), 1e5]])
def test_no_drawdown_but_rounding(equity):
    values = measured(equity)
    assert values["max_drawdown"] == 0.0
    assert [values[key] for key in DATES] == [None, None, None]
    assert is_nan(values["max_drawdown_length"])
    assert is_nan(values["calmar"])


def test_trading_by_hand():
    values = measured(
        np.full(127, 100.0),
        rotations=3,
        trade_returns=[0.1, 0.0, -0.1, 0.2],
        trade_lengths=[5, 2, 9, 4],
        exposure=np.arange(126) < 63,
        traded_weight=np.where(np.arange(127) < 3, 0.5, 0.0),
    )
    assert values["rotations"] == 3
    assert values["rotations_per_year"] == pytest.approx(6.0)
    assert values["trades"] == 4
    assert values["hit_rate"] == 0.5  # a trade that breaks even is no hit
    assert values["average_holding"] == 5.0
    assert values["exposure"] == 0.5
    assert values["turnover"] == pytest.approx(3.0)


def test_cost_drag_is_what_costs_take_from_growth():
    values = measured([100.0, 110.0], costless_equity=[100.0, 111.0])
    assert values["cost_drag"] == pytest.approx(1.11**252 - 1.1**252, rel=1e-12)
    assert is_nan(measured([100.0, 110.0])["cost_drag"])


def test_no_trades_leave_their_metrics_undefined():
    values = measured([100.0, 101.0, 102.0])
    assert values["trades"] == 0
    assert is_nan(values["hit_rate"])
    assert is_nan(values["average_holding"])


def test_volatility_that_is_only_rounding_divides_nothing():
    cash = np.full(500, 1.1e-4)
    equity = 1e5 * np.cumprod(np.concatenate([[1.0], 1.0 + cash]))
    assert 0.0 < np.std(equity[1:] / equity[:-1]) < 1e-15  # there is noise to be fooled by
    values = measured(equity, cash_returns=cash)
    for key in ("sharpe", "sortino", "skew", "kurtosis", "calmar"):
        assert is_nan(values[key]), key
    against = evaluate_against(equity, equity * np.pi, cash)
    assert is_nan(against["information_ratio"])
    assert is_nan(against["beta"])
    assert is_nan(against["alpha"])


def test_no_losing_session_leaves_sortino_undefined():
    values = measured([100.0, 101.0, 103.0])
    assert is_nan(values["sortino"])
    assert values["sharpe"] > 0


def test_one_session_has_no_returns():
    values = measured([100.0])
    defined = {key for key, value in values.items() if not (value is None or is_nan(value))}
    assert defined == {"final_equity", "rotations", "trades"}


def test_one_return_has_growth_but_no_deviation():
    values = measured([100.0, 90.0])
    assert values["cagr"] == pytest.approx(0.9**252 - 1)
    assert values["max_drawdown"] == pytest.approx(-0.1)
    for key in ("volatility", "sharpe", "sortino", "skew", "kurtosis"):
        assert is_nan(values[key]), key


def test_growth_beyond_all_numbers_is_undefined():
    assert is_nan(measured([1.0, 1000.0])["cagr"])  # 1000 to the power of 252


def test_total_ruin_at_the_end():
    values = measured([100.0, 120.0, 0.0])
    assert values["total_return"] == values["cagr"] == values["max_drawdown"] == -1.0
    assert values["calmar"] == -1.0
    assert values["max_drawdown_end"] is None
    assert values["sharpe"] < 0


def test_after_ruin_there_is_nothing_to_earn_a_return_on():
    values = measured([100.0, 0.0, 0.0, 0.0])
    assert values["total_return"] == values["cagr"] == values["max_drawdown"] == -1.0
    for key in ("volatility", "sharpe", "sortino", "skew", "var_95", "es_95", "best_session"):
        assert is_nan(values[key]), key
    against = evaluate_against([100.0, 0.0, 0.0], [100.0, 90.0, 95.0], [0.0, 0.0])
    assert all(is_nan(value) for value in against.values())


def test_a_run_against_itself():
    equity = [100.0, 103.0, 101.0, 107.0, 99.0]
    values = evaluate_against(equity, equity, np.full(4, 1e-4))
    assert values["active_return"] == values["tracking_error"] == 0.0
    assert is_nan(values["information_ratio"])
    assert values["beta"] == pytest.approx(1.0)
    assert values["alpha"] == pytest.approx(0.0, abs=1e-12)
    assert values["up_capture"] == values["down_capture"] == 1.0


def test_against_a_benchmark_by_hand():
    benchmark = np.array([0.01, -0.01, 0.02])
    run = 2.0 * benchmark + 0.001
    equity, other = (
        100.0 * np.cumprod(np.concatenate([[1.0], 1.0 + returns])) for returns in (run, benchmark)
    )
    values = evaluate_against(equity, other, np.zeros(3))
    active = run - benchmark
    assert values["active_return"] == pytest.approx(252 * active.mean())
    assert values["tracking_error"] == pytest.approx(active.std(ddof=1) * math.sqrt(252))
    assert values["information_ratio"] == pytest.approx(
        values["active_return"] / values["tracking_error"]
    )
    assert values["beta"] == pytest.approx(2.0)
    assert values["alpha"] == pytest.approx(1.001**252 - 1)
    up = (1.021 * 1.041) ** 126 - 1
    assert values["up_capture"] == pytest.approx(up / ((1.01 * 1.02) ** 126 - 1))
    assert values["down_capture"] == pytest.approx((0.981**252 - 1) / (0.99**252 - 1))


def test_cash_shifts_alpha_but_not_the_active_return():
    run, other = [100.0, 102.0, 101.0, 104.0], [100.0, 101.0, 100.0, 102.0]
    without, with_cash = (evaluate_against(run, other, np.full(3, r)) for r in (0.0, 0.001))
    assert with_cash["active_return"] == without["active_return"]
    assert with_cash["beta"] == pytest.approx(without["beta"])
    assert with_cash["alpha"] != pytest.approx(without["alpha"])


def test_a_benchmark_that_never_falls_has_no_down_capture():
    values = evaluate_against([100.0, 99.0, 98.0], [100.0, 101.0, 103.0], [0.0, 0.0])
    assert is_nan(values["down_capture"])
    assert values["up_capture"] < 0


@pytest.mark.parametrize("bad", [[100.0, math.nan], [100.0, math.inf], [0.0, 1.0], [-1.0, 1.0]])
def test_equity_that_cannot_be_believed_raises(bad):
    with pytest.raises(ExecutionError, match="equity"):
        measured(bad)
    with pytest.raises(ExecutionError, match="equity"):
        evaluate_against([1.0, 1.0], bad, [0.0])


@pytest.mark.parametrize(
    "name",
    [
        "sessions",
        "cash_returns",
        "trade_lengths",
        "exposure",
        "traded_weight",
        "costless_equity",
    ],
)
def test_shapes_that_do_not_fit_raise(name):
    wrong = np.ones(7).astype("datetime64[D]") if name == "sessions" else np.ones(7)
    with pytest.raises(ValueError, match=name):
        measured([100.0, 101.0, 102.0], **{name: wrong})


def test_shapes_of_a_benchmark_must_fit():
    with pytest.raises(ValueError, match="benchmark_equity"):
        evaluate_against([1.0, 2.0], [1.0, 2.0, 3.0], [0.0])
    with pytest.raises(ValueError, match="cash_returns"):
        evaluate_against([1.0, 2.0], [1.0, 2.0], [0.0, 0.0])
    with pytest.raises(ValueError, match="one value per session"):
        evaluate_against([], [], [])


def test_inputs_are_read_only_and_stay_as_they_were():
    equity = np.array([100.0, 90.0, 95.0])
    cash = np.array([1e-4, 1e-4])
    equity.setflags(write=False)
    cash.setflags(write=False)
    first = measured(equity, cash_returns=cash)
    assert repr(first) == repr(measured(equity, cash_returns=cash))


def test_values_are_plain_python():
    values = measured(np.array([100.0, 90.0, 95.0]), rotations=np.int64(2))
    values |= evaluate_against([100.0, 90.0, 95.0], [100.0, 91.0, 92.0], [0.0, 0.0])
    for key, value in values.items():
        assert type(value) in {float, int, str, type(None)}, key


def test_json_has_null_where_there_is_no_value():
    values = {"a": math.nan, "b": [np.float64(1.5), -math.inf], "c": (np.int64(3), np.bool_(True))}
    values |= {
        "d": np.datetime64("2024-01-02"),
        "e": np.datetime64("NaT", "D"),
        "f": np.array([1.0]),
    }
    text = json.dumps(to_json_value(values), allow_nan=False)
    assert text == (
        '{"a": null, "b": [1.5, null], "c": [3, true], "d": "2024-01-02", "e": null, "f": [1.0]}'
    )


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(UsageError, match='no metric is called "sharp"; did you mean "sharpe"'):
        find_metric("sharp")
    with pytest.raises(UsageError, match="allowed final_equity, total_return"):
        find_metric("zzz")


def test_metrics_and_tables_need_no_heavy_library():
    heavy = "{'pandas', 'scipy', 'rich', 'backtrader', 'empyrical'}"
    code = (
        "import sys, engine.report.tables, engine.evaluation.metrics as m\n"
        "m.evaluate_against([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [0.0, 0.0])\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
