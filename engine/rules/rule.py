"""The contract of a rotation rule: written once, run by every engine.

A rule is two causal triggers and a maximum holding (a *switching* rule), or a schedule of target
weights (a *weighting* rule, such as a rebalanced mix). Either is a pure function of its
parameters and of what is known at each close.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engine.errors import RuleError
from engine.rules.features import Features
from engine.rules.trigger import Trigger
from engine.signals.catalogue import Closes

if TYPE_CHECKING:
    from engine.rules.strategy import RotationStrategy


def parameter(default: Any, *, unit: str, description: str, **bounds: Any) -> Any:
    """Declare a parameter of a rule: default, unit, meaning and bounds (``ge``, ``gt``, …)."""
    return Field(default, description=description, json_schema_extra={"unit": unit}, **bounds)


class RuleParams(BaseModel):
    """Base of a rule's parameters: frozen, strict about types, unknown names forbidden."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_default=True, allow_inf_nan=False
    )


class SwitchingParams(RuleParams):
    """What every switching rule can be given."""

    max_holding: int | None = parameter(
        None,
        ge=1,
        unit="sessions",
        description="longest stay in the satellite; null: without limit",
    )
    cooldown: int = parameter(
        0, ge=0, unit="sessions", description="sessions after leaving in which entries are ignored"
    )


class History(NamedTuple):
    """What a rule may know: sessions and closes up to now, and where trading starts.

    ``sessions`` is datetime64[D] of shape (n,), ``closes`` holds float64 arrays of shape (n,),
    ``start_index`` is the first traded session.
    """

    sessions: NDArray[np.datetime64]
    closes: Closes
    start_index: int = 0


@dataclass(frozen=True)
class Switching:
    """A switching rule with its parameters filled in."""

    enter: Trigger
    leave: Trigger
    max_holding: int  # sessions; 0: without limit
    cooldown: int  # sessions


TriggerOf = Callable[[Features, Any], Trigger]
WeightsOf = Callable[[History, Any], NDArray[np.float64]]


class Rule:
    """A rotation rule.

    Parameters
    ----------
    name : str
        As study files name it; for a shipped rule the name of its file.
    params : type of RuleParams
        Its parameters with defaults, bounds and units.
    enter, leave : callable, optional
        ``enter(features, params)`` → :class:`Trigger` that rotates into the satellite, and the
        one that rotates back. Decided at close t, filled in session t + 1.
    weights : callable, optional
        Instead of triggers: ``weights(history, params)`` → float64 array of shape (n,), the
        satellite's target weight (0 to 1) decided at each close, NaN where holdings are left
        as they are. Must be causal; the core is held until the first number.
    plans_ahead : bool
        Whether the weights depend on how many sessions there are (never on later prices).
    explanation : str, optional
        What the rule does and why one would believe in it; the docstring of the rule's module
        by default.
    """

    def __init__(
        self,
        name: str,
        params: type[RuleParams],
        enter: TriggerOf | None = None,
        leave: TriggerOf | None = None,
        *,
        weights: WeightsOf | None = None,
        plans_ahead: bool = False,
        explanation: str | None = None,
    ) -> None:
        if (weights is None) == (enter is None) or (enter is None) != (leave is None):
            raise RuleError(f"rule {name}: give either enter and leave, or weights")
        required = [key for key, field in params.model_fields.items() if field.is_required()]
        if required:
            raise RuleError(f"rule {name}: every parameter needs a default; {required[0]} has none")
        self.name = name
        self.params = params
        self.plans_ahead = plans_ahead
        self.module = params.__module__
        self._enter, self._leave, self._weights = enter, leave, weights
        self.explanation = inspect.cleandoc(
            explanation or getattr(sys.modules.get(self.module), "__doc__", None) or ""
        )

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"

    @property
    def summary(self) -> str:
        """First line of the explanation."""
        return self.explanation.partition("\n")[0]

    @property
    def is_switching(self) -> bool:
        """Whether the rule is two triggers (else: a schedule of weights)."""
        return self._weights is None

    def switching(self, params: RuleParams) -> Switching:
        """Return the triggers and limits for given parameters (switching rules only).

        Raises
        ------
        RuleError
            If the rule's own code fails, whatever it raises.
        """
        return Switching(
            self.trigger("enter", params), self.trigger("leave", params), *self.limits(params)
        )

    def trigger(self, side: Literal["enter", "leave"], params: RuleParams) -> Trigger:
        """Return one of the two triggers for given parameters (switching rules only).

        Raises
        ------
        RuleError
            If the rule's own code fails, whatever it raises.
        """
        build = self._enter if side == "enter" else self._leave
        if build is None:
            raise RuleError(f"rule {self.name} has weights, not triggers")
        try:
            trigger = build(Features(), params)
        except RuleError:
            raise
        except Exception as error:
            raise RuleError(f"rule {self.name} fails: {type(error).__name__}: {error}") from error
        if not isinstance(trigger, Trigger):
            raise RuleError(
                f"rule {self.name}: {side} must return a trigger, for example "
                f"f.streak() >= 5, not {trigger!r}"
            )
        return trigger

    @staticmethod
    def limits(params: RuleParams) -> tuple[int, int]:
        """Return max_holding (0: without limit) and cooldown of given parameters, in sessions."""
        return getattr(params, "max_holding", None) or 0, getattr(params, "cooldown", 0)

    def weights(self, history: History, params: RuleParams) -> NDArray[np.float64]:
        """Return target weights decided at each close, shape (n,) (weighting rules only).

        Raises
        ------
        RuleError
            If they are not one number per session, each from 0 to 1 or NaN.
        """
        if self._weights is None:
            raise RuleError(f"rule {self.name} has triggers, not weights")
        weights = np.asarray(self._weights(history, params), dtype=np.float64)
        sensible = np.isnan(weights) | ((weights >= 0.0) & (weights <= 1.0))
        if weights.shape != history.sessions.shape or not sensible.all():
            raise RuleError(
                f"rule {self.name}: weights must be one number per session, from 0 to 1 or NaN"
            )
        return weights

    def parameters(self, given: Mapping[str, Any]) -> RuleParams:
        """Check given parameters and fill in defaults; raises pydantic's ValidationError."""
        return self.params.model_validate(dict(given))

    def strategy_class(self, class_name: str | None = None) -> type[RotationStrategy]:
        """Return the rule as a Backtrader strategy for any Cerebro with two feeds.

        Feeds are added core first, satellite second; the rule's parameters are the strategy's.
        The class is made once. Needs Backtrader, which is imported here and not before.
        """
        from engine.rules.strategy import strategy_class

        return strategy_class(self, class_name)

    def strategy_attribute(self, class_name: str) -> Callable[[str], Any]:
        """Return a module ``__getattr__`` that makes the strategy class when it is asked for.

        ``__getattr__ = RULE.strategy_attribute("StreakRotation")`` at the end of a rule's file
        lets users write ``from strategies.streak import StreakRotation``, while reading the
        rule itself does not load Backtrader.
        """

        def attribute(name: str) -> Any:
            if name == class_name:
                return self.strategy_class(class_name)
            raise AttributeError(f"module {self.module!r} has no attribute {name!r}")

        return attribute
