"""From paths to candidates: scan, group, read headers, identify. Reads only; runs in a worker thread."""

import threading
from collections.abc import Callable, Iterator, Sequence

from pumas_tui.core.domain import describing, grouping, identity, pickle_verdict
from pumas_tui.core.domain.errors import DiskError, Trouble, trouble
from pumas_tui.core.domain.files import (
    Candidate,
    Container,
    HeaderFacts,
    Member,
    PastedSource,
    Role,
    SecurityTier,
    SourceKind,
)
from pumas_tui.core.domain.imports import ImportChoices, Inspected, Inspection, ShortPart
from pumas_tui.core.domain.layout import LibraryPaths
from pumas_tui.core.domain.pickle_verdict import PickleVerdict
from pumas_tui.core.flows import sources as gathering
from pumas_tui.core.fs import headers, pickle_scan, scan, space


def inspect_sources(
    sources: Sequence[PastedSource],
    text: str,
    paths: LibraryPaths,
    on_progress: Callable[[int, str], None] | None = None,
) -> Inspection:
    """What these sources would become. Never raises for a bad source: it is told as a value."""
    here = [s for s in sources if s.exists]
    absent = tuple(s for s in sources if not s.exists)
    gathered = gathering.gather([s.path for s in here], on_progress)
    candidates = tuple(inspect_candidate(f.candidate, paths, refuse=f.refuse) for f in gathered.found)
    return Inspection(
        text=text,
        sources=tuple(sources),
        candidates=candidates,
        absent=absent,
        troubles=gathered.troubles,
        free_bytes=space.free_bytes(paths.models),
    )


def inspect_candidate(
    candidate: Candidate,
    paths: LibraryPaths,
    cancel: threading.Event | None = None,
    *,
    refuse: Trouble | None = None,
    in_place: bool = False,
    own: str = "",
) -> Inspected:
    """A candidate with what its headers tell, and whether it may be imported at all.

    `refuse` is what is known to keep it out already. Pickles are scanned. `in_place`: it stays where it lies,
    in the library. `own`: a folder of the library in which lies what was downloaded for it. Raises
    CancelledError.
    """
    main = candidate.main.entry.path
    facts, unusable = _header(main)
    short = _short(candidate, candidate.main, facts) if not in_place else []
    refuse = refuse or (None if short else unusable)
    tiers = [identity.security_tier(facts.container)]
    pickled = [main] if facts.container is Container.PICKLE else []
    # One pickle among the shards makes the set a pickle, one that must not come in keeps all of it out.
    for member in _others_that_load(candidate):
        other, unusable = _header(member.entry.path)
        pickled += [member.entry.path] if other.container is Container.PICKLE else []
        if member.role is Role.WEIGHTS:
            cut_off = _short(candidate, member, other) if not in_place else []
            short += cut_off
            refuse = refuse or (None if cut_off else unusable)
            tiers += [] if _is_raw(member, facts) else [identity.security_tier(other.container)]
    tiers += [SecurityTier.PICKLE] if pickled else []
    if (
        refuse is None
        and not in_place
        and any(_is_taken(m.entry.path, paths, own) for m in candidate.members)
    ):
        refuse = Trouble("inside_library", f"{main} is inside the library already", main)
    who = identity.identify(candidate, facts, gathering.documents(candidate))
    return Inspected(
        candidate=candidate,
        container=facts.container,
        security_tier=_worst(tiers),
        identity=who,
        model_id=describing.chosen_model_id(candidate.name, who, ImportChoices()),
        warnings=tuple(_warnings(candidate, facts)),
        refuse=refuse,
        pickle_scan=None if refuse else _scanned(pickled, cancel),
        short=() if refuse else tuple(short),
    )


def _short(candidate: Candidate, member: Member, facts: HeaderFacts) -> list[ShortPart]:
    """The member as a part to be replaced, where it ends too early. A folder comes in whole or not at all."""
    if facts.wanted_bytes is None or member.shard_index is None or candidate.is_folder:
        return []
    return [ShortPart(member.shard_index, member.entry.path, member.entry.size, facts.wanted_bytes)]


def _others_that_load(candidate: Candidate) -> Iterator[Member]:
    """Weights besides the main file; in a folder also files of no known kind, which may hide a pickle."""
    for member in candidate.members:
        loads = member.role is Role.WEIGHTS or (bool(candidate.folder) and member.role is Role.OTHER)
        if loads and member != candidate.main:
            yield member


def _is_raw(member: Member, main: HeaderFacts) -> bool:
    """Tensors of an ONNX file: bytes without a format, which nothing runs."""
    return main.container is Container.ONNX and grouping.is_external_data(member.entry.name)


def _scanned(paths: Sequence[str], cancel: threading.Event | None) -> PickleVerdict | None:
    """The verdict on the pickles of one candidate, all of them in the time that one may take."""
    seconds = pickle_scan.MAX_SECONDS / max(1, len(paths))
    return pickle_verdict.worst(pickle_scan.scan(p, cancel=cancel, max_seconds=seconds) for p in paths)


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
    path, main = candidate.source, candidate.main.entry.path
    found = []
    if candidate.missing:
        numbers = ", ".join(str(n) for n in candidate.missing)
        have = candidate.parts_present
        found.append(
            Trouble(
                "missing_part", f"{have} of {have + len(candidate.missing)} parts, missing {numbers}", path
            )
        )
    if facts.container is Container.UNKNOWN and not facts.problem:
        message = f"{main}: no weight format that is known; comes in as it is"
        found.append(Trouble("unknown_format", message, main))
    if facts.problem:
        found.append(Trouble("header", f"{main}: {facts.problem}", main))
    found += [Trouble("note", note, path) for note in candidate.notes]
    return found


def _is_taken(path: str, paths: LibraryPaths, own: str) -> bool:
    """The library has it already, and not as a download for this very import."""
    return _inside(path, paths.models) and not (own and _inside(path, own))


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
