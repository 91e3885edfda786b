"""Registered apps: what the registry keeps of one, and what is true of it now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from pumas_tui.core.domain.apps import AppKind
from pumas_tui.core.domain.extra_roots import ExtraRoots
from pumas_tui.core.domain.ids import AppUid


@dataclass(frozen=True, slots=True)
class MountFacts:
    """The disk an app was on when it was added: mount point, type as the kernel has it, source, and the
    file system's id (UUID or empty)."""

    mount_point: str
    type: str
    source: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class App:
    """A registered app. `base` is absolute (its models folder, or its own folder, by kind) and real.

    `kind_folders`: folder relative to `base` -> its real path when the app was added; only those that a rule
    may target. `containers`: (path on this host, path inside the container) pairs. `variant`: which mapping
    configs it takes. `version_said`: the user gave the version; what the app's files tell does not count.
    `folder`: the app's own folder, real, where `base` does not tell it: its models are a link elsewhere.
    """

    uid: AppUid
    kind: AppKind
    name: str
    version: str
    base: str
    mount: MountFacts
    kind_folders: Mapping[str, str] = field(default_factory=dict)
    containers: tuple[tuple[str, str], ...] = ()
    variant: str = "default"
    created_at: float = 0.0
    version_said: bool = False
    folder: str = ""


def row_json(app: App) -> dict[str, Any]:
    """An app as a step's `app`: a JSON object."""
    return asdict(app)


def from_row(row: Mapping[str, Any]) -> App:
    """The app of a step's `app`. Raises KeyError, TypeError, ValueError for what `row_json` did not write."""
    parsed = {
        "uid": AppUid(row["uid"]),
        "kind": AppKind(row["kind"]),
        "mount": MountFacts(**row["mount"]),
        "containers": tuple((host, inside) for host, inside in row["containers"]),
    }
    return App(**{**row, **parsed})


class AppState(StrEnum):
    """What is true of an app now. OFFLINE: its disk is not the recorded one, so nothing may be concluded.

    GHOST: its disk is there and its folder is not. UNREADABLE: it cannot be looked at.
    """

    HERE = "here"
    OFFLINE = "offline"
    GHOST = "ghost"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class AppStatus:
    """An app as a list shows it. `same_disk`: the library lies on the same file system. `links`: on record.

    `link_kind`: the kind new links get there, as far as it was tried; empty when unknown. `reason` says why
    it is not HERE. `extra`: folders beside its own that it reads, looked at only while it is HERE.
    """

    app: App
    state: AppState
    links: int
    same_disk: bool
    link_kind: str = ""
    reason: str = ""
    extra: ExtraRoots = field(default_factory=ExtraRoots)


@dataclass(frozen=True, slots=True)
class AppProposal:
    """What registering a folder would record, shown before it is done. `notes` are warnings, one line each.

    `linked_folders`: kind folders that are links themselves, folder -> real path. `extra`: folders beside
    its own that it reads; what is wrong with one is among the notes.
    """

    app: App
    same_disk: bool
    linked_folders: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    extra: ExtraRoots = field(default_factory=ExtraRoots)
