"""From paths to candidates: scan, group, read headers, identify. Reads only; runs in a worker thread."""

from collections.abc import Callable, Sequence

from pumas_tui.core.domain import describing, grouping, identity
from pumas_tui.core.domain.errors import DiskError, Trouble, trouble
from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    FileEntry,
    HeaderFacts,
    PastedSource,
    SecurityTier,
    SourceKind,
)
from pumas_tui.core.domain.imports import ImportChoices, Inspected, Inspection
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.fs import headers, scan, space


def inspect_sources(
    sources: Sequence[PastedSource],
    text: str,
    paths: LibraryPaths,
    on_progress: Callable[[int, str], None] | None = None,
) -> Inspection:
    """What these sources would become. Never raises for a bad source: it is told as a value."""
    here = [s for s in sources if s.exists]
    absent = tuple(s for s in sources if not s.exists)
    walked = scan.walk([s.path for s in here], on_progress=on_progress)
    picked = {s.path for s in here}
    beside = _beside(walked.files)
    groups = grouping.group(walked.files, beside, explicit=walked.explicit | picked)
    candidates = tuple(inspect_candidate(c, paths) for c in groups.candidates)
    return Inspection(
        text=text,
        sources=tuple(sources),
        candidates=candidates,
        absent=absent,
        troubles=(*walked.troubles, *groups.left),
        free_bytes=space.free_bytes(paths.models),
    )


def _beside(files: Sequence[FileEntry]) -> list[FileEntry]:
    """Regular files in the same folders: companions and further shards."""
    seen: dict[str, str] = {}
    for entry in files:
        seen.setdefault(entry.path.rsplit("/", 1)[0], entry.path)
    return [near for path in seen.values() for near in scan.beside(path)]


def inspect_candidate(candidate: Candidate, paths: LibraryPaths) -> Inspected:
    """A candidate with what its main file's header tells, and whether it may be imported at all."""
    main = candidate.main.entry.path
    facts, refuse = _header(main)
    tiers = [identity.security_tier(facts.container)]
    # One pickle among the shards makes the set a pickle, one that must not come in keeps all of it out.
    for member in candidate.weights:
        if member is not candidate.main:
            other, other_refuse = _header(member.entry.path)
            tiers.append(identity.security_tier(other.container))
            refuse = refuse or other_refuse
    if refuse is None and any(_inside(m.entry.path, paths.models) for m in candidate.members):
        refuse = Trouble("inside_library", f"{main} is inside the library already", main)
    who = identity.identify(candidate, facts)
    return Inspected(
        candidate=candidate,
        container=facts.container,
        security_tier=_worst(tiers),
        identity=who,
        model_id=describing.chosen_model_id(candidate.name, who, ImportChoices()),
        warnings=tuple(_warnings(candidate, facts)),
        refuse=refuse,
    )


def _header(path: str) -> tuple[HeaderFacts, Trouble | None]:
    """A file's facts, and why it must not be imported."""
    try:
        facts = headers.read(path)
    except DiskError as error:
        return HeaderFacts(Container.UNKNOWN), trouble(error)
    return facts, Trouble("refused", f"{path}: {facts.refuse}", path) if facts.refuse else None


def _worst(tiers: Sequence[SecurityTier]) -> SecurityTier:
    for tier in (SecurityTier.PICKLE, SecurityTier.UNKNOWN):
        if tier in tiers:
            return tier
    return SecurityTier.SAFE


def _warnings(candidate: Candidate, facts: HeaderFacts) -> list[Trouble]:
    path = candidate.main.entry.path
    found = []
    if candidate.missing:
        numbers = ", ".join(str(n) for n in candidate.missing)
        have = len({m.shard_index for m in candidate.weights})
        found.append(
            Trouble(
                "missing_part", f"{have} of {have + len(candidate.missing)} parts, missing {numbers}", path
            )
        )
    if facts.container is Container.UNKNOWN and not facts.problem:
        found.append(
            Trouble("unknown_format", f"{path}: no weight format that is known; comes in as it is", path)
        )
    if facts.problem:
        found.append(Trouble("header", f"{path}: {facts.problem}", path))
    found += [Trouble("note", note, path) for note in candidate.notes]
    return found


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def sources_of_paths(paths: Sequence[str]) -> tuple[PastedSource, ...]:
    """Paths given one by one (argv): each is one source, whatever is in its name."""
    return tuple(PastedSource(p, SourceKind.PATH, may_be_there(p)) for p in dict.fromkeys(paths))


def may_be_there(path: str) -> bool:
    """False only where nothing is: what cannot be looked at is for the scan to tell, path by path."""
    try:
        return scan.is_there(path)
    except DiskError:
        return True
