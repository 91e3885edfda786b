"""Rules offered for the folders of an app that no rule fills, and switching any rule of an app on or off."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from pumas_tui.core.domain import app_kinds, rule_switches, rules
from pumas_tui.core.domain.app_records import App, AppState
from pumas_tui.core.domain.errors import DecisionNeededError, DiskError, Trouble
from pumas_tui.core.domain.mapping_config import BadConfigError, Rule
from pumas_tui.core.domain.mounts import is_inside
from pumas_tui.core.domain.rule_switches import Change, How, OfferedRule, Offers, Switched
from pumas_tui.core.domain.rules import ActiveRule
from pumas_tui.core.flows import mapping_rules
from pumas_tui.core.flows.app_registry import AppTools
from pumas_tui.core.flows.mapping_rules import Configs
from pumas_tui.core.fs import app_facts, held_weights, locks, mapping_files

MOST_FOLDERS = 500
"""Folders of one app that are looked at."""
MOST_ENTRIES = 50_000
"""Entries below them that are looked at, together: it is done with every plan on a screen."""


def offers(tools: AppTools, configs: Configs, app: App) -> Offers:
    """What is offered for the folders that an app has now; nothing for one that is not there."""
    return _offers(tools, app, mapping_rules.merged(configs, app))


def _offers(tools: AppTools, app: App, merged: tuple[ActiveRule, ...]) -> Offers:
    state, reason = app_facts.state(app)
    if state is not AppState.HERE:
        return Offers(app, (), (_note(app, f"its folders are not known now: {reason}", app.base),))
    models = os.path.realpath(tools.paths.models)
    ours = {link.target for link in tools.registry.links(app_uid=app.uid)}
    left = MOST_ENTRIES
    notes: list[Trouble] = []
    found: dict[str, OfferedRule] = {}
    for rule in _unfilled(app, merged, notes):
        folder = rule.target_subdir
        try:
            real = _real(app, folder)
            if real is None or real in found or _is_known_otherwise(app, folder, real, models):
                continue
            held = held_weights.held(real, models, left)
        except DiskError as error:
            notes.append(_note(app, error.message, f"{app.base}/{folder}"))
            continue
        left -= held.seen
        if held.files or all(f"{folder}/{name}" in ours for name in held.links):
            found[real] = OfferedRule(rule, real, held.files, held.complete)
        # else somebody else fills it with links to models of the library
    return Offers(app, tuple(found.values()), tuple(notes))


def _note(app: App, why: str, path: str) -> Trouble:
    return Trouble("not_checked", f"{app.name}: {why}", path)


def _unfilled(app: App, merged: tuple[ActiveRule, ...], notes: list[Trouble]) -> tuple[Rule, ...]:
    """A rule for each folder that may be a kind of its own and that none of these rules fills."""
    try:
        folders = list(_folders(app))
    except DiskError as error:
        notes.append(_note(app, error.message, app.base))
        return ()
    if len(folders) > MOST_FOLDERS:
        notes.append(_note(app, f"only the first {MOST_FOLDERS} of its folders were looked at", app.base))
    return rules.offered_rules(app.kind, folders[:MOST_FOLDERS], merged)


def _folders(app: App) -> Iterator[str]:
    """Folders of an app, relative to its base, that may each be a kind of model. Raises DiskError."""
    for among in app_kinds.folders_with_kinds(app.kind):
        for name in held_weights.folders_in(f"{app.base}/{among}" if among else app.base):
            folder = f"{among}/{name}" if among else name
            parts: list[str] = []
            if app_kinds.is_in_parts(app.kind, folder):
                parts = held_weights.folders_in(f"{app.base}/{folder}")
            yield from (f"{folder}/{part}" for part in parts) if parts else (folder,)


def _real(app: App, folder: str) -> str | None:
    """The real path of a folder of an app; None where a link leads to nothing. Raises DiskError."""
    return app_facts.kind_folders(app.base, (folder,)).get(folder)


def _is_known_otherwise(app: App, folder: str, real: str, models: str) -> bool:
    """The folder is a link into the library, to what holds it or the app, or to a folder of the app that
    has a place of its own."""
    if real in (f"{app.base}/{folder}", app.kind_folders.get(folder)):
        return False
    kinds = (path for name, path in app.kind_folders.items() if name)
    return (
        is_inside(real, models)
        or is_inside(models, real)
        or is_inside(app.base, real)
        or is_inside(real, app.base)
        or any(is_inside(real, path) for path in kinds)
    )


def switch(tools: AppTools, app: App, name: str, *, on: bool) -> Switched:
    """Have a rule of an app on, or off: in the user's config, or in none where it is so without.

    Raises NotFoundError, DecisionNeededError (the config cannot be used as it is), ChangedMeanwhileError,
    BusyError, DiskError.
    """
    with locks.mapping_lock(tools.paths):
        configs = mapping_rules.load(tools.paths)
        others = tuple(one for one in mapping_rules.merged(configs, app) if one.rule.name != name)
        offered = (one.rule for one in _offers(tools, app, others).rules)
        made = rule_switches.change(configs.configs, app, offered, name, on=on)
        if made.how is How.NOTHING:
            return Switched(app, made.rule)
        path = f"{tools.paths.mappings}/{made.file}"
        _write(path, made, app)
        if on:
            _record(tools, app, made.rule.target_subdir)
    return Switched(app, made.rule, path)


def _write(path: str, made: Change, app: App) -> None:
    before = mapping_files.read_if_there(path)
    try:
        after = rule_switches.rewritten(
            before, made, app.kind, datetime.now(UTC).isoformat(timespec="seconds")
        )
    except BadConfigError as error:
        raise DecisionNeededError(
            f"nothing was written: {error}", path=path, hint=f"mend it: pumas-tui map check '{path}'"
        ) from error
    mapping_files.put(path, before, after)


def _record(tools: AppTools, app: App, folder: str) -> None:
    """Keep where a folder really is, as is done with those of other rules when their app is added."""
    if "{" in folder or folder in app.kind_folders or app_facts.state(app)[0] is not AppState.HERE:
        return
    real = _real(app, folder)
    models = os.path.realpath(tools.paths.models)
    if real in (None, f"{app.base}/{folder}") or _is_known_otherwise(app, folder, real, models):
        return
    tools.registry.put_app(replace(app, kind_folders={**app.kind_folders, folder: real}))
    mapping_rules.try_links(tools.paths, tools.registry, replace(app, kind_folders={folder: real}))
