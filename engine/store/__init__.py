"""Results: frozen records in memory, whole folders on disk, and what is needed to repeat them."""
