"""The version of an app, which an update of the app changes: its files tell it anew whenever it counts.

A version that the user said stays. The registry is corrected when links of the app are changed, never by a
look.
"""

from dataclasses import replace

from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import Trouble
from pumas_tui.core.fs import app_facts, app_trees


def now(app: App) -> App:
    """The app with the version that its files tell now, that on record where they do not. Never raises."""
    folder = app_facts.folder_of(app) if not app.version_said else ""
    tree = app_trees.app_at(folder) if folder else None
    if tree is None or tree.kind is not app.kind or not tree.version:
        return app
    return replace(app, version=tree.version)


def warnings(recorded: App, now: App) -> tuple[Trouble, ...]:
    """What is to be said of an app whose version is not the one on record."""
    if recorded.version == now.version:
        return ()
    before = (
        f"{recorded.version} when it was added or last synced" if recorded.version else "not known before"
    )
    message = f"{now.name} is {now.version} now ({before})"
    return (Trouble("app_version", message, now.base, "rules and version ranges go by the new one"),)


def record(registry: Registry, now: App) -> None:
    """Correct the record of an app. Raises NotFoundError, BusyError, DiskError."""
    recorded = registry.app(now.uid)
    if recorded.version != now.version:
        registry.put_app(replace(recorded, version=now.version))
