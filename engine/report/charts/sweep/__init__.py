"""Charts of the report of a sweep, one file each."""
