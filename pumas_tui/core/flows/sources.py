"""From pasted paths to candidates: the walk, folders that are models, other programs' stores, grouping.

Reads only; runs in a worker thread.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pumas_tui.core.domain import folders, grouping, identity_folders, model_stores
from pumas_tui.core.domain.errors import DiskError, Trouble, trouble
from pumas_tui.core.domain.files import Candidate, FileEntry
from pumas_tui.core.domain.folders import Document
from pumas_tui.core.fs import hub_cache, json_files, ollama, scan
from pumas_tui.core.fs.json_files import UnreadableJsonError
from pumas_tui.core.fs.scan import ScanResult

_CONFIG_BYTES = 4 << 20  # the longest configs name 21,000 labels in 1.5 MB


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate, and why none of it may be imported."""

    candidate: Candidate
    refuse: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """What paths came to. `troubles` are entries that could not be read, are no files, or were left over."""

    found: tuple[Found, ...]
    troubles: tuple[Trouble, ...]


def gather(paths: Sequence[str], on_progress: Callable[[int, str], None] | None = None) -> Sources:
    """Candidates of pasted files and folders. Never raises for a bad source: it is told as a value."""
    walked = scan.walk(paths, on_progress=on_progress)
    troubles = list(walked.troubles)
    trees = _folders(walked, troubles)
    beside = _beside(trees.rest)
    groups = grouping.group(
        trees.rest, beside, explicit=walked.explicit | set(paths), listed=_listed([*trees.rest, *beside])
    )
    stored, unreadable = ollama.models(list(walked.ollama))
    candidates = grouping.without_twins([*trees.candidates, *stored, *groups.candidates])
    found = tuple(Found(_traced(c), _refusal(c, troubles)) for c in candidates)
    told = {f.refuse for f in found}
    return Sources(found, tuple(t for t in (*troubles, *unreadable, *groups.left) if t not in told))


def _folders(walked: ScanResult, troubles: list[Trouble]) -> folders.Folders:
    """Folders that are models. Links inside of one to files inside of it are its files as well."""
    documents = _read(folders.documents_of(walked.files))
    found = folders.find(walked.files, documents)
    more: list[FileEntry] = []
    for link in walked.links:
        tree = next((c.folder for c in found.candidates if link.path.startswith(f"{c.folder}/")), "")
        if tree and not link.followed:
            _say_link(link.path, tree, more, troubles)
    if more:
        found = folders.find((*walked.files, *more), {**documents, **_read(folders.documents_of(more))})
    hidden = tuple(_with_hidden(c, walked.hidden) for c in found.candidates)
    return replace(found, candidates=hidden)


def _say_link(path: str, tree: str, more: list[FileEntry], troubles: list[Trouble]) -> None:
    """Follow a link of a model's folder that stays inside; one that leads nowhere is an unreadable entry."""
    instead: list[Trouble] = []
    try:
        entry = scan.linked_inside(path, tree)
        if entry is None:
            return
        more.append(entry)
    except DiskError as error:
        instead.append(trouble(error))
    troubles[:] = [t for t in troubles if not (t.path == path and t.code == "link_not_followed")] + instead


def _with_hidden(candidate: Candidate, hidden: Iterable[str]) -> Candidate:
    start = f"{candidate.folder}/"
    names = [path.removeprefix(start) for path in hidden if path.startswith(start)]
    notes = (f"hidden folders were left out: {', '.join(names[:5])}",) if names else ()
    return replace(candidate, notes=(*candidate.notes, *notes))


def _refusal(candidate: Candidate, troubles: Iterable[Trouble]) -> Trouble | None:
    """A folder comes in whole or not at all: what cannot be read in it, or is half a download, refuses it."""
    if not candidate.folder:
        return None
    half = folders.unfinished(candidate)
    if half:
        return Trouble(
            "refused", f"{half}: half a download", half, "let the download finish, then paste again"
        )
    start = f"{candidate.folder}/"
    for told in troubles:
        if told.code == "disk" and (told.path or "").startswith(start):
            return told
    for member in candidate.members:
        try:
            scan.check_readable(member.entry.path)
        except DiskError as error:
            return trouble(error)
    return None


def _beside(files: Sequence[FileEntry]) -> list[FileEntry]:
    """Regular files in the same folders: companions and further shards."""
    seen: dict[str, str] = {}
    for entry in files:
        seen.setdefault(entry.path.rsplit("/", 1)[0], entry.path)
    return [near for path in seen.values() for near in scan.beside(path)]


def _listed(files: Iterable[FileEntry]) -> dict[str, tuple[str, ...]]:
    """What each index among the files lists."""
    indexes = dict.fromkeys(f.path for f in files if grouping.is_index(f.name))
    names = {path: folders.listed_names(document) for path, document in _read(indexes).items()}
    return {path: listed for path, listed in names.items() if listed}


def _read(paths: Iterable[str]) -> dict[str, Document]:
    return {path: document(path) for path in paths}


def document(path: str) -> Document:
    """The JSON at `path`, or why it could not be read."""
    limit = json_files.MAX_BYTES if grouping.is_index(path.rpartition("/")[2]) else _CONFIG_BYTES
    try:
        return Document(json_files.read_json(path, limit))
    except UnreadableJsonError as error:
        return Document(problem=str(error))
    except DiskError as error:
        return Document(problem=error.message)


def _traced(candidate: Candidate) -> Candidate:
    """With the repository it came from and what its files must hash to, where their places tell."""
    if candidate.origin is not None:
        return candidate
    members = []
    origin = model_stores.origin_of(candidate.source)
    for member in candidate.members:
        try:
            place, sha256 = hub_cache.trace(member.entry.path)
        except DiskError:
            place, sha256 = None, ""
        if place is not None and member == candidate.main:
            origin = place.origin
        members.append(replace(member, expected_sha256=sha256))
    return replace(candidate, members=tuple(members), origin=origin)


def documents(candidate: Candidate) -> Mapping[str, object]:
    """What a folder says of itself: parsed JSON by name, and the start of its model card as text."""
    if not candidate.folder:
        return {}
    files = {member.name: member.entry.path for member in candidate.members}
    said = {name: document(files[name]).value for name in identity_folders.DOCUMENTS if name in files}
    card = files.get(identity_folders.CARD)
    if card is not None:
        try:
            said[identity_folders.CARD] = scan.read_start(card, identity_folders.CARD_BYTES).decode(
                errors="replace"
            )
        except DiskError:
            return said
    return said
