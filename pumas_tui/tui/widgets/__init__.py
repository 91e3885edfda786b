"""Widgets, one per file; they see domain values only."""
