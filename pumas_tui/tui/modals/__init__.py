"""Dialogs: boxes on a layer of the screen in front; each returns a value and holds no job."""
