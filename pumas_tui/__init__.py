"""Pumas TUI: one library of AI model files, kept safe and linked into every app. Version only."""

__version__ = "0.1.0"
