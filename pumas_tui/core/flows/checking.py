"""Checking: everything that health knows is looked at, findings are told as they come. Changes nothing but
the index, which is brought up to the disk first.

Three answers to every question: right, wrong, could not be looked at. That something is not there is
concluded only through the open folder in which the library's marker was read, and of an app only while its
disk is the recorded one before and after.
"""

import time
from collections.abc import Iterable

from pumas_tui.core.db.index import KnownFile
from pumas_tui.core.domain import findings, orphans
from pumas_tui.core.domain.errors import DiskError, LibraryNotFoundError, Trouble
from pumas_tui.core.domain.findings import Finding, FindingKind, HealthReport, finding
from pumas_tui.core.domain.ids import ModelId, ModelUid
from pumas_tui.core.domain.library_facts import Held, LibraryFacts, Source
from pumas_tui.core.domain.links import Link
from pumas_tui.core.domain.models import ScanReport
from pumas_tui.core.domain.verification import Verdict
from pumas_tui.core.flows import base_places, checking_apps, checking_rest, indexing
from pumas_tui.core.flows.check_state import CheckTools, Following, Seen
from pumas_tui.core.fs import link_scan, marker, reading
from pumas_tui.core.fs.link_scan import is_same_folder

_NEEDS_REPAIR = frozenset({FindingKind.PHANTOM_MODEL, FindingKind.SIZE_MISMATCH, FindingKind.BAD_METADATA})
"""Problems of a model that is there and not in the index."""


def check(tools: CheckTools, following: Following) -> HealthReport:
    """Look at everything. Run in a worker thread.

    Raises LibraryNotFoundError, NewerLibraryError, DamagedError, DiskError when the library itself cannot be
    read: then nothing is concluded.
    """
    began = time.monotonic()
    seen = Seen(following)
    with marker.opened(tools.paths.models) as models_fd:
        report = indexing.rescan(tools.index, tools.paths)
        _of_models(tools, seen, report)
        facts = library_facts(tools, models_fd)
        broken = checking_apps.check(tools, seen, facts)
        _of_lost_models(seen, report, broken, facts)
        changed = 0
        for step in checking_rest.CHECKS:
            if following.stopped:
                break
            changed += step(tools, seen, facts)
        marker.read_at(models_fd, tools.paths.models)
        if not is_same_folder(models_fd, tools.paths.models):
            raise LibraryNotFoundError(
                f"{tools.paths.models} was taken away during the check",
                path=tools.paths.models,
                hint="is its disk mounted?",
            )
    return HealthReport(
        findings=findings.ordered(seen.found),
        models_right=max(0, report.indexed - changed),
        links_right=seen.links_right,
        apps_seen=seen.apps_seen,
        links_waiting=seen.links_waiting,
        not_checked=tuple(seen.not_checked),
        elapsed_s=round(time.monotonic() - began, 3),
        checked_at=time.time(),
        stopped=following.stopped,
    )


def library_facts(tools: CheckTools, models_fd: int) -> LibraryFacts:
    """The library as it is asked about while links are judged; answers are remembered."""
    at = {model_id: stamp.uid for model_id, stamp in tools.index.known().items()}
    places = {uid: model_id for model_id, uid in at.items()}
    sources: dict[str, Source] = {}
    read = tools.registry.verified()
    changed = {key for key, one in read.items() if one.verdict is Verdict.CHANGED}

    def good(files: Iterable[KnownFile]) -> list[Held]:
        """Without those whose content is known not to be what is on record."""
        return [_held(file) for file in files if (file.uid, file.name) not in changed]

    def source(path: str) -> Source:
        known = sources.get(path)
        if known is None:
            known = sources[path] = link_scan.source_at(models_fd, path)
        return known

    return LibraryFacts(
        models_dir=base_places.models_dir(tools.paths),
        source=source,
        model_of=places.get,
        models=at,
        with_hash=lambda sha256: good(tools.index.by_sha256(sha256)),
        files_of=lambda uid: good(tools.index.files_of(uid)),
        with_size=lambda size: good(tools.index.same_size(size)),
        former=base_places.former(tools.registry),
    )


def _held(file: KnownFile) -> Held:
    """A file of the index as links are judged by it."""
    return Held(file.uid, file.model_id, file.name, file.size, file.sha256)


def _of_models(tools: CheckTools, seen: Seen, report: ScanReport) -> None:
    """What bringing the index up to the disk told."""
    models = tools.paths.models
    known = {kind.value: kind for kind in FindingKind}
    for problem in report.problems:
        kind = known.get(problem.kind)
        path = problem.path if problem.path.startswith("/") else f"{models}/{problem.path}"
        if kind is None:
            seen.not_checked.append(Trouble(problem.kind, problem.message, path))
            continue
        place = ModelId("/".join(problem.path.split("/")[:3]))
        seen.tell(
            finding(
                kind, f"{problem.path}: {problem.message}", path, model_id=place, model_uid=_uid(tools, place)
            )
        )


def _uid(tools: CheckTools, model_id: ModelId) -> ModelUid | None:
    """Of a model that is described but not whole: as its file says, where that can be read."""
    from pumas_tui.core.domain import metadata as metadata_format  # only what is broken needs the parser

    try:
        raw = reading.read_bounded(tools.paths.metadata(model_id), metadata_format.MAX_BYTES)
        return ModelUid(metadata_format.parse(raw).uid)
    except (DiskError, metadata_format.BadMetadataError):
        return None


def _of_lost_models(
    seen: Seen, report: ScanReport, broken: list[tuple[Link, Finding]], facts: LibraryFacts
) -> None:
    kinds = {kind.value for kind in _NEEDS_REPAIR}
    described = {ModelId(problem.path) for problem in report.problems if problem.kind in kinds}
    for one in orphans.missing_sources(broken, facts, described):
        seen.tell(one)
