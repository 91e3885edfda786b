"""What a plan is made from, as values: models as rules see them, apps as they are on disk, targets as found.

Flows collect these; `domain.rules` and `domain.planner` decide on them. No value here reads anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pumas_tui.core.domain.app_records import App
from pumas_tui.core.domain.extra_roots import SeenRoot
from pumas_tui.core.domain.files import ModelFormat, Role, SecurityTier
from pumas_tui.core.domain.grouping import is_index
from pumas_tui.core.domain.ids import ModelId, ModelUid


@dataclass(frozen=True, slots=True)
class MappedFile:
    """One file of a model. `name` relative to its directory; inode and device from one stat of it now, None
    where it is not there."""

    name: str
    size: int
    sha256: str
    role: Role = Role.WEIGHTS
    shard_index: int | None = None
    shard_total: int | None = None
    place: tuple[int, int] | None = None  # (st_dev, st_ino)


@dataclass(frozen=True, slots=True)
class MappedModel:
    """A model as mapping rules see it. `version_ranges` maps app ids to PEP 440 specifiers; None:
    overrides.json cannot be read, `overrides_problem` says why."""

    uid: ModelUid
    model_id: ModelId
    official_name: str
    cleaned_name: str
    model_type: str
    subtype: str
    family: str
    model_format: ModelFormat
    security_tier: SecurityTier
    files: tuple[MappedFile, ...]
    tags: tuple[str, ...] = ()
    base_model: str = ""
    repo_id: str = ""
    version_ranges: Mapping[str, str] | None = field(default_factory=dict)
    overrides_problem: str = ""

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(f.size for f in self.files)

    @property
    def has_index(self) -> bool:
        """A file of it says which shards belong together."""
        return any(is_index(f.name.rpartition("/")[2]) for f in self.files)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing found below an app's target folder. `target` relative to the app's base.

    `resolved`: for a link the absolute real path it leads to, None when it leads to nothing, `unknown` True
    when that could not be found out (an error that does not mean "not there"). `place`: (st_dev, st_ino) of
    what it is or leads to. `items`: entries of a folder.
    """

    target: str
    fingerprint: str
    size_bytes: int = 0
    mtime_ns: int = 0
    items: int = 0
    resolved: str | None = None
    unknown: bool = False
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """A target folder of an app, relative to its base, as it is now.

    `real`: absolute real path of it, or of where it would be made. `recorded`: its real path when the app was
    added, None for a folder that was not there then. `entries`: all that is below it, without descending into
    links, keyed by `target`. `symlinks`, `hard_links`: what a canary could make there (hard: from the
    library's file system). `ignores_case`: two names that differ in case are one there. `has_trash`: a
    place was found where a displaced file may go. `problem`: why it cannot be used (not writable, not
    readable), else empty. `mount`: mount point of its file system. `missing`: real paths of the folders to be
    made where it does not exist, outermost first; empty there means that only its last part is missing.
    """

    folder: str
    real: str
    exists: bool = True
    mount: str = ""
    missing: tuple[str, ...] = ()
    recorded: str | None = None
    same_file_system: bool = True
    symlinks: bool = True
    hard_links: bool = True
    ignores_case: bool = False
    has_trash: bool = True
    problem: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadAs:
    """Something that an app finds through an extra root: `path` by which it finds it, and its real path, or
    that of the link that leads to it."""

    path: str
    real: str


@dataclass(frozen=True, slots=True)
class RootFacts:
    """An extra root of an app, as far as wanted files are in it now.

    `files`: (st_dev, st_ino) of a wanted file -> its names there. `folders`: real path of a folder that
    meets the library -> its name there; all below it is read. `problem`: why not all could be looked at.
    """

    seen: SeenRoot
    files: Mapping[tuple[int, int], tuple[ReadAs, ...]] = field(default_factory=dict)
    folders: Mapping[str, ReadAs] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AppFacts:
    """An app and its target folders now. `models_dir`: absolute real path of the library's models/.

    `folders` holds the target folder of every wanted link and the folder of every link in the registry.
    `same_content`: targets of real files that were found to have the very content of the source that wants
    their place, as (target, sha256) pairs. `sources`: source -> (st_dev, st_ino) now, of the hard links in
    the registry; one that is not there is left out. `models_mount`: mount point of the library's disk.
    `extra`: the app's extra roots of the kinds that are wanted; `extra_file`: where the app looks for the
    file that names them, empty where that is not known; `extra_sections`: names that are taken in it.
    """

    app: App
    models_dir: str
    folders: Mapping[str, FolderFacts]
    same_content: frozenset[tuple[str, str]] = frozenset()
    sources: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    models_mount: str = ""
    extra: tuple[RootFacts, ...] = ()
    extra_file: str = ""
    extra_sections: frozenset[str] = frozenset()


class ConflictPolicy(StrEnum):
    """What a rule says of conflicts at its targets; ASK leaves the answer to the user."""

    ASK = "ask"
    SKIP = "skip"
    OVERWRITE = "overwrite"
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A link that a rule wants: `target` relative to the app's base, `source` relative to models/.

    `folder` is the rule's target folder after templates: a link to the same source anywhere below it counts
    as this one. `sha256` and `place` are those of the source file, empty and None for a folder or where
    unknown.
    """

    model_uid: ModelUid
    model_id: ModelId
    rule: str
    config: str
    folder: str
    target: str
    source: str
    is_folder: bool = False
    sha256: str = ""
    size_bytes: int = 0
    place: tuple[int, int] | None = None
    conflict: ConflictPolicy = ConflictPolicy.ASK


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model that gets no link in an app, and why. `code`: no_rule | version | bad_override | refused."""

    model_uid: ModelUid
    model_id: ModelId
    code: str
    reason: str
    rule: str = ""
    config: str = ""


@dataclass(frozen=True, slots=True)
class Wants:
    """All that the rules of an app want of the models given, in the order of models, then of rules; of two
    links that want one target the earlier has the better claim."""

    links: tuple[WantedLink, ...]
    left_out: tuple[LeftOut, ...]
