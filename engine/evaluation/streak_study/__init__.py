"""The streak study: what streaks are, how rare, whether they go on, and what followed."""
