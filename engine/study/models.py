"""What a study file may say: frozen models, unknown keys forbidden.

Models hold values as written, nothing computed, except that paths are joined to the folder of
the study file. Parameters of the rule are kept as given: the rules know their own bounds and
check them (see :class:`engine.study.validation.Draft`).
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    InstanceOf,
    PlainSerializer,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from engine.study.axis import Axis
from engine.study.axis_parsing import parse_axis
from engine.study.faults import NAME_PATTERN, SYMBOL_PATTERN, misfits_of, without_lines
from engine.study.misfit import Misfit, MisfitError, allowed_names, shown
from engine.study.scan import ScanSection
from engine.study.section import Section
from engine.study.walk_forward import WalkForwardSection

GROUPED_DIGITS = r"^[0-9]+(_[0-9]+)*(\.[0-9]*)?$"
COSTS = ("commission_bps", "slippage_bps")
LATEST = "latest"
_OTHER_SECTIONS = {"simulated": "SimulatedData", "library": "LibraryData"}
SOURCES = ("csv", "parquet", "library", "simulated")


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    """Join a path to the folder of the study file, which validation is given as its context."""
    folder = (info.context or {}).get("folder")
    return path if folder is None else cast(Path, folder) / path


def _form_of_cost(given: Any) -> str | None:
    if isinstance(given, dict):
        return "<per symbol>"
    return "<number>" if _is_number(given) else None


def _form_of_rate(given: Any) -> str | None:
    if isinstance(given, str | Path):
        return "<file>"
    return "<number>" if _is_number(given) else None


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def section_of(data: Any) -> str:
    """Return the section that fits a source; one that is misspelt is taken for the nearest."""
    source = data.get("source") if isinstance(data, dict) else getattr(data, "source", None)
    if not isinstance(source, str):
        return "FileData"
    nearest = [source, *difflib.get_close_matches(source.lower(), SOURCES, n=1)]
    named = next((name for name in nearest if name in _OTHER_SECTIONS), "")
    return _OTHER_SECTIONS.get(named, "FileData")


def _known_source(source: Any) -> Any:
    """Refuse a source that no section has, naming those of all sections."""
    if isinstance(source, str) and source not in SOURCES:
        raise ValueError(
            f"is {shown(source)}, which is not allowed {allowed_names(source, SOURCES)}"
        )
    return source


Symbol = Annotated[str, Field(pattern=SYMBOL_PATTERN, max_length=32)]
StudyPath = Annotated[Path, Field(strict=False), AfterValidator(_from_folder)]
BasisPoints = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Costs = Annotated[
    Annotated[BasisPoints, Tag("<number>")]
    | Annotated[dict[str, BasisPoints], Tag("<per symbol>")],
    Discriminator(
        _form_of_cost,
        custom_error_type="wrong_form",
        custom_error_message="a number of bp, or one per symbol such as {SPY: 1.0, IWM: 2.0}",
    ),
]
CashRate = Annotated[
    Annotated[float, Field(gt=-1, lt=1, allow_inf_nan=False), Tag("<number>")]
    | Annotated[StudyPath, Tag("<file>")],
    Discriminator(
        _form_of_rate,
        custom_error_type="wrong_form",
        custom_error_message="a yearly fraction such as 0.03, or a file",
    ),
]
AXIS_SCHEMA: dict[str, Any] = {
    "description": "values of a swept key",
    "oneOf": [
        {
            "type": "array",
            "minItems": 1,
            "items": {"type": ["number", "string", "boolean", "null"]},
        },
        {
            "type": "object",
            "properties": {
                "from": {"type": "number"},
                "to": {"type": "number"},
                "step": {"type": "number", "default": 1},
            },
            "required": ["from", "to"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "from": {"type": "number"},
                "to": {"type": "number"},
                "num": {"type": "integer", "minimum": 1},
                "scale": {"enum": ["linear", "log"], "default": "linear"},
            },
            "required": ["from", "to", "num"],
            "additionalProperties": False,
        },
    ],
}
StudyAxis = Annotated[
    InstanceOf[Axis],
    BeforeValidator(parse_axis),
    PlainSerializer(lambda axis: axis.as_given()),
    WithJsonSchema(AXIS_SCHEMA),
]
PriceBasis = Literal["total_return", "price"]
Benchmark = Literal["core", "satellite", "50/50"]


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

    @field_validator("satellite")
    @classmethod
    def _differs_from_core(cls, satellite: str, info: ValidationInfo) -> str:
        if satellite == info.data.get("core"):
            raise ValueError(f"is {satellite}, as core is; they must differ")
        return satellite

    @field_validator("end")
    @classmethod
    def _comes_after_start(cls, end: dt.date | None, info: ValidationInfo) -> dt.date | None:
        start = info.data.get("start")
        if start is not None and end is not None and end <= start:
            raise ValueError(f"is {end}, but must come after start, {start}")
        return end


class MarketData(DataSection):
    """What sources of market history can show beside the pair."""

    others: Annotated[tuple[Symbol, ...], Field(strict=False)] = Field(
        (), description="further symbols whose part in a streak `streak scan` shows"
    )
    vix: Symbol | None = Field(
        None, description="symbol of the VIX in the same place, for the volatility regime"
    )
    fed_funds: Symbol | None = Field(
        None, description="series of the fed funds rate there, in percent, for the rate regime"
    )


class FileData(MarketData):
    """Prices from one file per symbol, ``<directory>/<symbol>.<extension>``."""

    source: Annotated[Literal["csv", "parquet"], BeforeValidator(_known_source)] = Field(
        description="kind of the price files"
    )
    directory: StudyPath = Field(
        Path(),
        description="folder of the price files, relative to the study file; --data-dir overrides",
    )


class LibraryData(MarketData):
    """Prices from the data library, where `streak data fetch` and `import` keep them."""

    source: Annotated[Literal["library"], BeforeValidator(_known_source)] = Field(
        description="the data library"
    )
    directory: StudyPath | None = Field(
        None,
        description="folder of the library; by default STREAKLAB_DATA or the user's; "
        "--data-dir overrides",
    )
    publication_lag: int = Field(
        1,
        ge=0,
        le=250,
        description="sessions until a VIX from FRED counts as known; "
        "rates have scan.character.rate_lag",
    )


class SimulatedData(DataSection):
    """Prices from the embedded generator: for demonstrations and tests, never for conclusions."""

    source: Annotated[Literal["simulated"], BeforeValidator(_known_source)] = Field(
        description="invented prices, not market history"
    )
    core: Symbol = Field("LARGE", description="symbol held by default (large caps)")
    satellite: Symbol = Field("SMALL", description="symbol rotated into (small caps)")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="seed of the generator")


Data = Annotated[
    Annotated[FileData, Tag("FileData")]
    | Annotated[LibraryData, Tag("LibraryData")]
    | Annotated[SimulatedData, Tag("SimulatedData")],
    Discriminator(section_of),
]


class RuleSection(BaseModel):
    """Which rule, with which parameters: a shipped rule by name, a rule file, or expressions.

    Exactly one of `name`, `file` and `enter`/`leave` is given. For a shipped rule or a rule
    file every further key is one of the rule's parameters. For expressions, `parameters` names
    the numbers the expressions use.
    """

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    name: str | None = Field(None, description="a shipped rule; `streak rules` lists them")
    file: StudyPath | None = Field(
        None, description="a Python file that defines RULE, relative to the study file"
    )
    enter: str | None = Field(None, description="trigger that rotates into the satellite")
    leave: str | None = Field(None, description="trigger that rotates back into the core")

    @model_validator(mode="after")
    def _one_kind(self) -> RuleSection:
        expressions = self.enter is not None or self.leave is not None
        if [self.name is not None, self.file is not None, expressions].count(True) != 1:
            raise ValueError("must have exactly one of: name, file, or enter and leave")
        for key in ("enter", "leave"):
            if expressions and getattr(self, key) is None:
                raise MisfitError(Misfit((key,), "is missing: expressions come in pairs"))
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
    commission_bps: Costs = Field(
        1.0, description="bp per side of traded value: one number, or one per symbol"
    )
    slippage_bps: Costs = Field(
        0.0, description="bp per side the fill is worse than the quote: one number, or per symbol"
    )
    fractional_shares: bool = Field(True, description="false: whole shares, rounded down")
    initial_cash: float = Field(
        100_000.0, gt=0, allow_inf_nan=False, description="cash at session 0"
    )
    cash_rate: CashRate = Field(
        0.0,
        description="yearly rate idle cash earns, as a fraction; or a CSV file Date,Value "
        "in percent, relative to the study file",
    )


class Study(Section):
    """One study: the prices, the rule, how it is executed, and what it is compared with."""

    name: str = Field(
        pattern=NAME_PATTERN,
        max_length=64,
        description="letters, digits, - and _; names its results",
    )
    description: str = Field("", description="what the study asks, in a sentence")
    seed: int = Field(1, ge=0, le=2**63 - 1, description="seed of everything random in the study")
    data: Data = Field(description="where prices come from, and which of them")
    rule: RuleSection = Field(description="the rotation rule and its parameters")
    execution: Execution = Field(Execution(), description="fills, costs and cash")
    benchmarks: Annotated[tuple[Benchmark, ...], Field(strict=False)] = Field(
        ("core", "satellite", "50/50"), description="what the rule is laid beside"
    )
    compare: Annotated[tuple[RuleSection, ...], Field(strict=False)] = Field(
        (), description="further rules that `streak compare` lays beside the study's own"
    )
    scan: ScanSection = Field(ScanSection(), description="the streak study, `streak scan`")
    sweep: dict[str, StudyAxis] = Field(
        default_factory=dict, description="axes of a parameter sweep: dotted key → values"
    )
    walk_forward: WalkForwardSection = Field(
        WalkForwardSection(), description="windows and choice of `streak walk-forward`"
    )

    _folder: Path | None = PrivateAttr(None)

    @property
    def folder(self) -> Path | None:
        """Folder of the study file, absolute; None for a study made in Python."""
        return self._folder

    def model_post_init(self, context: Any) -> None:
        """Remember the folder that paths were joined to."""
        self._folder = (context or {}).get("folder")

    @field_validator("name")
    @classmethod
    def _is_no_keyword(cls, name: str) -> str:
        if name == LATEST:
            raise ValueError(f'is "{LATEST}", which names the newest result everywhere')
        return name

    @model_validator(mode="after")
    def _sections_go_together(self) -> Study:
        costs = {key: getattr(self.execution, key) for key in COSTS}
        misfits = (
            *misplaced_costs((self.data.core, self.data.satellite), costs),
            *repeated_benchmarks(self.benchmarks),
        )
        if misfits:
            raise MisfitError(*misfits)
        return self

    @model_validator(mode="wrap")  # the last validator is the outermost: it hears all others
    @classmethod
    def _in_plain_words(
        cls, given: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Study:
        """Speak pydantic's language to the loader, who gives a context, and plainly to users."""
        try:
            return cast(Study, validate(given))
        except ValidationError as error:
            if info.context is not None:
                raise
            misfits = misfits_of(error, cls, given)
        raise without_lines(misfits)


def repeated_benchmarks(names: Sequence[Any]) -> Iterator[Misfit]:
    """Yield benchmarks that are listed a second time; `names` is plain."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if isinstance(name, str) and name in seen:
            yield Misfit(("benchmarks", index), f"{shown(name)} is listed twice")
        elif isinstance(name, str):
            seen.add(name)


def misplaced_costs(pair: tuple[str, str], execution: Mapping[str, Any]) -> Iterator[Misfit]:
    """Yield costs of symbols that are not traded; `execution` is plain, other keys are ignored."""
    for key in COSTS:
        costs = execution.get(key)
        for symbol in costs if isinstance(costs, dict) else ():
            if symbol not in pair:
                message = f"is not traded here {allowed_names(symbol, pair)}"
                yield Misfit(("execution", key, symbol), message)
