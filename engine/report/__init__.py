"""What readers see: values, tables, files."""
