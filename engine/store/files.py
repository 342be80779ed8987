"""The files of a result as bytes: the same result gives the same bytes."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.inference.rules import RuleTests
from engine.evaluation.inference.uncertainty import Uncertainty
from engine.evaluation.inference.verdict import Verdict
from engine.evaluation.metrics import to_json_value
from engine.execution.simulation import Simulation
from engine.market.panel import SIMULATED_NOTICE
from engine.store.arrow import to_arrow
from engine.store.folders import json_bytes
from engine.store.logs import ROTATION_COLUMNS, TRADE_COLUMNS, rotation_log, trade_log
from engine.store.records import Comparison, Measured, RunResult

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def data_word(simulated: bool) -> str:
    """Return what the column ``data`` of every CSV says: ``simulated`` or ``market``."""
    return "simulated" if simulated else "market"


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: with an apostrophe if need be."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_bytes(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, simulated: bool
) -> bytes:
    """Return rows as CSV: floats in full precision, nothing a spreadsheet would execute.

    A last column ``data`` says whether the prices behind a row are simulated.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, "data"])
    for row in rows:
        writer.writerow([*(csv_cell(row.get(column)) for column in columns), data_word(simulated)])
    return text.getvalue().encode()


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file, each a dict of texts by column."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def csv_cell(value: Any) -> Any:
    """Return a value as a CSV file holds it: text made harmless, undefined empty."""
    if isinstance(value, str):
        return guarded(value).replace("\r", " ").replace("\n", " ")  # a row is a line
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(float(value))
    return value


def parquet_bytes(
    sessions: NDArray[np.datetime64], columns: Mapping[str, Any], *, simulated: bool
) -> bytes:
    """Return columns by session as Parquet."""
    by_session = {"session": sessions.astype("datetime64[D]"), **columns}
    return table_bytes(by_session, simulated=simulated)


def parquet_stamp(simulated: bool) -> dict[str, str]:
    """Return the metadata of every Parquet schema: whether prices are simulated."""
    return {"data": data_word(simulated)} | ({"notice": SIMULATED_NOTICE} if simulated else {})


def table_bytes(columns: Mapping[str, Any], *, simulated: bool) -> bytes:
    """Return columns as Parquet; the schema's metadata says whether prices are simulated."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [to_arrow(np.asarray(values)) for values in columns.values()]
    table = pa.Table.from_arrays(arrays, names=list(columns))
    table = table.replace_schema_metadata(parquet_stamp(simulated))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def equity_columns(subject: Measured, benchmarks: Mapping[str, Measured]) -> dict[str, Any]:
    """Return wealth and holdings of a run, and the wealth of its benchmarks, by session.

    ``cash_return`` is what cash earned since the session before (fraction); NaN at the first.
    """
    simulation: Simulation = subject.simulation
    return {
        "equity": simulation.equity,
        "cash": simulation.cash,
        "core_shares": simulation.core_shares,
        "satellite_shares": simulation.satellite_shares,
        "target_weight": simulation.target_weight,
        "cash_return": np.concatenate([[np.nan], simulation.cash_returns]),
        **{f"benchmark {name}": b.simulation.equity for name, b in benchmarks.items()},
    }


def signal_columns(result: RunResult) -> dict[str, Any]:
    """Return what the rule saw and decided at each close, by session."""
    decided = np.full(len(result.simulation.sessions), np.nan)
    for decision in result.simulation.decisions:
        decided[decision.session] = decision.weight
    return {**result.features, **result.triggers, "decided_weight": decided}


def measured_json(measured: Measured) -> dict[str, Any]:
    """Return one rule or benchmark with its metrics, ready for JSON."""
    return {
        "label": measured.label,
        "rule": measured.rule,
        "metrics": to_json_value(measured.metrics),
        "against": to_json_value(measured.against),
        "rejected_orders": measured.simulation.rejected_orders,
        "max_difference": measured.max_difference,
    }


def inference_json(found: Uncertainty | Verdict | RuleTests | None) -> Any:
    """Return what is known of luck, ready for JSON: null where undefined."""
    return None if found is None else to_json_value(asdict(found))


def notice_of(simulated: bool) -> dict[str, str | None]:
    """Return the entry ``notice`` of every JSON file: null where prices are market prices."""
    return {"notice": SIMULATED_NOTICE if simulated else None}


def run_files(result: RunResult) -> dict[str, bytes]:
    """Return the data files of a run by name: metrics, arrays by session, and logs."""
    simulated = result.setting.simulated
    symbols = result.setting.data["symbols"]
    pair = (symbols["core"], symbols["satellite"])
    simulation = result.simulation
    metrics = {
        **notice_of(simulated),
        "rule": measured_json(result.subject),
        "benchmarks": {name: measured_json(b) for name, b in result.benchmarks.items()},
        "uncertainty": inference_json(result.uncertainty),
        "verdict": inference_json(result.verdict),
    }
    equity = equity_columns(result.subject, result.benchmarks)
    return {
        "metrics.json": json_bytes(metrics),
        "equity.parquet": parquet_bytes(simulation.sessions, equity, simulated=simulated),
        "signals.parquet": parquet_bytes(
            simulation.sessions, signal_columns(result), simulated=simulated
        ),
        "market.parquet": parquet_bytes(simulation.sessions, result.market, simulated=simulated),
        "rotations.csv": csv_bytes(
            ROTATION_COLUMNS,
            rotation_log(simulation, pair, result.market["core_close"]),
            simulated=simulated,
        ),
        "trades.csv": csv_bytes(TRADE_COLUMNS, trade_log(simulation, pair), simulated=simulated),
    }


def comparison_files(comparison: Comparison) -> dict[str, bytes]:
    """Return the data files of a comparison by name: metrics and equity."""
    rows = [
        {
            "label": row.label,
            "kind": row.kind,
            "source": row.source,
            "rule": row.rule,
            "metrics": to_json_value(row.metrics),
        }
        for row in comparison.rows
    ]
    equity = {row.label: row.equity for row in comparison.rows}
    simulated = comparison.setting.simulated
    metrics = {
        **notice_of(simulated),
        "rows": rows,
        "tests": inference_json(comparison.tests),
    }
    return {
        "metrics.json": json_bytes(metrics),
        "equity.parquet": parquet_bytes(comparison.sessions, equity, simulated=simulated),
    }
