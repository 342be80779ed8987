"""``walk-forward``: parameters chosen on the past again and again, and traded on what follows."""

from engine.pipeline.walking.forward import walk_forward

__all__ = ["walk_forward"]
