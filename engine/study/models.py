"""What a study file may say: frozen models, unknown keys forbidden.

Models hold values as written (paths made absolute, nothing computed). Parameters of the rule are
kept as given: the rules know their own bounds and check them (:mod:`engine.rules.resolve`).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from engine.errors import did_you_mean
from engine.study.grid import Axis

NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
SYMBOL_PATTERN = r"^[A-Za-z0-9^][A-Za-z0-9._=^-]*$"

Symbol = Annotated[str, Field(pattern=SYMBOL_PATTERN, max_length=32)]
BasisPoints = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
PriceBasis = Literal["total_return", "price"]
Benchmark = Literal["core", "satellite", "50/50"]


class Section(BaseModel):
    """Base of all sections: frozen, strict about types, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)


class DataSection(Section):
    """What every data source has in common."""

    core: Symbol = Field("SPY", description="symbol held by default (large caps)")
    satellite: Symbol = Field("IWM", description="symbol rotated into (small caps)")
    start: dt.date | None = Field(
        None, description="first session that is traded; earlier bars warm features up"
    )
    end: dt.date | None = Field(None, description="last session used")
    price_basis: PriceBasis = Field(
        "total_return",
        description="total_return: prices adjusted for dividends; price: dividends ignored",
    )
    calendar: Literal["XNYS", "none"] = Field(
        "XNYS", description="exchange calendar the dates are checked against"
    )

    @model_validator(mode="after")
    def _check(self) -> DataSection:
        if self.core == self.satellite:
            raise ValueError(f"core and satellite are both {self.core}; they must differ")
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"start {self.start} is not before end {self.end}")
        return self


class FileData(DataSection):
    """Prices from one file per symbol, ``<directory>/<symbol>.<extension>``."""

    source: Literal["csv", "parquet"]
    directory: Annotated[Path, Field(strict=False)] = Field(
        Path("."), description="folder of the files, relative to the study file"
    )


class SimulatedData(DataSection):
    """Prices from the embedded generator: for demonstrations and tests, never for conclusions."""

    source: Literal["simulated"]
    core: Symbol = "LARGE"
    satellite: Symbol = "SMALL"
    seed: int = Field(1, ge=0, le=2**32 - 1, description="seed of the generator")


def _source_of(data: Any) -> str | None:
    source = data.get("source") if isinstance(data, dict) else getattr(data, "source", None)
    return "file" if source in ("csv", "parquet") else source


Data = Annotated[
    Annotated[FileData, Tag("file")] | Annotated[SimulatedData, Tag("simulated")],
    Discriminator(
        _source_of,
        custom_error_type="source",
        custom_error_message="no such source (allowed csv, parquet, simulated)",
    ),
]


class RuleSection(BaseModel):
    """Which rule, with which parameters: a shipped rule by name, a rule file, or expressions.

    Exactly one of `name`, `file` and `enter`/`leave` is given. For a shipped rule or a rule
    file every further key is one of the rule's parameters. For expressions, `parameters` names
    the numbers the expressions use.
    """

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    name: str | None = Field(None, description="a shipped rule; `streak rules` lists them")
    file: Annotated[Path, Field(strict=False)] | None = Field(
        None, description="a Python file that defines RULE"
    )
    enter: str | None = Field(None, description="trigger that rotates into the satellite")
    leave: str | None = Field(None, description="trigger that rotates back into the core")

    @model_validator(mode="after")
    def _one_kind(self) -> RuleSection:
        kinds = [self.name is not None, self.file is not None, self.enter is not None]
        if sum(kinds) != 1:
            raise ValueError("give exactly one of: name, file, or enter and leave")
        if (self.enter is None) != (self.leave is None):
            missing = "enter" if self.enter is None else "leave"
            raise ValueError(f"a rule of expressions needs both enter and leave; {missing} missing")
        return self

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys that are parameters of the rule, as written."""
        return dict(self.model_extra or {})


class Execution(Section):
    """How decisions become positions, and what that costs."""

    fill: Literal["next_open", "next_close"] = Field(
        "next_open", description="a decision at close t is filled at the open, or close, of t+1"
    )
    commission_bps: BasisPoints | dict[str, BasisPoints] = Field(
        1.0, description="bp per side of traded value: one number, or one per symbol"
    )
    slippage_bps: BasisPoints | dict[str, BasisPoints] = Field(
        0.0, description="bp per side the fill is worse than the quote: one number, or per symbol"
    )
    fractional_shares: bool = True
    initial_cash: float = Field(100_000.0, gt=0, allow_inf_nan=False, description="cash at session 0")
    cash_rate: Annotated[float, Field(gt=-1, lt=1)] | str = Field(
        0.0,
        description="yearly rate idle cash earns, as a fraction; or a CSV file Date,Value in percent",
    )


class Study(Section):
    """One study: the prices, the rule, how it is executed, and what it is compared with."""

    name: str = Field(
        pattern=NAME_PATTERN, max_length=64, description="letters, digits, - and _; names its results"
    )
    description: str = ""
    seed: int = Field(1, ge=0, le=2**63 - 1, description="seed of everything random in the study")
    data: Data
    rule: RuleSection
    execution: Execution = Execution()
    benchmarks: Annotated[tuple[Benchmark, ...], Field(strict=False)] = (
        "core",
        "satellite",
        "50/50",
    )
    compare: Annotated[tuple[RuleSection, ...], Field(strict=False)] = Field(
        (), description="further rules that `streak compare` lays beside the study's own"
    )
    sweep: dict[str, Axis] = Field(
        default_factory=dict, description="axes of a parameter sweep: dotted key → values"
    )

    @field_validator("benchmarks")
    @classmethod
    def _benchmarks_differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("a benchmark is listed twice")
        return names

    @model_validator(mode="after")
    def _costs_name_the_pair(self) -> Study:
        pair = (self.data.core, self.data.satellite)
        for key in ("commission_bps", "slippage_bps"):
            costs = getattr(self.execution, key)
            for symbol in costs if isinstance(costs, dict) else ():
                if symbol not in pair:
                    hint = did_you_mean(symbol, pair)
                    raise ValueError(
                        f"execution.{key}: {symbol} is not traded here (allowed "
                        f"{pair[0]}, {pair[1]}{hint})"
                    )
        return self


EMPTY: MappingProxyType[str, Any] = MappingProxyType({})
