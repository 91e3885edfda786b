"""Deleting models, decided: which links go, which stay and why, and in which order it is done.

A link of ours goes only while it is what the registry says: a symbolic link that leads into the model's
folder, or a hard link of one of its files. What stands in its place otherwise is the user's and stays; the
registry then only forgets its row. Links in an app that is not there stay on record and are cleaned when it
is back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.app_records import AppState
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.links import Link, LinkKind, row_json
from pumas_tui.core.domain.operations import Step, StepKind


@dataclass(frozen=True, slots=True)
class LinkToGo:
    """A link on record of a model that goes. `path`: absolute; `there`: fingerprint of what is there now,
    empty where its app is not here; `ours`: it is the link that was made."""

    link: Link
    app: str
    path: str
    there: str
    ours: bool
    state: AppState
    reason: str = ""

    @property
    def stays(self) -> bool:
        """It cannot be removed now: its app's disk is out, or its folder cannot be read."""
        return self.state in (AppState.OFFLINE, AppState.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Doomed:
    """A model that goes: its folder is absolute; `shared_bytes` of it have names elsewhere and free
    nothing."""

    uid: ModelUid
    model_id: ModelId
    official_name: str
    directory: str
    size_bytes: int
    files: int
    shared_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """All that deleting would take. `dependents`: ids of models that name one of these as their base."""

    models: tuple[Doomed, ...]
    links: tuple[LinkToGo, ...]
    dependents: tuple[ModelId, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Bytes of the models."""
        return sum(m.size_bytes for m in self.models)

    @property
    def shared_bytes(self) -> int:
        """Bytes that stay in use under names elsewhere, also after the trash is emptied."""
        return sum(m.shared_bytes for m in self.models)

    @property
    def going(self) -> tuple[LinkToGo, ...]:
        """Links that will be removed from the disk."""
        return tuple(link for link in self.links if link.ours and not link.stays)

    @property
    def staying(self) -> tuple[LinkToGo, ...]:
        """Links that cannot be removed now."""
        return tuple(link for link in self.links if link.stays)


def steps(deletion: Deletion, places: Mapping[ModelUid, str], folders: Mapping[ModelUid, str]) -> list[Step]:
    """Links first, then folders. `places`: where each model's folder goes, absolute; `folders`:
    fingerprints of the folders as they are. Empty `places`: the models stay, only their links go."""
    made: list[Step] = []
    tops = {model.uid: model.directory.removesuffix(model.model_id) for model in deletion.models}
    for found in deletion.links:
        if found.stays:
            continue
        row: dict[str, Any] = {"row": row_json(found.link)}
        if found.link.kind is LinkKind.HARD:
            row["source"] = tops[found.link.model_uid] + found.link.source
        kind = StepKind.UNLINK if found.ours else StepKind.FORGET_ROW
        want = fingerprints.ABSENT if found.ours else found.there
        made.append(Step(len(made) + 1, kind.value, found.path, want, found.there, detail=row))
    for model in deletion.models:
        if model.uid in places:
            detail = {"to": places[model.uid], "why": "trash"}
            before = folders[model.uid]
            made.append(
                Step(
                    len(made) + 1,
                    StepKind.MOVE.value,
                    model.directory,
                    fingerprints.ABSENT,
                    before,
                    detail=detail,
                )
            )
    return made
