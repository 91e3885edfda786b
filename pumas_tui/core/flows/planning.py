"""Planning: models, rules and an app's folders are read, and the pure planner decides. Nothing is changed.

What is absent counts as absent only while the library's marker can be read and the app's disk is the recorded
one; otherwise there is no plan.
"""

import os
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from pumas_tui.core.db.index import IndexWriter
from pumas_tui.core.db.registry import Registry
from pumas_tui.core.domain import planner, rules
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.errors import CancelledError, DiskError, NotFoundError
from pumas_tui.core.domain.ids import LibraryId, ModelId, ModelUid
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.links import Link, LinkKind
from pumas_tui.core.domain.mapped import AppFacts
from pumas_tui.core.domain.plan import Act, ConflictKind, Plan, PlanHeader
from pumas_tui.core.domain.rules import ActiveRule
from pumas_tui.core.flows import app_versions, extra_roots, mapped_models, mapping_rules
from pumas_tui.core.fs import app_facts, copying, marker, reading, space

COMPARED_BYTES = 1 << 30
"""Bytes of files in the way that one plan reads to see whether they are the library's own content."""


@dataclass(slots=True)
class PlanTools:
    """What planning works with; all thread-safe. `compared` remembers contents."""

    paths: LibraryPaths
    library_id: LibraryId
    index: IndexWriter
    registry: Registry
    host: str
    compared: dict[str, str] = field(default_factory=dict)  # fingerprint of a file in an app -> its SHA-256


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with what it was made from."""

    plan: Plan
    app: App
    facts: AppFacts
    links: tuple[Link, ...]


def plan(
    tools: PlanTools,
    app: App,
    models: Collection[ModelId] | None = None,
    stop: threading.Event | None = None,
) -> Planned:
    """The plan of one app, for these models or for all; of the version that the app has now.

    Raises LibraryNotFoundError, NotFoundError (the app is gone), DiskError, CancelledError.
    """
    require_here(app)
    recorded, app = app, app_versions.now(app)
    with marker.opened(tools.paths.models):
        configs = mapping_rules.load(tools.paths)
        active = mapping_rules.active(configs, app)
        ids = sorted(models) if models is not None else mapped_models.all_ids(tools.index)
        collected = mapped_models.collect(tools.paths, _while_wanted(ids, stop))
        there = app_facts.kind_folders(app.base, mapping_rules.top_folders(active))
        wants = rules.wants(collected.models, active, app, there.keys())
        uids = None if models is None else {m.uid for m in collected.models}
        # A model that cannot be read wants nothing only because nobody knows: it keeps the links it has.
        unread = _uids(tools, collected.unread_ids)
        links = tuple(link for link in tools.registry.links(app_uid=app.uid) if link.model_uid not in unread)
        folders = {link.folder for link in wants.links}
        folders |= {
            link.target.rpartition("/")[0] for link in links if uids is None or link.model_uid in uids
        }
        extra = extra_roots.of_app(app, tools.paths.models)
        facts = replace(
            facts_of(tools, app, folders, links),
            extra=extra_roots.look(app, extra, wants.links, tools.paths.models, stop),
            extra_file=extra.file,
            extra_sections=extra.sections,
        )
        header = header_of(tools, app, active)
        made = planner.make(header, wants, facts, links, models=uids)
        same = _same_content(tools, made, facts, stop)
        if same:
            facts = replace(facts, same_content=same)
            made = planner.make(header, wants, facts, links, models=uids)
    of_app = (*app_versions.warnings(recorded, app), *extra.troubles)
    warnings = (*of_app, *made.warnings, *configs.troubles, *collected.unread)
    return Planned(replace(made, warnings=warnings), app, facts, links)


def require_here(app: App) -> None:
    """Raises NotFoundError or DiskError unless the app's folder is there, on the disk it was on."""
    state, reason = app_facts.state(app)
    if state is AppState.GHOST:
        raise NotFoundError(f"{app.name}: {reason}", path=app.base, hint="see health, or app remove")
    if state is not AppState.HERE:
        raise DiskError(f"{app.name}: {reason}", path=app.base, errno_name="ENODEV", hint="mount its disk")


def _uids(tools: PlanTools, model_ids: Collection[ModelId]) -> set[ModelUid]:
    known = tools.index.known() if model_ids else {}
    return {known[model_id].uid for model_id in model_ids if model_id in known}


def _while_wanted(ids: Iterable[ModelId], stop: threading.Event | None) -> Iterable[ModelId]:
    for model_id in ids:
        if stop is not None and stop.is_set():
            raise CancelledError("planning was stopped")
        yield model_id


def facts_of(tools: PlanTools, app: App, folders: Collection[str], links: Collection[Link] = ()) -> AppFacts:
    """These folders of an app as they are now; `links` are those whose removal may be decided by them.

    Raises DiskError.
    """
    models = os.path.realpath(tools.paths.models)
    found = app_facts.facts(app, sorted(folders), tools.paths.models, tools.registry.abilities)
    mount = space.filesystem(models).mount_point
    return AppFacts(app, models, found, sources=_sources(models, links), models_mount=mount)


def _sources(models: str, links: Collection[Link]) -> dict[str, tuple[int, int]]:
    """Where the sources of hard links are, by which the links are known. Raises DiskError."""
    found = {}
    for source in {link.source for link in links if link.kind is LinkKind.HARD}:
        try:
            entry = reading.entry(f"{models}/{source}")
        except DiskError as error:
            if not reading.is_absent(error):
                raise
        else:
            found[source] = (entry.dev, entry.ino)
    return found


def header_of(tools: PlanTools, app: App, active: Sequence[ActiveRule] | None = None) -> PlanHeader:
    """Whose plan one made now is; `active`: the rules of the app, read here unless given."""
    if active is None:
        active = mapping_rules.active(mapping_rules.load(tools.paths), app_versions.now(app))
    return PlanHeader(
        library_id=tools.library_id,
        host=tools.host,
        app_uid=app.uid,
        app=app.name,
        base=app.base,
        rules_sha256=rules.rules_sha256(active),
        created_at=time.time(),
    )


def _same_content(
    tools: PlanTools, plan: Plan, facts: AppFacts, stop: threading.Event | None
) -> frozenset[tuple[str, str]]:
    """Files in the way whose content is what the link would show: same size, then the whole hash.

    Small ones first, and so many bytes at most; what was read once is remembered for the next plan.
    """
    left = COMPARED_BYTES
    same = set()
    asked = [
        a for a in plan.of(Act.CONFLICT)
        if a.conflict and a.conflict.kind is ConflictKind.OTHER_FILE and a.sha256
        and a.conflict.there.size_bytes == a.size_bytes
    ]  # fmt: skip
    for action in sorted(asked, key=lambda a: a.size_bytes):
        known = tools.compared.get(action.before)
        if known is None and action.size_bytes <= left:
            left -= action.size_bytes
            known = _hashed(_path(facts, action.target), stop)
            tools.compared[action.before] = known
        if known == action.sha256:
            same.add((action.target, action.sha256))
    return frozenset(same)


def _path(facts: AppFacts, target: str) -> str:
    folder, _, name = f"{facts.app.base}/{target}".rpartition("/")
    return f"{os.path.realpath(folder)}/{name}"


def _hashed(path: str, stop: threading.Event | None) -> str:
    try:
        entry = reading.entry(path)
        event = stop or threading.Event()
        return copying.hash_file(path, expect=entry, cancel=event, on_bytes=lambda _: None).sha256
    except DiskError:
        return ""
