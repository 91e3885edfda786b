"""Switching mapping rules on and off: what is offered for folders that no rule fills, and what a switch
changes in a user's config.

The user's config holds what differs from what holds without it. A rule that came with the program, or is
offered, is copied into it when it is switched; switched back it is taken out again, so that the rules are
then the very ones that they were. What a user wrote stays, and only its `enabled` changes.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pumas_tui.core.domain import mapping_config, rules
from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.errors import NotFoundError, Trouble
from pumas_tui.core.domain.mapping_config import ANY_VERSION, DEFAULT_VARIANT, Layer, MappingConfig, Rule
from pumas_tui.core.domain.rules import ActiveRule


@dataclass(frozen=True, slots=True)
class OfferedRule:
    """A rule that could fill a folder which none fills; it is off.

    `real`: the folder's absolute real path. `files`: weights that lie in it now and are none of the library;
    `complete` is False where there are more than were counted.
    """

    rule: Rule
    real: str
    files: int
    complete: bool = True

    @property
    def takes(self) -> str:
        """Which models it would take, in a few words."""
        return takes(self.rule)


@dataclass(frozen=True, slots=True)
class Offers:
    """What is offered for an app's folders as they are now. `notes`: folders that could not be looked at."""

    app: App
    rules: tuple[OfferedRule, ...] = ()
    notes: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Switched:
    """A rule that is on, or off, for an app. `file`: absolute path of the config that was written so; empty
    where it was so already."""

    app: App
    rule: Rule
    file: str = ""

    @property
    def takes(self) -> str:
        """Which models it takes by their tags; empty where it asks for none."""
        return takes(self.rule)


class How(StrEnum):
    """What a switch does to the user's config."""

    NOTHING = "nothing"  # it is so already
    ADD = "add"  # the rule comes into it
    SET = "set"  # its `enabled` says something else
    DROP = "drop"  # the rule goes: without it there, it is as wanted


@dataclass(frozen=True, slots=True)
class Change:
    """What makes a rule be on, or off: the rule as it is then, and the name of the user's config for it."""

    how: How
    rule: Rule
    file: str = ""


def takes(rule: Rule) -> str:
    """Which models a rule takes by its tags; empty where it asks for none."""
    tags = " or ".join(f'"{tag}"' for tag in rule.filters.tags)
    return f"models with the tag {tags}" if tags else ""


def change(
    configs: Iterable[MappingConfig], app: App, offered: Iterable[Rule], name: str, *, on: bool
) -> Change:
    """What is to be done so that the rule of this name is on, or off, for an app.

    `offered`: the rules for folders that no rule but the one of this name fills. Raises NotFoundError.
    """
    configs = tuple(configs)
    offer = next((rule for rule in offered if rule.name == name), None)
    now = _named(configs, app, name)
    rule = now.rule if now is not None else offer
    if rule is None:
        raise NotFoundError(
            f'{app.name} has no rule "{name}"', hint=f"pumas-tui map rules --app {app.name} shows all"
        )
    wanted = rule.model_copy(update={"enabled": on})
    if rule == wanted:
        return Change(How.NOTHING, rule)
    if now is None or now.layer is Layer.PACKAGED:
        return Change(How.ADD, wanted, default_file(app.kind))
    below = _named(_without(configs, now.config, name), app, name)
    rest = below.rule if below is not None else offer
    is_copy = now.config == default_file(app.kind) and (below is None or below.layer is Layer.PACKAGED)
    return Change(How.DROP if is_copy and rest == wanted else How.SET, wanted, now.config)


def _named(configs: Iterable[MappingConfig], app: App, name: str) -> ActiveRule | None:
    merged = rules.merged(configs, app.kind.value, app.version, app.variant)
    return next((one for one in merged if one.rule.name == name), None)


def _without(configs: Iterable[MappingConfig], file: str, name: str) -> list[MappingConfig]:
    """The configs as they are when the user's one of this file name does not have the rule."""
    return [
        one.model_copy(update={"mappings": tuple(rule for rule in one.mappings if rule.name != name)})
        if (one.layer, one.file) == (Layer.USER, file)
        else one
        for one in configs
    ]


def default_file(kind: AppKind) -> str:
    """The name of the config that holds for every app of a kind."""
    return f"{kind.value}_{ANY_VERSION}_{DEFAULT_VARIANT}.json"


def rewritten(raw: bytes | None, made: Change, kind: AppKind, now: str) -> bytes:
    """The config's bytes with the change in it; all else in it says what it said.

    `raw`: its bytes now, None where there is none. `now`: date and time of ISO 8601. Raises BadConfigError
    where the file cannot be used as it is, or could not with the change.
    """
    document = _document(raw, made.file, kind, now)
    _put(document["mappings"], made)
    document["updated_at"] = now
    written = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    mapping_config.parse(written, made.file)
    return written


def _document(raw: bytes | None, file: str, kind: AppKind, now: str) -> dict[str, Any]:
    """The file's JSON object, checked."""
    if raw is None:
        head = {"app": kind.value, "version": ANY_VERSION, "variant": DEFAULT_VARIANT}
        return {**head, "created_at": now, "updated_at": now, "mappings": []}
    mapping_config.parse(raw, file)
    document: dict[str, Any] = json.loads(raw.decode("utf-8-sig"))
    return document


def _put(mappings: list[dict[str, Any]], made: Change) -> None:
    at = next((n for n, rule in enumerate(mappings) if rule["name"] == made.rule.name), None)
    if at is None:
        said = made.rule.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        mappings.append({**said, "enabled": made.rule.enabled})
    elif made.how is How.DROP:
        del mappings[at]
    else:
        mappings[at]["enabled"] = made.rule.enabled
