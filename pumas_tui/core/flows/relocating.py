"""Relocating: a drive or folder is somewhere else, and what said the old place follows.

Places change by whole components, so `/mnt/usb` never means `/mnt/usb_backup`. All links are looked at before
one is changed; a link that was not made here stays as it is.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import fingerprints, planner_links
from pumas_tui.core.domain.app_records import App, AppState, row_json
from pumas_tui.core.domain.errors import NotFoundError, RefusedError, UsageError
from pumas_tui.core.domain.library_facts import Presence
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.operations import OperationKind, Step, StepKind, registry_step
from pumas_tui.core.domain.relocation import Relocation
from pumas_tui.core.domain.relocation import moved as moved_path
from pumas_tui.core.domain.repairs import Repair, Repaired, RepairKind
from pumas_tui.core.domain.text import plural
from pumas_tui.core.flows import base_places, repairing
from pumas_tui.core.flows.operating import OperationTools
from pumas_tui.core.flows.planning import PlanTools
from pumas_tui.core.flows.repairing import Change
from pumas_tui.core.fs import app_facts, link_scan, marker, reading
from pumas_tui.core.fs import steps as disk


@dataclass(slots=True)
class _Look:
    """One look at everything that may have moved from `old` to `new`. `old_models`: where models/ was."""

    plans: PlanTools
    old: str
    new: str
    models: str
    old_models: str
    models_fd: int
    links: list[Repair] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    unchanged: int = 0
    differing: int = 0
    waiting: int = 0
    strange: int = 0

    def app(self, app: App, rows: Sequence[Link]) -> None:
        """An app that is here, or came along."""
        state, _ = app_facts.state(app)
        there = app
        if state is not AppState.HERE:
            base = moved_path(app.base, self.old, self.new)
            if base is None or not reading.is_folder(base):
                self.waiting += len(rows)
                return
            there = _at_place(app, base, self.old, self.new)
            self.apps.append(there)
            self.names[app.name] = None
        elif self.models == self.old_models and not is_inside(app.base, self.new):
            return  # where it is already at the new place, links may have been left when it was followed
        for row in rows:
            self._link(there, row)

    def _link(self, there: App, row: Link) -> None:
        folder, _, name = f"{there.base}/{row.target}".rpartition("/")
        parent = os.path.realpath(folder)
        path = f"{parent}/{name}"
        found = disk.look(path)
        if row.kind is LinkKind.HARD:
            self.unchanged += fingerprints.kind_of(found) == "file"
            return
        text = planner_links.text_for(row.kind, parent, f"{self.models}/{row.source}")
        if fingerprints.link_text(found) == text:
            self.unchanged += 1
            return
        was_at = f"{moved_path(parent, self.new, self.old) or parent}/{name}"
        led = {fingerprints.leads_to(path, found), fingerprints.leads_to(was_at, found)}
        if not led & {f"{self.models}/{row.source}", f"{self.old_models}/{row.source}"}:
            self.strange += 1
            return
        self._anew(there, row, path, found, text)

    def _anew(self, app: App, row: Link, path: str, found: str, text: str) -> None:
        """A link of ours that says the old place."""
        source = link_scan.source_at(self.models_fd, row.source)
        where = f"{self.models}/{row.source}"
        if source.presence is not Presence.HERE:
            self.missing.append(where)
            return
        sizes = {file.size for file in self.plans.index.by_sha256(row.sha256)} if row.sha256 else set()
        self.differing += bool(sizes) and source.size not in sizes
        self.names[app.name] = None
        does = f"point the link at {where}"
        self.links.append(
            Repair(
                RepairKind.REPOINT, does, True, path, found, text=text, row=row, was=row, source=where,
                app_uid=app.uid,
            )
        )  # fmt: skip


def plan(plans: PlanTools, old: str, new: str) -> Relocation:
    """What a move would take; nothing is changed. Run in a worker thread.

    Raises UsageError, NotFoundError (no such folder; nothing of ours was there), RefusedError (the library
    is still at the old place too), LibraryNotFoundError, DiskError.
    """
    old, new = _place(old), os.path.realpath(_place(new))
    if old == new:
        raise UsageError(f"{old} is the old place and the new one", path=old)
    if not reading.is_folder(new):
        raise NotFoundError(f"{new} is not a folder", path=new, hint="is the disk mounted there?")
    models = base_places.models_dir(plans.paths)
    old_models = moved_path(models, new, old) or models
    if old_models != models and base_places.holds(old_models, plans.library_id):
        raise RefusedError(
            f"the library is still at {old_models}",
            path=old_models,
            hint="a copy is no move: links stay as they are",
        )
    with marker.opened(plans.paths.models) as models_fd:
        look = _Look(plans, old, new, models, old_models, models_fd)
        rows = plans.registry.links()
        for app in plans.registry.apps():
            look.app(app, [row for row in rows if row.app_uid == app.uid])
    if not (look.links or look.missing or look.unchanged or look.apps or look.waiting):
        raise NotFoundError(f"nothing of the library or its apps was at {old}", path=old)
    return Relocation(
        old=old,
        new=new,
        links=tuple(look.links),
        unchanged=look.unchanged,
        missing=tuple(look.missing),
        differing=look.differing,
        apps=tuple(look.apps),
        app_names=tuple(look.names),
        proven=old_models != models or not look.strange,
        waiting=look.waiting,
        library_id=plans.library_id,
    )


def _at_place(app: App, base: str, old: str, new: str) -> App:
    """The record of an app that is at `base` since what was `old` is `new`. Raises DiskError."""
    folders = {name: moved_path(real, old, new) or real for name, real in app.kind_folders.items()}
    return replace(app, base=base, mount=app_facts.mount_facts(base), kind_folders=folders)


def _place(path: str) -> str:
    if not path.startswith(("/", "~")):
        raise UsageError(f"{path} is not an absolute path", path=path)
    return os.path.normpath(os.path.expanduser(path))


def moved(plans: PlanTools) -> Relocation | None:
    """The library's own move, where links still say a place at which it was before. Errors as `plan`."""
    for former in base_places.former(plans.registry):
        models = base_places.models_dir(plans.paths)
        if former == models or base_places.holds(former, plans.library_id):
            continue
        found = plan(plans, former, models)
        if found.links or found.missing or found.waiting:
            return found
        base_places.forget_former(plans.registry, former)
    return None


