"""What a report of one run shows beyond its metrics, as pure functions of arrays."""
