"""Domain value to text, cells and severity: plain functions."""
