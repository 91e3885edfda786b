"""An app's folders as found, ready for questions by target: what stands there, whose it is, where it is.

A link of ours is one of the registry that is on disk as it was made: a symbolic link whose text, read from
the real parent folder without following anything, leads to the source that the registry names; or a hard
link of that source. All else belongs to the user, whatever the registry says.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pumas_tui.core.domain import fingerprints, naming
from pumas_tui.core.domain.links import Link, LinkKind, is_as_made
from pumas_tui.core.domain.mapped import AppFacts, Entry, FolderFacts, WantedLink
from pumas_tui.core.domain.mounts import is_inside

TRASH_PREFIX = ".pumas-trash"
"""How the folders for displaced files are called; what lies in one is nobody's link any more."""


def is_plain(path: str) -> bool:
    """A relative path of plain parts: no way out of the folder it is joined to."""
    return "\0" not in path and all(part not in ("", ".", "..") for part in path.split("/"))


def is_below(path: str, folder: str) -> bool:
    """`path` is `folder` or below it, by parts; the empty folder holds every relative path."""
    return not folder or is_inside(path, folder)


def parent_of(path: str) -> str:
    """A relative path without its last part, empty for a lone name."""
    return path.rpartition("/")[0]


def ancestors(path: str) -> Iterator[str]:
    """The folders that a relative path is in, innermost first, the empty one last."""
    while path:
        path = parent_of(path)
        yield path


@dataclass(slots=True)
class _Index:
    """Entries of one folder by what they lead to. `unsure`: links of which only the text is known."""

    by_path: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    by_place: dict[tuple[int, int], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    unsure: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))