def relocate(plans: PlanTools, operations: OperationTools, agreed: Relocation) -> Repaired:
    """Follow a move, as one operation. Undoing it brings links and records back as they were.

    Run in a worker thread. Raises LibraryNotFoundError, DiskError, BusyError.
    """
    apps = f" in {', '.join(agreed.app_names)}" if agreed.app_names else ""
    title = f"relocate {agreed.old} to {agreed.new}: {plural(len(agreed.links), 'link')}{apps}"
    records = [*_moves(plans.registry, agreed.apps), *_former(plans, agreed)]
    change = Change(agreed.links, OperationKind.RELOCATE, title, records=records, apps=agreed.apps)
    return repairing.do(plans, operations, change)


def _moves(registry: Registry, apps: Sequence[App]) -> Iterator[Step]:
    """Steps that put apps on record where they are now."""
    known = {app.uid: app for app in registry.apps()}
    for app in apps:
        was = row_json(known.get(app.uid, app))
        yield registry_step(StepKind.REMEMBER_APP, app.base, app=row_json(app), was=was)


def _former(plans: PlanTools, agreed: Relocation) -> Iterator[Step]:
    """Where the library was must be on record when links say so again: by that they are known as ours."""
    was = moved_path(base_places.models_dir(plans.paths), agreed.new, agreed.old)
    if agreed.links and was in base_places.former(plans.registry):
        yield registry_step(StepKind.REMEMBER_BASE, was, base=base_places.former_name(was))
