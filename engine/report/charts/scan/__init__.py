"""Charts of streak studies."""
