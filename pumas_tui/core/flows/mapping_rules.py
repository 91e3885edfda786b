"""The mapping rules in force: packaged configs, the user's over them, merged for one app."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pumas_tui import assets
from pumas_tui.core.db.registry import Abilities, Registry
from pumas_tui.core.domain import mapping_config, rules
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.errors import DiskError, Trouble, trouble
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.mapping_config import BadConfigError, MappingConfig
from pumas_tui.core.domain.rules import ActiveRule
from pumas_tui.core.fs import app_facts, mapping_files


@dataclass(frozen=True, slots=True)
class Configs:
    """Mapping configs, packaged ones first, and what could not be read: such a file counts as not there."""

    configs: tuple[MappingConfig, ...]
    troubles: tuple[Trouble, ...]


def load(paths: LibraryPaths) -> Configs:
    """Read all configs. A file that cannot be read or understood is a Trouble; the others count."""
    configs, troubles = [], []
    for folder in (str(assets.configs_dir() / "mappings"), paths.mappings):
        for name, raw in mapping_files.read_all(folder):
            if isinstance(raw, Trouble):
                troubles.append(raw)
                continue
            try:
                configs.append(mapping_config.parse(raw, name, packaged=folder != paths.mappings))
            except BadConfigError as error:
                troubles.append(Trouble("bad_config", str(error), f"{folder}/{name}", "mend or remove it"))
    return Configs(tuple(configs), tuple(troubles))


def active(configs: Configs, app: App) -> tuple[ActiveRule, ...]:
    """The rules of an app, in the order in which they are asked."""
    return rules.active(configs.configs, app.kind.value, app.version, app.variant)


def merged(configs: Configs, app: App) -> tuple[ActiveRule, ...]:
    """The rules of an app with those that are switched off."""
    return rules.merged(configs.configs, app.kind.value, app.version, app.variant)


def top_folders(active_rules: Sequence[ActiveRule]) -> tuple[str, ...]:
    """Folders below an app's base that rules target, as far as their names are fixed; each once."""
    fixed = (_fixed(rule.rule.target_subdir) for rule in active_rules)
    return tuple(dict.fromkeys(folder for folder in fixed if folder))


def _fixed(target: str) -> str:
    parts: list[str] = []
    for part in target.split("/"):
        if "{" in part:
            break
        parts.append(part)
    return "/".join(parts)


def check(path: str) -> tuple[Trouble, ...]:
    """What is wrong with a config file; empty when it can be used."""
    try:
        raw = mapping_files.read_one(path)
        mapping_config.parse(raw, os.path.basename(path), packaged=False)
    except BadConfigError as error:
        return (Trouble("bad_config", str(error), path, "mend it"),)
    except DiskError as error:
        return (trouble(error),)
    return ()


def try_links(paths: LibraryPaths, registry: Registry, app: App) -> None:
    """Find out which links each of the app's folders can hold, by making one, and remember it.

    What cannot be tried is taken for granted: a link that cannot be made then says so. Raises the errors of
    the registry.
    """
    for folder, real in {"": app.base, **app.kind_folders}.items():
        try:
            symbolic, hard = app_facts.probe(real, paths.models)
            mount = app_facts.mount_facts(real)
        except DiskError:
            continue
        name = app.uid if not folder else f"{app.uid}:{folder}"
        registry.remember_abilities(name, Abilities((mount.type, mount.source), symbolic, hard))
