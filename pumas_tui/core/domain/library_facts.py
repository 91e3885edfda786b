"""What can be asked of the library while links are judged, and where something is that a link has lost.

Before anything is called missing it is looked for: by inode where a link is a name of the file itself, by the
model's uid, by size and name, by SHA-256. Only the same content is proof; a name alone is told, and a person
decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pumas_tui.core.domain import fingerprints
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.links import Link

ID_PARTS = 3
"""Parts of a path below models/ that name the model."""


class Presence(StrEnum):
    """What a look at a place told. GONE is proven: the library's marker could be read beside it."""

    HERE = "here"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Source:
    """What stands at a place of the library; `place` is (st_dev, st_ino) of a file or folder that is HERE."""

    presence: Presence
    place: tuple[int, int] | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """A file of a whole model in the library; `name` below the model's folder."""

    model_uid: ModelUid
    model_id: ModelId
    name: str
    size: int
    sha256: str

    @property
    def source(self) -> str:
        """Its path below models/."""
        return f"{self.model_id}/{self.name}"


@dataclass(frozen=True, slots=True)
class LibraryFacts:
    """What is asked of the library. `models_dir`: absolute real path of models/; `former`: absolute paths
    where it was before.

    `source`: what stands at a path below models/; `model_of`: where a model is, by uid; `models`: which whole
    models are at which places; `with_hash`, `files_of`, `with_size`: files of whole models by SHA-256, of one
    model, by bytes.
    """

    models_dir: str
    source: Callable[[str], Source]
    model_of: Callable[[ModelUid], ModelId | None]
    models: Mapping[ModelId, ModelUid]
    with_hash: Callable[[str], Sequence[Held]]
    files_of: Callable[[ModelUid], Sequence[Held]]
    with_size: Callable[[int], Sequence[Held]]
    former: tuple[str, ...] = ()

    def absolute(self, source: str) -> str:
        """Absolute path of a source."""
        return f"{self.models_dir}/{source}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands at a link's place. `path`: absolute, its parent real; `alive`: a link leads to something,
    None where that could not be found out; `place`: (st_dev, st_ino) of a regular file; `missing`: folders
    that would have to be made first; `problem`: why nothing can be said, else empty."""

    path: str
    fingerprint: str = fingerprints.ABSENT
    alive: bool | None = False
    place: tuple[int, int] | None = None
    missing: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Where what a link led to is now. `how`: words on what proves it; not `proven`: it may be another."""

    source: str
    sha256: str
    model_uid: ModelUid
    how: str
    proven: bool


def find(link: Link, place: tuple[int, int] | None, facts: LibraryFacts) -> Found | None:
    """Look in the library for what a link led to; `place`: of the file itself, for a hard link."""
    held = [*facts.files_of(link.model_uid), *(facts.with_hash(link.sha256) if link.sha256 else ())]
    others = [one for one in dict.fromkeys(held) if one.source != link.source]
    if place is not None:
        same = next((one for one in others if facts.source(one.source).place == place), None)
        if same is not None:
            return _found(same, "the same file under another name (inode)", proven=True)
    if not link.sha256:
        return _by_uid(link, facts)
    name = link.source.rpartition("/")[2]
    exact = [one for one in others if one.sha256 == link.sha256 and _is_here(one.source, facts)]
    if exact:
        best = min(exact, key=lambda one: (one.model_uid != link.model_uid, _last(one) != name, one.source))
        return _found(best, f"same SHA-256 ({link.sha256[:4]}…{link.sha256[-2:]})", proven=True)
    named = [o for o in others if o.model_uid == link.model_uid and _last(o) == name]
    alike = next((one for one in named if _is_here(one.source, facts)), None)
    return None if alike is None else _found(alike, "same model and name, other content", proven=False)


def _by_uid(link: Link, facts: LibraryFacts) -> Found | None:
    """A folder is its model: the uid in the metadata tells where it is."""
    now = facts.model_of(link.model_uid)
    parts = link.source.split("/")
    source = "/".join([now, *parts[ID_PARTS:]]) if now is not None else ""
    if now is None or source == link.source or not _is_here(source, facts):
        return None
    return Found(source, "", link.model_uid, "the same model, by its uid", proven=True)


def _found(held: Held, how: str, *, proven: bool) -> Found:
    return Found(held.source, held.sha256, held.model_uid, how, proven)


def _last(held: Held) -> str:
    return held.name.rpartition("/")[2]


def _is_here(source: str, facts: LibraryFacts) -> bool:
    return facts.source(source).presence is Presence.HERE
