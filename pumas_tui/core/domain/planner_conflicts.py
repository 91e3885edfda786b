"""Conflicts of a plan: what is in the way, how it may be answered, and names that are still free."""

import re
from collections.abc import Callable, Iterator

from pumas_tui.core.domain import fingerprints, naming
from pumas_tui.core.domain.app_ground import Ground, parent_of
from pumas_tui.core.domain.mapped import ConflictPolicy, Entry, WantedLink
from pumas_tui.core.domain.plan import Conflict, ConflictKind, Resolution, There
from pumas_tui.core.domain.text import plural

SUGGESTED = {
    ConflictKind.OTHER_LINK: Resolution.OVERWRITE,
    ConflictKind.DEAD_LINK: Resolution.OVERWRITE,
    ConflictKind.SAME_FILE: Resolution.OVERWRITE,
    ConflictKind.OTHER_FILE: Resolution.SKIP,
    ConflictKind.FOLDER: Resolution.SKIP,
    ConflictKind.TWO_MODELS: Resolution.OTHER_NAME,
    ConflictKind.CASE: Resolution.OTHER_NAME,
}
"""What is the best answer as far as one can be told from outside."""

WORDS = {
    ConflictKind.OTHER_LINK: "a link to another file is there",
    ConflictKind.DEAD_LINK: "a link to nothing is there, not made here",
    ConflictKind.SAME_FILE: "a real file with the same content is there",
    ConflictKind.OTHER_FILE: "a real file is there",
    ConflictKind.FOLDER: "a real folder is there",
}

_POLICIES = {
    ConflictPolicy.SKIP: Resolution.SKIP,
    ConflictPolicy.OVERWRITE: Resolution.OVERWRITE,
    ConflictPolicy.RENAME: Resolution.RENAME,
}

_SHARD = re.compile(r"-\d+-of-\d+$")
_UNKNOWN_FAMILY = frozenset({"", "unknown"})


def kind_of(entry: Entry, want: WantedLink, ground: Ground) -> ConflictKind:
    """What an entry that is not ours is to a link that wants its place."""
    kind = fingerprints.kind_of(entry.fingerprint)
    if kind == "dir":
        return ConflictKind.FOLDER
    if kind == "link":
        return ConflictKind.DEAD_LINK if entry.resolved is None else ConflictKind.OTHER_LINK
    same = ground.facts.same_content
    if want.sha256 and {(entry.target, want.sha256), (want.target, want.sha256)} & same:
        return ConflictKind.SAME_FILE
    return ConflictKind.OTHER_FILE


def there(entry: Entry | None, ground: Ground) -> There:
    """An entry as a conflict shows it."""
    if entry is None:
        return There(fingerprints.ABSENT)
    text = fingerprints.link_text(entry.fingerprint) or ""
    leads_to = ground.leads_to(entry.target, entry.fingerprint)
    leads_to = entry.resolved or leads_to if leads_to else ""
    return There(entry.fingerprint, entry.size_bytes, entry.mtime_ns, entry.items, text, leads_to)


def build(
    kind: ConflictKind, want: WantedLink, at: There, ground: Ground, is_taken: Callable[[str], bool]
) -> Conflict:
    """A conflict with all its answers. `is_taken(target)`: a name is in use, on disk or in this plan."""
    folder = ground.folder_of(want.target)
    why_not: dict[Resolution, str] = {}
    free_name = old_name = ""
    if kind in (ConflictKind.TWO_MODELS, ConflictKind.CASE):
        clash = (
            "another model has this name" if kind is ConflictKind.TWO_MODELS else "case does not count here"
        )
        why_not = dict.fromkeys((Resolution.OVERWRITE, Resolution.RENAME), clash)
    elif kind is ConflictKind.FOLDER:
        words = f"a folder with {plural(at.items, 'file')}"
        others = (Resolution.OVERWRITE, Resolution.RENAME, Resolution.OTHER_NAME)
        why_not = dict.fromkeys(others, words)
    else:
        if folder is None or not folder.has_trash:
            why_not[Resolution.OVERWRITE] = "no place on its disk where it could be kept"
        old_name = _first(_old_names(want.target), want.target, is_taken)
        if not old_name:
            why_not[Resolution.RENAME] = "its name is too long for another ending"
    if kind is not ConflictKind.FOLDER:
        free_name = _first(_free_names(want), want.target, is_taken)
    allowed = tuple(answer for answer in Resolution if answer not in why_not)
    suggested = SUGGESTED[kind] if SUGGESTED[kind] in allowed else Resolution.SKIP
    ruled = _POLICIES.get(want.conflict)
    by_rule = ruled is not None and ruled in allowed
    if ruled is not None and by_rule:
        suggested = ruled
    return Conflict(kind, at, suggested, allowed, why_not, free_name, old_name, by_rule)


def _first(names: Iterator[str], target: str, is_taken: Callable[[str], bool]) -> str:
    folder = parent_of(target)
    for name in names:
        if _fits(name) and not is_taken(f"{folder}/{name}" if folder else name):
            return name
    return ""


def _fits(name: str) -> bool:
    return len(name.encode("utf-8", "surrogateescape")) <= naming.MAX_FILE_NAME_BYTES


def _old_names(target: str) -> Iterator[str]:
    """`NAME.old`, `NAME.old2`, …"""
    name = target.rpartition("/")[2]
    yield f"{name}.old"
    for number in range(2, 1000):
        yield f"{name}.old{number}"


def _free_names(want: WantedLink) -> Iterator[str]:
    """The wanted name with the model's family, with digits of its hash, with a number; the number of a part
    stays at the end, where loaders look for it."""
    name = want.target.rpartition("/")[2]
    stem, extension = (name, "") if want.is_folder else naming.split_extension(name)
    part = _SHARD.search(stem)
    if part is not None:
        stem, extension = stem[: part.start()], part[0] + extension
    family = want.model_id.split("/")[1] if want.model_id.count("/") == 2 else ""
    digits = want.sha256 or want.model_uid.replace("-", "")
    marks = [digits[:4], digits[:8], *(str(number) for number in range(2, 1000))]
    if family not in _UNKNOWN_FAMILY:
        marks.insert(0, family)
    for mark in marks:
        over = (
            len(f"{stem}-{mark}{extension}".encode("utf-8", "surrogateescape")) - naming.MAX_FILE_NAME_BYTES
        )
        cut = stem.encode("utf-8", "surrogateescape")[:-over].decode("utf-8", "ignore") if over > 0 else stem
        yield f"{cut}-{mark}{extension}"
