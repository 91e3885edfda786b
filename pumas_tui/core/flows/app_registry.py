"""Registering apps: what a folder would be as an app, keeping it, and what is true of each one now."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain.app_records import App, AppProposal, AppState, AppStatus
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import AmbiguousError, NotFoundError, UsageError
from pumas_tui.core.domain.extra_roots import ExtraRoots, RootState, line
from pumas_tui.core.domain.ids import new_app_uid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.links import LinkKind
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.flows import app_versions, extra_roots, mapping_rules
from pumas_tui.core.fs import app_facts, app_trees, reading, space

_KINDS = ", ".join(kind.value for kind in AppKind)


@dataclass(frozen=True, slots=True)
class AppTools:
    """What registering works with; all thread-safe."""

    paths: LibraryPaths
    registry: Registry


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user says of a folder that is to be an app; empty where the folder itself tells."""

    path: str
    kind: AppKind | None = None
    name: str = ""
    version: str = ""
    variant: str = "default"
    containers: tuple[tuple[str, str], ...] = ()


def propose(tools: AppTools, wanted: Wanted) -> AppProposal:
    """What registering the folder would record. Raises NotFoundError, UsageError, DiskError."""
    folder = os.path.realpath(os.path.expanduser(wanted.path))
    if not reading.is_folder(folder):
        raise NotFoundError(f"{wanted.path} is not a folder", path=wanted.path, hint="check the path")
    kind, folder, version = _recognised(folder, wanted)
    named = app_facts.base_of(kind, folder)
    base = os.path.realpath(named)  # a box with a second disk often has a link there
    if not reading.is_folder(base):
        raise NotFoundError(f"{named} is no folder", path=named, hint=f"{kind.value} keeps its models there")
    _check_place(tools, base, wanted.variant)
    app = App(
        uid=new_app_uid(),
        kind=kind,
        name=_free_name(tools, wanted.name or os.path.basename(folder) or kind.value),
        version=wanted.version or version,
        version_said=bool(wanted.version),
        base=base,
        mount=app_facts.mount_facts(base),
        containers=wanted.containers,
        variant=wanted.variant,
        created_at=time.time(),
    )
    rules = mapping_rules.active(mapping_rules.load(tools.paths), app)
    folders = mapping_rules.top_folders(rules)
    own = folder if app_facts.folder_of(app) != folder else ""
    app = replace(app, kind_folders=app_facts.kind_folders(app.base, folders), folder=own)
    away = {name: real for name, real in app.kind_folders.items() if not is_inside(real, app.base)}
    same = space.device_number(app.base) == space.device_number(tools.paths.models)
    extra = extra_roots.of_app(app, tools.paths.models)
    return AppProposal(app, same, away, (*_notes(tools, app, same), *_extra_notes(extra)), extra)


def _recognised(folder: str, wanted: Wanted) -> tuple[AppKind, str, str]:
    """(kind, the app's folder, its version). A models folder of an app that is recognised means that app."""
    tree = app_trees.app_at(folder)
    named = os.path.abspath(
        os.path.expanduser(wanted.path)
    )  # the models folder itself may be a link elsewhere
    for models in (folder, named):
        if tree is None and wanted.kind is None and os.path.basename(models) == "models":
            tree = app_trees.app_at(os.path.realpath(os.path.dirname(models)))
    if tree is not None and wanted.kind in (None, tree.kind):
        return tree.kind, tree.path, tree.version
    if wanted.kind is None:
        raise NotFoundError(
            f"{wanted.path} is no folder of an app that is known by its files",
            path=wanted.path,
            hint=f"say what it is with --kind: {_KINDS}",
        )
    return wanted.kind, folder, ""


def _check_place(tools: AppTools, base: str, variant: str) -> None:
    real, models = os.path.realpath(base), os.path.realpath(tools.paths.models)
    if is_inside(real, models):
        raise UsageError(f"{base} lies in the library itself", path=base, hint="choose the app's own folder")
    if is_inside(models, real):
        raise UsageError(f"{base} holds the library", path=base, hint="choose the folder of the app alone")
    for app in tools.registry.apps():
        if app.base == real and app.variant == variant:
            raise UsageError(f"{base} is registered as {app.name} already", path=base)


def _free_name(tools: AppTools, wanted: str) -> str:
    taken = {app.name.casefold() for app in tools.registry.apps()}
    tried, n = wanted, 1
    while tried.casefold() in taken:
        n += 1
        tried = f"{wanted}-{n}"
    return tried


def _notes(tools: AppTools, app: App, same: bool) -> tuple[str, ...]:
    notes = []
    if not same:
        mine = space.filesystem(tools.paths.models).mount_point
        notes.append(
            f"{app.base} is on another disk ({app.mount.mount_point}) than the library ({mine}):"
            " links will be absolute paths and stop working if the library's disk is mounted elsewhere"
        )
    notes += [
        f"{name} is a link to {real}"
        for name, real in app.kind_folders.items()
        if real != f"{app.base}/{name}"
    ]
    if not space.may_write(app.base):
        notes.append(f"{app.base} may not be written by this user")
    return tuple(notes)


def _extra_notes(extra: ExtraRoots) -> list[str]:
    away = [line(seen) for seen in extra.roots if seen.state is not RootState.HERE]
    return [*(one.message for one in extra.troubles), *away]


def add(tools: AppTools, proposal: AppProposal) -> App:
    """Keep a proposed app, and try once which links its disk can hold. Raises UsageError, DiskError."""
    app = proposal.app
    _check_place(tools, app.base, app.variant)
    mapping_rules.try_links(tools.paths, tools.registry, app)
    tools.registry.put_app(app)
    return app


def find(tools: AppTools, ref: str) -> App:
    """By uid, name, or unambiguous prefix of a name. Raises NotFoundError, AmbiguousError."""
    known = tools.registry.apps()
    exact = [app for app in known if ref == app.uid or ref.casefold() == app.name.casefold()]
    found = exact or [app for app in known if app.name.casefold().startswith(ref.casefold()) and ref]
    if not found:
        raise NotFoundError(f'no app is called "{ref}"', hint="pumas-tui app list shows all")
    if len(found) > 1:
        names = tuple(app.name for app in found)
        raise AmbiguousError(f'"{ref}" means {len(names)} apps: {", ".join(names)}', names)
    return found[0]


def statuses(tools: AppTools) -> tuple[AppStatus, ...]:
    """Every registered app as it is now, by name."""
    counts = tools.registry.count_links()
    return tuple(_status(tools, app, counts.get(app.uid, 0)) for app in tools.registry.apps())


def _status(tools: AppTools, recorded: App, links: int) -> AppStatus:
    state, reason = app_facts.state(recorded)
    app = app_versions.now(recorded) if state is AppState.HERE else recorded
    if state is not AppState.HERE:
        return AppStatus(app, state, links, same_disk=False, reason=reason)
    same = space.device_number(app.base) == space.device_number(tools.paths.models)
    known = tools.registry.abilities(app.uid)
    kind = LinkKind.RELATIVE if same else LinkKind.ABSOLUTE
    if known is not None and not known.symbolic_links:
        kind = LinkKind.HARD
    extra = extra_roots.of_app(app, tools.paths.models)
    return AppStatus(app, state, links, same, kind.value, extra=extra)


def here(tools: AppTools, ref: str | None) -> Sequence[App]:
    """The app asked for, or all; those that are not there are left out unless asked for by name."""
    if ref is not None:
        return [find(tools, ref)]
    return [app for app in tools.registry.apps() if app_facts.state(app)[0] is AppState.HERE]
