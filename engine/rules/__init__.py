"""Rotation rules: what a rule author needs.

A rule file imports from here::

    from engine.rules import Features, Rule, SwitchingParams, Trigger, parameter
"""

from engine.rules.features import Features
from engine.rules.rule import History, Rule, RuleParams, SwitchingParams, parameter
from engine.rules.trigger import ALWAYS, NEVER, Trigger

__all__ = [
    "ALWAYS",
    "NEVER",
    "Features",
    "History",
    "Rule",
    "RuleParams",
    "SwitchingParams",
    "Trigger",
    "parameter",
]
