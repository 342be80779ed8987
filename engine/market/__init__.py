"""Prices: where they come from, whether they can be trusted, and the panel that holds them."""
