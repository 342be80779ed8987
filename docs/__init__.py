"""Documentation; parts of it are made from the code."""
