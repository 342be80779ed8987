"""From the rule section of a study to a rule with its parameters, or to what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.rules.rule import Rule, RuleParams

_EXPRESSION_KEYS = ("parameters", "max_holding", "cooldown")


@dataclass(frozen=True)
class ResolvedRule:
    """A rule with its parameters filled in."""

    rule: Rule
    params: RuleParams

    def describe(self) -> dict[str, Any]:
        """Return name, parameters and, for a switching rule, its triggers: JSON-ready."""
        description: dict[str, Any] = {
            "name": self.rule.name,
            "parameters": self.params.model_dump(mode="json"),
        }
        if self.rule.is_switching:
            switching = self.rule.switching(self.params)
            description |= {
                "enter": str(switching.enter),
                "leave": str(switching.leave),
                "max_holding": switching.max_holding or None,
                "cooldown": switching.cooldown,
            }
        return description
