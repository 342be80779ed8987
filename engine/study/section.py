"""What every section of a study is: frozen, strict about types, unknown keys forbidden."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of all sections but those that hold parameters of rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)