class Ground:
    """An app's facts and its rows of the registry, by target. Where case does not count in a folder, names
    that differ in nothing else are one target here too."""

    def __init__(self, facts: AppFacts, links: Iterable[Link] = ()) -> None:
        self.facts = facts
        self._tables: dict[str, Mapping[str, Entry]] = {}
        self._indexes: dict[str, _Index] = {}
        self.rows = {self.key(row.target): row for row in links if row.app_uid == facts.app.uid}

    def folder_of(self, target: str) -> FolderFacts | None:
        """The innermost folder with facts that a target lies in."""
        folders = self.facts.folders
        return next((folders[folder] for folder in ancestors(target) if folder in folders), None)

    def key(self, target: str) -> str:
        """What two spellings of one target have in common."""
        folder = self.folder_of(target)
        return naming.fold(target) if folder is not None and folder.ignores_case else target

    def entry(self, target: str) -> Entry | None:
        """What stands at a target, None for nothing. Says nothing of a target with an `obstacle`."""
        folder = self.folder_of(target)
        return None if folder is None else self._table(folder).get(self.key(target))

    def row(self, target: str) -> Link | None:
        """The registry's link at a target."""
        return self.rows.get(self.key(target))

    def spelled(self, entry: Entry) -> str:
        """The target of an entry, as the registry spells it if it knows it."""
        row = self.row(entry.target)
        return entry.target if row is None else row.target

    def real_parent(self, target: str) -> str:
        """Absolute real path of the folder that a target is in. The target has no `obstacle`."""
        folder = self.folder_of(target)
        if folder is None:
            return posixpath.join(self.facts.app.base, parent_of(target)).rstrip("/")
        rest = parent_of(target)[len(folder.folder) :].strip("/")
        return posixpath.join(folder.real, rest).rstrip("/")

    def real(self, target: str) -> str:
        """Absolute path of a target, as it is spelled on disk; no part of it but the last is a link."""
        entry = self.entry(target)
        name = (target if entry is None else entry.target).rpartition("/")[2]
        return f"{self.real_parent(target)}/{name}"

    def source(self, source: str) -> str:
        """Absolute path of a source in the library."""
        return f"{self.facts.models_dir}/{source}"

    def leads_to(self, target: str, fingerprint: str) -> str:
        """Where a link at a target says that it leads, following nothing; empty for no link."""
        return fingerprints.leads_to(self.real(target), fingerprint) or ""

    def missing_folders(self, target: str) -> tuple[str, ...]:
        """Real paths of the folders to be made before something can be at a target, outermost first."""
        folder = self.folder_of(target)
        if folder is None:
            return ()
        made = [] if folder.exists else list(folder.missing or (folder.real,))
        real = folder.real
        for inner in self._between(folder, target):
            real = posixpath.join(real, inner.rpartition("/")[2])
            if not folder.exists or self._table(folder).get(self.key(inner)) is None:
                made.append(real)
        return tuple(made)

    def obstacle(self, target: str) -> str:
        """Why nothing can be said of a target or done at it, as `code: words`; empty for no reason."""
        if not is_plain(target):
            return f"outside: {target} is not a path below the app's folder"
        folder = self.folder_of(target)
        if folder is None:
            return f"unknown: could not look at {parent_of(target) or self.facts.app.base}"
        trouble = self._folder_trouble(folder)
        if trouble:
            return trouble
        for inner in self._between(folder, target):
            entry = self._table(folder).get(self.key(inner))
            if entry is None:
                return ""
            if entry.unknown:
                return f"unknown: could not look at {inner}"
            if fingerprints.kind_of(entry.fingerprint) != "dir":
                return f"blocked: {inner} is not a folder of its own"
        return ""

    def right(self, want: WantedLink) -> tuple[Entry, ...]:
        """Entries anywhere below the wanted folder that give access to the wanted file or folder already."""
        index = self._index(want.folder)
        found = list(index.by_path.get(self.source(want.source), ()))
        if want.place is not None and not want.is_folder:
            found += index.by_place.get(want.place, ())
        return tuple({entry.target: entry for entry in found}.values())

    def maybe_right(self, want: WantedLink) -> Entry | None:
        """A link that may be the wanted one, of which it could not be found out."""
        return next(iter(self._index(want.folder).unsure.get(self.source(want.source), ())), None)

    def is_ours(self, row: Link, entry: Entry) -> bool:
        """What stands at a row's target is the link that a plan made or we adopted.

        A hard link that was adopted is a file of the user's own, and never taken for ours.
        """
        place = self.facts.sources.get(row.source)
        if row.kind is LinkKind.HARD and (row.origin == "adopted" or entry.place != place):
            return False
        inode = place[1] if place is not None else None
        path, source = self.real(entry.target), self.source(row.source)
        return is_as_made(row, path, entry.fingerprint, source, inode)

    def is_named(self, row: Link, entry: Entry) -> bool:
        """An entry gives access to a row's source, in whichever way."""
        place = self.facts.sources.get(row.source)
        if fingerprints.kind_of(entry.fingerprint) == "link":
            return entry.resolved == self.source(row.source)
        return place is not None and row.kind is LinkKind.HARD and entry.place == place

    def is_last_copy(self, row: Link, entry: Entry) -> bool:
        """A hard link of which the library has no name any more, so perhaps all that is left of a file."""
        is_file = fingerprints.kind_of(entry.fingerprint) == "file"
        return is_file and row.kind is LinkKind.HARD and row.source not in self.facts.sources

    def _folder_trouble(self, folder: FolderFacts) -> str:
        expected = self._recorded(folder)
        if folder.problem:
            return f"folder: {folder.problem}"
        if folder.real != expected:
            words = f"{folder.folder or self.facts.app.base} leads to {folder.real} now"
            return f"bad_config: {words}, not to {expected} as when the app was added; add the app again"
        if is_below(folder.real, self.facts.models_dir):
            return f"bad_config: {folder.folder or folder.real} lies in the library itself"
        return ""

    def _recorded(self, folder: FolderFacts) -> str:
        """Where a folder was when the app was added, or must be if it was not there yet."""
        if folder.recorded is not None:
            return folder.recorded
        return posixpath.join(self.facts.app.base, folder.folder).rstrip("/")

    def _between(self, folder: FolderFacts, target: str) -> list[str]:
        """Folders between one with facts and a target in it, outermost first."""
        inner = [path for path in ancestors(target) if len(path) > len(folder.folder)]
        return inner[::-1]

    def _table(self, folder: FolderFacts) -> Mapping[str, Entry]:
        if not folder.ignores_case:
            return folder.entries
        table = self._tables.get(folder.folder)
        if table is None:
            table = {naming.fold(target): entry for target, entry in folder.entries.items()}
            self._tables[folder.folder] = table
        return table

    def _index(self, folder: str) -> _Index:
        index = self._indexes.get(folder)
        if index is None:
            index = self._indexes[folder] = _Index()
            facts = self.facts.folders.get(folder)
            for target in sorted(facts.entries) if facts is not None else ():
                assert facts is not None
                self._add(index, facts.entries[target])
        return index

    def _add(self, index: _Index, entry: Entry) -> None:
        kind = fingerprints.kind_of(entry.fingerprint)
        in_trash = any(part.startswith(TRASH_PREFIX) for part in entry.target.split("/"))
        if kind not in ("link", "file") or in_trash or self.obstacle(entry.target):
            return
        if is_below(self.real_parent(entry.target), self.facts.models_dir):
            return  # the library itself, where it lies below an app's folder
        if entry.unknown:
            index.unsure[self.leads_to(entry.target, entry.fingerprint)].append(entry)
            return
        if entry.place is not None:
            index.by_place[entry.place].append(entry)
        if kind == "link" and entry.resolved is not None:
            index.by_path[entry.resolved].append(entry)
