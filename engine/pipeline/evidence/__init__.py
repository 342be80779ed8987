"""``evidence``: a stored sweep's winner against all that was tried, and against no edge at all."""

from engine.pipeline.evidence.gathering import Asked, evidence

__all__ = ["Asked", "evidence"]
